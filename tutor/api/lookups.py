"""Find and authorise in one step: what is not yours is not there."""

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _

from tutor.api.http import ApiError
from tutor.models import Attempt, Lesson
from tutor.services import access


def attempt_of(user: User | AnonymousUser, code: str, *also: str) -> Attempt:
    """Return the user's own attempt with this code; 404 for one that is not there and for another's alike.

    `also` are the rows that come with it, such as its version: the plan there is long, and services that lock the
    attempt read it then.
    """
    found = Attempt.objects.filter(code=code, learner_id=user.pk)
    attempt = (found.select_related(*also) if also else found).first()
    if attempt is None:
        raise ApiError(404, "unknown_attempt", _("There is no such lesson of yours."))
    return attempt


def lesson_for(user: User, slug: str) -> Lesson:
    """Return the lesson with this slug that the user may start or go on with, or 404."""
    lesson = access.visible_to(user).filter(slug=slug).first()
    if lesson is None:
        raise ApiError(404, "unknown_lesson", _("There is no such lesson."))
    return lesson
