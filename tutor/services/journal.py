"""What the browser reports: utterances, pictures, token usage, faults. Idempotent by the provider's own ids.

What our own listener hears of a call (`services.sideband`) is stored here as well, and joined with the browser's.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tutor import metrics
from tutor.models import Attempt, Fault, Picture, PictureType, Speaker, UsageReport, Utterance, UtteranceStatus
from tutor.models.price import TOKEN_KINDS
from tutor.realtime.usage import Usage, read_usage
from tutor.services import attempts, desk, leases, set_aside, stalls
from tutor.services.broadcast import tell
from tutor.services.errors import AttemptClosedError
from tutor.services.set_aside import UnfitEntry

log = logging.getLogger(__name__)

# What our own pages and the provider call a fault.
_CODE = re.compile(r"[a-z0-9_.]{1,60}")

# How long after its end an attempt still takes what a sleeping browser kept.
GRACE = timedelta(hours=24)

# Pictures that one attempt may hold: more than any lesson needs, and no more than a disk bears.
MOST_PICTURES = 200

# The code under which an entry is kept apart that contradicts what is stored.
CONFLICT = "conflict"

# How final a status is; an utterance only ever becomes more final. An interruption is often known only after the text
# is complete, and a late text fills an utterance that was given up on.
FINALITY = {
    status: rank
    for rank, status in enumerate(
        (
            UtteranceStatus.PARTIAL,
            UtteranceStatus.UNTRANSCRIBED,
            UtteranceStatus.COMPLETE,
            UtteranceStatus.INTERRUPTED,
        )
    )
}

# Whose words count, of entries about one utterance: the whole text above what was written when the tutor was cut off,
# and both above what was known in the middle. So it does not matter which came first.
AUTHORITY = {
    UtteranceStatus.PARTIAL: 0,
    UtteranceStatus.UNTRANSCRIBED: 0,
    UtteranceStatus.INTERRUPTED: 1,
    UtteranceStatus.COMPLETE: 2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceEntry:
    """One conversation item. `visit` is the number of the visit it belongs to, None for the current one."""

    id: str
    speaker: Speaker
    status: UtteranceStatus
    text: str
    previous_item_id: str = ""
    visit: int | None = None
    connection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureEntry:
    """A picture that belongs to the utterance with the same id, which may come before or after it. `visit` as there."""

    id: str
    media_type: PictureType
    data: bytes
    visit: int | None = None
    connection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEntry:
    """Tokens of one response or transcription, as the provider reported them."""

    id: str
    source: UsageReport.Source
    usage: dict[str, Any]
    connection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultEntry:
    """Something that went wrong in the browser."""

    id: str
    code: str
    message: str = ""
    param: str = ""
    connection: str = ""


Entry = UtteranceEntry | PictureEntry | UsageEntry | FaultEntry


@dataclass(slots=True)
class Receipt:
    """What became of each entry, by id; what the browser should forward to a model that stalls; whether all is over.

    `desk` is what staff have done, if anything (`services.desk.for_room`).
    """

    stored: list[str] = field(default_factory=list)
    duplicate: list[str] = field(default_factory=list)
    conflict: list[str] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    rescue: dict[str, Any] | None = None
    desk: dict[str, Any] | None = None
    ended: bool = False


@transaction.atomic
def store_entries(
    attempt: Attempt,
    entries: Sequence[Entry],
    *,
    unfit: Sequence[UnfitEntry] = (),
    received: str = "",
    connection: str = "",
    from_desk: int = 0,
) -> Receipt:
    """Store what is new, forgive what is known, and answer entry by entry.

    No entries at all are a beat: they let us notice that time has passed. `unfit` are entries that were found wanting
    before they came here. `connection` is the code of the call the room is in, empty without one; what the entries
    name may be a call of yesterday. `received` is the id of the latest rescue that the browser has forwarded in its
    present call (`services.stalls`), `from_desk` the number up to which it has what staff have done (`services.desk`).
    Raises AttemptClosedError when the attempt ended more than a day ago, or its words were deleted.

    1. Lock the attempt, and note that its call goes on.
    2. Place new utterances after the item they follow; let known ones grow, never shrink; tell the observers of both,
       once the transaction has committed.
    3. Keep pictures, usage reports and faults that are new.
    4. Keep apart what could not be stored, for a person to look at.
    5. See whether the stage stalls, and what staff have done.
    """
    # 1
    attempt = attempts.lock(attempt)
    if attempt.ended_at is not None and timezone.now() - attempt.ended_at > GRACE:
        raise AttemptClosedError(_("This lesson ended more than a day ago and takes no more entries."))
    attempts.refuse_if_wordless(attempt)
    leases.renew(attempt, connection)
    receipt, wanting = Receipt(), list[UnfitEntry]()
    connections, visits = _connections(attempt, entries), _visits(attempt, entries)
    # 2
    utterances = [entry for entry in entries if isinstance(entry, UtteranceEntry)]
    if utterances:
        _store_utterances(attempt, utterances, visits, connections, receipt, wanting)
        tell(attempt, *({"type": "utterance", "item_id": item_id} for item_id in receipt.stored))
    # 3
    pictures = [entry for entry in entries if isinstance(entry, PictureEntry)]
    _store_pictures(attempt, pictures, visits, connections, receipt, wanting)
    _store_usage(attempt, [entry for entry in entries if isinstance(entry, UsageEntry)], connections, receipt)
    _store_faults(attempt, [entry for entry in entries if isinstance(entry, FaultEntry)], connections, receipt)
    # 4
    wanting += unfit
    receipt.rejected = [{"id": entry.id, "code": entry.code} for entry in wanting if entry.code != CONFLICT]
    set_aside.keep(attempt, wanting)
    # 5
    receipt.rescue = stalls.rescue(attempt, received=received)
    receipt.desk = desk.for_room(attempt, received=from_desk, connection=connection)
    receipt.ended = attempt.ended_at is not None
    return receipt


@transaction.atomic
def store_heard(attempt: Attempt, entries: Sequence[UtteranceEntry | UsageEntry]) -> Receipt:
    """Store what our own listener heard from the provider, and confirm what the browser has reported of it.

    The text people are shown stays the browser's: what was heard stands beside it, and in its place only where the
    browser has brought nothing. Unlike a report of the browser this is no sign that the learner is still there.

    1. Lock the attempt. Where its words were deleted nothing comes after them.
    2. Place and grow utterances as ever; those whose last words were heard are confirmed.
    3. Keep or confirm usage reports.
    """
    # 1
    attempt = attempts.lock(attempt)
    receipt = Receipt()
    if attempt.words_deleted_at is not None:
        return receipt
    connections, visits = _connections(attempt, entries), _visits(attempt, entries)
    # 2
    utterances = [entry for entry in entries if isinstance(entry, UtteranceEntry)]
    if utterances:
        # What contradicts the browser stands beside its words (`provider_text`).
        _store_utterances(attempt, utterances, visits, connections, receipt, [], heard=True)
        tell(attempt, *({"type": "utterance", "item_id": item_id} for item_id in receipt.stored))
    # 3
    usage = [entry for entry in entries if isinstance(entry, UsageEntry)]
    _store_usage(attempt, usage, connections, receipt, heard=True)
    return receipt


def _connections(attempt: Attempt, entries: Iterable[Entry]) -> dict[str, int]:
    """Keys of the attempt's connections that the entries name, by code; others are not ours and count as unnamed."""
    codes = {entry.connection for entry in entries if entry.connection}
    found = attempt.connections.filter(code__in=codes).values_list("code", "pk") if codes else ()
    return {str(code): pk for code, pk in found}


