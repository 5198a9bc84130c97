"""The calls of attempts, and how long they lasted. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Manager, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

from tutor.models import Attempt, Connection, UsageReport, Utterance

# No call lasts longer (protocol reference, section 11). What a browser kept overnight makes none of a whole night.
LONGEST_CALL = timedelta(minutes=60)
# No lesson ends by itself before so many minutes: nobody is to be hurried.
SHORTEST_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came about. `heard_at` is when its room, or the last of its words and reports, was last heard of."""

    code: UUID
    answered_at: datetime
    ended_at: datetime | None
    heard_at: datetime

    @property
    def lasted(self) -> timedelta:
        """Its length. One that nobody hung up (a closed tab, a lost network) went on until the last heard from it."""
        end = self.heard_at if self.ended_at is None else min(self.ended_at, self.heard_at)
        return min(max(end - self.answered_at, timedelta()), LONGEST_CALL)


def calls_of(attempts: Iterable[Attempt]) -> dict[int, list[Call]]:
    """Return the calls of each attempt, oldest first, by its key; nothing for one without calls. One query."""
    heard_at = Greatest(
        "answered_at", Coalesce("heard_at", "answered_at"), _latest(Utterance.objects), _latest(UsageReport.objects)
    )
    rows = Connection.objects.filter(attempt__in=[one.pk for one in attempts], answered_at__isnull=False).order_by("id")
    calls: dict[int, list[Call]] = {}
    for attempt, *facts in rows.values_list("attempt_id", "code", F("answered_at"), "ended_at", heard_at):
        calls.setdefault(attempt, []).append(Call(*facts))
    return calls


def limit_of(minutes: int) -> int:
    """Return after how many minutes in calls a lesson ends that is planned for so many; 0: never."""
    overtime: float = settings.LESSON_OVERTIME
    return max(SHORTEST_LIMIT, round(minutes * overtime)) if overtime else 0


def time_in(calls: Iterable[Call]) -> timedelta:
    """Return how long calls lasted together."""
    return sum((call.lasted for call in calls), timedelta())


def _latest(rows: "Manager[Utterance] | Manager[UsageReport]") -> Coalesce:
    of_call = rows.filter(connection=OuterRef("pk")).order_by().values("connection")
    return Coalesce(Subquery(of_call.annotate(latest=Max("stored_at")).values("latest")), "answered_at")
