"""What has to be done although nobody asks for it: calls whose room has gone, or whose time is up, are ended.

Any number of servers may tend at the same time, and a cron job too: each row is ended once and hung up once.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from tutor import metrics, tracing
from tutor.models import Attempt, AttemptOutcome, Connection
from tutor.services import alarms, attempts, budgets, digests, hang_ups, leases, lti_scores, pulses, retention, switch
from tutor.services.broadcast import tell
from tutor.services.calls import LONGEST_CALL, SHORTEST_LIMIT, calls_of, limit_of, time_in
from tutor.services.threads import in_thread

log = logging.getLogger(__name__)

# Between the provider's own end of a call (protocol reference, section 11), which a room forestalls by five minutes,
# and ours.
AFTER_THE_HOUR = timedelta(seconds=10)
# Beyond the time the provider may take: for the server that asked it to write down the answer.
AFTER_AN_ANSWER = timedelta(seconds=60)

# Within that, whatever is due has been done, if anybody tends and the provider answers.
WITHIN = timedelta(minutes=2)

# In `Connection.error`, why a call ended that nobody ended.
SILENT = "silent"
EXPIRED = "expired"
UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of tending has done, in numbers of calls; `over_time` are attempts."""

    silent: int = 0
    expired: int = 0
    unanswered: int = 0
    over_time: int = 0
    spent: int = 0
    switched_off: int = 0
    hung_up: int = 0
    unreached: int = 0

    def __bool__(self) -> bool:
        return any(astuple(self))

    def __str__(self) -> str:
        return (
            f"silent={self.silent} expired={self.expired} unanswered={self.unanswered} "
            f"over_time={self.over_time} spent={self.spent} switched_off={self.switched_off} "
            f"hung_up={self.hung_up} unreached={self.unreached}"
        )


async def tend(*, here: bool, heard_since: datetime | None = None) -> Round:
    """Do one round and return what was done. Raises DatabaseError.

    `here` says whether the rehearsal peer of this site runs in this process. `heard_since` is since when rooms could
    be heard without a break, None for long ago: a silence that began before is no sign of theirs.

    1. End the calls whose room has fallen silent.
    2. End the calls that have had their hour.
    3. Close what was never answered.
    4. End the attempts that have had all the time of their lesson.
    5. End the calls whose budget is spent, and all of them where calls are switched off.
    6. Hang up what is due, from this round or before; give up on what no provider can still have.
    7. See whether learners are answered at all.
    """
    now = timezone.now()
    # 1
    silent = await in_thread(end_silent)(now, heard_since=heard_since)
    # 2
    expired = await in_thread(end_expired)(now)
    # 3
    unanswered = await in_thread(close_unanswered)(now)
    # 4
    over_time = await in_thread(end_over_time)(now)
    # 5
    spent = await in_thread(end_spent)(now)
    switched_off = await in_thread(end_switched_off)(now)
    # 6
    hung_up, unreached = await _hang_up_due(now, here=here)
    await in_thread(hang_ups.give_up)(now)
    # 7
    await in_thread(alarms.look)(now)
    return Round(silent, expired, unanswered, over_time, spent, switched_off, hung_up, unreached)


async def _hang_up_due(now: datetime, *, here: bool) -> tuple[int, int]:
    """Hang up all that is due, so many at a time; return how many that were, and how many could not be told of."""
    hung_up = unreached = 0
    while True:
        due = await in_thread(hang_ups.claim)(now, here=here)
        told = await hang_ups.hang_up(due)
        hung_up, unreached = hung_up + told.hung_up, unreached + told.unreached
        if len(due) < hang_ups.MOST:
            return hung_up, unreached


class Hearing:
    """Since when rooms can be heard without a break, as far as a process that tends can tell.

    They cannot while the server is away, the database is, or the machine sleeps. After each of these, the beginning
    included, every room has the time of a lease to be heard again before its call ends.
    """

    def __init__(self, *, every: float) -> None:
        """`every` is in seconds."""
        self._longest_gap = timedelta(seconds=every) + lease()
        self._last: datetime | None = None
        self._since: datetime | None = None

    def begin(self, now: datetime) -> datetime:
        """Return since when rooms can be heard, as a round begins."""
        if self._since is None or self._last is None or now - self._last > self._longest_gap:
            self._since = now
        self._last = now
        return self._since

    def fail(self) -> None:
        """A round failed, so a room may have failed to be heard: what counts begins with the next one."""
        self._since = None


async def tend_for_ever(every: float, *, here: bool) -> None:
    """Tend, sum up what has changed, send scores, and delete words kept long enough, whatever anybody else does.

    Every so many seconds, until cancelled.
    """
    post = lti_scores.Post()
    try:
        await _tend_for_ever(every, post, here=here)
    finally:
        post.stop()


async def _tend_for_ever(every: float, post: lti_scores.Post, *, here: bool) -> None:
    hearing, sweep = Hearing(every=every), retention.Sweep()
    while True:
        try:
            with tracing.span("tending"):
                done = await tend(here=here, heard_since=hearing.begin(timezone.now()))
                post.go_on()
                await in_thread(digests.refresh_due)()
                await in_thread(sweep.go_on)(timezone.now())
        except DatabaseError as error:
            hearing.fail()
            metrics.count_round(failed=True)
            log.error("tending failed error=%s", type(error).__name__)
        except Exception:  # the outer edge of a task that has to go on
            hearing.fail()
            metrics.count_round(failed=True)
            log.exception("tending failed")
        else:
            metrics.count_round(failed=False)
            pulses.note_round()
            if done:
                log.info("tended %s", done)
        await asyncio.sleep(every)


