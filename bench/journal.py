"""The journal: utterances stored per second, durably, beside what the same database takes of the same rows."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

import psycopg

from bench import people, servers
from bench.figures import Goal, Row
from bench.load import Work, in_turn
from bench.people import SENTENCE, Person
from bench.stages import BARE, inserts, lines

SECONDS = 8.0
# Rooms that report at the same time.
ROOMS = 16
# Utterances in one request: as many as a room ever sends, after a time without a network for example.
MANY = 50
SIMILAR = "INSERT INTO bench_utterance (attempt, item_id, speaker, status, text) VALUES ({0}, {0}, {0}, {0}, {0})"
TABLE = """CREATE TABLE IF NOT EXISTS bench_utterance
           (attempt int, item_id varchar(64), speaker varchar(20), status varchar(20), text text,
            UNIQUE (attempt, item_id))"""


def measure() -> list[Row]:
    """Store utterances one by one and by the fifty, through our server and straight into the database, in turn."""
    rows = []
    for kind in servers.kinds():
        with servers.a_database(kind) as url:
            # A transcript grows by every utterance; so does the work for the next. Many learners keep it ordinary.
            learners = people.make(url, ROOMS * 8)
            with servers.viva(url) as ours, servers.bare_django(url, PROVIDER="") as bare, straight(url) as insert:
                rows += asyncio.run(_measure(kind, ours.url, bare, insert, learners))
            if kind == "postgres":
                rows.append(Row("bytes of an utterance, indexes included, postgres", _size(url), ""))
    return rows


async def _measure(
    kind: str, ours: str, bare: str, insert: Callable[[int], float], learners: list[Person]
) -> list[Row]:
    one, many = (
        f"utterances per second, one in a request, {kind}",
        f"utterances per second, {MANY} in a request, {kind}",
    )
    single = {"ours": reports(ours, learners, 1), BARE: inserts(bare)}
    loads = await in_turn(single, at_once=ROOMS, seconds=SECONDS)
    rows = [Row(one, loads["ours"].rate, "/s", loads[BARE].rate, BARE)]
    batched = {"ours": reports(ours, learners, MANY), "straight": _straight(insert, MANY)}
    loads = await in_turn(batched, at_once=ROOMS, seconds=SECONDS, alone=["straight"])
    stored = {name: load.rate * MANY for name, load in loads.items()}
    beside = f"the database itself, {MANY} rows in a commit"
    rows.append(Row(many, stored["ours"], "/s", stored["straight"], beside, Goal(0.5, least=True)))
    singly = (await in_turn({"straight": _straight(insert, 1)}, at_once=1, seconds=1))["straight"].rate
    rows.append(Row(one, rows[0].ours, "/s", singly, "the database itself, one row in a commit, one writer"))
    return rows


def reports(url: str, learners: list[Person], size: int) -> Work:
    """Utterances of learners, so many in a request, each request of another one."""
    line_of = lines(url)

    async def work(number: int, count: int) -> float:
        learner = learners[(number + ROOMS * count) % len(learners)]
        return await line_of(number).timed(learner.says(*[SENTENCE] * size))

    return work


def _straight(insert: Callable[[int], float], size: int) -> Work:
    async def work(_number: int, _count: int) -> float:
        return insert(size)

    return work


@contextmanager
def straight(url: str) -> Iterator[Callable[[int], float]]:
    """A function that stores so many rows in one commit, and returns the milliseconds it took."""
    is_sqlite = url.startswith("sqlite:")
    opened = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20) if is_sqlite else psycopg.connect(url)
    statement = SIMILAR.format("?" if is_sqlite else "%s")
    with closing(opened) as connection:
        cursor = connection.cursor()
        if is_sqlite:
            cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(TABLE)
        connection.commit()

        def insert(size: int) -> float:
            started = time.perf_counter()
            cursor.executemany(statement, [(1, uuid4().hex, "learner", "complete", SENTENCE) for _ in range(size)])
            connection.commit()
            return (time.perf_counter() - started) * 1000

        yield insert


def _size(url: str) -> float:
    sql = "SELECT pg_total_relation_size('tutor_utterance') / GREATEST(COUNT(*), 1) FROM tutor_utterance"
    with psycopg.connect(url) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return float(row[0])
