"""What attempts cost, added up for those who may read them. Reads the uses that `digests` keeps.

Trials with a real model cost money too, and are in; rehearsals cost nothing, and are not.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from tutor.models import Assignment, DayUse
from tutor.models.price import TOKEN_KINDS
from tutor.services import access

# By what costs can be grouped. Nothing is sorted by cost: money is no mark.
DAY, MONTH, LESSON, CLASS, LEARNER = "day", "month", "lesson", "class", "learner"

_KEYS: dict[str, dict[str, Any]] = {
    DAY: {"when": F("day")},
    MONTH: {"when": TruncMonth("day")},
    LESSON: {"name": F("attempt__lesson__title"), "key": F("attempt__lesson__slug")},
    CLASS: {"name": F("attempt__learner__joined_classrooms__name"), "key": F("attempt__learner__joined_classrooms")},
    LEARNER: {
        "given": F("attempt__learner__first_name"),
        "family": F("attempt__learner__last_name"),
        "key": F("attempt__learner__username"),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What some attempts used. `cost` is USD and leaves out what has no price, None where nothing has one.

    `unpriced` is of how many attempts something has no price. `tokens` are by kind; `seconds` of speech were written
    down by models that are paid by the minute.
    """

    attempts: int
    unpriced: int
    cost: Decimal | None
    tokens: dict[str, int]
    seconds: float

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Spent":
        """Make it of the sums of a query."""
        return cls(
            attempts=row["attempts"],
            unpriced=row["unpriced"],
            # SQLite adds in floating point.
            cost=None if row["cost_sum"] is None else Decimal(row["cost_sum"]).quantize(Decimal("0.000001")),
            tokens={kind: row[f"sum_{kind}"] or 0 for kind in TOKEN_KINDS},
            seconds=row["seconds_sum"] or 0.0,
        )


_SUMS: dict[str, Any] = {
    "attempts": Count("attempt", distinct=True),
    "unpriced": Count("attempt", distinct=True, filter=Q(cost__isnull=True)),
    "cost_sum": Sum("cost"),
    "seconds_sum": Sum("seconds"),
    **{f"sum_{kind}": Sum(kind) for kind in TOKEN_KINDS},
}


def total(user: User, *, since: date | None, until: date | None) -> Spent:
    """Return what was used in a time, both days included. One query."""
    return Spent.of(_uses(user, since, until).aggregate(**_SUMS))


def outside_classes(user: User, *, since: date | None, until: date | None) -> Spent:
    """Return what no class is behind: trials, and lessons that none of the learner's classes was given. One query."""
    given = Assignment.objects.filter(lesson=OuterRef("attempt__lesson"))
    if not access.may_review(user):
        given = given.filter(classroom__in=access.classes_read_by(user))
    behind = Exists(given.filter(classroom__learners=OuterRef("attempt__learner")))
    return Spent.of(_uses(user, since, until).filter(~behind | Q(attempt__is_trial=True)).aggregate(**_SUMS))


def grouped(user: User, *, by: str, since: date | None, until: date | None) -> QuerySet[DayUse, Any]:
    """Return the sums of each day, month, lesson, class or learner, the latest first or in the order of names.

    A class has what its learners did in lessons that it was given: who is in two such classes counts in both.
    """
    uses, keys = _uses(user, since, until), _KEYS[by]
    if by == CLASS:
        uses = uses.filter(attempt__is_trial=False).annotate(classroom=keys["key"])
        given = Assignment.objects.filter(classroom=OuterRef("classroom"), lesson=OuterRef("attempt__lesson"))
        uses = uses.filter(Exists(given), classroom__in=access.classes_read_by(user))
    order = ["-when"] if by in (DAY, MONTH) else list(keys)
    return uses.order_by().values(**keys).annotate(**_SUMS).order_by(*order)


def _uses(user: User, since: date | None, until: date | None) -> QuerySet[DayUse]:
    uses = DayUse.objects.all()
    if not access.may_review(user):
        uses = uses.filter(attempt__in=access.reviewed_by(user))
    if since:
        uses = uses.filter(day__gte=since)
    return uses.filter(day__lte=until) if until else uses
