"""A function call of the model: answered once, the same for ever."""

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils.translation import gettext as _

from tutor import metrics, tools
from tutor import plan as plans
from tutor.models import Attempt, StageVisit, ToolCall
from tutor.peers import webhook
from tutor.plan import Plan, Tool
from tutor.plan.lint import STAGE_COMPLETE
from tutor.realtime import replies
from tutor.services import attempts, leases, stages, witness
from tutor.services.errors import AttemptEndedError
from tutor.services.stages import Decision, refuse

log = logging.getLogger(__name__)


def answer_tool_call(
    attempt: Attempt, *, call_id: str, name: str, arguments: str, visit: int | None = None, connection: str = ""
) -> dict[str, Any]:
    """Return what the browser must forward and show: `{"events", "card", "stage", "stages", "ended"}`.

    `arguments` is the model's JSON text, possibly broken; `visit` the number of the visit in which the model made
    the call, and `connection` the code of the call in which it was made, if the browser knows. A mistake of the model
    is an answer that says so. Raises AttemptEndedError, and NotConfirmedError for the end of a stage that the model
    surely never asked for, and AttemptClosedError where the words of the attempt were deleted.

    1. The room's call goes on. A function call answered before gets its stored answer.
    2. See whether our own listener heard the model make it, if there is one: what was not heard yet may take seconds.
    3. If another server has to be asked first, ask it now, while nothing is locked: it may take seconds too.
    4. Lock the attempt and look again: a repeat of the request may have been faster.
    5. Decide: the end of a stage, a tool of the stage, or a refusal.
    6. Store the call with its answer.
    """
    # 1
    attempts.refuse_if_wordless(attempt)
    leases.renew(attempt, connection)
    known = _stored_answer(attempt, call_id)
    if known is not None:
        return known
    # 2
    proof = witness.proof_of(attempt, call_id=call_id, name=name, arguments=arguments)
    # 3
    parsed = _parse(arguments)
    found = _ask_outside(attempt, call_id, name, parsed)
    # 4
    with transaction.atomic():
        attempt = attempts.lock(attempt)
        known = _stored_answer(attempt, call_id)
        if known is not None:
            return known
        current = stages.current_visit(attempt)
        if current is None:
            raise AttemptEndedError(_("This lesson has already ended."))
        # 5
        decision, card = _decide(attempt, current, name=name, arguments=parsed, visit=visit, found=found)
        # 6
        asked = ToolCall(attempt=attempt, visit=current, call_id=call_id, name=name, arguments=arguments, proof=proof)
        if name == STAGE_COMPLETE and not decision.refusal and proof == ToolCall.Proof.UNVERIFIED:
            stages.flag_unverified(current)
        return _store(asked, decision, card)


def _stored_answer(attempt: Attempt, call_id: str) -> dict[str, Any] | None:
    found = ToolCall.objects.filter(attempt=attempt, call_id=call_id).order_by("pk")
    return found.values_list("answer", flat=True).first()


def _ask_outside(
    attempt: Attempt, call_id: str, name: str, arguments: dict[str, Any] | None
) -> Mapping[str, Any] | None:
    """Run the errand of a call, if it has one; None if not, or if nothing useful came back."""
    errand = None if arguments is None else _errand(attempt, name, arguments)
    if errand is None:
        return None
    payload = {**errand.payload, "lesson": attempt.lesson.slug, "attempt": str(attempt.code), "call_id": call_id}
    try:
        return async_to_sync(webhook.ask)(errand.url, payload)
    except webhook.WebhookError as error:
        log.warning("webhook failed attempt=%s tool=%s call=%s: %s", attempt.code, name, call_id, error)
        return None


def _errand(attempt: Attempt, name: str, arguments: dict[str, Any]) -> tools.Errand | None:
    plan = plans.from_stored(attempt.version.plan)
    if not any(tool.name == name and tools.asks_outside(tool) for tool in plan.tools):
        return None
    visit = stages.current_visit(attempt)
    if visit is None or name not in plan.stage(visit.stage_key).tools:
        return None
    try:
        return tools.errand(plan.tool(name), _scene(plan, visit), arguments)
    except tools.ToolError:
        return None  # the decision will say so


def _scene(plan: Plan, visit: StageVisit) -> tools.Scene:
    return tools.Scene(visit, plan.stage(visit.stage_key))


def _store(call: ToolCall, decision: Decision, card: dict[str, Any] | None) -> dict[str, Any]:
    """Save a call with what it led to; return its answer."""
    attempt = call.attempt
    if card is not None:
        # Its place in the conversation: after what was said last.
        latest = attempt.utterances.order_by("-position", "-id").values_list("item_id", flat=True).first()
        call.card = {"call_id": call.call_id, **card, "visit": call.visit.number, "after": latest}
    call.output, call.refusal = decision.output, decision.refusal
    call.answer = {"events": _events(call.call_id, decision), "card": call.card, **attempts.progress(attempt)}
    call.save(force_insert=True)
    transaction.on_commit(partial(metrics.count_tool_call, decision.refusal))
    if decision.refusal:
        code, name = decision.refusal, call.name
        log.info("tool refused attempt=%s tool=%s code=%s call=%s", attempt.code, name, code, call.call_id)
    return dict(call.answer)


def _decide(
    attempt: Attempt,
    current: StageVisit,
    *,
    name: str,
    arguments: dict[str, Any] | None,
    visit: int | None,
    found: Mapping[str, Any] | None,
) -> tuple[Decision, dict[str, Any] | None]:
    """Return the decision, and the card the learner is shown, if any."""
    if visit is not None and visit != current.number:
        return refuse("stage_over", "That stage is already over. Go on with the current one."), None
    if arguments is None:
        return refuse("invalid_arguments", "The arguments are not a JSON object: make the call again."), None
    if name == STAGE_COMPLETE:
        return stages.complete_stage(attempt, current, arguments), None
    return _run_tool(attempt, current, name, arguments, found)


def _parse(arguments: str) -> dict[str, Any] | None:
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and plans.text.is_json(value) else None


def _run_tool(
    attempt: Attempt, visit: StageVisit, name: str, arguments: dict[str, Any], found: Mapping[str, Any] | None
) -> tuple[Decision, dict[str, Any] | None]:
    plan = plans.from_stored(attempt.version.plan)
    scene = _scene(plan, visit)
    if name not in scene.stage.tools:
        known = ", ".join((*scene.stage.tools, STAGE_COMPLETE))
        return refuse("unknown_tool", f"There is no tool “{name}” in this stage; there are: {known}."), None
    return decide_on(plan.tool(name), scene, arguments, found=found)


def decide_on(
    tool: Tool, scene: tools.Scene, arguments: dict[str, Any], *, found: Mapping[str, Any] | None
) -> tuple[Decision, dict[str, Any] | None]:
    """Return what the model is told about a call of a tool, and the card the learner is shown, if any.

    `found` is what the call's errand brought back.
    """
    try:
        answer = tools.run(tool, scene, arguments, found=found)
    except tools.ToolError as error:
        return refuse(error.code, str(error)), None
    return Decision({"status": "ok"} | answer.output | {"status": "ok"}), answer.card


def _events(call_id: str, decision: Decision) -> list[dict[str, Any]]:
    answer = (replies.function_output(call_id, decision.output), replies.response_create(tools=decision.tools))
    return replies.numbered(call_id, (*decision.before, *answer))
