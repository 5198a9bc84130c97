"""Calls as they stand in the database."""

from datetime import timedelta
from itertools import count

from django.utils import timezone

from tutor.models import Attempt, Connection

_numbers = count(1)


def call_in(
    attempt: Attempt,
    *,
    heard: timedelta = timedelta(),
    answered: timedelta | None = timedelta(minutes=10),
    call_id: str | None = None,
    config: dict[str, object] | None = None,
    **values: object,
) -> Connection:
    """A call of the attempt that goes on: `answered` and last `heard` of so long ago, in its present stage."""
    now = timezone.now()
    at = None if answered is None else now - answered
    call = Connection.objects.create(
        attempt=attempt,
        visit=attempt.visits.latest("number"),
        config=config or {},
        call_id=("" if at is None else f"rtc_{next(_numbers)}") if call_id is None else call_id,
        answered_at=at,
        heard_at=None if at is None else max(at, now - heard),
        **values,
    )
    Connection.objects.filter(pk=call.pk).update(requested_at=now - (answered or timedelta()))
    call.refresh_from_db()
    return call
