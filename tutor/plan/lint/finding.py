"""What is wrong, where, and what to do about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tutor.plan.phrase import Phrase, gettext_noop


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: how bad, where (`stages[1].outcomes[0]`, as in a lesson pack), and a sentence with the cure.

    The sentence is a Phrase where it is made here or in `services.authoring`, so that pages can translate it.
    """

    level: Level
    place: str
    message: str


def error(place: str, template: str, /, **parameters: object) -> Finding:
    """A finding that stops publishing; its sentence is made as a Phrase is."""
    return Finding(Level.ERROR, place, Phrase(template, **parameters))


def warning(place: str, template: str, /, **parameters: object) -> Finding:
    """A finding that does not."""
    return Finding(Level.WARNING, place, Phrase(template, **parameters))


def over(place: str, text: str, limit: int, what: str) -> Iterator[Finding]:
    """Find a text that is too long for the row it is kept in; `what` is a marked text such as “The title”."""
    if len(text) > limit:
        yield error(
            place,
            gettext_noop("%(what)s is %(count)s characters long: shorten it to %(limit)s."),
            what=Phrase(what),
            count=len(text),
            limit=limit,
        )


def repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Each name that is there more than once, with the number of its second place."""
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] == 2:
            yield number, name
