"""Who listens to which call, and what becomes of what was heard. Everything here runs in a thread, not in a loop."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from tutor.models import Attempt, Connection, Fault, HeardCall, Speaker, UsageReport, UtteranceStatus, Witness
from tutor.peers import client
from tutor.plan.text import is_json
from tutor.realtime import events
from tutor.realtime.listening import CallRecord, Known, Record, Status, UsageRecord, UtteranceRecord
from tutor.services import journal, witness
from tutor.services.calls import LONGEST_CALL

log = logging.getLogger(__name__)

# As the journal's endpoint has it.
MAX_ID = 64
MAX_TEXT = 8_000
# States of a call that somebody listens to, or should.
LIVE = (Witness.AWAITED, Witness.LISTENING, Witness.GAPS)


@dataclass(frozen=True, slots=True)
class Job:
    """A call that a listener has taken. `missed`: something of it may have gone unheard before."""

    connection: Connection
    attempt: Attempt
    listener: str
    visit: int
    known: list[Known]
    missed: bool


def waiting() -> QuerySet[Connection]:
    """The calls that anybody may listen to now: nobody does, or whoever did has died. Oldest first.

    A rehearsal inside a server is heard by that server alone, and is not among them.
    """
    calls = _free().filter(ended_at__isnull=True).exclude(call_id="")
    if client.is_inside(rehearsal=False):
        return calls.none()
    if client.is_inside(rehearsal=True):
        calls = calls.exclude(attempt__is_rehearsal=True)
    return calls.order_by("id")


def _free() -> QuerySet[Connection]:
    nobody = Q(witness_seen_at__isnull=True) | Q(witness_seen_at__lt=timezone.now() - witness.LEASE)
    return Connection.objects.filter(nobody, witness__in=LIVE)


def take(connection_id: int, listener: str) -> Job | None:
    """Take a call for a listener; None if another has it, or nobody is to listen to it (any more).

    1. Take it by a filtered update, and count one row. Whoever had it before has died, so something was missed.
    2. Read what is known of the conversation so far.
    """
    # 1
    taken = (
        _free()
        .filter(pk=connection_id)
        .update(
            witness=Case(When(witness=Witness.LISTENING, then=Value(Witness.GAPS.value)), default=F("witness")),
            witness_by=listener,
            witness_seen_at=timezone.now(),
        )
    )
    if taken != 1:
        return None
    # 2
    connection = Connection.objects.select_related("attempt__version", "visit").get(pk=connection_id)
    rows = connection.attempt.utterances.order_by("position", "id")
    known = [
        Known(item_id, events.Speaker(speaker), Status(status), text, visit)
        for item_id, speaker, status, text, visit in rows.values_list(
            "item_id", "speaker", "status", "text", "visit__number"
        )
    ]
    missed = connection.witness == Witness.GAPS
    # One that takes over begins in the stage the lesson has come to; what it hears puts it right.
    visit = connection.attempt.visits.order_by("-number").first() if missed else connection.visit
    return Job(connection, connection.attempt, listener, (visit or connection.visit).number, known, missed)


def keep(job: Job, changes: dict[str, Any]) -> bool:
    """Show a sign of life and store `changes` to the call; False if another listener has it now."""
    mine = Connection.objects.filter(pk=job.connection.pk, witness_by=job.listener)
    return mine.update(witness_seen_at=timezone.now(), **changes) == 1


def let_go(job: Job) -> None:
    """Leave a call that goes on to whoever takes it next."""
    Connection.objects.filter(pk=job.connection.pk, witness_by=job.listener).update(witness_by="", witness_seen_at=None)


@transaction.atomic
def store(job: Job, records: Iterable[Record], changes: dict[str, Any]) -> bool:
    """Store what was heard, with a sign of life; False if another listener has the call now.

    1. Still ours?
    2. Function calls first: a learner may be waiting for one.
    3. Utterances and usage, as the journal stores them.
    """
    records = list(records)
    # 1
    if not keep(job, changes):
        return False
    # 2
    calls = [record for record in records if isinstance(record, CallRecord) and _is_storable(record)]
    if calls:
        witness.confirm_calls(job.attempt, [_heard_call(job, call) for call in calls])
    # 3
    entries = [entry for record in records if _is_storable(record) and (entry := _entry(job, record)) is not None]
    if entries:
        journal.store_heard(job.attempt, entries)
    return True


def _is_storable(record: Record) -> bool:
    """Whether the database can hold it, on any of its kinds. A provider sends nothing else."""
    if isinstance(record, UtteranceRecord):
        return _is_id(record.item_id) and is_json([record.item_id, record.text])
    if isinstance(record, CallRecord):
        return _is_id(record.call_id) and len(record.name) <= 200 and is_json([record.name, record.arguments])
    if isinstance(record, UsageRecord):
        return _is_id(record.report_id) and is_json(record.usage)
    return False


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_ID


def _heard_call(job: Job, call: CallRecord) -> HeardCall:
    return HeardCall(
        attempt=job.attempt,
        connection=job.connection,
        call_id=call.call_id,
        name=call.name,
        arguments=call.arguments,
    )


def _entry(job: Job, record: Record) -> journal.UtteranceEntry | journal.UsageEntry | None:
    code = str(job.connection.code)
    if isinstance(record, UtteranceRecord):
        return journal.UtteranceEntry(
            id=record.item_id,
            speaker=Speaker(record.speaker.value),
            status=UtteranceStatus(record.status.value),
            text=record.text[:MAX_TEXT],
            previous_item_id=record.previous_item_id[:MAX_ID],
            visit=record.visit,
            connection=code,
        )
    if isinstance(record, UsageRecord):
        source = UsageReport.Source(record.source)
        return journal.UsageEntry(id=record.report_id, source=source, usage=record.usage, connection=code)
    return None


def visit_of(job: Job, echo: events.SessionEcho) -> int | None:
    """Return the number of the visit whose session the model has now; None if it has none of the attempt's.

    A stage may be visited again with the same session: the latest visit counts.
    """
    for visit in job.attempt.visits.order_by("-number"):
        names = tuple(str(tool.get("name", "")) for tool in visit.session.get("tools", []))
        if (visit.session.get("instructions"), names) == (echo.instructions, echo.tools):
            return visit.number
    return None


def note_changed_config(job: Job) -> None:
    """Note for a reviewer that somebody has given the model other instructions or tools than ours."""
    log.warning("config is not ours attempt=%s call=%s", job.attempt.code, job.connection.call_id)
    Fault.objects.get_or_create(
        attempt=job.attempt,
        report_id=f"{witness.CONFIG_CHANGED}-{job.connection.code}",
        defaults={"code": witness.CONFIG_CHANGED, "connection": job.connection},
    )


def close_old() -> int:
    """Give calls that can no longer go on their final word where no listener has; return how many."""
    past = timezone.now() - LONGEST_CALL - witness.LEASE
    old = Connection.objects.filter(witness__in=LIVE, answered_at__lt=past)
    return old.update(
        witness=Case(
            When(witness=Witness.AWAITED, then=Value(Witness.NONE.value)), default=Value(Witness.PARTLY.value)
        ),
        witness_by="",
    )
