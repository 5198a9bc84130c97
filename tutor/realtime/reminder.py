"""The note that tells a new call what went before it: written from a Reminder, and read back into one.

The model gets prose, in three paragraphs with fixed first lines. They are fixed because the rehearsal peer reads them
too: it knows nothing of attempts, and goes on from what the note says.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# How the record names the learner among the speakers.
LEARNER = "learner"
BEFORE = "What the learner did in the stages before:"
HERE = "This stage has already begun. The conversation in it so far:"
LOST = "The connection was lost and is back."
GO_ON = f"{LOST} Do not greet again: go on from your last question."
ANSWER = f"{LOST} Do not greet again: answer what the learner said last."
BEGIN = f"{LOST} Begin this stage now, without greeting again."
# Characters of a written pair beside its two texts: "- ", ": " and the line break.
_MARKS = 5
# A name ends at the first colon that is not escaped.
_PAIR = re.compile(r"((?:[^\\:]|\\.)*): (.+)")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reminder:
    """What a new call must know: pairs of (stage title, summary), then of (speaker, text) in the present stage.

    Both are oldest first. A pair without a second text is left out of the note.
    """

    summaries: Pairs = ()
    said: Pairs = ()

    @property
    def begun(self) -> bool:
        """Whether anything has been said in the present stage."""
        return bool(self.said)

    @property
    def unanswered(self) -> str:
        """What the learner said last, if the tutor has said nothing since."""
        speaker, text = self.said[-1] if self.said else ("", "")
        return text if speaker == LEARNER else ""


def write(reminder: Reminder) -> str:
    """Return the note: the stages before, the words of this stage, and what to do now."""
    words = _write_pairs(reminder.said)
    here = "\n".join([HERE, *words]) if words else ""
    parts = (write_summaries(reminder.summaries), here, _what_now(reminder.said))
    return "\n\n".join(part for part in parts if part)


def _what_now(said: Pairs) -> str:
    speakers = [speaker for speaker, text in said if _one_line(text)]
    if not speakers:
        return BEGIN
    return ANSWER if speakers[-1] == LEARNER else GO_ON


def write_summaries(summaries: Iterable[tuple[str, str]]) -> str:
    """Return the paragraph about the stages before alone; empty if there is nothing to say."""
    lines = [f"- {pair}" for pair in _write_pairs(summaries)]
    return "\n".join([BEFORE, *lines]) if lines else ""


def read(note: str) -> Reminder | None:
    """Return the Reminder that a note holds, None if the note is about something else. Never raises."""
    *paragraphs, last = note.split("\n\n")
    if last not in (GO_ON, ANSWER, BEGIN):
        return None
    lines = {heading: body for heading, *body in (paragraph.split("\n") for paragraph in paragraphs)}
    return Reminder(
        summaries=_read_pairs(line.removeprefix("- ") for line in lines.get(BEFORE, ())),
        said=_read_pairs(lines.get(HERE, ())),
    )


def latest(pairs: Iterable[tuple[str, str]], limit: int) -> Pairs:
    """Return the last pairs that fit into `limit` characters when written; of the very last at least its beginning."""
    kept: list[tuple[str, str]] = []
    for name, text in reversed([(_one_line(name), _one_line(text)) for name, text in pairs if text.strip()]):
        room = limit - len(name) - _MARKS
        if kept and len(text) > room:
            break
        kept.append((name, text[: max(room, 0)]))
        limit = room - len(text)
    return tuple(reversed(kept))


def _write_pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    tidy = [(_one_line(name), _one_line(text)) for name, text in pairs]
    return [f"{_escape(name)}: {text}" for name, text in tidy if text]


def _read_pairs(lines: Iterable[str]) -> Pairs:
    found = [_PAIR.fullmatch(line) for line in lines]
    return tuple((_unescape(pair[1]), pair[2]) for pair in found if pair)


def _escape(name: str) -> str:
    """Keep a colon in a title from being taken for its end."""
    return re.sub(r"([\\:])", r"\\\1", name)


def _unescape(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)


def _one_line(text: str) -> str:
    """Keep a speaker's line breaks from starting a line that looks like somebody else's."""
    return " ".join(text.split())
