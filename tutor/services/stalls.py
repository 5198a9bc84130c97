"""Help for a stage that does not come to an end: a nudge for the model, then a hint, then the teacher's last resort.

Decided here alone, from what is stored, and sent through the room with the journal's answer. A step stays on offer
until the browser says that the model of its present call has it; only then may the next one follow. So a lost answer
costs nothing, a learner who was away is not hurried, and a new call hears the step that is in force.
"""

import logging
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from django.utils import timezone

from tutor import plan as plans
from tutor.models import Attempt, Connection, Speaker, StageVisit, Utterance, UtteranceStatus
from tutor.plan import Plan, Stage
from tutor.realtime import replies
from tutor.services import attempts, memory, prompts, stages
from tutor.tools.hint import hints_given

log = logging.getLogger(__name__)

RESCUE_ID = re.compile(r"stall-([1-9][0-9]{0,5})-([123])")


class Step(IntEnum):
    """`StageVisit.stall_step`: how far the tutor has been helped along in a visit."""

    NUDGE = 1
    HINT = 2
    LAST_RESORT = 3


def rescue(attempt: Attempt, *, received: str = "") -> dict[str, Any] | None:
    """Return the help that the present call should be given now, or None.

    It is `{"id", "events", "stage", "stages", "ended"}`, all but the id as in the answer to a tool call. `received` is
    the id of the latest help that the browser has forwarded in its present call, empty if there was none. Call it
    inside the transaction that holds the attempt's lock.

    1. A step taken before and not yet received is offered again.
    2. Otherwise take the next step, if it is due.
    """
    latest = list(attempt.visits.order_by("-number")[:2])
    plan = plans.from_stored(attempt.version.plan)
    if not any(_may_stall(plan.stage(visit.stage_key)) for visit in latest):
        return None
    call = attempt.connections.select_related("visit").order_by("-id").first()
    if call is None:
        return None
    # 1
    visit = _outstanding(latest, call, received)
    # 2
    if visit is None and _take_step(attempt, plan, latest[0], call):
        visit = latest[0]
    return None if visit is None else _help(attempt, plan, visit, call)


def _may_stall(stage: Stage) -> bool:
    return bool(stage.stall_turns or stage.stall_minutes)


def _outstanding(latest: Iterable[StageVisit], call: Connection, received: str) -> StageVisit | None:
    """The visit whose step the call should have had and has not; `latest` are the last visits, newest first."""
    found = RESCUE_ID.fullmatch(received)
    had = (int(found[1]), int(found[2])) if found else (0, 0)
    for visit in latest:
        in_force = visit.completed_at is None or visit.stall_step == Step.LAST_RESORT
        # A call that began after the last resort was taken has been in the right stage from its beginning.
        in_call = visit.number >= call.visit.number
        if visit.stall_step and in_force and in_call and (visit.number, visit.stall_step) > had:
            return visit
    return None


def _take_step(attempt: Attempt, plan: Plan, visit: StageVisit, call: Connection) -> bool:
    """Raise a visit by one step if that is due; the filtered update makes sure that it is done once."""
    if visit.completed_at is not None or visit.stall_step == Step.LAST_RESORT:
        return False
    stage, step = plan.stage(visit.stage_key), Step(visit.stall_step + 1)
    if not _is_due(stage, visit, step, call):
        return False
    same = StageVisit.objects.filter(pk=visit.pk, completed_at__isnull=True, stall_step=visit.stall_step)
    if same.update(stall_step=step) != 1:
        return False
    visit.stall_step = step
    log.info("stage stalled attempt=%s stage=%s visit=%d step=%s", attempt.code, stage.key, visit.number, step.name)
    if step is Step.LAST_RESORT:
        stages.fall_back(attempt, visit, reasoning=_reasoning(visit, call))
    return True


def _is_due(stage: Stage, visit: StageVisit, step: Step, call: Connection) -> bool:
    if step is Step.LAST_RESORT and not stage.fallback:
        return False
    return _due_by_turns(stage, visit, step) or _due_by_clock(stage, visit, step, call)


def _due_by_turns(stage: Stage, visit: StageVisit, step: Step) -> bool:
    if not stage.stall_turns:
        return False
    turns = stages.learner_turns(visit)
    if step is Step.LAST_RESORT:
        # The tutor may find that the learner's latest words were the right ones: only what it has answered counts.
        answers = Utterance.objects.filter(visit=visit, speaker=Speaker.TUTOR).exclude(status=UtteranceStatus.PARTIAL)
        turns = turns.filter(position__lt=answers.order_by("-position").values("position")[:1])
    return turns.count() >= step * stage.stall_turns


def _due_by_clock(stage: Stage, visit: StageVisit, step: Step, call: Connection) -> bool:
    """Whether a step's minutes are over; they count anew in each call, for nobody is waiting between two calls."""
    if not stage.stall_minutes:
        return False
    return timezone.now() - _since(visit, call) >= step * timedelta(minutes=stage.stall_minutes)


def _since(visit: StageVisit, call: Connection) -> datetime:
    return max(visit.entered_at, call.requested_at)


def _reasoning(visit: StageVisit, call: Connection) -> str:
    turns = stages.learner_turns(visit).count()
    minutes = int((timezone.now() - _since(visit, call)).total_seconds() // 60)
    return (
        f"The stage stalled: after {turns} learner turns and {minutes} minutes, a nudge and a hint the tutor had still "
        "not chosen a way out, so the lesson went on by the last resort."
    )


def _help(attempt: Attempt, plan: Plan, visit: StageVisit, call: Connection) -> dict[str, Any]:
    """What a visit's present step means for the call."""
    rescue_id = memory.stall_id(visit.number, visit.stall_step)
    stage = plan.stage(visit.stage_key)
    if visit.stall_step == Step.LAST_RESORT:
        events = _moved_on(attempt, plan, visit, rescue_id)
    else:
        events = [replies.system_note(_advice(stage, visit), item_id=rescue_id)]
        if not _due_by_turns(stage, visit, Step(visit.stall_step)):
            # Only the clock has noticed. The learner may be silent, so the tutor has to speak first.
            events.append(replies.response_create())
    return {"id": rescue_id, "events": replies.numbered(rescue_id, events), **attempts.progress(attempt)}


def _advice(stage: Stage, visit: StageVisit) -> str:
    if visit.stall_step == Step.NUDGE:
        return prompts.nudge_note(stage)
    # The hint of this very step is the last one given.
    number = hints_given(visit) - 1
    return prompts.hint_note(stage, stage.hints[number] if number < len(stage.hints) else "")


def _moved_on(attempt: Attempt, plan: Plan, visit: StageVisit, item_id: str) -> list[dict[str, Any]]:
    """The events of a stage change that no function call has asked for: a note stands where its answer would."""
    following = attempt.visits.filter(number=visit.number + 1).first()
    begun = None if following is None else plan.stage(following.stage_key)
    note = replies.system_note(prompts.moved_on_note(plan.stage(visit.stage_key), begun), item_id=item_id)
    if following is None:
        return [note, replies.response_create(tools=False)]
    return [*stages.way_in(attempt, plan, following), note, replies.response_create()]
