"""Conversations in the formats in which they are taken out. Pure: knows neither Django nor the database.

What the fields and columns mean is written down in docs/exports.md, and changes there with this file.
"""

import csv
import io
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from tutor.plan import in_words

SCHEMA = "viva.transcript/1"

# What makes a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What Markdown would take for its own signs, wherever it stands, and only at the beginning of a line.
_MARKDOWN = re.compile(r"([\\`*_\[\]<>&#|~])")
_MARKDOWN_LINE = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)
_LINE_ENDS = re.compile(r"\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# Seconds that a caption stands: at least, and for each word.
_SHORTEST_CUE, _PER_WORD, _LONGEST_CUE = 1.0, 0.4, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One utterance. `text` is what was heard, `corrected` what its learner says they said, empty for the same."""

    id: str
    speaker: str
    status: str
    at: datetime
    text: str
    corrected: str = ""
    has_picture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What a reviewer says of how a stay should have been left."""

    outcome: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay in a stage. `ending` is how it ended without an outcome, in the language of the reader.

    `reasoning` is the tutor's, and like `rulings`, of which the last counts, for staff only.
    """

    number: int
    stage: str
    title: str
    entered_at: datetime
    completed_at: datetime | None
    outcome: str
    end: str
    ending: str
    summary: str
    reasoning: str
    evidence: tuple[str, ...]
    flag: str
    refusals: int
    rulings: tuple[Ruled, ...] = ()
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One attempt. `version` is None for a trial of a draft; `figures` are those of its digest, if it has one."""

    code: uuid.UUID
    lesson: str
    title: str
    language: str
    version: int | None
    learner: str
    name: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    is_rehearsal: bool
    is_trial: bool
    words_deleted_at: datetime | None
    figures: Mapping[str, Any]
    stays: tuple[Stay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What stands in formats that people read, in their language, and the clock they live by."""

    learner: str
    tutor: str
    heard: str
    picture: str
    nothing: str
    deleted: str
    way_out: str
    ruling: str
    zone: tzinfo

    def of(self, speaker: str) -> str:
        """Who spoke."""
        return self.learner if speaker == "learner" else self.tutor

    def time(self, moment: datetime, form: str = "%Y-%m-%d %H:%M %Z") -> str:
        """A moment by that clock."""
        return moment.astimezone(self.zone).strftime(form)


# --- For programs ------------------------------------------------------------------------------------------------


def as_data(one: Conversation, *, for_staff: bool) -> dict[str, Any]:
    """Return a conversation as JSON data; with the tutor's reasoning and what reviewers ruled only for staff."""
    return {
        "schema": SCHEMA,
        "attempt": str(one.code),
        "lesson": {"slug": one.lesson, "title": one.title, "language": one.language, "version": one.version},
        "learner": {"username": one.learner, "name": one.name},
        "started_at": moment(one.started_at),
        "ended_at": moment(one.ended_at),
        "outcome": one.outcome or None,
        "rehearsal": one.is_rehearsal,
        "trial": one.is_trial,
        "words_deleted_at": moment(one.words_deleted_at),
        "stays": [_stay_data(stay, for_staff=for_staff) for stay in one.stays],
    }


def _stay_data(stay: Stay, *, for_staff: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "number": stay.number,
        "stage": stay.stage,
        "title": stay.title,
        "entered_at": moment(stay.entered_at),
        "completed_at": moment(stay.completed_at),
        "end": stay.end,
        "outcome": stay.outcome or None,
        "summary": stay.summary,
        "evidence": list(stay.evidence),
    }
    if for_staff:
        data |= {"reasoning": stay.reasoning, "flag": stay.flag or None, "refusals": stay.refusals}
        data["rulings"] = [
            {"outcome": one.outcome, "reason": one.reason, "by": one.by, "at": moment(one.at)} for one in stay.rulings
        ]
    data["said"] = [
        {
            "id": said.id,
            "speaker": said.speaker,
            "status": said.status,
            "at": moment(said.at),
            "text": said.text,
            "corrected": said.corrected or None,
            "picture": said.has_picture,
        }
        for said in stay.said
    ]
    return data


def moment(at: datetime | None) -> str | None:
    """Return a moment in ISO 8601, UTC, to the millisecond; None for none."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_line(data: Mapping[str, Any]) -> str:
    """Return data as one line of JSON."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


SENTENCE_COLUMNS = (
    *("attempt", "lesson", "version", "language", "learner", "started_at", "stay", "stage"),
    *("id", "speaker", "status", "at", "text", "corrected", "picture"),
    *("stay_outcome", "stay_ruling", "stay_end"),
)
FIGURE_NAMES = (
    *("seconds", "learner_turns", "tutor_turns", "learner_words", "tutor_words", "tutor_share"),
    *("longest_silence", "calls", "cost"),
)
ATTEMPT_COLUMNS = (
    *("attempt", "lesson", "title", "version", "language", "learner", "started_at", "ended_at", "outcome"),
    *("rehearsal", "trial", "words_deleted_at", "stages", *FIGURE_NAMES, "rulings"),
)


def sentence_rows(one: Conversation) -> Iterator[tuple[Any, ...]]:
    """Yield a conversation sentence by sentence, in SENTENCE_COLUMNS."""
    head = (one.code, one.lesson, one.version, one.language, one.learner, moment(one.started_at))
    for stay in one.stays:
        for said in stay.said:
            tail = (said.id, said.speaker, said.status, moment(said.at), said.text, said.corrected, said.has_picture)
            yield (*head, stay.number, stay.stage, *tail, stay.outcome, _ruling(stay), stay.end)


def attempt_row(one: Conversation) -> tuple[Any, ...]:
    """Return a conversation in figures, without any word of it, in ATTEMPT_COLUMNS."""
    return (
        *(one.code, one.lesson, one.title, one.version, one.language, one.learner),
        *(moment(one.started_at), moment(one.ended_at), one.outcome, one.is_rehearsal, one.is_trial),
        *(moment(one.words_deleted_at), " ".join(f"{stay.stage}:{_left_by(stay)}" for stay in one.stays)),
        *(one.figures.get(name) for name in FIGURE_NAMES),
        " ".join(f"{stay.number}:{_ruling(stay)}" for stay in one.stays if stay.rulings),
    )


def _left_by(stay: Stay) -> str:
    """The way out that was taken; in brackets how a stay ended otherwise. No key of an outcome has brackets."""
    return stay.outcome or f"({stay.end})"


def _ruling(stay: Stay) -> str:
    """The outcome that a stay should have had; empty where nobody ruled on it."""
    return stay.rulings[-1].outcome if stay.rulings else ""


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows as CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before it."""
    sheet = io.StringIO()
    csv.writer(sheet).writerows([_cell(value) for value in row] for row in rows)
    return sheet.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


# --- For people --------------------------------------------------------------------------------------------------


def as_text(one: Conversation, labels: Labels, *, for_staff: bool = False) -> str:
    """Return a conversation as plain text: a line for each sentence, what goes on in further lines indented.

    Below each stay stands how it ended; for staff also what a reviewer ruled.
    """
    lines = [one.title, _headline(one, labels)]
    if one.words_deleted_at is not None:
        lines += ["", labels.deleted]
    for stay in one.stays:
        lines += ["", f"{stay.number}. {stay.title}"]
        for said in stay.said:
            head = f"[{labels.time(said.at, '%H:%M:%S')}] {labels.of(said.speaker)}: "
            lines.append(head + "\n    ".join(_lines(_words(said, labels))))
            if said.corrected:
                lines.append("    " + labels.heard % "\n    ".join(_lines(said.text)))
        lines += ["— " + "\n    ".join(_lines(end)) for end in _ends(stay, labels, for_staff=for_staff)]
    return "\n".join(lines) + "\n"


def as_markdown(one: Conversation, labels: Labels, *, for_staff: bool = False) -> str:
    """Return a conversation as Markdown (CommonMark), in which whatever was said stands as it was said.

    Below each stay stands how it ended; for staff also what a reviewer ruled.
    """
    parts = [f"# {_marked(one.title)}", _marked(_headline(one, labels))]
    if one.words_deleted_at is not None:
        parts.append(f"*{_marked(labels.deleted)}*")
    for stay in one.stays:
        parts.append(f"## {stay.number}. {_marked(stay.title)}")
        for said in stay.said:
            parts.append(f"**{_marked(labels.of(said.speaker))}:** {_marked(_words(said, labels))}")
            if said.corrected:
                parts.append(f"*{_marked(labels.heard % said.text)}*")
        parts += [f"— {_marked(end)}" for end in _ends(stay, labels, for_staff=for_staff)]
    return "\n\n".join(parts) + "\n"


def as_vtt(one: Conversation, labels: Labels) -> str:
    """Return a conversation as WebVTT, from its first sentence on: a caption for each, as long as it takes to read.

    A sentence that came before the one ahead of it could be read begins when it has been: what is typed, and the answer
    to it, are often stored in the same moment.
    """
    said = [sentence for stay in one.stays for sentence in stay.said if sentence.text or sentence.corrected]
    blocks = ["WEBVTT"]
    start = said[0].at if said else one.started_at
    end = 0.0
    for number, sentence in enumerate(said):
        begin = max((sentence.at - start).total_seconds(), end)
        end = begin + min(_SHORTEST_CUE + _PER_WORD * len(_words(sentence, labels).split()), _LONGEST_CUE)
        who = _captioned(labels.of(sentence.speaker))
        words = _captioned(" ".join(_words(sentence, labels).split()))
        blocks.append(f"{number + 1}\n{_clock(begin)} --> {_clock(end)}\n<v {who}>{words}")
    return "\n\n".join(blocks) + "\n"


def _ends(stay: Stay, labels: Labels, *, for_staff: bool) -> Iterator[str]:
    """How a stay ended, and for staff how it should have, if somebody ruled on it."""
    yield labels.way_out % in_words(stay.outcome) if stay.outcome else stay.ending
    if for_staff and stay.rulings:
        ruled = stay.rulings[-1]
        yield labels.ruling % {"outcome": in_words(ruled.outcome), "who": ruled.by, "reason": ruled.reason}


def _headline(one: Conversation, labels: Labels) -> str:
    return f"{one.name or one.learner}, {labels.time(one.started_at)}"


def _words(said: Said, labels: Labels) -> str:
    """The words that count, or what there was in their place."""
    return said.corrected or said.text or (labels.picture if said.has_picture else labels.nothing)


def _lines(text: str) -> list[str]:
    return _LINE_ENDS.split(text)


def _marked(text: str) -> str:
    """Text that Markdown shows as it is; a new line is a hard break, several are one."""
    lines = [line for line in _lines(text) if line.strip()]
    return "\\\n".join(_MARKDOWN_LINE.sub(_begin, _MARKDOWN.sub(r"\\\1", line.strip())) for line in lines)


def _begin(match: re.Match[str]) -> str:
    sign = match[2]
    return f"{match[1]}{sign[:-1]}\\{sign[-1]}"


def _captioned(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\0", "\ufffd")


def _clock(seconds: float) -> str:
    whole = timedelta(milliseconds=round(seconds * 1000))
    minutes, rest = divmod(int(whole.total_seconds()), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}.{whole.microseconds // 1000:03}"


# --- For learning record stores ----------------------------------------------------------------------------------

_VERBS = "http://adlnet.gov/expapi/verbs/"
_LESSON, _STAGE = "http://adlnet.gov/expapi/activities/lesson", "http://adlnet.gov/expapi/activities/module"
_OUTCOME = "urn:viva:outcome"


def statements(one: Conversation, *, home: str) -> list[dict[str, Any]]:
    """Return a conversation as xAPI 1.0.3 statements, without any word of it: begun, stage by stage, and ended.

    `home` is the address of the site, with a slash behind it. The same conversation always gets the same ids, so that
    a store that has one of them already takes no second one.
    """
    lesson = _activity(f"{home}lessons/{one.lesson}/", _LESSON, one.title, one.language)
    found = [_statement(one, home, "initialized", lesson, one.started_at)]
    for stay in one.stays:
        if stay.completed_at is None or not stay.outcome:
            continue
        stage = _activity(f"{home}lessons/{one.lesson}/#{stay.stage}", _STAGE, stay.title, one.language)
        result = {
            "completion": True,
            "duration": _duration(stay.completed_at - stay.entered_at),
            "extensions": {_OUTCOME: stay.outcome},
        }
        found.append(_statement(one, home, "progressed", stage, stay.completed_at, key=str(stay.number), result=result))
    if one.ended_at is not None:
        is_done = one.outcome == "completed"
        result = {
            "completion": is_done,
            "duration": _duration(timedelta(seconds=one.figures.get("seconds") or 0)),
            "extensions": {_OUTCOME: one.outcome},
        }
        verb = "completed" if is_done else "terminated"
        found.append(_statement(one, home, verb, lesson, one.ended_at, result=result))
    return found


def _statement(
    one: Conversation,
    home: str,
    verb: str,
    activity: Mapping[str, Any],
    at: datetime,
    *,
    key: str = "",
    result: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    context: dict[str, Any] = {"registration": str(one.code), "platform": "Viva"}
    if one.language:
        context["language"] = one.language
    if activity["definition"]["type"] == _STAGE:
        lesson = _activity(f"{home}lessons/{one.lesson}/", _LESSON, one.title, one.language)
        context["contextActivities"] = {"parent": [lesson]}
    return {
        "id": str(uuid.uuid5(one.code, f"{verb}/{key}")),
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": home, "name": one.learner},
            **({"name": one.name} if one.name else {}),
        },
        "verb": {"id": _VERBS + verb, "display": {"en": verb}},
        "object": dict(activity),
        **({"result": dict(result)} if result else {}),
        "context": context,
        "timestamp": moment(at),
    }


def _activity(address: str, kind: str, title: str, language: str) -> dict[str, Any]:
    name = {language or "und": title}
    return {"objectType": "Activity", "id": address, "definition": {"type": kind, "name": name}}


def _duration(time: timedelta) -> str:
    return f"PT{max(time.total_seconds(), 0):.2f}S"
