"""Find and authorise in one step: what is not yours, or not published, is not there."""

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest

from tutor.models import Attempt, LessonVersion
from tutor.services import access


class SignedInRequest(HttpRequest):
    """A request as a view behind the login sees it."""

    user: User


def versions_for(user: User) -> QuerySet[LessonVersion]:
    """The latest version of every lesson that the user may start or go on with."""
    newer = LessonVersion.objects.filter(lesson=OuterRef("lesson"), number__gt=OuterRef("number"))
    latest = LessonVersion.objects.filter(~Exists(newer), number__isnull=False)
    return latest.filter(lesson__in=access.visible_to(user)).select_related("lesson")


def version_of(user: User, slug: str) -> LessonVersion:
    """Return the latest version of a lesson that the user may start or go on with. Raises Http404."""
    version = versions_for(user).filter(lesson__slug=slug).first()
    if version is None:
        raise Http404("There is no such lesson.")
    return version


def own_attempt(user: User, code: str) -> Attempt:
    """Return the user's own attempt; for one that is not there and for another's alike, raise Http404."""
    attempt = Attempt.objects.select_related("version", "lesson").filter(code=code, learner=user).first()
    if attempt is None:
        raise Http404("There is no such lesson of yours.")
    return attempt
