"""An attempt as a reviewer reads it: stay by stay, with times, breaks, evidence and what others noted. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

from django.utils import timezone
from django.utils.text import capfirst

from tutor import plan as plans
from tutor.models import (
    Attempt,
    Connection,
    DayUse,
    Fault,
    Note,
    Ruling,
    SetAside,
    Sign,
    Speaker,
    StageVisit,
    ToolCall,
    Utterance,
    UtteranceStatus,
)
from tutor.pages.acts import Act, acts_of
from tutor.pages.wording import ruling_name
from tutor.plan import Plan, in_words
from tutor.plan.evidence import count_found
from tutor.realtime.images import MARK, words_beside
from tutor.services import calls, digests, pictures, stays, transcript, uses, witness
from tutor.services.transcript import Shown
from tutor.services.witness import Mark

# A wait in the middle of a call that is worth a line.
PAUSE = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance as it was heard, what its learner made of it, and what reviewers noted. `quoted`: as evidence.

    `at` is when the server first heard of it, by the site's own time zone; `mark` what the second record says of it, if
    one was kept.
    """

    utterance: Utterance
    at: datetime
    corrected: str
    picture: str
    quoted: bool
    notes: tuple[Note, ...]
    mark: Mark | None

    @property
    def is_confirmed(self) -> bool:
        """Whether the provider said so too."""
        return self.mark in (Mark.CONFIRMED, Mark.FILLED)

    @property
    def was_heard_differently(self) -> bool:
        """Whether the second record has other words, or another speaker."""
        return witness.was_heard_differently(self.utterance)

    @property
    def who(self) -> str:
        """Who said it, and how it broke off if it did."""
        speaker = capfirst(str(Speaker(self.utterance.speaker).label))
        status = UtteranceStatus(self.utterance.status)
        return speaker if status is UtteranceStatus.COMPLETE else f"{speaker}, {status.label}"

    @property
    def place(self) -> str:
        """Its id as an address has it."""
        return quote(self.utterance.item_id)

    @property
    def time(self) -> str:
        """When that was, as a clock shows it. Django's filters for dates took a tenth of a long page's time."""
        return f"{self.at:%H:%M:%S}"

    @property
    def has_more(self) -> bool:
        """Whether there is more to it than words. Asked once, because nearly all of a long conversation has none."""
        is_plain = self.text and not (self.corrected or self.had_picture or self.quoted or self.mark)
        return not is_plain or self.was_heard_differently

    @property
    def text(self) -> str:
        """The words, without the mark of a picture."""
        return words_beside(self.utterance.text)

    @property
    def had_picture(self) -> bool:
        """Whether a picture went with it, be it kept or not."""
        return bool(self.picture) or self.utterance.text.endswith(MARK)


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody spoke for so many seconds, or, with `is_break`, the call ended and another began."""

    seconds: int
    is_break: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence the tutor quoted as evidence; `item_id` is where it was said, empty if that was not found."""

    text: str
    item_id: str


