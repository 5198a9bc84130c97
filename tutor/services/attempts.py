"""Starting, finding, describing and ending an attempt."""

import logging
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from tutor import plan as plans
from tutor.models import Attempt, AttemptOutcome, Connection, Lesson, StageVisit, Utterance
from tutor.plan import Plan, Stage
from tutor.realtime import replies, session
from tutor.services import (
    access,
    authoring,
    budgets,
    calls,
    consents,
    limits,
    memory,
    pauses,
    pictures,
    prompts,
    stages,
    switch,
    transcript,
)
from tutor.services.errors import AttemptClosedError, BudgetSpentError, CallsOffError, NotPublishedError

log = logging.getLogger(__name__)


def lock(attempt: Attempt) -> Attempt:
    """Return the attempt as it is now, locked until the transaction ends (on SQLite the transaction is the lock)."""
    return Attempt.objects.select_for_update(of=("self",)).select_related("version", "lesson").get(pk=attempt.pk)


def refuse_if_wordless(attempt: Attempt) -> None:
    """Raise AttemptClosedError for an attempt whose words were deleted: none may come back from some browser."""
    if attempt.words_deleted_at is not None:
        raise AttemptClosedError(_("What was said in this lesson has been deleted, and nothing is added to it."))


def start_attempt(lesson: Lesson, *, learner: User) -> tuple[Attempt, bool]:
    """Return the learner's open attempt at a lesson, or a new one at its latest version; and whether it is new.

    Raises ConsentNeededError, NotPublishedError, and TooManyError for a new one too many. Two clicks at once get the
    same attempt: the database refuses a second open one.
    """
    consents.require(learner.pk)
    open_one = Attempt.objects.filter(lesson=lesson, learner=learner, is_trial=False, ended_at__isnull=True)
    found = open_one.first()
    if found is not None:
        return found, False
    try:
        return _create(lesson, learner), True
    except IntegrityError:
        return open_one.get(), False


@transaction.atomic
def _create(lesson: Lesson, learner: User) -> Attempt:
    version = authoring.latest_version(lesson)
    if version is None or not access.open_to(learner).filter(pk=lesson.pk).exists():
        raise NotPublishedError(_("This lesson is not open at the moment."))
    limits.take_start(learner.pk)
    attempt = Attempt.objects.create(learner=learner, lesson=lesson, version=version, is_rehearsal=settings.REHEARSAL)
    plan = plans.from_stored(version.plan)
    stages.enter_stage(attempt, plan, plan.start, at=max(timezone.now(), attempt.started_at))
    log.info("attempt started attempt=%s lesson=%s version=%d", attempt.code, lesson.slug, version.number)
    return attempt


@transaction.atomic
def end_attempt(attempt: Attempt, *, outcome: AttemptOutcome = AttemptOutcome.LEFT) -> Attempt:
    """End an attempt early; one that has ended stays as it is. Return it as it is now."""
    attempt = lock(attempt)
    visit = stages.current_visit(attempt)
    if visit is not None:
        # A clock may have been set back since.
        stages.leave_lesson(attempt, outcome=outcome, at=max(timezone.now(), visit.entered_at))
    return attempt


def state(attempt: Attempt) -> dict[str, Any]:
    """Return all a room needs to show an attempt and to go on with it, as JSON data."""
    plan = plans.from_stored(attempt.version.plan)
    visits = list(attempt.visits.order_by("number"))
    # Where the words were deleted there is nothing to show of those who spoke.
    is_wordless = attempt.words_deleted_at is not None
    utterances = [] if is_wordless else list(attempt.utterances.order_by("position", "id"))
    own_calls = calls.calls_of([attempt]).get(attempt.pk, [])
    elsewhere = _elsewhere(attempt, own_calls)
    barred, left = _outlook(attempt)
    corrections = transcript.corrected(attempt)
    return {
        "code": str(attempt.code),
        "url": reverse("room", args=[attempt.code]),
        "lesson": {"slug": attempt.lesson.slug, "title": plan.title, "language": plan.language},
        "rehearsal": attempt.is_rehearsal,
        "trial": attempt.is_trial,
        "outcome": attempt.outcome,
        **pauses.end_of(attempt),
        "paused": pauses.as_data(pauses.pause_of(attempt)),
        # A window whose own call is another one than the latest has been replaced, be it in another lesson.
        "connection": str(elsewhere.code) if elsewhere else str(own_calls[-1].code) if own_calls else None,
        "elsewhere": plans.from_stored(elsewhere.attempt.version.plan).title if elsewhere else None,
        "barred": barred,
        "time": {
            "minutes": plan.minutes,
            "limit": calls.limit_of(plan.minutes),
            "spent": int(calls.time_in(own_calls).total_seconds()),
            "left": left,
        },
        **_progress(attempt, plan, visits),
        "transcript": _transcript(visits, utterances, corrections, pictures.addresses(attempt)),
        "cards": list(attempt.tool_calls.filter(card__isnull=False).order_by("id").values_list("card", flat=True)),
        "opening": _opening(attempt, plan, visits, utterances, corrections),
        "adjustments": session.adjustments(),
    }


