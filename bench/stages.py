"""`stage_complete`: posted to answered, beside a bare view that stores one row in the same database."""

import asyncio
from collections.abc import Callable
from functools import partial

from bench import people, servers
from bench.figures import Goal, Row
from bench.load import Line, Work, in_turn, post
from bench.people import SENTENCE, Person

SECONDS = 8.0
MOST = 50
BARE = "bare Django, one insert"


def measure() -> list[Row]:
    """Let one and fifty learners at once finish stages, on each database this machine has."""
    rows = []
    for kind in servers.kinds():
        with servers.a_database(kind) as url:
            learners = people.make(url, MOST)
            with servers.bare_django(url, PROVIDER="") as bare, servers.viva(url) as ours:
                rows += asyncio.run(_measure(kind, ours.url, bare, learners))
    return rows


async def _measure(kind: str, ours: str, bare: str, learners: list[Person]) -> list[Row]:
    rows = []
    for at_once in (1, MOST):
        sides = {"ours": moves(ours, learners), BARE: inserts(bare)}
        loads = await in_turn(sides, at_once=at_once, seconds=SECONDS, rounds=8)
        name = f"stage_complete, {at_once} at once, {kind}"
        rows.append(Row(f"{name}, p50", loads["ours"].p50, "ms", loads[BARE].p50, BARE, Goal(3)))
        rows.append(Row(f"{name}, p95", loads["ours"].p95, "ms", loads[BARE].p95, BARE, Goal(50, absolute=True)))
    return rows


def moves(url: str, learners: list[Person]) -> Work:
    """Each learner says something, which is not counted, and then their stage is over."""
    line_of = lines(url)

    async def work(number: int, _count: int) -> float:
        await line_of(number).send(learners[number].says(SENTENCE))
        return await line_of(number).timed(learners[number].completes())

    return work


def inserts(url: str) -> Work:
    """A row for each request, in a view that does nothing else."""
    line_of = lines(url)
    request = post("/row", SENTENCE.encode(), kind="text/plain")

    async def work(number: int, _count: int) -> float:
        return await line_of(number).timed(request)

    return work


def lines(url: str) -> Callable[[int], Line]:
    """The lines to a server, by number."""
    opened: dict[int, Line] = {}
    make = partial(Line, url)
    return lambda number: opened.setdefault(number, make())
