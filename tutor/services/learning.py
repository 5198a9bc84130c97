"""How lessons go: figures over many attempts, for those who may read them. Reads digests, never what was said.

Nothing here is about one learner: a figure made of fewer than `FEWEST` attempts is None.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from tutor.models import Attempt, AttemptOutcome, Classroom, Lesson, LessonVersion, StayDigest, StayEnd
from tutor.services import access

FEWEST = 3
# What is added up of stays.
SUMMED = (
    "seconds",
    "learner_turns",
    "tutor_turns",
    "learner_words",
    "tutor_words",
    "waits",
    "wait_ms",
    "corrected",
    "misheard",
    "unwritten",
)
# Rehearsals: left out where there is anything else, counted too, or nothing but them.
WITH, ONLY = "with", "only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which attempts to count: days by the site's own time zone, both included; `rehearsals` is "", WITH or ONLY."""

    since: date | None = None
    until: date | None = None
    classroom: Classroom | None = None
    rehearsals: str = ""


@dataclass(slots=True)
class StageFigures:
    """The stays in one stage. `attempts` is of how many attempts they are, `ways` how often each way out was taken."""

    stays: int = 0
    again: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)

    @property
    def attempts(self) -> int:
        """In how many attempts the stage was entered."""
        return self.stays - self.again

    @property
    def is_enough(self) -> bool:
        """Whether figures say something about the lesson, and not about a learner."""
        return self.attempts >= FEWEST

    @property
    def left(self) -> int:
        """How many attempts were ended here by their learners, before the end."""
        return self.ends[StayEnd.LEFT]

    @property
    def still_there(self) -> int:
        """How many attempts are in this stage now, be it with a learner who will not come back."""
        return self.ends[StayEnd.OPEN]

    @property
    def seconds_each(self) -> float | None:
        """Seconds in calls of a stay, on average."""
        return self._per(self.sums["seconds"], self.stays)

    @property
    def turns_each(self) -> float | None:
        """Sentences of the learner in a stay, on average."""
        return self._per(self.sums["learner_turns"], self.stays)

    @property
    def left_share(self) -> float | None:
        """The part of the attempts that was ended here by the learner, of 1."""
        return self._per(self.left, self.attempts)

    @property
    def again_share(self) -> float | None:
        """The part of the stays that began by coming back, of 1."""
        return self._per(self.again, self.stays)

    @property
    def misunderstood(self) -> int:
        """How many sentences of learners were corrected, noted as misheard, or not written down."""
        return self.sums["corrected"] + self.sums["misheard"] + self.sums["unwritten"]

    @property
    def misunderstood_share(self) -> float | None:
        """The same for each sentence of a learner."""
        return self._per(self.misunderstood, self.sums["learner_turns"] + self.sums["unwritten"])

    @property
    def wait(self) -> float | None:
        """Seconds until the tutor began to answer, on average and about."""
        return self._per(self.sums["wait_ms"] / 1000, self.sums["waits"])

    @property
    def tutor_share(self) -> float | None:
        """The tutor's part of all words, of 1."""
        return self._per(self.sums["tutor_words"], self.sums["tutor_words"] + self.sums["learner_words"])

    def _per(self, amount: float, count: int) -> float | None:
        return amount / count if count and self.is_enough else None

    def add(self, row: Mapping[str, Any]) -> None:
        """Add the sums of some stays."""
        self.stays += row["stays"]
        self.again += row["times_again"]
        self.ends[row["end"]] += row["stays"]
        if row["outcome"]:
            self.ways[row["outcome"]] += row["stays"]
        self.sums.update({name: row[f"sum_{name}"] for name in SUMMED})


@dataclass(slots=True)
class Figures:
    """Attempts at a lesson, or at one version of it, by how they stand ("" is open); and their stages by key.

    `left_out` is how many rehearsals are not counted; `rehearsed`: nothing but rehearsals is.
    """

    standing: Counter[str] = field(default_factory=Counter)
    seconds: int = 0
    left_out: int = 0
    rehearsed: bool = False
    stages: dict[str, StageFigures] = field(default_factory=dict)

    @property
    def attempts(self) -> int:
        """How many there are."""
        return self.standing.total()

    @property
    def completed(self) -> int:
        """How many came to the end."""
        return self.standing[AttemptOutcome.COMPLETED]

    @property
    def left(self) -> int:
        """How many were ended by their learners."""
        return self.standing[AttemptOutcome.LEFT]

    @property
    def time_up(self) -> int:
        """How many were ended because the time was up."""
        return self.standing[AttemptOutcome.TIME_UP]

    @property
    def stopped(self) -> int:
        """How many were ended by staff."""
        return self.standing[AttemptOutcome.STOPPED]

    @property
    def open(self) -> int:
        """How many have not ended."""
        return self.standing[""]

    @property
    def seconds_each(self) -> float | None:
        """Seconds in calls, on average."""
        return self.seconds / self.attempts if self.attempts >= FEWEST else None

    @property
    def completed_share(self) -> float | None:
        """The part that came to the end, of 1."""
        return self.completed / self.attempts if self.attempts >= FEWEST else None

    def stage(self, key: str) -> StageFigures:
        """Return the figures of a stage, empty ones for a stage where nobody was."""
        return self.stages.get(key) or StageFigures()


