"""Does this lesson make sense? One finding per fault, with its place and its cure.

Errors stop publishing, warnings do not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from tutor.plan.model import Plan, Stage, Tool
from tutor.plan.text import PlanError, from_data, to_data, to_json

STAGE_COMPLETE = "stage_complete"
# Protocol reference section 2: custom voices are ids that begin with "voice_".
VOICES = ("marin", "cedar", "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse")
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
LANGUAGE = re.compile(r"[a-z]{2}")
# UTF-8 bytes of one stage with its tools and the preamble. Protocol reference section 8.2: an event of 64 KiB can close
# the data channel, and our own fixed words need some of that. The model's 16,384 tokens (section 11) are about as much.
MAX_STAGE_BYTES = 56 * 1024


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: how bad, where (`stages[1].outcomes[0]`, as in a lesson pack), and a sentence with the cure."""

    level: Level
    place: str
    message: str


def lint(plan: Plan) -> tuple[Finding, ...]:
    """Return every finding, in the order of the lesson; no finding means the lesson can be published.

    A plan whose values could not be stored and read back has only those findings: nothing else makes sense yet.
    """
    return tuple(_shape(plan)) or (*_lesson(plan), *_stages(plan), *_tools(plan))


def errors(plan: Plan) -> tuple[Finding, ...]:
    """Only the findings that stop publishing."""
    return tuple(finding for finding in lint(plan) if finding.level is Level.ERROR)


def _error(place: str, message: str) -> Finding:
    return Finding(Level.ERROR, place, message)


def _warning(place: str, message: str) -> Finding:
    return Finding(Level.WARNING, place, message)


def _shape(plan: Plan) -> Iterator[Finding]:
    try:
        from_data(to_data(plan))
    except PlanError as error:
        for fault in error.faults:
            place, _, sentence = fault.partition(": ")
            yield _error(place, sentence[:1].upper() + sentence[1:])


def _lesson(plan: Plan) -> Iterator[Finding]:
    if not plan.title.strip():
        yield _error("title", "The lesson has no title: give it one.")
    if not plan.stages:
        yield _error("stages", "The lesson has no stage: add one.")
    if not LANGUAGE.fullmatch(plan.language):
        yield _error("language", f"“{plan.language}” is not a two-letter language code such as “en”.")
    if plan.voice not in VOICES and not plan.voice.startswith("voice_"):
        yield _error("voice", f"“{plan.voice}” is not a known voice: choose one of {', '.join(VOICES)}.")
    if plan.minutes < 1:
        yield _error("minutes", "The lesson takes less than a minute: say how many minutes a learner should plan for.")


def _stages(plan: Plan) -> Iterator[Finding]:
    keys = [stage.key for stage in plan.stages]
    yield from _repeated(keys, "stages", "key")
    reachable = _reachable(plan)
    ending = _can_end(plan)
    for number, stage in enumerate(plan.stages):
        place = f"stages[{number}]"
        yield from _stage(plan, stage, place)
        if stage.key not in reachable:
            yield _warning(place, f"No outcome leads to stage “{stage.title}”: point one at it, or remove the stage.")
        elif stage.outcomes and stage.key not in ending:
            yield _error(
                place, f"From stage “{stage.title}” the lesson can never end: let an outcome lead out of the circle."
            )


