"""The same requests over an empty database and over one that holds a million utterances, side by side."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from bench import people, servers
from bench.calls import hang_up, viva
from bench.figures import Goal, Row
from bench.journal import reports
from bench.load import Work, in_turn
from bench.people import Person
from bench.stages import moves
from tests.run import postgres_url
from tests.running import Server

UTTERANCES = 1_000_000
# Lessons that are written by the product itself; all others are copies of them.
ATTEMPTS, TURNS = 100, 100
# An odd number, so that all take their turn.
LEARNERS = 41
SECONDS = 6.0
# What is copied, and which columns say what a row belongs to.
COPIED = {
    "tutor_attempt": {"id": "tutor_attempt"},
    "tutor_stagevisit": {"id": "tutor_stagevisit", "attempt_id": "tutor_attempt"},
    "tutor_connection": {"id": "tutor_connection", "attempt_id": "tutor_attempt", "visit_id": "tutor_stagevisit"},
    "tutor_utterance": {
        "id": "tutor_utterance",
        "attempt_id": "tutor_attempt",
        "visit_id": "tutor_stagevisit",
        "connection_id": "tutor_connection",
    },
    "tutor_digest": {"id": "tutor_digest", "attempt_id": "tutor_attempt"},
}
# Who is in the middle of a lesson cannot have it twice.
ENDED = sql.SQL("r.attempt_id IN (SELECT id FROM tutor_attempt WHERE ended_at IS NOT NULL)")
# A call's own id, from the row `r` and the number `n` of its copy.
CALL_ID = sql.SQL("CASE r.call_id WHEN '' THEN '' ELSE r.call_id || '-' || n END")


def measure() -> list[Row]:
    """Begin calls, say sentences and change stages, in turn over both databases."""
    if not postgres_url():
        return []
    with servers.a_database("postgres") as empty, servers.a_database("postgres") as full:
        learners = [people.make(url, LEARNERS) for url in (empty, full)]
        stored = fill(full)
        with servers.provider(0) as base_url:
            settings = {"OPENAI_API_KEY": "sk-bench", "REALTIME_BASE_URL": base_url}
            with servers.viva(empty, **settings) as before, servers.viva(full, **settings) as after:
                return asyncio.run(_measure([before.url, after.url], learners, [empty, full], stored))


async def _measure(addresses: list[str], learners: list[list[Person]], urls: list[str], stored: int) -> list[Row]:
    beside = "an empty database"
    requests: dict[str, Callable[[str, list[Person]], Work]] = {
        "starting a call": lambda url, whose: viva([url], whose),
        "one sentence": lambda url, whose: reports(url, whose, 1),
        "stage_complete": moves,
    }
    rows = []
    for name, make in requests.items():
        sides = {url: make(server, whose) for url, server, whose in zip(urls, addresses, learners, strict=True)}
        loads = await in_turn(sides, at_once=1, seconds=SECONDS, rounds=12)
        for url in urls:
            hang_up(url)
        before, after = loads[urls[0]].p50, loads[urls[1]].p50
        rows.append(Row(f"{name} over {stored:,} utterances, p50", after, "ms", before, beside, Goal(1.2)))
    return rows


def fill(url: str, utterances: int = UTTERANCES) -> int:
    """Write a crowd into a database, and copies of it until so many utterances are stored; return how many there are.

    The database copies by itself, which takes a minute or two where the product would take a quarter of an hour.
    """
    with tempfile.TemporaryDirectory() as folder:
        crowd = Server(Path(folder), DATABASE_URL=url)
        crowd.manage("seed")
        crowd.manage("crowd", "--attempts", str(ATTEMPTS), "--turns", str(TURNS))
    with psycopg.connect(url, autocommit=True) as connection:
        spans = {table: _number(connection, sql.SQL("MAX(id)"), table) for table in COPIED}
        copies = utterances // _number(
            connection, sql.SQL("COUNT(*) FILTER (WHERE {})").format(ENDED), "tutor_utterance"
        )
        for table, belongs in COPIED.items():
            _copy(connection, table, {column: spans[of] for column, of in belongs.items()}, copies)
        connection.execute("VACUUM ANALYZE")
        return _number(connection, sql.SQL("COUNT(*)"), "tutor_utterance")


def _copy(connection: psycopg.Connection, table: str, spans: dict[str, int], copies: int) -> None:
    """Write copies of the rows of ended lessons; each points at what was copied with the same number as itself."""
    known = (
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
    )
    columns = dict(connection.execute(known, [table]).fetchall())
    parts = {
        "table": sql.Identifier(table),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
        "values": sql.SQL(", ").join(_value(column, kind, spans) for column, kind in columns.items()),
        "copies": copies,
        "ended": ENDED if "attempt_id" in spans else sql.SQL("r.ended_at IS NOT NULL"),
    }
    copy = (
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} r, generate_series(1, {copies}) n WHERE {ended}"
    )
    connection.execute(sql.SQL(copy).format(**parts))
    on = "SELECT setval(pg_get_serial_sequence({name}, 'id'), MAX(id)) FROM {table}"
    connection.execute(sql.SQL(on).format(name=table, **parts))


def _value(column: str, kind: str, spans: dict[str, int]) -> sql.Composable:
    if column in spans:
        return sql.SQL("r.{} + n * {}").format(sql.Identifier(column), spans[column])
    if kind == "uuid":
        return sql.SQL("gen_random_uuid()")
    return CALL_ID if column == "call_id" else sql.SQL("r.{}").format(sql.Identifier(column))


def _number(connection: psycopg.Connection, what: sql.Composable, table: str) -> int:
    question = sql.SQL("SELECT {} FROM {} r").format(what, sql.Identifier(table))
    row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0] or 0)
