"""What is different between two plans, in words a teacher can read."""

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from tutor.plan.model import ContextRule, Outcome, Plan, Stage, Tool
from tutor.plan.phrase import Phrase, capital, gettext_noop, joined


class ChangeKind(StrEnum):
    """What happened to a part of a lesson."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class PieceKind(StrEnum):
    """Where a piece of a text is found: in both texts, only in the old one, only in the new one."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


Piece = tuple[PieceKind, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: its place in words, and what stood and stands there. What is said of it is a Phrase.

    `pieces`, for changed texts only, are the words of both in one row: those that are not added make up `before`,
    those that are not removed make up `after`.
    """

    kind: ChangeKind
    place: str
    before: str
    after: str
    pieces: tuple[Piece, ...] = ()


def diff(old: Plan | None, new: Plan) -> tuple[Change, ...]:
    """Return the changes that lead from one plan to another: in each list what was removed, then the rest in order.

    Stages and outcomes are the same when their keys are, tools when their names are. Without an old plan everything
    is added.
    """
    lesson = _lesson(new)
    if old is None:
        beginning = Change(ChangeKind.ADDED, lesson.name, "", joined("\n", _lines_of(lesson.values)))
        return (beginning, *(change for parts in lesson.lists for change in _compare_lists((), parts, "")))
    return tuple(_compare(_lesson(old), lesson, ""))


# --- Plans as parts that have a key, values with names a teacher knows, and lists of parts -----------


@dataclass(frozen=True, slots=True)
class _Value:
    """A field: what a teacher calls it, what is compared, how it reads, and whether it is running text."""

    label: Phrase
    raw: object
    text: str
    prose: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a lesson; `name` is what it is called within what holds it."""

    key: str
    name: Phrase
    title: str
    values: tuple[_Value, ...]
    lists: tuple[tuple["_Part", ...], ...] = ()


_CONTEXT_IN_WORDS = {
    ContextRule.KEEP: Phrase(gettext_noop("everything said so far")),
    ContextRule.SUMMARY: Phrase(gettext_noop("the summaries of the finished stages")),
    ContextRule.FRESH: Phrase(gettext_noop("nothing")),
}


def _lesson(plan: Plan) -> _Part:
    values = (
        _prose(gettext_noop("title"), plan.title),
        _prose(gettext_noop("summary"), plan.summary),
        _plain(gettext_noop("language"), plan.language),
        _plain(gettext_noop("voice"), plan.voice),
        _plain(gettext_noop("minutes"), plan.minutes),
        _prose(gettext_noop("rules for the whole lesson"), plan.preamble),
        _json(gettext_noop("tests"), plan.tests) if plan.tests else _plain(gettext_noop("tests"), ""),
    )
    titles = {stage.key: stage.title for stage in reversed(plan.stages)}  # of two with one key the first counts
    lists = (tuple(_stage(stage, titles) for stage in plan.stages), tuple(map(_tool, plan.tools)))
    return _Part("", Phrase(gettext_noop("Lesson")), "", values, lists)


def _stage(stage: Stage, titles: Mapping[str, str]) -> _Part:
    values = (
        _prose(gettext_noop("title"), stage.title),
        _prose(gettext_noop("goal"), stage.goal),
        _prose(gettext_noop("instructions"), stage.instructions),
        _prose(gettext_noop("opening"), stage.opening),
        _Value(Phrase(gettext_noop("tools")), stage.tools, ", ".join(stage.tools)),
        _Value(Phrase(gettext_noop("hints")), stage.hints, "\n".join(f"• {hint}" for hint in stage.hints)),
        _Value(Phrase(gettext_noop("what the tutor still knows")), stage.context, _CONTEXT_IN_WORDS[stage.context]),
        _plain(gettext_noop("quotes asked for"), stage.evidence),
        _plain(gettext_noop("learner turns asked for"), stage.turns),
        _plain(gettext_noop("help after learner turns"), stage.stall_turns or ""),
        _plain(gettext_noop("help after minutes"), stage.stall_minutes or ""),
        _plain(gettext_noop("last resort"), stage.fallback or ""),
    )
    outcomes = tuple(_outcome(outcome, titles) for outcome in stage.outcomes)
    title = stage.title or stage.key
    name = Phrase(gettext_noop("Stage “%(title)s”"), title=title) if title else Phrase(gettext_noop("Stage"))
    return _Part(stage.key, name, title, values, (outcomes,))


def _outcome(outcome: Outcome, titles: Mapping[str, str]) -> _Part:
    where = Phrase(gettext_noop("where it leads"))
    values = (
        _prose(gettext_noop("when to choose it"), outcome.when),
        _Value(where, outcome.next, _target(outcome.next, titles)),
    )
    key = outcome.key
    name = Phrase(gettext_noop("outcome “%(key)s”"), key=key) if key else Phrase(gettext_noop("outcome"))
    return _Part(key, name, key, values)


def _target(key: str | None, titles: Mapping[str, str]) -> str:
    if key is None:
        return Phrase(gettext_noop("the end of the lesson"))
    if key in titles:
        return Phrase(gettext_noop("stage “%(title)s”"), title=titles[key] or key)
    return Phrase(gettext_noop("“%(key)s”, a stage that is not there"), key=key)


def _tool(tool: Tool) -> _Part:
    values = (
        _plain(gettext_noop("kind"), tool.kind),
        _prose(gettext_noop("description"), tool.description),
        _json(gettext_noop("parameters"), tool.parameters),
        _json(gettext_noop("options"), tool.options) if tool.options else _plain(gettext_noop("options"), ""),
    )
    name = Phrase(gettext_noop("Tool “%(name)s”"), name=tool.name) if tool.name else Phrase(gettext_noop("Tool"))
    return _Part(tool.name, name, tool.name, values)


def _prose(label: str, text: str) -> _Value:
    return _Value(Phrase(label), text, text, prose=True)


def _json(label: str, value: Any) -> _Value:
    """JSON as text, and compared as text: to Python 1, 1.0 and True are the same."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=dict)
    return _Value(Phrase(label), text, text)


def _plain(label: str, value: str | int) -> _Value:
    return _Value(Phrase(label), value, str(value))


def _write(part: _Part) -> str:
    """Everything a part says, a line for each value; what it lists is named and set in."""
    return joined("\n", _lines(part))


def _lines(part: _Part) -> Iterator[str]:
    yield from _lines_of(part.values)
    for inner in (inner for parts in part.lists for inner in parts):
        yield capital(inner.name)
        yield from (joined("", ["  ", line]) for line in list(_lines(inner)) or [""])


def _lines_of(values: Iterable[_Value]) -> Iterator[str]:
    for value in values:
        if value.text:
            # A phrase is one line.
            first, *others = [value.text] if isinstance(value.text, Phrase) else value.text.split("\n")
            yield Phrase("%(label)s: %(text)s", label=capital(value.label), text=first)
            yield from others


# --- Comparing ---------------------------------------------------------------------------------------


def _compare(old: _Part, new: _Part, place: str) -> Iterator[Change]:
    """The changes within a part that both lessons have; `place` is where it is, nothing for the lesson itself."""
    for before, after in zip(old.values, new.values, strict=True):
        if before.raw != after.raw:
            pieces = pieces_of(before.text, after.text) if after.prose else ()
            where = joined(", ", [place or new.name, after.label])
            yield Change(ChangeKind.CHANGED, where, before.text, after.text, pieces)
    for olds, news in zip(old.lists, new.lists, strict=True):
        yield from _compare_lists(olds, news, place)


def _compare_lists(olds: Sequence[_Part], news: Sequence[_Part], within: str) -> Iterator[Change]:
    earlier, later = _identified(olds), _identified(news)
    for identity, number in earlier.items():
        if identity not in later:
            yield Change(ChangeKind.REMOVED, _join(within, olds[number]), _write(olds[number]), "")
    kept = _longest_rise([earlier[identity] for identity in later if identity in earlier])
    for identity, number in later.items():
        new, place = news[number], _join(within, news[number])
        if identity not in earlier:
            yield Change(ChangeKind.ADDED, place, "", _write(new))
            continue
        was = earlier[identity]
        if was not in kept:
            yield Change(ChangeKind.MOVED, place, _position(olds, was), _position(news, number))
        yield from _compare(olds[was], new, place)


def _identified(parts: Sequence[_Part]) -> dict[tuple[str, int], int]:
    """Where each part is by its key, and by how often the key was there before: a draft may repeat one."""
    seen: Counter[str] = Counter()
    found = {}
    for number, part in enumerate(parts):
        found[part.key, seen[part.key]] = number
        seen[part.key] += 1
    return found


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The most of these different numbers that rise from first to last: what has not moved when the rest has."""
    lowest: list[int] = []  # the lowest last number of a rise, for each length
    before: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(lowest, number)
        before[number] = lowest[length - 1] if length else None
        lowest[length : length + 1] = [number]
    rise = set()
    last = lowest[-1] if lowest else None
    while last is not None:
        rise.add(last)
        last = before[last]
    return rise


def _position(parts: Sequence[_Part], number: int) -> str:
    if number == 0:
        return Phrase(gettext_noop("number 1"))
    template = gettext_noop("number %(number)s, after “%(title)s”")
    return Phrase(template, number=number + 1, title=parts[number - 1].title)


def _join(within: str, part: _Part) -> str:
    return joined(", ", [within, part.name]) if within else part.name


# --- Texts -------------------------------------------------------------------------------------------

# A word with the space after it, so that marked words in a row read as one piece; or a whole line.
_WORDS, _LINES = re.compile(r"\S+\s*|\s+"), re.compile(r"[^\n]*\n|[^\n]+")
# Comparing takes up to the square of this many steps: longer texts are compared by lines, then not at all.
MOST_TOKENS = 2000


def pieces_of(before: str, after: str) -> tuple[Piece, ...]:
    """Return the words of two texts in one row, each piece marked as the same, removed or added."""
    for token in (_WORDS, _LINES):
        old, new = token.findall(before), token.findall(after)
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        middles = old[head : len(old) - tail], new[head : len(new) - tail]
        if max(map(len, middles)) <= MOST_TOKENS:
            return (*_same(old[:head]), *_pieces(*middles), *_same(old[len(old) - tail :]))
    return tuple(_replaced(before, after))


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many tokens two texts have in common from their start."""
    return next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from _same(old[old_start:old_end])
        else:
            yield from _replaced("".join(old[old_start:old_end]), "".join(new[new_start:new_end]))


def _same(tokens: Sequence[str]) -> Iterator[Piece]:
    if tokens:
        yield PieceKind.SAME, "".join(tokens)


def _replaced(gone: str, come: str) -> Iterator[Piece]:
    if gone:
        yield PieceKind.REMOVED, gone
    if come:
        yield PieceKind.ADDED, come
