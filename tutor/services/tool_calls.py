"""A function call of the model: answered once, the same for ever."""

import json
import logging
from typing import Any

from django.db import transaction

from tutor import plan as plans
from tutor import tools
from tutor.models import Attempt, StageVisit, ToolCall
from tutor.plan.lint import STAGE_COMPLETE
from tutor.realtime import replies
from tutor.services import attempts, stages
from tutor.services.errors import AttemptEndedError
from tutor.services.stages import Decision, refuse

log = logging.getLogger(__name__)


@transaction.atomic
def answer_tool_call(
    attempt: Attempt, *, call_id: str, name: str, arguments: str, visit: int | None = None
) -> dict[str, Any]:
    """Return what the browser must forward: `{"events", "stage", "stages", "ended"}`.

    `arguments` is the model's JSON text, possibly broken; `visit` the number of the visit in which the model made
    the call, if the browser knows. A mistake of the model is an answer that says so. Raises AttemptEndedError.

    1. Lock the attempt.
    2. A call answered before gets its stored answer.
    3. Decide: the end of a stage, a tool of the stage, or a refusal.
    4. Store the call with its answer.
    """
    # 1
    attempt = attempts.lock(attempt)
    # 2
    known = ToolCall.objects.filter(attempt=attempt, call_id=call_id).first()
    if known is not None:
        return dict(known.answer)
    current = stages.current_visit(attempt)
    if current is None:
        raise AttemptEndedError("This lesson has already ended.")
    # 3
    decision = _decide(attempt, current, name=name, arguments=arguments, visit=visit)
    # 4
    answer = {"events": _events(call_id, decision), **attempts.progress(attempt)}
    ToolCall.objects.create(
        attempt=attempt,
        visit=current,
        call_id=call_id,
        name=name,
        arguments=arguments,
        output=decision.output,
        answer=answer,
        refusal=decision.refusal,
    )
    if decision.refusal:
        log.info("tool refused attempt=%s tool=%s code=%s call=%s", attempt.code, name, decision.refusal, call_id)
    return answer


def _decide(attempt: Attempt, current: StageVisit, *, name: str, arguments: str, visit: int | None) -> Decision:
    if visit is not None and visit != current.number:
        return refuse("stage_over", "That stage is already over. Go on with the current one.")
    parsed = _parse(arguments)
    if parsed is None:
        return refuse("invalid_arguments", "The arguments are not a JSON object: make the call again.")
    if name == STAGE_COMPLETE:
        return stages.complete_stage(attempt, current, parsed)
    return _run_tool(attempt, current, name, parsed)


def _parse(arguments: str) -> dict[str, Any] | None:
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and plans.text.is_json(value) else None


def _run_tool(attempt: Attempt, visit: StageVisit, name: str, arguments: dict[str, Any]) -> Decision:
    plan = plans.from_data(attempt.version.plan)
    stage = plan.stage(visit.stage_key)
    if name not in stage.tools:
        known = ", ".join((*stage.tools, STAGE_COMPLETE))
        return refuse("unknown_tool", f"There is no tool “{name}” in this stage; there are: {known}.")
    try:
        output = tools.run(plan.tool(name), tools.Scene(visit, stage), arguments)
    except tools.ToolError as error:
        return refuse("invalid_arguments", str(error))
    return Decision({"status": "ok", **output})


def _events(call_id: str, decision: Decision) -> list[dict[str, Any]]:
    answer = (replies.function_output(call_id, decision.output), replies.response_create(tools=decision.tools))
    return replies.numbered(call_id, (*decision.before, *answer))
