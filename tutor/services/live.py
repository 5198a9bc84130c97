"""Lessons in progress, as staff see them in a list. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from tutor import plan as plans
from tutor.models import Attempt, Connection, Intervention, InterventionKind, StageVisit, Utterance
from tutor.services import access, calls

# A list that a person can keep an eye on.
MOST = 60
# So long after its last call a lesson is still shown: its room may come back any moment.
JUST_LEFT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Running:
    """A lesson in progress.

    `connection` is "on", "off" or "paused", `since` from when on; `cost` is USD as last summed up, None if not known.
    """

    attempt: Attempt
    title: str
    language: str
    stage: str
    position: int
    stages: int
    said: str
    speaker: str
    minutes: int
    planned: int
    connection: str
    since: datetime | None
    cost: Decimal | None


def in_progress(user: User) -> QuerySet[Attempt]:
    """Return the open attempts that a user may read along in and that have, or just had, a call, or are paused."""
    now = timezone.now()
    talking = Connection.objects.filter(
        Q(ended_at__isnull=True, heard_at__gte=now - calls.LONGEST_CALL) | Q(ended_at__gte=now - JUST_LEFT)
    )
    paused = Intervention.objects.filter(kind=InterventionKind.PAUSE, over_at__isnull=True)
    going = Q(pk__in=talking.values("attempt")) | Q(pk__in=paused.values("attempt"))
    return access.watched_by(user).filter(going, ended_at__isnull=True).order_by("-started_at", "-id")


def codes_in_progress(user: User) -> list[UUID]:
    """Return the codes of those that `running` shows. One query, and what the rights of a user take."""
    return list(in_progress(user).values_list("code", flat=True)[:MOST])


def running(user: User) -> list[Running]:
    """Return the lessons in progress that a user may read along in, the latest first. Two queries, however many."""
    latest = Utterance.objects.filter(attempt=OuterRef("pk")).exclude(text="").order_by("-position")
    open_visit = StageVisit.objects.filter(attempt=OuterRef("pk"), completed_at__isnull=True)
    paused = Intervention.objects.filter(attempt=OuterRef("pk"), kind=InterventionKind.PAUSE, over_at__isnull=True)
    rows = in_progress(user).select_related("learner", "lesson", "version", "digest")
    found = list(
        rows.annotate(
            said=Subquery(latest.values("text")[:1]),
            speaker=Subquery(latest.values("speaker")[:1]),
            stage_key=Subquery(open_visit.values("stage_key")[:1]),
            paused_at=Subquery(paused.values("made_at")[:1]),
        )[:MOST]
    )
    spent = calls.calls_of(found) if found else {}
    return [_running(attempt, spent.get(attempt.pk, ())) for attempt in found]


def _running(attempt: Attempt, own: Iterable[calls.Call]) -> Running:
    plan = plans.from_stored(attempt.version.plan)
    row: dict[str, object] = vars(attempt)
    keys = [stage.key for stage in plan.stages]
    place = keys.index(str(row["stage_key"])) if row["stage_key"] in keys else 0
    own = list(own)
    connection, since = _connection(row["paused_at"], own)
    return Running(
        attempt=attempt,
        title=plan.title,
        language=plan.language,
        stage=plan.stages[place].title,
        position=place + 1,
        stages=len(keys),
        said=str(row["said"] or ""),
        speaker=str(row["speaker"] or ""),
        minutes=int(calls.time_in(own).total_seconds() // 60),
        planned=plan.minutes,
        connection=connection,
        since=since,
        cost=attempt.digest.cost if hasattr(attempt, "digest") else None,
    )


def _connection(paused_at: object, own: list[calls.Call]) -> tuple[str, datetime | None]:
    """How the room is joined with the tutor, and since when."""
    if isinstance(paused_at, datetime):
        return "paused", paused_at
    if own and own[-1].ended_at is None:
        return "on", own[-1].answered_at
    return "off", own[-1].ended_at if own else None
