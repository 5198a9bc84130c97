"""The pages of reviewers over a crowd, on both databases: asked for to answered."""

import argparse
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import psycopg

from bench import servers
from bench.figures import Figure, show
from bench.learner import Learner, timed
from tests.faults import database
from tests.run import postgres_url
from tests.running import Server

COUNT = 20
ATTEMPTS, TURNS, LONGEST = 10_000, 104, 400
# What many utterances have, what few have, and two words together.
FOUND = """SELECT a.code, u.text FROM tutor_utterance u JOIN tutor_attempt a ON a.id = u.attempt_id WHERE u.attempt_id =
           (SELECT attempt_id FROM tutor_utterance GROUP BY attempt_id ORDER BY COUNT(*) DESC LIMIT 1)"""
LESSON = "/review/lessons/ordering-in-a-cafe/"


def measure(attempts: int = ATTEMPTS) -> list[Figure]:
    """Fill each database with so many attempts of a hundred utterances, and time the pages."""
    maintenance = postgres_url()
    figures = []
    for kind in ["sqlite", *(["postgres"] if maintenance else [])]:
        with tempfile.TemporaryDirectory() as folder, database.made(kind, Path(folder), maintenance) as url:
            figures += measure_on(url, attempts)
    return figures


def measure_on(url: str, attempts: int) -> list[Figure]:
    """Time the pages over a database, after so many attempts were written into it."""
    kind = url.partition(":")[0]
    if attempts:
        _fill(url, attempts)
    with servers.viva(url) as server:
        return list(_pages(kind, server, *_longest(url)))


def _fill(url: str, attempts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), DATABASE_URL=url)
        server.manage("migrate", "--verbosity", "0")
        server.manage("seed")
        server.manage("crowd", "--attempts", str(attempts), "--turns", str(TURNS))
        server.manage("crowd", "--attempts", "1", "--learners", "1", "--turns", str(LONGEST), "--seed", "2")


def _pages(kind: str, server: Server, code: str, words: list[str]) -> Iterator[Figure]:
    reviewer = Learner(server.url, "reviewer")
    by_length = sorted(words, key=len)
    # With the first, nearly every second sentence of the crowd has a word that begins so.
    frequent, usual, rare = by_length[0], by_length[len(words) // 2], by_length[-1]
    for name, address in {
        "first page of the list": "/review/",
        "last page of the list": "/review/?page=400",
        "search for two letters": f"/review/?text={frequent}",
        "search for a word": f"/review/?text={usual}",
        "search for a rare word": f"/review/?text={rare}",
        "search for two words": f"/review/?text={frequent}+{rare}",
        "triage queue": "/review/?view=queue",
        "longest transcript": f"/review/{code}/",
        "how lessons go": "/review/lessons/",
        "picture of a lesson": LESSON,
        "picture of a month": f"{LESSON}?period=month",
        "costs by day": "/review/costs/?by=day&period=all",
        "costs by class": "/review/costs/?by=class&period=all",
        "costs by learner": "/review/costs/?by=learner&period=all",
    }.items():
        yield Figure(f"{name}, {kind}", timed(COUNT, lambda _, at=address: reviewer.get(at)))  # type: ignore[misc]


def _longest(url: str) -> tuple[str, list[str]]:
    """The code of the longest attempt, and the words that were said in it."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as opened:
            rows = opened.execute(FOUND).fetchall()
    else:
        with psycopg.connect(url) as connection:
            rows = connection.execute(FOUND).fetchall()
    return str(UUID(str(rows[0][0]))), re.findall(r"\w+", " ".join(text for _code, text in rows).lower())


def main() -> None:
    """`python -m bench.review --attempts 1000`: the same with another crowd.

    `--on URL` fills a database that is kept, and with `--attempts 0` measures over one that was filled before.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.review", description=__doc__)
    parser.add_argument("--attempts", type=int, default=ATTEMPTS)
    parser.add_argument("--on", help="the DATABASE_URL of a database that is kept, instead of new ones")
    options = parser.parse_args()
    show(measure_on(options.on, options.attempts) if options.on else measure(options.attempts))


if __name__ == "__main__":
    main()
