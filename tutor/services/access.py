"""Who may see and do what with lessons. Every page, endpoint and admin asks here."""

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tutor.models import Assignment, Attempt, Audience, Classroom, Lesson


def may_author(user: User) -> bool:
    """Whether the user is a teacher: staff that may change lessons."""
    return _is_staff(user) and user.has_perm("tutor.change_lesson")


def may_review(user: User) -> bool:
    """Whether the user is a reviewer: staff that may read what was said in any attempt."""
    return _is_staff(user) and user.has_perm("tutor.view_attempt")


def reads_others(user: User) -> bool:
    """Whether a user may read words of others at all. One query at most, and none for most people."""
    return may_review(user) or may_author(user) or (_is_staff(user) and user.reviewed_classrooms.exists())


def classes_read_by(user: User) -> QuerySet[Classroom]:
    """The classes whose learners' words a user may read: reviewers all; others their own, and those that name them."""
    if may_review(user):
        return Classroom.objects.all()
    if not _is_staff(user):
        return Classroom.objects.none()
    named = Q(pk__in=user.reviewed_classrooms.order_by().values("pk"))
    return Classroom.objects.filter(Q(teacher=user) | named if may_author(user) else named)


def reviewed_by(user: User) -> QuerySet[Attempt]:
    """The attempts whose words a user may read though they are not their own.

    Reviewers read all. Teachers read those of the learners of their classes, at the lessons these classes were given,
    and their own trials; staff who are named as reviewers of a class read the same of that class.
    """
    if may_review(user):
        return Attempt.objects.all()
    if not _is_staff(user):
        return Attempt.objects.none()
    given = Assignment.objects.filter(
        classroom__in=classes_read_by(user).order_by().values("pk"),
        classroom__learners=OuterRef("learner"),
        lesson=OuterRef("lesson"),
    )
    return Attempt.objects.filter(Q(Exists(given), is_trial=False) | Q(learner=user, is_trial=True))


def watched_by(user: User) -> QuerySet[Attempt]:
    """The attempts that a user may read along in, and have a hand in: those they may read, of trials their own."""
    return reviewed_by(user).filter(Q(is_trial=False) | Q(learner=user))


def _is_staff(user: User) -> bool:
    return user.is_active and user.is_staff


def authored_by(user: User) -> QuerySet[Lesson]:
    """The lessons a teacher sees and edits: their own, those shared with all, and those that belong to nobody."""
    if not may_author(user):
        return Lesson.objects.none()
    if user.is_superuser:
        return Lesson.objects.all()
    return Lesson.objects.filter(Q(owner=user) | Q(is_shared=True) | Q(owner__isnull=True))


def assigned_to(user: User) -> QuerySet[Assignment]:
    """What the user's classes are given, whether open by now, not yet or no more; without drafts and hidden lessons."""
    if not user.is_active:
        return Assignment.objects.none()
    published = Assignment.objects.filter(classroom__learners=user.pk, lesson__versions__number=1)
    return published.exclude(lesson__audience=Audience.NOBODY)


def open_to(user: User) -> QuerySet[Lesson]:
    """The published lessons a learner may start now: open to all, or assigned to a class of theirs just now.

    A lesson that is open to all does not close because a class has it for a time.
    """
    if not user.is_active:
        return Lesson.objects.none()
    now = timezone.now()
    assigned = assigned_to(user).filter(
        Q(opens_at__isnull=True) | Q(opens_at__lte=now),
        Q(closes_at__isnull=True) | Q(closes_at__gt=now),
        lesson=OuterRef("pk"),
    )
    everyone, classes = Q(audience=Audience.EVERYONE), Q(audience=Audience.CLASSES)
    return Lesson.objects.filter(everyone | (classes & Exists(assigned)), versions__number=1)


def visible_to(user: User) -> QuerySet[Lesson]:
    """The lessons a learner finds: those they may start, and those they are in the middle of in any case."""
    if not user.is_active:
        return Lesson.objects.none()
    begun = Attempt.objects.filter(lesson=OuterRef("pk"), learner=user.pk, is_trial=False, ended_at__isnull=True)
    return Lesson.objects.filter(Exists(open_to(user).filter(pk=OuterRef("pk"))) | Exists(begun))
