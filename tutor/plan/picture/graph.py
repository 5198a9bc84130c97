"""The shape of a lesson: where outcomes lead, what is reachable, and how far down each stage belongs.

Stages are their positions in the lesson (a draft may hold the same key twice); the end is the position after the last.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tutor.plan.model import Plan

NOWHERE = -1
# More stages side by side than this, and a picture no longer fits a screen.
MOST_ACROSS = 4

Exits = Sequence[Sequence[int]]


def exits_of(plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Return where each outcome of each stage leads; of two stages with one key the first is meant, as in `route`."""
    position: dict[str | None, int] = {None: len(plan.stages)}
    for number, stage in enumerate(plan.stages):
        position.setdefault(stage.key, number)
    return tuple(tuple(position.get(outcome.next, NOWHERE) for outcome in stage.outcomes) for stage in plan.stages)


def reachable(exits: Exits, start: int = 0) -> set[int]:
    """Return the stages that some path from a stage leads to, itself among them."""
    found, ahead = {start}, [start]
    while ahead:
        more = set(_stages(exits, ahead.pop())) - found
        found |= more
        ahead.extend(more)
    return found


def ending(exits: Exits) -> set[int]:
    """Return the stages from which some path leads to the end of the lesson."""
    backwards: list[list[int]] = [[] for _ in range(len(exits) + 1)]
    for here, targets in enumerate(exits):
        for target in set(targets) - {NOWHERE}:
            backwards[target].append(here)
    found, ahead = set(backwards[-1]), list(backwards[-1])
    while ahead:
        more = set(backwards[ahead.pop()]) - found
        found |= more
        ahead.extend(more)
    return found


def ranks(exits: Exits) -> list[int]:
    """Return how far down each stage is drawn, and last the end: below all its ways in but the backward ones.

    Only the first stage has rank 0.
    """
    forward = _forward(_bridged(exits))
    waiting = [0] * len(exits)
    for target in (target for targets in forward for target in targets):
        waiting[target] += 1
    rank = [0] * len(exits)
    across: defaultdict[int, int] = defaultdict(int)
    ready = [0]
    while ready:
        here = heapq.heappop(ready)
        while across[rank[here]] == MOST_ACROSS:
            rank[here] += 1
        across[rank[here]] += 1
        for target in forward[here]:
            rank[target] = max(rank[target], rank[here] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, target)
    return [*rank, max(rank) + 1]


def _stages(exits: Exits, here: int) -> list[int]:
    """The different stages that follow a stage, in the order of the lesson."""
    return sorted({target for target in exits[here] if target not in (NOWHERE, len(exits))})


def _bridged(exits: Exits) -> list[list[int]]:
    """The stages that follow each; a stage that no path leads to counts as following its neighbour in the lesson."""
    following = [_stages(exits, here) for here in range(len(exits))]
    found = reachable(exits)
    for before, here in pairwise(range(len(exits))):
        if here not in found:
            following[before].append(here)
            found |= reachable(exits, here)
    return following


def _forward(following: Sequence[Iterable[int]]) -> list[list[int]]:
    """The same without the steps that close a circle: those back to a stage we are still on our way from."""
    forward: list[list[int]] = [[] for _ in following]
    seen, path = {0}, {0}
    steps = [(0, iter(following[0]))]
    while steps:
        here, rest = steps[-1]
        target = next(rest, None)
        if target is None:
            steps.pop()
            path.discard(here)
        elif target not in path:
            forward[here].append(target)
            if target not in seen:
                seen.add(target)
                path.add(target)
                steps.append((target, iter(following[target])))
    return forward
