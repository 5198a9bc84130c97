"""The pages of reviewers over a crowd, on both databases: asked for to answered."""

import argparse
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg

from bench.figures import Figure, show
from bench.learner import Learner, timed
from tests.faults import database
from tests.run import postgres_url
from tests.running import Server, running

COUNT = 20
ATTEMPTS, TURNS, LONGEST = 10_000, 100, 400
# What many utterances have, what few have, and two words together.
FOUND = """SELECT a.code, u.text FROM tutor_utterance u JOIN tutor_attempt a ON a.id = u.attempt_id WHERE u.attempt_id =
           (SELECT attempt_id FROM tutor_utterance GROUP BY attempt_id ORDER BY COUNT(*) DESC LIMIT 1)"""
LESSON = "/review/lessons/ordering-in-a-cafe/"


def measure(attempts: int = ATTEMPTS) -> list[Figure]:
    """Fill each database with so many attempts of a hundred utterances, and time the pages."""
    maintenance = postgres_url()
    kinds = ["sqlite", *(["postgres"] if maintenance else [])]
    return [figure for kind in kinds for figure in _on(kind, maintenance, attempts)]


def _on(kind: str, maintenance: str, attempts: int) -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        database.made(kind, Path(folder), maintenance) as url,
        running(Path(folder), DATABASE_URL=url) as server,
    ):
        server.manage("crowd", "--attempts", str(attempts), "--turns", str(TURNS))
        server.manage("crowd", "--attempts", "1", "--learners", "1", "--turns", str(LONGEST), "--seed", "2")
        yield from _pages(kind, server, *_longest(url))


def _pages(kind: str, server: Server, code: str, words: list[str]) -> Iterator[Figure]:
    reviewer = Learner(server.url, "reviewer")
    common, rare = min(words, key=len), max(words, key=len)
    for name, address in {
        "first page of the list": "/review/",
        "last page of the list": "/review/?page=400",
        "search for a frequent word": f"/review/?text={common}",
        "search for a rare word": f"/review/?text={rare}",
        "search for two words": f"/review/?text={common}+{rare}",
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
    return str(rows[0][0]), re.findall(r"\w+", " ".join(text for _code, text in rows).lower())


def main() -> None:
    """`python -m bench.review --attempts 1000`: the same with another crowd."""
    parser = argparse.ArgumentParser(prog="python -m bench.review", description=__doc__)
    parser.add_argument("--attempts", type=int, default=ATTEMPTS)
    show(measure(parser.parse_args().attempts))


if __name__ == "__main__":
    main()
