"""Find and authorise in one step: what is not yours, or not published, is not there."""

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest

from tutor.models import Attempt, LessonVersion


class SignedInRequest(HttpRequest):
    """A request as a view behind the login sees it."""

    user: User


def open_versions() -> QuerySet[LessonVersion]:
    """The latest version of every listed lesson: what learners may start."""
    newer = LessonVersion.objects.filter(lesson=OuterRef("lesson"), number__gt=OuterRef("number"))
    return LessonVersion.objects.filter(~Exists(newer), lesson__is_listed=True).select_related("lesson")


def version_of(slug: str) -> LessonVersion:
    """Return the version of a lesson that a learner would start now. Raises Http404."""
    version = open_versions().filter(lesson__slug=slug).first()
    if version is None:
        raise Http404("There is no such lesson.")
    return version


def own_attempt(user: User, code: str) -> Attempt:
    """Return the user's own attempt; for one that is not there and for another's alike, raise Http404."""
    attempt = Attempt.objects.select_related("version", "lesson").filter(code=code, learner=user).first()
    if attempt is None:
        raise Http404("There is no such lesson of yours.")
    return attempt