def lease() -> timedelta:
    """How long a call goes on without a word from its room."""
    return timedelta(seconds=settings.CALL_LEASE)


def going_on() -> QuerySet[Connection]:
    """The calls that were answered and are not over."""
    return Connection.objects.filter(answered_at__isnull=False, ended_at__isnull=True)


def left_behind(now: datetime) -> int:
    """Return how many calls should have been ended, or hung up, and were not. One query."""
    silent = Q(answered_at__isnull=False, ended_at__isnull=True, heard_at__lt=now - lease() - WITHIN)
    return Connection.objects.filter(silent | Q(hang_up_at__lt=now - WITHIN)).count()


def end_silent(now: datetime, *, heard_since: datetime | None = None) -> int:
    """End calls whose room has not been heard of for the time of a lease; return how many.

    Their attempts stay open. Two queries at most, however many calls.
    """
    if heard_since is not None and now - heard_since < lease():
        return 0
    return _end(going_on().filter(heard_at__lt=now - lease()), now, error=SILENT)


def end_expired(now: datetime) -> int:
    """End calls that have lasted as long as the provider lets them; return how many. Two queries at most."""
    return _end(going_on().filter(answered_at__lt=now - LONGEST_CALL - AFTER_THE_HOUR), now, error=EXPIRED)


def close_unanswered(now: datetime) -> int:
    """Close what a server asked for that was ended before it had the answer; return how many. Two queries at most."""
    patience = timedelta(seconds=settings.REALTIME_TIMEOUT) + AFTER_AN_ANSWER
    asked = Connection.objects.filter(answered_at__isnull=True, ended_at__isnull=True)
    return _end(asked.filter(requested_at__lt=now - patience), now, error=UNANSWERED)


def end_over_time(now: datetime) -> int:
    """End attempts that have spent all the time of their lesson in calls, and are in one; return how many.

    Rooms are told at once, and hang up. Two queries, and some more for each attempt that ends.
    """
    if not settings.LESSON_OVERTIME:
        return 0
    talking = Attempt.objects.filter(
        Exists(going_on().filter(attempt=OuterRef("pk"))),
        ended_at__isnull=True,
        started_at__lt=now - timedelta(minutes=SHORTEST_LIMIT),
    )
    # The whole plan is large, and nothing else of it is looked at.
    planned = talking.annotate(minutes=KeyTextTransform("minutes", "version__plan"))
    found = {attempt: int(attempt.minutes) for attempt in planned.order_by("id")}
    spent = calls_of(found) if found else {}
    over = [one for one, minutes in found.items() if time_in(spent[one.pk]) >= timedelta(minutes=limit_of(minutes))]
    return sum(_end_attempt(attempt) for attempt in over)


def end_spent(now: datetime) -> int:
    """End calls whose budget is spent; return how many. Their attempts stay open.

    They are hung up a little later: the room writes down the learner's last words, and hangs up by itself. One query
    where there are no budgets; else as many for all calls as for one.
    """
    return _stop(list(budgets.spent_calls(now)), now, error=leases.SPENT, hang_up_at=now + leases.LAST_WORDS)


def end_switched_off(now: datetime) -> int:
    """Where calls are switched off, end all of them, to be hung up at once; return how many. One query where not."""
    if switch.off() is None:
        return 0
    return _stop(list(going_on().values_list("pk", flat=True)), now, error=leases.OFF, hang_up_at=now)


def _stop(keys: Sequence[int], now: datetime, *, error: str, hang_up_at: datetime) -> int:
    """End these calls, however many, and tell their rooms, which ask why."""
    count = 0
    for start in range(0, len(keys), hang_ups.MOST):
        calls = going_on().filter(pk__in=keys[start : start + hang_ups.MOST])
        count += _end(calls, now, error=error, hang_up_at=hang_up_at, news={"type": "call.stopped"})
    return count


@transaction.atomic
def _end_attempt(attempt: Attempt) -> bool:
    """End an attempt whose time is up; return False if it has ended meanwhile."""
    if attempts.lock(attempt).ended_at is not None:
        return False
    attempts.end_attempt(attempt, outcome=AttemptOutcome.TIME_UP)
    return True


@transaction.atomic
def _end(
    calls: QuerySet[Connection],
    now: datetime,
    *,
    error: str,
    hang_up_at: datetime | None = None,
    news: dict[str, Any] | None = None,
) -> int:
    """End calls, to be hung up at once unless said otherwise; return how many. Their rooms are told the news, if any.

    A call that is being changed at this moment is left to the next round: its room may just have been heard.
    """
    locked = calls.select_for_update(of=("self",), skip_locked=True).select_related("attempt").order_by("id")
    ending = list(locked[: hang_ups.MOST])
    if not ending:
        return 0
    count = leases.end_calls(_same(ending), at=now, hang_up_at=hang_up_at or now, error=error)
    for call in ending:
        log.info("call ended attempt=%s call=%s why=%s", call.attempt.code, call.call_id or call.code, error)
        if news:
            tell(call.attempt, news)
    return count


def _same(calls: Iterable[Connection]) -> QuerySet[Connection]:
    return Connection.objects.filter(pk__in=[call.pk for call in calls])