@dataclass(frozen=True, slots=True)
class Stay:
    """One visit as a reviewer reads it. `way_out` is how it ended, whether by a way out or without one."""

    visit: StageVisit
    title: str
    way_out: str
    entries: tuple[Line | Gap | Shown | Act, ...]
    quotes: tuple[Quote, ...]
    tool_calls: tuple[ToolCall, ...]
    notes: tuple[Note, ...]
    rulings: tuple[Ruling, ...]
    signs: tuple[Sign, ...]
    ways: tuple[tuple[str, str], ...]

    @property
    def ruled(self) -> str:
        """What a reviewer says of the way out, in words; empty if none does."""
        return ruling_name(self.rulings[-1].outcome) if self.rulings else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is known of an attempt. `cost` is USD, None where unknown.

    `doubts` are what the second record has against the browser, `apart` what the browser sent and nobody could place.
    """

    stays: tuple[Stay, ...]
    calls: tuple[Connection, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Note, ...]
    signs: tuple[Sign, ...]
    doubts: tuple[str, ...]
    apart: tuple[SetAside, ...]
    lasted: timedelta
    uses: tuple[DayUse, ...]
    cost: Decimal | None


@dataclass(slots=True)
class _Rows:
    """The rows of an attempt that are handed out to its stays."""

    said: list[Utterance]
    calls: list[ToolCall]
    notes: list[Note]
    rulings: list[Ruling]
    signs: list[Sign]
    connections: dict[int, Connection]
    corrected: dict[int, str] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    acts: dict[int, list[tuple[datetime, Act]]] = field(default_factory=dict)


def read(attempt: Attempt) -> Reading:
    """Return an attempt as a reviewer reads it. As many queries for a long one as for a short one."""
    plan = plans.from_stored(attempt.version.plan)
    used = digests.uses_of(attempt)
    connections = {one.pk: one for one in attempt.connections.order_by("id")}
    rows = _Rows(
        said=list(attempt.utterances.order_by("position", "id")),
        calls=list(attempt.tool_calls.order_by("id")),
        notes=list(attempt.notes.select_related("author").order_by("id")),
        rulings=list(Ruling.objects.filter(visit__attempt=attempt).select_related("author").order_by("id")),
        signs=list(attempt.signs.order_by("-weight", "id")),
        connections=connections,
        corrected=transcript.corrected(attempt),
        pictures=dict(pictures.addresses(attempt)),
        acts=acts_of(attempt, plan),
    )
    return Reading(
        stays=tuple(_stay(attempt, plan, visit, rows) for visit in attempt.visits.order_by("number")),
        calls=tuple(connections.values()),
        faults=tuple(attempt.faults.order_by("id")),
        notes=tuple(note for note in rows.notes if note.visit_id is None),
        signs=tuple(rows.signs),
        doubts=tuple(witness.doubts(attempt)),
        apart=tuple(attempt.set_aside.order_by("id")),
        lasted=calls.time_in(calls.calls_of([attempt]).get(attempt.pk, [])),
        uses=tuple(used),
        cost=uses.total_cost(attempt, used),
    )


def _stay(attempt: Attempt, plan: Plan, visit: StageVisit, rows: _Rows) -> Stay:
    stage = plan.stage(visit.stage_key)
    said = [one for one in rows.said if one.visit_id == visit.pk]
    own_calls = tuple(call for call in rows.calls if call.visit_id == visit.pk)
    quotes = tuple(Quote(text, _where_said(text, said)) for text in visit.evidence)
    quoted = {quote.item_id for quote in quotes}
    notes = [note for note in rows.notes if note.visit_id == visit.pk]
    lines = [
        Line(
            utterance=one,
            at=timezone.localtime(one.stored_at),
            corrected=rows.corrected.get(one.pk, ""),
            picture=rows.pictures.get(one.item_id, ""),
            quoted=one.item_id in quoted,
            notes=tuple(note for note in notes if note.utterance_id == one.pk),
            mark=witness.mark_of(one, rows.connections.get(one.connection_id or 0)),
        )
        for one in said
    ]
    cards = ((call.card["after"], Shown.of(call.card)) for call in own_calls if call.card)
    entries = transcript.interleaved(((line.utterance.item_id, line) for line in lines), cards)
    timed = [(entry.utterance.stored_at if isinstance(entry, Line) else None, entry) for entry in entries]
    return Stay(
        visit=visit,
        title=stage.title,
        way_out=in_words(visit.outcome) or stays.ending(attempt, visit),
        entries=tuple(_with_gaps(transcript.placed(timed, rows.acts.get(visit.pk, ())))),
        quotes=quotes,
        tool_calls=own_calls,
        notes=tuple(note for note in notes if note.utterance_id is None),
        rulings=tuple(ruling for ruling in rows.rulings if ruling.visit_id == visit.pk),
        signs=tuple(sign for sign in rows.signs if sign.visit_id == visit.pk),
        ways=tuple(
            (key, ruling_name(key)) for key in dict.fromkeys([*(way.key for way in stage.outcomes), Ruling.NOT_YET])
        ),
    )


def _where_said(quote: str, said: Sequence[Utterance]) -> str:
    """The item id of the learner's utterance that has a quote; empty if none has."""
    own = (one for one in said if one.speaker == Speaker.LEARNER)
    return next((one.item_id for one in own if count_found([quote], [one.text])), "")


def _with_gaps(entries: Iterable[Line | Shown | Act]) -> Iterable[Line | Gap | Shown | Act]:
    """The entries with what was between two of them, where that is worth a line."""
    before: Line | None = None
    for entry in entries:
        if isinstance(entry, Line):
            if before is not None and (gap := _gap(before.utterance, entry.utterance)):
                yield gap
            before = entry
        yield entry


def _gap(before: Utterance, after: Utterance) -> Gap | None:
    wait = after.stored_at - before.stored_at
    is_break = before.connection_id is not None and after.connection_id not in (None, before.connection_id)
    return Gap(max(int(wait.total_seconds()), 0), is_break) if is_break or wait >= PAUSE else None
