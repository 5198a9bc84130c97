"""Which calls go on: a room says every few seconds that its call is there, and a call that is over is hung up.

A call is over when `ended_at` is set, which happens once. From `hang_up_at` on the provider is to be told
(`services.hang_ups`): at once for a call that nobody needs, a little later where the tutor still says goodbye.
"""

from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, Q, QuerySet, Value, When
from django.utils import timezone

from tutor.models import Attempt, AttemptOutcome, Connection
from tutor.services.calls import LONGEST_CALL

# In `Connection.error`, why a call ended that somebody's decision has ended: no fault of anything.
SPENT = "budget_spent"
OFF = "calls_off"
DECIDED = (SPENT, OFF)

# So long after its answer no provider keeps a call that it was not told to end; nobody need be told any more.
FORGOTTEN = 2 * LONGEST_CALL
# For the last sentence of a lesson, which the room waits for before it hangs up by itself.
GOODBYE = timedelta(seconds=60)
# For the room to hang up by itself, as it does before it reports that the learner has left.
PARTING = timedelta(seconds=10)
# The same for a room that was told to stop: the learner's last sentence may still be on its way into text.
LAST_WORDS = timedelta(seconds=20)


def renew(attempt: Attempt, connection: str) -> None:
    """Note that the room has just spoken of a call of the attempt, given by its code.

    A call that is over stays over. An empty code, or another attempt's, changes nothing. One query.
    """
    if connection:
        calls = attempt.connections.filter(code=connection, answered_at__isnull=False, ended_at__isnull=True)
        calls.update(heard_at=timezone.now())


def end_calls(calls: QuerySet[Connection], *, at: datetime, hang_up_at: datetime, error: str = "") -> int:
    """End those of the calls that are not over yet, to be hung up from `hang_up_at` on; return how many. One query.

    `error` says in one word what went wrong, empty if nothing did.
    """
    is_known = ~Q(call_id="") & Q(answered_at__gt=at - FORGOTTEN)
    hang_up = Case(When(is_known, then=Value(hang_up_at)), default=None, output_field=DateTimeField())
    return calls.filter(ended_at__isnull=True).update(ended_at=at, hang_up_at=hang_up, error=error)


def patience(outcome: str) -> timedelta:
    """How long after the end of an attempt its room may take to hang up by itself."""
    if outcome == AttemptOutcome.COMPLETED:
        return GOODBYE
    return LAST_WORDS if outcome == AttemptOutcome.STOPPED else PARTING
