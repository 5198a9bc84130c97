"""The parameters of a tool as rows of a form, and as the JSON text of their schema for those who prefer it."""

import json
import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tutor import tools
from tutor.admin.text_area import TextArea
from tutor.admin.wording import said
from tutor.plan.parameters import Parameter, ParameterKind, rows_of, schema_of

PREFIX = "rows"
MAX_ROWS = 20
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")

LABELS = {
    ParameterKind.TEXT: gettext_lazy("text"),
    ParameterKind.NUMBER: pgettext_lazy("kind of value", "number"),
    ParameterKind.WHOLE: gettext_lazy("whole number"),
    ParameterKind.YES_NO: gettext_lazy("yes or no"),
    ParameterKind.CHOICE: gettext_lazy("one of a list"),
    ParameterKind.TEXTS: gettext_lazy("several texts"),
}


_WITH_EXAMPLE = (ParameterKind.TEXT, ParameterKind.CHOICE)
# Larger whole numbers lose digits on their way through a browser.
_EXACT = 2**53


class ParameterForm(forms.Form):
    """One parameter. A row without a name does not count."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=64,
        validators=[RegexValidator(rf"\A{NAME.pattern}\Z", gettext_lazy("Use letters, digits, _ and - only."))],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    # An initial value: a row in which nothing else was filled in is an empty one.
    kind = forms.ChoiceField(
        label=gettext_lazy("what it is"),
        initial=ParameterKind.TEXT.value,
        choices=[(kind.value, word) for kind, word in LABELS.items()],
    )
    description = forms.CharField(
        label=gettext_lazy("what the tutor should put there"),
        required=False,
        widget=TextArea(attrs={"rows": 2}),
    )
    choices = forms.CharField(
        label=gettext_lazy("choices, one per line"),
        required=False,
        widget=TextArea(attrs={"rows": 3, "data-choices": ""}),
    )
    example = forms.CharField(
        label=gettext_lazy("an example"), required=False, strip=False, widget=TextArea(attrs={"rows": 2})
    )
    least = forms.FloatField(label=gettext_lazy("at least"), required=False)
    most = forms.FloatField(label=gettext_lazy("at most"), required=False)
    required = forms.BooleanField(label=gettext_lazy("always needed"), required=False)

    def clean_choices(self) -> tuple[str, ...]:
        """Return the lines that say something, each once."""
        lines = (line.strip() for line in self.cleaned_data["choices"].splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    def clean(self) -> dict[str, Any]:
        """Ask for something to choose from where there is a choice."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == ParameterKind.CHOICE and not cleaned.get("choices"):
            self.add_error("choices", _("Write at least one choice."))
        for name in ("least", "most"):
            limit = cleaned.get(name)
            if cleaned.get("kind") == ParameterKind.WHOLE and limit is not None and not limit.is_integer():
                self.add_error(name, _("Write a whole number."))
        return cleaned

    @property
    def parameter(self) -> Parameter:
        """The row as a value; call it only when the form is valid."""
        kind = ParameterKind(self.cleaned_data["kind"])
        return Parameter(
            name=self.cleaned_data["name"],
            kind=kind,
            description=self.cleaned_data["description"],
            required=self.cleaned_data["required"],
            choices=self.cleaned_data["choices"] if kind is ParameterKind.CHOICE else (),
            example=self.cleaned_data["example"] if kind in _WITH_EXAMPLE else "",
            least=_limit(kind, self.cleaned_data["least"]),
            most=_limit(kind, self.cleaned_data["most"]),
        )


def _limit(kind: ParameterKind, value: float | None) -> float | None:
    if kind is ParameterKind.WHOLE and value is not None:
        return int(value)
    return value if kind is ParameterKind.NUMBER else None


class _ParameterFormSet(forms.BaseFormSet[ParameterForm]):
    """All parameters of a tool, in order."""

    def clean(self) -> None:
        """Refuse a name that is there twice."""
        if any(self.errors):
            return
        names = [row.name for row in self.parameters]
        for name in names:
            if names.count(name) > 1:
                raise forms.ValidationError(
                    _("The name “%(name)s” is there twice: names must differ.") % {"name": name}
                )

    @property
    def parameters(self) -> list[Parameter]:
        """The rows that were filled in and not removed; call it only when they are valid."""
        return [form.parameter for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]


ParameterFormSet = forms.formset_factory(
    ParameterForm, formset=_ParameterFormSet, extra=1, can_delete=True, max_num=MAX_ROWS, validate_max=True
)


def initial_rows(schema: Any) -> list[dict[str, Any]] | None:
    """Return a schema as the initial values of the form set; None where rows cannot say all of it."""
    rows = rows_of(schema)
    if rows is None or len(rows) > MAX_ROWS or not all(_fits_a_form(row) for row in rows):
        return None
    return [
        {
            "name": row.name,
            "kind": row.kind.value,
            "description": row.description,
            "choices": "\n".join(row.choices),
            "example": row.example,
            "least": row.least,
            "most": row.most,
            "required": row.required,
        }
        for row in rows
    ]


def _fits_a_form(row: Parameter) -> bool:
    """Whether a form would send a row back as it was: texts are trimmed, choices are lines."""
    lines = [row.description, *row.choices]
    are_trimmed = all(line == line.strip() and "\r" not in line for line in lines)
    are_lines = all([choice] == choice.splitlines() for choice in row.choices)
    differ = len(set(row.choices)) == len(row.choices)
    are_exact = all(limit is None or abs(limit) <= _EXACT for limit in (row.least, row.most))
    has_plain_ends = "\r" not in row.example and not row.example.startswith("\n")
    return all((NAME.fullmatch(row.name), are_trimmed, are_lines, differ, are_exact, has_plain_ends))


def schema_from(formset: Any, before: Any) -> Any:
    """Return the schema of valid rows: the one before, to the letter, if they still say the same."""
    rows = tuple(formset.parameters)
    return before if rows_of(before) == rows else schema_of(rows)


def schema_from_text(text: str) -> Any:
    """Return the schema in a JSON text. Raises forms.ValidationError, which names the place of the fault."""
    try:
        schema = json.loads(text)
    except json.JSONDecodeError as error:
        template = _("This is not JSON, from line %(line)s, column %(column)s on: %(problem)s.")
        words = {"line": error.lineno, "column": error.colno, "problem": error.msg}
        raise forms.ValidationError(template % words) from error
    except (ValueError, RecursionError) as error:
        raise forms.ValidationError(
            _("This is not JSON: a number is too long, or lists are nested too deeply.")
        ) from error
    fault = tools.schema_fault(schema)
    if fault:
        raise forms.ValidationError(_("This is not a JSON Schema. %(fault)s.") % {"fault": said(fault)})
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise forms.ValidationError(_("The schema must begin with “type”: “object”."))
    return schema


def schema_as_text(schema: Any) -> str:
    """Return a schema laid out for people."""
    return json.dumps(schema, indent=2, ensure_ascii=False)
