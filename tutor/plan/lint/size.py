"""How much of the model's attention and of the wire a stage takes."""

import json
from collections.abc import Iterator
from dataclasses import replace

from tutor.plan.estimate import ERROR, tokens
from tutor.plan.lint.finding import Finding, error, warning
from tutor.plan.lint.limits import MAX_STAGE_BYTES, MAX_STAGE_TOKENS
from tutor.plan.model import Plan, Stage, Tool
from tutor.plan.phrase import gettext_noop
from tutor.plan.text import MAX_ADDRESS, MAX_TEXT, to_json, to_yaml

# About the tokens of what every stage is told besides: the tutor's role, the headings, and how to end a stage.
OWN_TOKENS = 400
# The estimate may be that much too low.
_DOUBTFUL = int(MAX_STAGE_TOKENS * (1 - ERROR))
_SURELY_SHORT = _DOUBTFUL // 4  # bytes: none is estimated as more than two tokens


def stage_tokens(plan: Plan, stage: Stage) -> int:
    """Return about how many tokens the model is given in a stage: instructions and tools."""
    told = [
        *(plan.title, plan.preamble, stage.title, stage.goal, stage.instructions, stage.opening),
        *(f"- {outcome.key}: {outcome.when} “{outcome.key}”" for outcome in stage.outcomes),
        *(f"{tool.name} {tool.description} {json.dumps(dict(tool.parameters))}" for tool in _tools(plan, stage)),
    ]
    return OWN_TOKENS + sum(tokens(text, plan.language) for text in told)


def size_findings(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    """Find a stage that is too long for the data channel or for the model."""
    place = f"{place}.instructions"
    size = _size(plan, stage)
    if size > MAX_STAGE_BYTES:
        yield error(
            place,
            gettext_noop(
                "Stage “%(title)s” and its tools are %(size)s kB, and %(limit)s can be sent: shorten the instructions."
            ),
            title=stage.title,
            size=size // 1024,
            limit=MAX_STAGE_BYTES // 1024,
        )
        return
    count = 0 if size < _SURELY_SHORT else stage_tokens(plan, stage)
    numbers = {"count": count, "limit": MAX_STAGE_TOKENS}
    if count > MAX_STAGE_TOKENS:
        template = gettext_noop(
            "Stage “%(title)s” and its tools are about %(count)s tokens, and the model takes %(limit)s: "
            "shorten the instructions."
        )
        yield error(place, template, title=stage.title, **numbers)
    elif count > _DOUBTFUL:
        template = gettext_noop(
            "Stage “%(title)s” and its tools are about %(count)s tokens, and the model takes %(limit)s: "
            "shorten them to be safe."
        )
        yield warning(place, template, title=stage.title, **numbers)


def pack_findings(plan: Plan) -> Iterator[Finding]:
    """Find a lesson that could be exported but not imported again."""
    if len(to_json(plan)) < MAX_TEXT // 8:  # YAML is longer than JSON, but not that much
        return
    length = len(to_yaml(plan, address="1" * MAX_ADDRESS))  # the longest there is: it needs quotes
    if length > MAX_TEXT:
        yield error(
            "lesson",
            gettext_noop(
                "The lesson is %(count)s characters long as a lesson pack, and %(limit)s can be read again: "
                "shorten it, or choose smaller pictures."
            ),
            count=length,
            limit=MAX_TEXT,
        )


def _size(plan: Plan, stage: Stage) -> int:
    tools = tuple(replace(tool, options={}) for tool in _tools(plan, stage))
    told = replace(plan, stages=(replace(stage, hints=()),), tools=tools, summary="", tests=())
    return len(to_json(told).encode())


def _tools(plan: Plan, stage: Stage) -> tuple[Tool, ...]:
    return tuple(tool for tool in plan.tools if tool.name in stage.tools)
