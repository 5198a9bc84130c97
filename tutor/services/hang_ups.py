"""Telling the provider that calls are over: by one server, until it has heard, as long as the call could live."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tutor.models import Connection
from tutor.peers import client
from tutor.services.leases import FORGOTTEN
from tutor.services.threads import in_thread

log = logging.getLogger(__name__)

# Calls ended, or hung up, in one go: a whole school that loses its network at once.
MOST = 200


@dataclass(frozen=True, slots=True)
class Told:
    """How many calls the provider has ended, or knew no more; and how many it could not be told of."""

    hung_up: int = 0
    unreached: int = 0


def claimed_until(now: datetime) -> datetime:
    """Until when nobody else tries a hang-up that begins now: it is over by then, or this process is."""
    return now + timedelta(seconds=settings.REALTIME_TIMEOUT + 20)


@transaction.atomic
def claim(now: datetime, *, here: bool) -> list[Connection]:
    """Return calls whose hang-up is due, for this process alone to carry out.

    `here` says whether the rehearsal peer of this site runs in this process: nobody else can hang up its calls.
    Two queries, however many calls.
    """
    kinds = [kind for kind in (True, False) if here or not client.is_inside(rehearsal=kind)]
    due = Connection.objects.filter(
        hang_up_at__lte=now, answered_at__gt=now - FORGOTTEN, attempt__is_rehearsal__in=kinds
    )
    # What another server is claiming at this moment is left to it; SQLite has one writer at a time anyway.
    ours = due.filter(attempt__is_rehearsal__in=kinds)
    locked = ours.select_for_update(of=("self",), skip_locked=True).select_related("attempt")
    calls = list(locked.order_by("hang_up_at")[:MOST])
    Connection.objects.filter(pk__in=[call.pk for call in calls]).update(hang_up_at=claimed_until(now))
    return calls


async def hang_up(calls: Iterable[Connection]) -> Told:
    """Hang up calls claimed before. What the provider could not be told is due again at once."""
    claimed = list(calls)
    if not claimed:
        return Told()
    reached = await asyncio.gather(*(_hang_up(call) for call in claimed))
    return await in_thread(_note)(claimed, reached)


async def _hang_up(call: Connection) -> bool:
    attempt = call.attempt
    try:
        known = await client.hang_up(call.call_id, rehearsal=attempt.is_rehearsal)
    except client.ProviderError as error:
        log.warning("hang-up failed attempt=%s call=%s error=%s", attempt.code, call.call_id, error.code)
        return False
    log.info("call hung up attempt=%s call=%s live=%s", attempt.code, call.call_id, known)
    return True


def _note(calls: list[Connection], reached: list[bool]) -> Told:
    told = [call.pk for call, was_reached in zip(calls, reached, strict=True) if was_reached]
    untold = [call.pk for call, was_reached in zip(calls, reached, strict=True) if not was_reached]
    if told:
        Connection.objects.filter(pk__in=told).update(hang_up_at=None)
    if untold:
        Connection.objects.filter(pk__in=untold).update(hang_up_at=timezone.now())
    return Told(hung_up=len(told), unreached=len(untold))


def give_up(now: datetime) -> int:
    """Stop trying where no provider keeps a call so long; return how many calls that were. One query."""
    forgotten = Connection.objects.filter(hang_up_at__isnull=False, answered_at__lte=now - FORGOTTEN)
    count = forgotten.update(hang_up_at=None)
    if count:
        log.error("hang-ups given up count=%d", count)
    return count