def _stage(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    if not KEY.fullmatch(stage.key):
        yield _error(f"{place}.key", f"“{stage.key}” cannot be a stage's key: use small letters, digits, - and _.")
    if not stage.title.strip():
        yield _error(f"{place}.title", f"Stage “{stage.key}” has no title: give it one the learner understands.")
    if not stage.goal.strip():
        yield _warning(f"{place}.goal", f"Stage “{stage.title}” has no goal: tell the learner what to reach.")
    if not stage.instructions.strip():
        yield _error(f"{place}.instructions", f"Stage “{stage.title}” has no instructions: tell the tutor what to do.")
    if _size(plan, stage) > MAX_STAGE_BYTES:
        yield _error(
            f"{place}.instructions",
            f"Stage “{stage.title}” and its tools are too long for the model: shorten the instructions.",
        )
    if stage.evidence > 5:
        yield _error(f"{place}.evidence", "Between 0 and 5 quotes can be asked for.")
    if stage.turns > 50:
        yield _error(f"{place}.turns", "Between 0 and 50 learner turns can be asked for.")
    yield from _outcomes(plan, stage, place)
    yield from _stage_tools(plan, stage, f"{place}.tools")


def _size(plan: Plan, stage: Stage) -> int:
    tools = tuple(tool for tool in plan.tools if tool.name in stage.tools)
    return len(to_json(replace(plan, stages=(stage,), tools=tools)).encode())


def _stage_tools(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    yield from _repeated(stage.tools, place, "tool")
    known = {tool.name for tool in plan.tools}
    for name in stage.tools:
        if name not in known:
            yield _error(place, f"Stage “{stage.title}” uses a tool “{name}” that the lesson does not have.")


def _outcomes(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    if not stage.outcomes:
        yield _error(f"{place}.outcomes", f"Stage “{stage.title}” has no way out: add an outcome.")
    yield from _repeated([outcome.key for outcome in stage.outcomes], f"{place}.outcomes", "outcome")
    known = {other.key for other in plan.stages}
    for number, outcome in enumerate(stage.outcomes):
        here = f"{place}.outcomes[{number}]"
        if not KEY.fullmatch(outcome.key):
            yield _error(
                f"{here}.key", f"“{outcome.key}” cannot be an outcome's key: use small letters, digits, - and _."
            )
        if not outcome.when.strip():
            yield _warning(f"{here}.when", f"Outcome “{outcome.key}” does not say when the tutor should choose it.")
        if outcome.next is not None and outcome.next not in known:
            yield _error(
                f"{here}.next", f"Outcome “{outcome.key}” leads to “{outcome.next}”, a stage that is not there."
            )


def _tools(plan: Plan) -> Iterator[Finding]:
    yield from _repeated([tool.name for tool in plan.tools], "tools", "tool")
    used = {name for stage in plan.stages for name in stage.tools}
    for number, tool in enumerate(plan.tools):
        yield from _tool(tool, f"tools[{number}]")
        if tool.name not in used:
            yield _warning(f"tools[{number}]", f"No stage uses the tool “{tool.name}”.")


def _tool(tool: Tool, place: str) -> Iterator[Finding]:
    if not TOOL_NAME.fullmatch(tool.name):
        yield _error(f"{place}.name", f"“{tool.name}” cannot be a tool's name: use up to 64 letters, digits, - and _.")
    if tool.name == STAGE_COMPLETE:
        yield _error(f"{place}.name", f"“{STAGE_COMPLETE}” is built in: choose another name.")
    if not tool.description.strip():
        yield _warning(f"{place}.description", f"Tool “{tool.name}” does not say what it is for.")
    if tool.parameters.get("type") != "object":
        yield _error(
            f"{place}.parameters", f"The parameters of tool “{tool.name}” must be a JSON Schema of type “object”."
        )


def _repeated(names: Iterable[str], place: str, noun: str) -> Iterator[Finding]:
    for name, count in Counter(names).items():
        if count > 1:
            yield _error(place, f"The {noun} “{name}” is there {count} times: names must differ.")


def _reachable(plan: Plan) -> set[str]:
    """Keys of the stages that some path from the start leads to."""
    if not plan.stages:
        return set()
    exits = {stage.key: {o.next for o in stage.outcomes if o.next is not None} for stage in plan.stages}
    found: set[str] = set()
    ahead = {plan.start.key}
    while ahead:
        found |= ahead
        ahead = {key for here in ahead for key in exits.get(here, ())} - found
    return found


def _can_end(plan: Plan) -> set[str]:
    """Keys of the stages from which some path leads to the end of the lesson."""
    found: set[str] = set()
    while True:
        more = {
            stage.key
            for stage in plan.stages
            if stage.key not in found and any(o.next is None or o.next in found for o in stage.outcomes)
        }
        if not more:
            return found
        found |= more
