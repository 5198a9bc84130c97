"""Marks that models keep for themselves, such as `<|endoftext|>`: in a prompt they can end it or change who speaks."""

import re
from collections.abc import Iterator, Mapping

from tutor.plan.lint.finding import Finding, error
from tutor.plan.model import Plan
from tutor.plan.phrase import gettext_noop
from tutor.plan.text import to_data

_MARK = re.compile(r"<\|[^|<>\s]{1,40}\|>")
# Fields that the model never reads.
_UNREAD = ("format", "summary", "tests")


def mark_findings(plan: Plan) -> Iterator[Finding]:
    """Every text with a reserved mark in it, wherever in the lesson it stands."""
    data = {name: value for name, value in to_data(plan).items() if name not in _UNREAD}
    for place, text in _texts(data, ""):
        mark = _MARK.search(text)
        if mark:
            yield error(
                place,
                gettext_noop("“%(mark)s” is a mark that models keep for themselves: leave it out."),
                mark=mark.group(),
            )


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Every text in plain data, names of JSON objects included, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            here = f"{place}.{name}" if place else name
            yield place, name
            yield from _texts(part, here)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _texts(part, f"{place}[{number}]")