def _elsewhere(attempt: Attempt, own: Sequence[calls.Call]) -> Connection | None:
    """The learner's call that goes on in another lesson and is later than all of this one. One query."""
    others = Connection.objects.filter(
        attempt__learner_id=attempt.learner_id, answered_at__isnull=False, ended_at__isnull=True
    ).exclude(attempt=attempt)
    latest = others.select_related("attempt__version").order_by("-id").first()
    if latest is None or latest.answered_at is None or (own and own[-1].answered_at > latest.answered_at):
        return None
    return latest


def _outlook(attempt: Attempt) -> tuple[dict[str, str] | None, dict[str, Any] | None]:
    """Why no call can be made just now, `{"code", "message"}`; and what budgets leave, `{"seconds", "in"}`."""
    if attempt.ended_at is not None:
        return None, None
    left = budgets.what_is_left(attempt)
    time_left = None if left.seconds is None else {"seconds": left.seconds, "in": left.period}
    switched = switch.off()
    if switched is not None:
        return {"code": CallsOffError.code, "message": switch.words_of(switched)}, time_left
    if left.spent is not None:
        return {"code": BudgetSpentError.code, "message": budgets.words_of(left)}, time_left
    return None, time_left


def progress(attempt: Attempt) -> dict[str, Any]:
    """Return where an attempt stands: `{"stage", "stages", "ended"}` as in `state`."""
    return _progress(attempt, plans.from_stored(attempt.version.plan), list(attempt.visits.order_by("number")))


def _progress(attempt: Attempt, plan: Plan, visits: list[StageVisit]) -> dict[str, Any]:
    current = _open(visits)
    passed = passed_over(plan, visits)
    return {
        "ended": attempt.ended_at is not None,
        "stage": None if current is None else _stage(plan, current),
        "stages": [
            {
                "key": stage.key,
                "title": stage.title,
                "goal": stage.goal,
                "progress": _how_far(attempt, stage, visits, passed),
            }
            for stage in plan.stages
        ],
    }


def _open(visits: list[StageVisit]) -> StageVisit | None:
    return next((visit for visit in visits if visit.completed_at is None), None)


def _stage(plan: Plan, visit: StageVisit) -> dict[str, Any]:
    stage = plan.stage(visit.stage_key)
    position = plan.stages.index(stage) + 1
    return {
        "key": stage.key,
        "title": stage.title,
        "goal": stage.goal,
        "visit": visit.number,
        "position": position,
        "needs": {"turns": stage.turns, "quotes": stage.evidence},
    }


def passed_over(plan: Plan, visits: Sequence[StageVisit]) -> set[str]:
    """Return the keys of the stages that staff moved the learner past, and not back before. `visits` are in order."""
    keys = [stage.key for stage in plan.stages]
    passed: set[str] = set()
    for before, after in pairwise(visits):
        if before.flag == StageVisit.Flag.MOVED:
            here, there = keys.index(before.stage_key), keys.index(after.stage_key)
            passed = passed.union(keys[here:there]) if here < there else passed.intersection(keys[:there])
    return passed


def _how_far(attempt: Attempt, stage: Stage, visits: list[StageVisit], passed: set[str]) -> str:
    here = [visit for visit in visits if visit.stage_key == stage.key]
    if any(visit.completed_at is None for visit in here):
        return "current"
    if any(visit.outcome for visit in here):
        return "done"
    if stage.key in passed:
        return "passed"
    return "skipped" if attempt.outcome == AttemptOutcome.COMPLETED else "ahead"


def _transcript(
    visits: list[StageVisit],
    utterances: list[Utterance],
    corrections: Mapping[int, str],
    pictures_at: Mapping[str, str],
) -> list[dict[str, Any]]:
    by_id = {visit.pk: visit for visit in visits}
    return [
        transcript.as_data(
            utterance,
            visit=by_id[utterance.visit_id].number,
            stage=by_id[utterance.visit_id].stage_key,
            corrected=corrections.get(utterance.pk),
            picture=pictures_at.get(utterance.item_id),
        )
        for utterance in utterances
    ]


def _opening(
    attempt: Attempt,
    plan: Plan,
    visits: list[StageVisit],
    utterances: list[Utterance],
    corrections: Mapping[int, str],
) -> list[dict[str, Any]]:
    """The client events for the moment a call opens: nothing has been said yet, or what was said comes first."""
    current = _open(visits)
    if current is None:
        return []
    prefix = f"open-{current.number}-{len(utterances)}"
    if not utterances and current.number == 1:
        return replies.numbered(prefix, replies.opening())
    note = prompts.resume_note(
        summaries=memory.summaries_of(plan, visits),
        said=[
            (utterance.speaker, corrections.get(utterance.pk, utterance.text))
            for utterance in utterances
            if utterance.visit_id == current.pk
        ],
        rule=plan.stage(current.stage_key).context,
    )
    return replies.numbered(prefix, replies.restoring(note, item_id=memory.resume_id(current.number)))
