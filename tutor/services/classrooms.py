"""Classes: joining one, leaving one."""

from django.contrib.auth.models import User

from tutor.models import Classroom
from tutor.services.errors import ServiceError


class UnknownJoinCodeError(ServiceError):
    """No class has this code."""

    code = "unknown_join_code"


def join_classroom(join_code: str, *, learner: User) -> Classroom:
    """Put a learner into the class with this code, however it was typed; once is enough.

    Raises UnknownJoinCodeError.
    """
    typed = "".join(join_code.split()).upper()
    classroom = Classroom.objects.filter(join_code=typed).first()
    if classroom is None:
        raise UnknownJoinCodeError("There is no class with this code. Ask your teacher to read it out again.")
    classroom.learners.add(learner)
    return classroom


def leave_classroom(classroom: Classroom, *, learner: User) -> None:
    """Take a learner out of a class. What they said in its lessons stays."""
    classroom.learners.remove(learner)
