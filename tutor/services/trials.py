"""A teacher tries a draft, from any stage, as a learner would meet it."""

import logging
from enum import Enum

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tutor import plan as plans
from tutor.models import Attempt, Lesson, LessonVersion
from tutor.services import attempts, authoring, stages

log = logging.getLogger(__name__)


class Voice(Enum):
    """Who speaks in a trial."""

    REHEARSAL = "rehearsal"
    BEST_ALLOWED = "best allowed"  # the real model where the teacher may spend money on it


def may_spend(teacher: User) -> bool:
    """Whether trials of this teacher may be spoken by the real model, which costs money."""
    return teacher.has_perm("tutor.spend_on_trials")


@transaction.atomic
def start_trial(lesson: Lesson, *, teacher: User, stage_key: str = "", voice: Voice = Voice.BEST_ALLOWED) -> Attempt:
    """Begin a trial of the draft as it is now, in the stage with this key (the first without one).

    A trial of the same lesson that is still open ends. Raises authoring.FaultyLessonError, or KeyError for a stage
    that the draft does not have.

    1. Freeze the draft in a version without a number, which no learner is ever given.
    2. End the teacher's open trial of this lesson, as the database allows one.
    3. Begin in the stage that was asked for.
    """
    # Two clicks at once come one after the other: the second ends what the first began.
    lesson = Lesson.objects.select_for_update().get(pk=lesson.pk)
    # 1
    plan = authoring.sound_plan(lesson)
    stage = plan.stage(stage_key) if stage_key else plan.start
    version = LessonVersion.objects.create(
        lesson=lesson, plan=plans.to_data(plan), checksum=authoring.checksum(plan), published_by=teacher
    )
    # 2
    for open_one in Attempt.objects.filter(lesson=lesson, learner=teacher, is_trial=True, ended_at__isnull=True):
        attempts.end_attempt(open_one)
    # 3
    is_rehearsal = settings.REHEARSAL or voice is Voice.REHEARSAL or not may_spend(teacher)
    attempt = Attempt.objects.create(
        learner=teacher, lesson=lesson, version=version, is_trial=True, is_rehearsal=is_rehearsal
    )
    stages.enter_stage(attempt, plan, stage, at=max(timezone.now(), attempt.started_at))
    log.info("trial started attempt=%s lesson=%s stage=%s", attempt.code, lesson.slug, stage.key)
    return attempt


@transaction.atomic
def throw_away(attempt: Attempt) -> None:
    """Delete a trial and the draft it froze. Raises ValueError for an attempt that is no trial.

    One that is still open ends first, so that a room it is open in hears of it and hangs up.
    """
    if not attempt.is_trial:
        raise ValueError("Only a trial can be thrown away.")
    attempt = attempts.end_attempt(attempt)
    version = attempt.version
    attempt.delete()
    if version.number is None and not version.attempts.exists():
        version.delete()
