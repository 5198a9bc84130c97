"""Starting a call: our time on top of the provider's, beside relays that know no learners and keep nothing."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass

import psycopg

from bench import people, servers
from bench.figures import Goal, Row
from bench.learner import OFFER
from bench.load import Line, Load, Work, in_turn, post
from bench.people import Person

# Milliseconds that the provider takes. Real ones take some hundred; what is ours does not change with it.
DELAY = 20
LEARNERS = 200
SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Yardstick:
    """A relay: what it is called in the table, where it listens, and what it is posted."""

    name: str
    url: str
    path: str = "/session"


def measure() -> list[Row]:
    """Have the same offer answered by the same provider, directly, by the relays and by us, in turn."""
    with (
        servers.provider(DELAY) as base_url,
        servers.a_database() as url,
        servers.fastapi(base_url) as fastapi,
        servers.express(base_url, 1) as (express, made_with),
        servers.express(base_url, 2) as (express_2, made_with_2),
    ):
        learners = people.make(url, LEARNERS)
        settings = {"OPENAI_API_KEY": "sk-bench", "REALTIME_BASE_URL": base_url}
        with (
            servers.bare_django(url, PROVIDER=base_url) as bare,
            servers.viva(url, **settings) as ours,
            servers.viva(url, **settings) as second,
        ):
            relays = [
                Yardstick("the provider itself", base_url, "/v1/realtime/calls"),
                Yardstick("FastAPI + httpx", fastapi),
                Yardstick("bare Django + httpx under Daphne", bare),
                Yardstick(made_with, express),
            ]
            found = {relay.name: _relay(relay) for relay in relays if relay.url}
            one = {**found, "ours": viva([ours.url], learners)}
            two = {"ours": viva([ours.url, second.url], learners)}
            if express_2:
                two[made_with_2] = _relay(Yardstick(made_with_2, express_2))
            return asyncio.run(_all(one, two, url))


def _relay(relay: Yardstick) -> Work:
    request = post(relay.path, OFFER.encode(), kind="application/sdp")
    lines: dict[int, Line] = {}

    async def work(line: int, _count: int) -> float:
        return await lines.setdefault(line, Line(relay.url)).timed(request)

    return work


def viva(urls: list[str], learners: list[Person]) -> Work:
    """Each line has learners of its own, so that nobody calls twice at the same time."""
    requests = [learner.post("connections", {"sdp": OFFER}) for learner in learners]
    lines: dict[int, Line] = {}

    async def work(line: int, count: int) -> float:
        whose = (line + 16 * count) % len(requests)
        return await lines.setdefault(line, Line(urls[line % len(urls)])).timed(requests[whose])

    return work


async def _all(one: dict[str, Work], two: dict[str, Work], url: str) -> list[Row]:
    return [*await _alone(one, url), *await _at_once(one, url, 1), *await _at_once(two, url, 2)]


async def _alone(sides: dict[str, Work], url: str) -> list[Row]:
    loads = await in_turn(sides, at_once=1, seconds=SECONDS, rounds=10)
    hang_up(url)
    direct, ours = loads.pop("the provider itself").p50, loads.pop("ours").p50
    goal = Goal(2)
    rows = []
    for name, load in loads.items():
        held = goal if name.startswith("FastAPI") else None
        rows.append(Row("starting a call, 1 at once, on top", ours - direct, "ms", load.p50 - direct, name, held))
    return rows


async def _at_once(sides: dict[str, Work], url: str, processes: int) -> list[Row]:
    sides = {name: work for name, work in sides.items() if name != "the provider itself"}
    loads = await in_turn(sides, at_once=16, seconds=SECONDS, rounds=6)
    hang_up(url)
    ours = loads.pop("ours")
    goals = {"FastAPI + httpx": Goal(1, least=True)}
    name = "calls started per second, 16 at once" + (f", {processes} processes" if processes > 1 else "")
    if processes > 1:
        goals = dict.fromkeys(loads, Goal(0.5, least=True))
    return [_rate(name, ours, load, beside, goals.get(beside)) for beside, load in loads.items()]


def _rate(name: str, ours: Load, load: Load, beside: str, goal: Goal | None) -> Row:
    return Row(name, ours.rate, "/s", load.rate, beside, goal)


def hang_up(url: str) -> None:
    """End all calls in the database, so that the next ones are no second calls of somebody who has one."""
    ended = "UPDATE tutor_connection SET ended_at = answered_at WHERE ended_at IS NULL AND answered_at IS NOT NULL"
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as opened, opened:
            opened.execute(ended)
    else:
        with psycopg.connect(url) as connection:
            connection.execute(ended)
