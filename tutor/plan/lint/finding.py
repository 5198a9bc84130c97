"""What is wrong, where, and what to do about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: how bad, where (`stages[1].outcomes[0]`, as in a lesson pack), and a sentence with the cure."""

    level: Level
    place: str
    message: str


def error(place: str, message: str) -> Finding:
    """A finding that stops publishing."""
    return Finding(Level.ERROR, place, message)


def warning(place: str, message: str) -> Finding:
    """A finding that does not."""
    return Finding(Level.WARNING, place, message)


def over(place: str, text: str, limit: int, what: str) -> Iterator[Finding]:
    """Find a text that is too long for the row it is kept in."""
    if len(text) > limit:
        yield error(place, f"{what} is {len(text)} characters long: shorten it to {limit}.")


def repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Each name that is there more than once, with the number of its second place."""
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] == 2:
            yield number, name