def lessons_of(user: User) -> QuerySet[Lesson]:
    """Return the published lessons whose figures a user may see, by title.

    All for reviewers; for teachers those that they author, and those at which they may read attempts.
    """
    published = Lesson.objects.filter(versions__number=1).order_by("title", "slug")
    if access.may_review(user):
        return published
    taken = Exists(access.reviewed_by(user).filter(lesson=OuterRef("pk"), is_trial=False))
    return published.filter(Q(pk__in=access.authored_by(user)) | taken)


def overview(user: User, lessons: Collection[Lesson], which: Which) -> dict[int, Figures]:
    """Return the figures of lessons by their keys, without their stages. One query."""
    rows = _attempts(user, which).filter(lesson__in=[one.pk for one in lessons])
    return _standings(rows, "lesson", which)


def versions_of(lesson: Lesson) -> list[LessonVersion]:
    """Return the published versions of a lesson without their plans, the latest first."""
    return list(lesson.versions.filter(number__isnull=False).defer("plan").order_by("-number"))


def of_lesson(user: User, lesson: Lesson, which: Which) -> Figures:
    """Return the figures of all attempts at a lesson. Two queries."""
    attempts = _attempts(user, which).filter(lesson=lesson)
    stays = _stays(user, which).filter(version__in=lesson.versions.values("pk"))
    found = _standings(attempts, "lesson", which).get(lesson.pk, Figures())
    for row in _sums(stays):
        if _counts(row["is_rehearsal"], found.rehearsed, which):
            found.stages.setdefault(row["stage_key"], StageFigures()).add(row)
    return found


def of_versions(user: User, versions: Collection[LessonVersion], which: Which) -> list[Figures]:
    """Return the figures of each of some versions. Two queries."""
    keys = [version.pk for version in versions]
    found = _standings(_attempts(user, which).filter(version__in=keys), "version", which)
    for row in _sums(_stays(user, which).filter(version__in=keys)):
        figures = found.get(row["version"])
        if figures and _counts(row["is_rehearsal"], figures.rehearsed, which):
            figures.stages.setdefault(row["stage_key"], StageFigures()).add(row)
    return [found.get(key, Figures()) for key in keys]


def _sums(stays: QuerySet[StayDigest]) -> QuerySet[StayDigest, Any]:
    sums: dict[str, Any] = {f"sum_{name}": Sum(name) for name in SUMMED}
    grouped = stays.order_by().values("version", "is_rehearsal", "stage_key", "end", "outcome")
    return grouped.annotate(stays=Count("pk"), times_again=Count("pk", filter=Q(again=True)), **sums)


def _standings(attempts: QuerySet[Attempt], key: str, which: Which) -> dict[int, Figures]:
    grouped = attempts.order_by().values(key, "is_rehearsal", "outcome")
    rows = list(grouped.annotate(count=Count("pk"), seconds=Coalesce(Sum("digest__seconds"), 0)))
    found = {row[key]: Figures(rehearsed=_is_rehearsed(rows, key, row[key], which)) for row in rows}
    for row in rows:
        figures = found[row[key]]
        if _counts(row["is_rehearsal"], figures.rehearsed, which):
            figures.standing[row["outcome"]] += row["count"]
            figures.seconds += row["seconds"]
        elif row["is_rehearsal"]:
            figures.left_out += row["count"]
    return found


def _is_rehearsed(rows: Iterable[Mapping[str, Any]], key: str, value: int, which: Which) -> bool:
    """Whether only rehearsals are counted: by wish, or because there is nothing else."""
    return which.rehearsals == ONLY or all(row["is_rehearsal"] for row in rows if row[key] == value)


def _counts(is_rehearsal: bool, rehearsed: bool, which: Which) -> bool:
    return is_rehearsal if rehearsed else not is_rehearsal or which.rehearsals == WITH


def _attempts(user: User, which: Which) -> QuerySet[Attempt]:
    """The attempts that a user may read and that count; never trials."""
    attempts = access.reviewed_by(user).filter(_begun(which), is_trial=False)
    return attempts.filter(learner__in=which.classroom.learners.all()) if which.classroom else attempts


def _stays(user: User, which: Which) -> QuerySet[StayDigest]:
    """The stays of the same attempts."""
    stays = StayDigest.objects.filter(_begun(which))
    if which.classroom:
        stays = stays.filter(attempt__learner__in=which.classroom.learners.all())
    return stays if access.may_review(user) else stays.filter(attempt__in=access.reviewed_by(user))


def _begun(which: Which) -> Q:
    begun = Q()
    if which.since:
        begun &= Q(started_at__gte=_midnight(which.since))
    if which.until:
        begun &= Q(started_at__lt=_midnight(which.until + timedelta(days=1)))
    return begun


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