def _visits(attempt: Attempt, entries: Iterable[Entry]) -> dict[int | None, int]:
    """Keys of the attempt's visits by number, and of the current one by None; empty if no entry belongs to a visit."""
    if not any(isinstance(entry, UtteranceEntry | PictureEntry) for entry in entries):
        return {}
    numbered = attempt.visits.order_by("number").values_list("number", "pk")
    visits: dict[int | None, int] = dict(numbered)
    # The last one comes last.
    visits[None] = list(visits.values())[-1]
    return visits


def _store_utterances(
    attempt: Attempt,
    entries: list[UtteranceEntry],
    visits: Mapping[int | None, int],
    connections: Mapping[str, int],
    receipt: Receipt,
    wanting: list[UnfitEntry],
    *,
    heard: bool = False,
) -> None:
    transcript = _Transcript(attempt, heard=heard)
    for entry in entries:
        if entry.visit not in visits:
            wanting.append(_unfit(entry, "unknown_visit"))
            continue
        fate = transcript.take(entry, visit_id=visits[entry.visit], connection_id=connections.get(entry.connection))
        fate_list: list[str] = getattr(receipt, fate)
        if entry.id not in fate_list:
            fate_list.append(entry.id)
        if fate == CONFLICT:
            wanting.append(_unfit(entry, CONFLICT))
    transcript.save()


def _unfit(entry: UtteranceEntry | PictureEntry, code: str) -> UnfitEntry:
    """An entry that turned out to be unfit; of a picture its size is kept, not the picture itself."""
    facts = asdict(entry)
    if isinstance(entry, PictureEntry):
        facts["data"] = len(entry.data)
    return UnfitEntry(id=entry.id, code=code, body=set_aside.as_text(facts))


