"""Rules for stages: what is in them, how they are left, and what helps when they do not move."""

from collections.abc import Iterator

from tutor.plan.lint.finding import Finding, error, over, repeated, warning
from tutor.plan.lint.lesson import can_end, reachable
from tutor.plan.lint.limits import (
    KEY,
    MAX_EVIDENCE,
    MAX_STALL_MINUTES,
    MAX_STALL_TURNS,
    MAX_TITLE,
    MAX_TURNS,
)
from tutor.plan.lint.size import size_findings
from tutor.plan.model import Outcome, Plan, Stage

# The kind of tool that gives a stage's hints.
HINT = "hint"
_KEY_CURE = "use small letters, digits, - and _."


def stage_findings(plan: Plan) -> Iterator[Finding]:
    """What is wrong with each stage, and with how the stages hang together."""
    for number, key in repeated(stage.key for stage in plan.stages):
        yield error(f"stages[{number}].key", f"Another stage has the key “{key}” already: choose another key.")
    for number, title in repeated(stage.title for stage in plan.stages):
        if title.strip():
            yield warning(f"stages[{number}].title", f"Two stages are called “{title}”: give them titles that differ.")
    ways_in, ways_out = reachable(plan), can_end(plan)
    for number, stage in enumerate(plan.stages):
        place = f"stages[{number}]"
        yield from _stage(plan, stage, place)
        if stage.key not in ways_in:
            yield warning(place, f"No outcome leads to stage “{stage.title}”: point one at it, or remove the stage.")
        elif stage.outcomes and stage.key not in ways_out:
            yield error(
                place, f"From stage “{stage.title}” the lesson can never end: let an outcome lead out of the circle."
            )


def _stage(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    yield from _texts(stage, place)
    yield from size_findings(plan, stage, place)
    yield from _numbers(stage, place)
    yield from _outcomes(plan, stage, place)
    yield from _tools(plan, stage, f"{place}.tools")
    yield from _hints(plan, stage, place)
    yield from _stall(stage, place)


def _texts(stage: Stage, place: str) -> Iterator[Finding]:
    if not KEY.fullmatch(stage.key):
        yield error(f"{place}.key", f"“{stage.key}” cannot be a stage's key: {_KEY_CURE}")
    if not stage.title.strip():
        yield error(f"{place}.title", f"Stage “{stage.key}” has no title: give it one the learner understands.")
    yield from over(f"{place}.title", stage.title, MAX_TITLE, "The title")
    if not stage.goal.strip():
        yield warning(f"{place}.goal", f"Stage “{stage.title}” has no goal: tell the learner what to reach.")
    if not stage.instructions.strip():
        yield error(f"{place}.instructions", f"Stage “{stage.title}” has no instructions: tell the tutor what to do.")


def _numbers(stage: Stage, place: str) -> Iterator[Finding]:
    for field, limit, what in (
        ("evidence", MAX_EVIDENCE, "quotes"),
        ("turns", MAX_TURNS, "learner turns"),
        ("stall_turns", MAX_STALL_TURNS, "learner turns"),
        ("stall_minutes", MAX_STALL_MINUTES, "minutes"),
    ):
        number = getattr(stage, field)
        if number > limit:
            yield error(f"{place}.{field}", f"{number} {what} are too many: choose a number from 0 to {limit}.")


def _outcomes(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    if not stage.outcomes:
        yield error(f"{place}.outcomes", f"Stage “{stage.title}” has no way out: add an outcome.")
    for number, key in repeated(outcome.key for outcome in stage.outcomes):
        here = f"{place}.outcomes[{number}].key"
        yield error(here, f"Another outcome of stage “{stage.title}” has the key “{key}”: choose another key.")
    known = {other.key for other in plan.stages}
    for number, outcome in enumerate(stage.outcomes):
        yield from _outcome(outcome, f"{place}.outcomes[{number}]", known)


def _outcome(outcome: Outcome, place: str, known: set[str]) -> Iterator[Finding]:
    if not KEY.fullmatch(outcome.key):
        yield error(f"{place}.key", f"“{outcome.key}” cannot be an outcome's key: {_KEY_CURE}")
    if not outcome.when.strip():
        yield warning(
            f"{place}.when",
            f"The tutor cannot tell when to choose “{outcome.key}”: say what the learner has done then.",
        )
    if outcome.next is not None and outcome.next not in known:
        yield error(
            f"{place}.next",
            f"Outcome “{outcome.key}” leads to “{outcome.next}”, which is no stage: choose one, or the end.",
        )


def _tools(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    for _, name in repeated(stage.tools):
        yield error(place, f"Stage “{stage.title}” names the tool “{name}” twice: name it once.")
    known = {tool.name for tool in plan.tools}
    for name in dict.fromkeys(stage.tools):
        if name not in known:
            yield error(
                place, f"Stage “{stage.title}” uses a tool “{name}” that the lesson does not have: add or remove it."
            )


def _hints(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    for number, hint in enumerate(stage.hints):
        if not hint.strip():
            yield warning(f"{place}.hints[{number}]", "This hint is empty: write it, or remove it.")
    names = [tool.name for tool in plan.tools if tool.kind == HINT and tool.name in stage.tools]
    if names and not stage.hints:
        yield warning(
            f"{place}.hints",
            f"Stage “{stage.title}” has no hints for its tool “{names[0]}”: write one, or drop the tool.",
        )
    if stage.hints and not names and not _is_helped(stage):
        yield warning(
            f"{place}.hints",
            f"Nobody gives the hints of stage “{stage.title}”: add a tool of the kind “{HINT}”, or help after turns.",
        )


def _is_helped(stage: Stage) -> bool:
    return bool(stage.stall_turns or stage.stall_minutes)


def _stall(stage: Stage, place: str) -> Iterator[Finding]:
    if _is_helped(stage) and not stage.hints:
        yield warning(f"{place}.hints", f"Stage “{stage.title}” offers help but has no hint to give: write one.")
    if 0 < stage.stall_turns < stage.turns:
        yield warning(
            f"{place}.stall_turns",
            f"Help comes after {stage.stall_turns} learner turns, but {stage.turns} are needed: let it come later.",
        )
    if stage.fallback is None:
        return
    keys = [outcome.key for outcome in stage.outcomes]
    if stage.fallback not in keys:
        cure = f"choose one of {', '.join(keys)}." if keys else "add it, or remove it here."
        yield error(
            f"{place}.fallback",
            f"“{stage.fallback}” is the last resort but no outcome of stage “{stage.title}”: {cure}",
        )
    if not _is_helped(stage):
        yield warning(
            f"{place}.fallback",
            f"The last resort of stage “{stage.title}” never comes: say after how many turns or minutes help begins.",
        )
