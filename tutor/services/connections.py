"""One WebRTC call of an attempt: from the browser's offer to the provider's answer."""

import asyncio
import logging
import time

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from tutor import plan as plans
from tutor.models import Attempt, Connection, Witness
from tutor.peers import client
from tutor.services import (
    attempts,
    budgets,
    consents,
    hang_ups,
    leases,
    limits,
    pauses,
    prompts,
    sideband,
    stages,
    switch,
)
from tutor.services.broadcast import tell
from tutor.services.errors import AttemptEndedError, AttemptPausedError

log = logging.getLogger(__name__)

# Hang-ups under way: the loop itself keeps only weak references to its tasks.
_hang_ups: set[asyncio.Task[hang_ups.Told]] = set()


async def open_connection(attempt: Attempt, offer: bytes) -> tuple[Connection, bytes]:
    """Make a call in the attempt's current stage; return the connection and the provider's SDP answer.

    `offer` goes to the provider byte for byte. Raises AttemptEndedError, AttemptPausedError, ConsentNeededError,
    CallsOffError, TooManyError, BudgetSpentError or `peers.client.ProviderError`. Who tries a draft of their own is
    not asked to agree.

    1. See whether a call may be made, and note the connection with the exact session it asks for, before the provider
       hears of it.
    2. Ask the provider, outside any transaction.
    3. Store the call id, or why there is none.
    4. Have it listened to, where a second record is kept.
    5. Hang up all calls of the learner but the last one asked for, whatever lessons they are in: one learner, one
       call. Where that fails it is left to `services.tending`, like everything that has to be hung up later.
    """
    # 1
    connection = await sync_to_async(_request)(attempt)
    # 2
    started = time.monotonic()
    try:
        call = await client.create_call(
            offer,
            connection.config,
            safety_identifier=safety_identifier(attempt.learner_id),
            rehearsal=attempt.is_rehearsal,
        )
    except client.ProviderError as error:
        # 3
        await sync_to_async(_fail)(connection, error)
        raise
    replaced = await sync_to_async(_answer)(connection, call.call_id)
    took = (time.monotonic() - started) * 1000
    model = "rehearsal" if attempt.is_rehearsal else settings.REALTIME_MODEL
    log.info("call made attempt=%s call=%s model=%s ms=%d", attempt.code, call.call_id, model, took)
    # 4
    sideband.call_made(connection, rehearsal=attempt.is_rehearsal)
    # 5
    if replaced:
        task = asyncio.create_task(hang_ups.hang_up(replaced))
        _hang_ups.add(task)
        task.add_done_callback(_hang_ups.discard)
    return connection, call.answer


def safety_identifier(learner_id: int) -> str:
    """A stable id of a learner that says nothing about the person (protocol reference, section 1.1)."""
    return salted_hmac("viva.safety-identifier", str(learner_id), algorithm="sha256").hexdigest()


@transaction.atomic
def _request(attempt: Attempt) -> Connection:
    """Note that a call is asked for, if it may be.

    What may be spent is looked up behind the locks of the learner and of the budgets that many share, and the row is
    made before these are let go of: whoever comes next counts it, however many come at once.
    """
    attempt = attempts.lock(attempt)
    visit = stages.current_visit(attempt)
    if visit is None:
        raise AttemptEndedError(_("This lesson has already ended."))
    if not attempt.is_trial:
        consents.require(attempt.learner_id)
    if pauses.pause_of(attempt) is not None:
        raise AttemptPausedError(_("Your teacher has paused the lesson. It goes on when they say so."))
    switch.require_on()
    _lock_learner(attempt)
    limits.take_call(attempt.learner_id)
    budgets.require(attempt)
    config = prompts.call_session(
        plans.from_stored(attempt.version.plan),
        visit.session,
        model=settings.REALTIME_MODEL,
        transcription_model=settings.TRANSCRIPTION_MODEL,
    )
    return Connection.objects.create(attempt=attempt, visit=visit, config=config)


def _lock_learner(attempt: Attempt) -> None:
    """Keep other lessons of the same learner from making calls meanwhile. After the attempt's own lock, never before.

    Not a lock that keeps rows from being made which name the learner.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=attempt.learner_id).values_list("pk"))


@transaction.atomic
def _answer(connection: Connection, call_id: str) -> list[Connection]:
    """Store the call, tell the windows which one stays, and return the learner's calls that are replaced, to hang up.

    The last one asked for stays, even if an earlier one is answered after it, and whichever lesson it is in.
    """
    attempts.lock(connection.attempt)
    _lock_learner(connection.attempt)
    connection.refresh_from_db(fields=["ended_at"])
    now = timezone.now()
    connection.call_id, connection.answered_at, connection.heard_at = call_id, now, now
    if connection.ended_at is not None and call_id:
        # Over before it began: the attempt has ended meanwhile, or nobody believed in an answer any more.
        connection.hang_up_at = now + leases.PARTING
    if call_id and sideband.is_wanted():
        connection.witness = Witness.AWAITED
    connection.save(update_fields=["call_id", "answered_at", "heard_at", "hang_up_at", "witness"])
    live = list(
        Connection.objects.filter(
            attempt__learner_id=connection.attempt.learner_id, answered_at__isnull=False, ended_at__isnull=True
        )
        .select_related("attempt")
        .order_by("id")
    )
    for last in live[-1:]:
        for told in {call.attempt_id: call.attempt for call in (*live, connection)}.values():
            tell(told, {"type": "connection.replaced", "connection": str(last.code)})
    replaced = live[:-1]
    if replaced:
        same = Connection.objects.filter(pk__in=[call.pk for call in replaced])
        leases.end_calls(same, at=now, hang_up_at=hang_ups.claimed_until(now))
    return [call for call in replaced if call.call_id]


def _fail(connection: Connection, error: client.ProviderError) -> None:
    connection.error, connection.ended_at = error.code, timezone.now()
    connection.save(update_fields=["error", "ended_at"])
    facts = {
        "url": settings.REALTIME_BASE_URL,
        "upstream": error.upstream,
        "type": error.detail.type,
        "code": error.detail.code,
        "param": error.detail.param,
        "request": error.request_id,
        "message": error.detail.message,
    }
    known = " ".join(f"{name}={fact}" for name, fact in facts.items() if fact)
    log.error("provider error attempt=%s error=%s %s", connection.attempt.code, error.code, known)