class _Transcript:
    """The utterances of one attempt while entries are being added; four queries in all.

    `heard`: the entries are what our own listener heard; the browser's otherwise.
    """

    def __init__(self, attempt: Attempt, *, heard: bool) -> None:
        self._attempt = attempt
        self._heard = heard
        # By item id, in the order in which they were first heard of.
        self._known = {utterance.item_id: utterance for utterance in attempt.utterances.order_by("id")}
        self._grown: dict[str, Utterance] = {}
        # Of which something has changed that people are not shown, and perhaps nothing else.
        self._joined: dict[str, Utterance] = {}

    def take(self, entry: UtteranceEntry, *, visit_id: int, connection_id: int | None) -> str:
        """Add an entry or let a known one grow; return its fate: stored, duplicate or conflict."""
        known = self._known.get(entry.id)
        fate = self._add(entry, visit_id, connection_id) if known is None else self._join(known, entry)
        if self._heard and entry.status is not UtteranceStatus.PARTIAL:
            self._confirm(self._known[entry.id], entry)
        return fate

    def _add(self, entry: UtteranceEntry, visit_id: int, connection_id: int | None) -> str:
        self._known[entry.id] = Utterance(
            attempt=self._attempt,
            visit_id=visit_id,
            connection_id=connection_id,
            item_id=entry.id,
            previous_item_id=entry.previous_item_id,
            speaker=entry.speaker,
            status=entry.status,
            text=entry.text,
            text_status=entry.status,
            delivered=self._delivers(entry),
        )
        return "stored"

    def _delivers(self, entry: UtteranceEntry) -> bool:
        """Whether the browser brings an utterance to its end."""
        return not self._heard and entry.status is not UtteranceStatus.PARTIAL

    def _join(self, known: Utterance, entry: UtteranceEntry) -> str:
        if known.speaker != entry.speaker:
            return CONFLICT
        if not self._delivers(entry) or known.delivered:
            return self._grow(known, entry)
        known.delivered = True
        self._joined[known.item_id] = known
        if known.confirmed_at is not None and entry.text:
            # Only our listener's words were there. The browser's are what the learner has seen.
            known.text_status = UtteranceStatus.PARTIAL
        return self._grow(known, entry)

    def _confirm(self, known: Utterance, entry: UtteranceEntry) -> None:
        """Note what was heard. That somebody else said it confirms nothing."""
        if known.speaker == entry.speaker:
            known.confirmed_at = known.confirmed_at or timezone.now()
        known.provider_text = entry.text
        self._joined[known.item_id] = known

    def _grow(self, known: Utterance, entry: UtteranceEntry) -> str:
        """Let a known utterance grow by an entry; the same whichever of the two came first."""
        text = _better_text(known, entry)
        if text is None:
            return CONFLICT
        before, source = (known.status, known.text), known.text_status
        known.status = max(UtteranceStatus(known.status), entry.status, key=FINALITY.__getitem__)
        known.text, known.text_status = text
        if (known.status, known.text) != before:
            self._grown[known.item_id] = known
            return "stored"
        if known.text_status != source:
            self._joined[known.item_id] = known
        return "duplicate"

    def save(self) -> None:
        """Write what is new, what has grown and what has moved."""
        moved = []
        for position, utterance in enumerate(in_order(self._known.values()), start=1):
            if utterance.pk is not None and utterance.position != position:
                moved.append(utterance)
            utterance.position = position
        now = timezone.now()
        for utterance in self._grown.values():
            utterance.changed_at = now
        old = [utterance for utterance in {**self._grown, **self._joined}.values() if utterance.pk is not None]
        fields = ["status", "text", "text_status", "changed_at", "delivered", "confirmed_at", "provider_text"]
        Utterance.objects.bulk_update(old, fields)
        Utterance.objects.bulk_update(moved, ["position"])
        Utterance.objects.bulk_create([utterance for utterance in self._known.values() if utterance.pk is None])


def _better_text(known: Utterance, entry: UtteranceEntry) -> tuple[str, UtteranceStatus] | None:
    """Of two texts the one that counts, with the status it came with; None if they contradict each other.

    An entry without words has no say. Of unfinished texts the longest counts, of finished ones the first.
    """
    source = UtteranceStatus(known.text_status or known.status)
    if not known.text or (entry.text and AUTHORITY[entry.status] > AUTHORITY[source]):
        return (entry.text, entry.status) if entry.text else (known.text, source)
    if not entry.text or AUTHORITY[entry.status] < AUTHORITY[source]:
        return known.text, source
    if AUTHORITY[source]:
        return (known.text, source) if entry.text == known.text else None
    longest = max(known.text, entry.text, key=lambda text: (len(text), text))
    return longest, source


