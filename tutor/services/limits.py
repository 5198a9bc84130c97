"""How often one person may do something: buckets of tokens that fill by and by.

What costs money is counted in the database, for all processes together. What only costs our server's time is counted
in each process by itself, without a query: it is there to hold back a flood, and what it refuses is sent again.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.db.models import F, FloatField, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from tutor.models import Allowance
from tutor.services.errors import TooManyError


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket of so many tokens, one of which comes back after so many seconds."""

    kind: str
    tokens: int
    every: float

    @property
    def ahead(self) -> float:
        """By how many seconds a bucket may be from being full, and still have a token.

        A thousandth more: sums of such numbers are not exact, and the last token is one too.
        """
        return (self.tokens - 1 + 0.001) * self.every


# The part of an hour's tokens that a bucket holds: one sixth.
BURSTS = 6
# Requests of one person to one process. A room sends one at a time, and seldom more than two in a second.
FLOOD = Limit("requests", 600, 0.05)
# People whose floods are remembered: those who came last.
MOST_PEOPLE = 10_000


def take_call(learner_id: int) -> None:
    """Count a call that a learner makes, or raise TooManyError.

    A lesson that reconnects makes up to five calls at once (static/tutor/js/lesson/line.js), and so may every press of
    the button: somebody with a bad network and no patience gets six of these.
    """
    _take_of_hour(learner_id, "calls", settings.CALLS_PER_HOUR)


def take_start(learner_id: int) -> None:
    """Count a lesson that a learner begins, or raise TooManyError."""
    _take_of_hour(learner_id, "starts", settings.STARTS_PER_HOUR)


def _take_of_hour(person_id: int, kind: str, in_an_hour: int) -> None:
    if in_an_hour:
        take(person_id, Limit(kind, ceil(in_an_hour / BURSTS), 3600 / in_an_hour))


def take(person_id: int, limit: Limit) -> None:
    """Take a token of a person's, or raise TooManyError. One query as a rule, and never more tokens than there are.

    Call it in a transaction with what it is for: if that is not done, nothing was taken.
    """
    rows = Allowance.objects.filter(person=person_id, kind=limit.kind)
    while True:
        now = time.time()
        has_one = rows.filter(full_at__lte=now + limit.ahead)
        if has_one.update(full_at=Greatest(F("full_at"), Value(now, FloatField())) + limit.every):
            return
        full_at = rows.values_list("full_at", flat=True).first()
        if full_at is not None and full_at > now + limit.ahead:
            raise _too_many(full_at - now - limit.ahead)
        # The first one ever. Whoever makes the row at the same time is waited for, and found at the next look.
        first = Allowance(person_id=person_id, kind=limit.kind, full_at=now)
        Allowance.objects.bulk_create([first], ignore_conflicts=True)


class Flood:
    """Counts the requests of people to this process. An answer 429 is no refusal: browsers send the same again."""

    def __init__(self, limit: Limit = FLOOD, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._full_at: OrderedDict[int, float] = OrderedDict()

    def take(self, person_id: int) -> None:
        """Take a token, or raise TooManyError. Needs no lock: what threads overlook is a token."""
        now = self._clock()
        full_at = max(self._full_at.get(person_id, now), now)
        if full_at > now + self._limit.ahead:
            raise _too_many(full_at - now - self._limit.ahead)
        # Taken out first, so that those who came last stand last.
        self._full_at.pop(person_id, None)
        self._full_at[person_id] = full_at + self._limit.every
        if len(self._full_at) > MOST_PEOPLE:
            self._full_at.popitem(last=False)


flood = Flood()


def _too_many(wait: float) -> TooManyError:
    return TooManyError(
        _("That was very often in a short time. Wait a moment, then try again."), retry_after=ceil(wait)
    )
