"""What a browser would send back of a form it was given."""

from typing import Any


def filled_in(response, **changes: Any) -> dict[str, Any]:
    """Return the data of an admin form page, unchanged but for `changes` (None leaves a field out)."""
    form = response.context["adminform"].form
    data = _values(form)
    for inline in response.context["inline_admin_formsets"]:
        data |= _values(inline.formset.management_form)
        for row in inline.formset.forms:
            data |= _values(row)
    data |= changes
    return {name: value for name, value in data.items() if value is not None}


def _values(form) -> dict[str, Any]:
    values = {bound.html_name: bound.value() for bound in form}
    return {name: _sent(value) for name, value in values.items() if value is not False}


def _sent(value: Any) -> Any:
    if isinstance(value, str):
        # As every browser sends the lines of a text area.
        return value.replace("\n", "\r\n")
    return "" if value is None else value


def row(prefix: str, number: int, **fields: Any) -> dict[str, Any]:
    """Return the data of one more row of an inline, with the count of rows that includes it."""
    return {
        f"{prefix}-TOTAL_FORMS": number + 1,
        **{f"{prefix}-{number}-{name}": value for name, value in fields.items()},
    }
