"""Classes: joining one, leaving one."""

import logging

from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils.translation import gettext as _

from tutor.models import Classroom
from tutor.models.classroom import new_join_code
from tutor.services.errors import ServiceError

log = logging.getLogger(__name__)

# What a person may mistype, and nobody can guess with: there are 32 to the power of 7 codes.
WRONG_TRIES = 20
# Seconds until wrong tries are forgotten, counted from the last. Each server process counts for itself.
TRIES_KEPT = 60 * 60


class UnknownJoinCodeError(ServiceError):
    """No class has this code."""

    code = "unknown_join_code"


class TooManyTriesError(ServiceError):
    """The learner has typed too many wrong codes of late."""

    code = "too_many_tries"


def join_classroom(join_code: str, *, learner: User) -> Classroom:
    """Put a learner into the class with this code, however it was typed; once is enough.

    Raises UnknownJoinCodeError, or TooManyTriesError after too many of those.
    """
    counter = f"join-tries:{learner.pk}"
    tries = cache.get(counter, 0)
    if tries >= WRONG_TRIES:
        raise TooManyTriesError(_("These were many wrong codes. Ask your teacher for the right one, and wait an hour."))
    classroom = Classroom.objects.filter(join_code=plain(join_code)).first()
    if classroom is None:
        cache.set(counter, tries + 1, TRIES_KEPT)
        if tries + 1 >= WRONG_TRIES:
            log.warning("locked out proof=class_code user=%s", learner.pk)
        raise UnknownJoinCodeError(_("There is no class with this code. Ask your teacher to read it out again."))
    classroom.learners.add(learner)
    return classroom


def plain(join_code: str) -> str:
    """Return a code as it is stored, whatever spaces, dashes and small letters it was typed with."""
    return "".join(character for character in join_code if character.isalnum()).upper()


def leave_classroom(classroom: Classroom, *, learner: User) -> None:
    """Take a learner out of a class. What they said stays, and what they are in the middle of goes on."""
    classroom.learners.remove(learner)


def renew_join_code(classroom: Classroom) -> None:
    """Give a class another code, so that the old one opens it no more. Who is in it stays."""
    classroom.join_code = new_join_code()
    classroom.save(update_fields=["join_code"])
