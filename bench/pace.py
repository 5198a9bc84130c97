"""How many learners one server carries at the pace of people: a sentence about every six seconds."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
import websockets

from bench import people, servers
from bench.figures import Figure, Goal, Row
from bench.load import Line, post
from bench.people import SENTENCE, Person
from bench.rooms import opened
from bench.stages import BARE
from tests.run import postgres_url, redis_url

# Seconds between two finished sentences, and between two stages.
SENTENCE_EVERY, STAGE_EVERY = 6.0, 90.0
# Seconds of each step, its first ones not counted: everybody comes in at once.
SECONDS, SETTLING = 12.0, 4.0
# Learners at once, step by step, until answers take too long.
STEPS = (10, 20, 40, 70, 120, 200, 350, 600, 1000, 1700, 3000)
# Milliseconds.
ENOUGH = 100.0
# Lessons that somebody reads along in.
WATCHED = 50


@dataclass(slots=True)
class Step:
    """What happened while so many learners talked."""

    learners: int
    samples: list[float] = field(default_factory=list)
    said: int = 0
    refused: int = 0

    @property
    def p95(self) -> float:
        """Milliseconds within which all but a twentieth of the reports and calls were answered."""
        return Figure("", self.samples).percentile(0.95)

    @property
    def is_carried(self) -> bool:
        """Whether nobody was refused, and nobody waited for long."""
        return not self.refused and self.p95 < ENOUGH


def measure(steps: Sequence[int] = STEPS) -> list[Row]:
    """Let more and more learners talk; say how many were carried with one server, and with two and Redis."""
    if not postgres_url():
        return []
    with servers.a_database("postgres") as url:
        learners, watcher = people.make_watched(url, max(steps))
        with servers.bare_django(url, PROVIDER="") as bare:
            beside = _most(asyncio.run(_climb([bare], [_Bare()] * len(learners), steps))).learners
        rows = _carried(url, learners, steps, servers_wanted=1, beside=beside)
        if redis_url():
            rows += _carried(url, learners, steps, servers_wanted=2, beside=beside)
            rows += _watched(url, learners[:WATCHED], watcher)
    return rows


class _Bare:
    """Somebody whose every word is a row of its own."""

    def says(self, text: str) -> bytes:
        return post("/row", text.encode(), kind="text/plain")

    def completes(self) -> bytes:
        return self.says("")


def _carried(
    url: str, learners: Sequence[Person], steps: Sequence[int], *, servers_wanted: int, beside: int
) -> list[Row]:
    redis = redis_url() if servers_wanted > 1 else ""
    with servers.several(url, servers_wanted, REDIS_URL=redis) as urls:
        before = _stored(url)
        done = asyncio.run(_climb(urls, learners, steps))
        lost = sum(step.said for step in done) - (_stored(url) - before)
    name = f"at a natural pace, {servers_wanted} process{'es' if servers_wanted > 1 else ''}"
    goal = Goal(1000, least=True, absolute=True)
    return [
        Row(
            f"learners {name}, p95 below {ENOUGH:.0f} ms", _most(done).learners, "", beside, f"{BARE}, 1 process", goal
        ),
        Row(f"p95 {name}, {done[-1].learners} learners", done[-1].p95, "ms"),
        Row(f"utterances lost {name}", lost, "", goal=Goal(0.5, absolute=True)),
    ]


def _watched(url: str, learners: Sequence[Person], watcher: str) -> list[Row]:
    """The same with two servers and Redis while somebody reads along in every lesson, on the other server."""
    with servers.several(url, 2, REDIS_URL=redis_url()) as urls:
        before = _stored(url)
        step, heard = asyncio.run(_read_along(urls, learners, watcher))
        lost = step.said - (_stored(url) - before)
    name = f"with {len(learners)} learners, all of them watched, 2 processes"
    return [
        Row(f"p95 {name}", step.p95, "ms", goal=Goal(150, absolute=True)),
        Row(f"utterances lost {name}", lost, "", goal=Goal(0.5, absolute=True)),
        Row("news a watcher hears of a sentence or a stage", heard / step.said, ""),
    ]


async def _read_along(urls: Sequence[str], learners: Sequence[Person], watcher: str) -> tuple[Step, int]:
    """Return what happened, and how much news came to those who read along."""
    heard = 0

    async def listen(line: websockets.ClientConnection) -> None:
        nonlocal heard
        # A server that is busy may not say goodbye in time.
        with suppress(websockets.ConnectionClosedError):
            async for _news in line:
                heard += 1

    pages = [await opened(urls[(n + 1) % 2], f"/ws/live/{one.code}/", watcher) for n, one in enumerate(learners)]
    listening = [asyncio.create_task(listen(page)) for page in pages]
    [step] = await _climb(urls, learners, [len(learners)])
    await asyncio.gather(*(page.close() for page in pages))
    await asyncio.gather(*listening)
    return step, heard


def _most(done: Sequence[Step]) -> Step:
    """The last step that was quick enough; one of nobody, if none was."""
    return next((step for step in reversed(done) if step.is_carried), Step(0))


async def _climb(urls: Sequence[str], learners: Sequence[Person | _Bare], steps: Sequence[int]) -> list[Step]:
    """Go on to more learners until answers take too long."""
    done: list[Step] = []
    for count in steps:
        step = Step(count)
        until = time.monotonic() + SECONDS
        lessons = [_talk(step, urls[n % len(urls)], one, until) for n, one in enumerate(learners[:count])]
        await asyncio.gather(*lessons)
        done.append(step)
        if not step.is_carried:
            break
    return done


async def _talk(step: Step, url: str, learner: Person | _Bare, until: float) -> None:
    """One learner: sentences, and now and then the next stage; at times of their own."""
    line = Line(url)
    counted_from = until - SECONDS + SETTLING
    await asyncio.sleep(random.uniform(0, SENTENCE_EVERY))
    while time.monotonic() < until:
        is_over = random.random() < SENTENCE_EVERY / STAGE_EVERY
        try:
            took = await line.timed(learner.says(SENTENCE))
            step.said += 1
            if is_over:
                took = max(took, await line.timed(learner.completes()))
        except AssertionError:
            # There are too many for this server: a busy one says so.
            step.refused += 1
            break
        if time.monotonic() > counted_from:
            step.samples.append(took)
        await asyncio.sleep(max(0.0, random.gauss(SENTENCE_EVERY, 1) - took / 1000))
    line.close()


def _stored(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT COUNT(*) FROM tutor_utterance").fetchone()
    assert row is not None
    return int(row[0])
