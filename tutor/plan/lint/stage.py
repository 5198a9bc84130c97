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
from tutor.plan.phrase import gettext_noop

# The kind of tool that gives a stage's hints.
HINT = "hint"


def stage_findings(plan: Plan) -> Iterator[Finding]:
    """What is wrong with each stage, and with how the stages hang together."""
    for number, key in repeated(stage.key for stage in plan.stages):
        yield error(
            f"stages[{number}].key",
            gettext_noop("Another stage has the key “%(key)s” already: choose another key."),
            key=key,
        )
    for number, title in repeated(stage.title for stage in plan.stages):
        if title.strip():
            yield warning(
                f"stages[{number}].title",
                gettext_noop("Two stages are called “%(title)s”: give them titles that differ."),
                title=title,
            )
    ways_in, ways_out = reachable(plan), can_end(plan)
    for number, stage in enumerate(plan.stages):
        place = f"stages[{number}]"
        yield from _stage(plan, stage, place)
        if stage.key not in ways_in:
            yield warning(
                place,
                gettext_noop("No outcome leads to stage “%(title)s”: point one at it, or remove the stage."),
                title=stage.title,
            )
        elif stage.outcomes and stage.key not in ways_out:
            yield error(
                place,
                gettext_noop("From stage “%(title)s” the lesson can never end: let an outcome lead out of the circle."),
                title=stage.title,
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
        yield error(
            f"{place}.key",
            gettext_noop("“%(key)s” cannot be a stage's key: use small letters, digits, - and _."),
            key=stage.key,
        )
    if not stage.title.strip():
        yield error(
            f"{place}.title",
            gettext_noop("Stage “%(key)s” has no title: give it one the learner understands."),
            key=stage.key,
        )
    yield from over(f"{place}.title", stage.title, MAX_TITLE, gettext_noop("The title"))
    if not stage.goal.strip():
        yield warning(
            f"{place}.goal",
            gettext_noop("Stage “%(title)s” has no goal: tell the learner what to reach."),
            title=stage.title,
        )
    if not stage.instructions.strip():
        yield error(
            f"{place}.instructions",
            gettext_noop("Stage “%(title)s” has no instructions: tell the tutor what to do."),
            title=stage.title,
        )


def _numbers(stage: Stage, place: str) -> Iterator[Finding]:
    quotes = gettext_noop("%(number)s quotes are too many: choose a number from 0 to %(limit)s.")
    turns = gettext_noop("%(number)s learner turns are too many: choose a number from 0 to %(limit)s.")
    minutes = gettext_noop("%(number)s minutes are too many: choose a number from 0 to %(limit)s.")
    for field, limit, template in (
        ("evidence", MAX_EVIDENCE, quotes),
        ("turns", MAX_TURNS, turns),
        ("stall_turns", MAX_STALL_TURNS, turns),
        ("stall_minutes", MAX_STALL_MINUTES, minutes),
    ):
        number = getattr(stage, field)
        if number > limit:
            yield error(f"{place}.{field}", template, number=number, limit=limit)


def _outcomes(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    if not stage.outcomes:
        yield error(
            f"{place}.outcomes",
            gettext_noop("Stage “%(title)s” has no way out: add an outcome."),
            title=stage.title,
        )
    for number, key in repeated(outcome.key for outcome in stage.outcomes):
        yield error(
            f"{place}.outcomes[{number}].key",
            gettext_noop("Another outcome of stage “%(title)s” has the key “%(key)s”: choose another key."),
            title=stage.title,
            key=key,
        )
    known = {other.key for other in plan.stages}
    for number, outcome in enumerate(stage.outcomes):
        yield from _outcome(outcome, f"{place}.outcomes[{number}]", known)


def _outcome(outcome: Outcome, place: str, known: set[str]) -> Iterator[Finding]:
    if not KEY.fullmatch(outcome.key):
        yield error(
            f"{place}.key",
            gettext_noop("“%(key)s” cannot be an outcome's key: use small letters, digits, - and _."),
            key=outcome.key,
        )
    if not outcome.when.strip():
        yield warning(
            f"{place}.when",
            gettext_noop("The tutor cannot tell when to choose “%(key)s”: say what the learner has done then."),
            key=outcome.key,
        )
    if outcome.next is not None and outcome.next not in known:
        yield error(
            f"{place}.next",
            gettext_noop("Outcome “%(key)s” leads to “%(next)s”, which is no stage: choose one, or the end."),
            key=outcome.key,
            next=outcome.next,
        )


def _tools(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    for _, name in repeated(stage.tools):
        yield error(
            place,
            gettext_noop("Stage “%(title)s” names the tool “%(tool)s” twice: name it once."),
            title=stage.title,
            tool=name,
        )
    known = {tool.name for tool in plan.tools}
    for name in dict.fromkeys(stage.tools):
        if name not in known:
            yield error(
                place,
                gettext_noop(
                    "Stage “%(title)s” uses a tool “%(tool)s” that the lesson does not have: add or remove it."
                ),
                title=stage.title,
                tool=name,
            )


def _hints(plan: Plan, stage: Stage, place: str) -> Iterator[Finding]:
    for number, hint in enumerate(stage.hints):
        if not hint.strip():
            yield warning(f"{place}.hints[{number}]", gettext_noop("This hint is empty: write it, or remove it."))
    names = [tool.name for tool in plan.tools if tool.kind == HINT and tool.name in stage.tools]
    if names and not stage.hints:
        yield warning(
            f"{place}.hints",
            gettext_noop("Stage “%(title)s” has no hints for its tool “%(tool)s”: write one, or drop the tool."),
            title=stage.title,
            tool=names[0],
        )
    if stage.hints and not names and not _is_helped(stage):
        yield warning(
            f"{place}.hints",
            gettext_noop(
                "Nobody gives the hints of stage “%(title)s”: add a tool of the kind “%(kind)s”, or help after turns."
            ),
            title=stage.title,
            kind=HINT,
        )


def _is_helped(stage: Stage) -> bool:
    return bool(stage.stall_turns or stage.stall_minutes)


def _stall(stage: Stage, place: str) -> Iterator[Finding]:
    if _is_helped(stage) and not stage.hints:
        yield warning(
            f"{place}.hints",
            gettext_noop("Stage “%(title)s” offers help but has no hint to give: write one."),
            title=stage.title,
        )
    if 0 < stage.stall_turns < stage.turns:
        yield warning(
            f"{place}.stall_turns",
            gettext_noop(
                "Help comes after %(stall_turns)s learner turns, but %(turns)s are needed: let it come later."
            ),
            stall_turns=stage.stall_turns,
            turns=stage.turns,
        )
    if stage.fallback is None:
        return
    yield from _fallback(stage, f"{place}.fallback")
    if not _is_helped(stage):
        yield warning(
            f"{place}.fallback",
            gettext_noop(
                "The last resort of stage “%(title)s” never comes: say after how many turns or minutes help begins."
            ),
            title=stage.title,
        )


def _fallback(stage: Stage, place: str) -> Iterator[Finding]:
    keys = [outcome.key for outcome in stage.outcomes]
    if not keys:
        yield error(
            place,
            gettext_noop(
                "“%(key)s” is the last resort but no outcome of stage “%(title)s”: add it, or remove it here."
            ),
            key=stage.fallback,
            title=stage.title,
        )
    elif stage.fallback not in keys:
        yield error(
            place,
            gettext_noop("“%(key)s” is the last resort but no outcome of stage “%(title)s”: choose one of %(keys)s."),
            key=stage.fallback,
            title=stage.title,
            keys=", ".join(keys),
        )
