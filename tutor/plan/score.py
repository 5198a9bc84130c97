"""How many stages of the way through a lesson were passed: what a platform that keeps scores is told."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from tutor.plan.model import Plan
from tutor.plan.route import route


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in a stage: how it was left, empty for no way out of it; and whether the learner has earned that."""

    stage: str
    outcome: str
    is_earned: bool = True


@dataclass(frozen=True, slots=True)
class Score:
    """So many stages passed, of those on the way."""

    passed: int
    stages: int


def score(plan: Plan, stays: Sequence[Stay]) -> Score:
    """Return the score of an attempt that is over; of each stage its last stay counts.

    A stage is passed where it was left by a way out that leads on, and that the learner has earned. The way is what
    was visited and, where the lesson was left before its end, the shortest rest of it from there.
    """
    last = {stay.stage: stay for stay in stays}
    passed = sum(_is_passed(plan, stay) for stay in last.values())
    return Score(passed, len(last.keys() | set(_rest(plan, stays[-1]))))


def _is_passed(plan: Plan, stay: Stay) -> bool:
    return bool(stay.outcome) and stay.is_earned and _next(plan, stay.stage, stay.outcome) != stay.stage


def _next(plan: Plan, stage: str, outcome: str) -> str | None:
    after = route(plan, stage, outcome).stage
    return None if after is None else after.key


def _rest(plan: Plan, stay: Stay) -> tuple[str, ...]:
    """The stages on the shortest way from where a stay leads to the end."""
    start = _next(plan, stay.stage, stay.outcome) if stay.outcome else stay.stage
    ways: deque[tuple[str, ...]] = deque([()] if start is None else [(start,)])
    seen = {start}
    while ways:
        way = ways.popleft()
        nexts = [outcome.next for outcome in plan.stage(way[-1]).outcomes] if way else [None]
        if None in nexts:
            return way
        new = [key for key in dict.fromkeys(nexts) if key is not None and key not in seen]
        seen.update(new)
        ways.extend((*way, key) for key in new)
    # Nobody publishes a lesson without an end; of one that came so, what was visited is all there is.
    return ()