def in_order(utterances: Iterable[Utterance]) -> list[Utterance]:
    """Return utterances, given in the order in which they were first heard of, in conversation order.

    Each comes right after the item it follows, as the provider inserts items (protocol reference, section 7); of two
    that follow the same one, that of the earlier call comes first, and within a call the later heard of. Where that
    item is not known a new chain begins, and chains stand in the order of their visits, then of their calls, then in
    the order in which they were heard of.
    """
    given = list(utterances)
    heads: list[Utterance] = []
    followers: dict[str, list[Utterance]] = {utterance.item_id: [] for utterance in given}
    for utterance in given:
        followers.get(utterance.previous_item_id, heads).append(utterance)
    for following in followers.values():
        # Taken from the end.
        following.sort(key=_call, reverse=True)
    # Items that claim to follow each other in a circle have no head: they are taken as they came, last.
    ahead = [*sorted(heads, key=lambda utterance: (utterance.visit_id, _call(utterance))), *given][::-1]
    ordered: dict[str, Utterance] = {}
    while ahead:
        utterance = ahead.pop()
        if utterance.item_id not in ordered:
            ordered[utterance.item_id] = utterance
            ahead += followers[utterance.item_id]
    return list(ordered.values())


def _call(utterance: Utterance) -> int:
    return utterance.connection_id or 0


def _store_pictures(
    attempt: Attempt,
    entries: list[PictureEntry],
    visits: Mapping[int | None, int],
    connections: Mapping[str, int],
    receipt: Receipt,
    wanting: list[UnfitEntry],
) -> None:
    """Keep the first picture that comes for an item: what the tutor has seen does not change."""
    if not entries:
        return
    known = set(attempt.pictures.values_list("item_id", flat=True))
    new: dict[str, Picture] = {}
    for entry in entries:
        if entry.id in known or entry.id in new:
            receipt.duplicate.append(entry.id)
        elif entry.visit not in visits:
            wanting.append(_unfit(entry, "unknown_visit"))
        elif len(known) + len(new) >= MOST_PICTURES:
            wanting.append(_unfit(entry, "too_many_pictures"))
        else:
            new[entry.id] = Picture(
                attempt=attempt,
                visit_id=visits[entry.visit],
                connection_id=connections.get(entry.connection),
                item_id=entry.id,
                media_type=entry.media_type,
                data=entry.data,
            )
    Picture.objects.bulk_create(new.values())
    receipt.stored += new


def _store_usage(
    attempt: Attempt,
    entries: list[UsageEntry],
    connections: Mapping[str, int],
    receipt: Receipt,
    *,
    heard: bool = False,
) -> None:
    if not entries:
        return
    now = timezone.now()
    ids = [entry.id for entry in entries]
    known = set(attempt.usage_reports.filter(report_id__in=ids).values_list("source", "report_id"))
    new: dict[tuple[str, str], UsageEntry] = {}
    for entry in entries:
        if (entry.source, entry.id) not in known:
            new.setdefault((entry.source, entry.id), entry)
    UsageReport.objects.bulk_create(
        UsageReport(
            attempt=attempt,
            connection_id=connections.get(entry.connection),
            report_id=entry.id,
            source=entry.source,
            usage=entry.usage,
            confirmed_at=now if heard else None,
        )
        for entry in new.values()
    )
    used = sum((read_usage(entry.usage) for entry in new.values()), Usage())
    transaction.on_commit(partial(metrics.count_tokens, {kind: getattr(used, kind) for kind in TOKEN_KINDS}))
    if heard:
        attempt.usage_reports.filter(report_id__in=ids, confirmed_at__isnull=True).update(confirmed_at=now)
    _sort(receipt, ids, {entry.id for entry in new.values()})


def _store_faults(
    attempt: Attempt, entries: list[FaultEntry], connections: Mapping[str, int], receipt: Receipt
) -> None:
    if not entries:
        return
    ids = [entry.id for entry in entries]
    known = set(attempt.faults.filter(report_id__in=ids).values_list("report_id", flat=True))
    new: dict[str, FaultEntry] = {}
    for entry in entries:
        if entry.id not in known:
            new.setdefault(entry.id, entry)
    Fault.objects.bulk_create(
        Fault(
            attempt=attempt,
            connection_id=connections.get(entry.connection),
            report_id=entry.id,
            code=entry.code,
            message=entry.message,
            param=entry.param,
        )
        for entry in new.values()
    )
    for entry in new.values():
        # Nothing that may quote what somebody said, and a code only if it looks like one: all of it is on the page of
        # the attempt.
        code = entry.code if _CODE.fullmatch(entry.code) else "unlike a code"
        log.warning("browser fault attempt=%s code=%s", attempt.code, code)
    _sort(receipt, ids, set(new))


def _sort(receipt: Receipt, ids: list[str], new: set[str]) -> None:
    for report_id in dict.fromkeys(ids):
        (receipt.stored if report_id in new else receipt.duplicate).append(report_id)
