"""A teacher tries a tool with sample arguments, and sees what the model would get back."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync

from tutor import plan as plans
from tutor import tools
from tutor.models import Tool
from tutor.peers import webhook
from tutor.services import authoring, tool_calls


@dataclass(frozen=True, slots=True)
class ToolTrial:
    """What came of it: what the model is told, the card the learner would see, and what another server was asked.

    `output` is None where that server was not asked. `trouble` says why it gave no useful answer.
    """

    output: dict[str, Any] | None
    card: dict[str, Any] | None = None
    errand: tools.Errand | None = None
    trouble: str = ""


def try_tool(tool: Tool, *, stage_key: str, arguments: dict[str, Any], ask: bool = False) -> ToolTrial:
    """Run a draft's tool as if the model had called it in a stage with these arguments. Nothing is stored.

    Another server is asked only with `ask`. A stage that the draft does not have has neither hints nor anything else.
    """
    plan = authoring.compile_plan(tool.lesson)
    scene = tools.Scene(None, _stage(plan, stage_key))
    planned = plan.tool(tool.name)
    errand, found, trouble = _errand(planned, scene, arguments), None, ""
    if errand is not None and not ask:
        return ToolTrial(None, errand=errand)
    if errand is not None:
        found, trouble = _ask(errand)
    decision, card = tool_calls.decide_on(planned, scene, arguments, found=found)
    return ToolTrial(decision.output, card, errand, trouble)


def _stage(plan: plans.Plan, key: str) -> plans.Stage:
    return next((stage for stage in plan.stages if stage.key == key), plans.Stage(key=key, title=""))


def _errand(tool: plans.Tool, scene: tools.Scene, arguments: dict[str, Any]) -> tools.Errand | None:
    try:
        errand = tools.errand(tool, scene, arguments)
    except tools.ToolError:
        return None  # running it will say so
    if errand is None:
        return None
    # As a lesson would send it, and recognisable as a trial.
    marks = {"lesson": "", "attempt": "trial", "call_id": f"trial-{uuid.uuid4()}"}
    return tools.Errand(errand.url, {**errand.payload, **marks})


def _ask(errand: tools.Errand) -> tuple[Mapping[str, Any] | None, str]:
    try:
        return async_to_sync(webhook.ask)(errand.url, errand.payload), ""
    except webhook.WebhookError as error:
        return None, error.reason
