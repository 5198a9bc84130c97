"""The database of a run: made, filled and read behind the server's back, through Django in this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.faults.judge import Call, Stored, Utterance, Visit

SLUG = "cafe"
# Of the databases that this process has made.
_numbers = count(1)
# As in production: nothing is kept of each query.
ENVIRONMENT = {
    "DEBUG": "False",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQ",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECURE_SSL_REDIRECT": "False",
    "REDIS_URL": "",
    "OPENAI_API_KEY": "sk-made-up",
    "REALTIME_BASE_URL": "",
    "REALTIME_TIMEOUT": "2",
    # One learner loses more calls here in a minute than others in an hour.
    "CALLS_PER_HOUR": "0",
    "STARTS_PER_HOUR": "0",
    "LOG_LEVEL": "WARNING",
}


@contextmanager
def made(kind: str, folder: Path, maintenance: str) -> Iterator[str]:
    """Make an empty database of a kind, sqlite or postgres; yield its URL, and drop it afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'db.sqlite3'}"
        return
    name = f"viva_faults_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(maintenance)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def fill(url: str, lessons: int) -> list[str]:
    """Bring in the tables, one lesson, and a learner for each time it is to be gone through; return their sessions."""
    os.environ.update(ENVIRONMENT, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="config.settings")

    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import transaction

    from tests.lessons import publish

    call_command("migrate", verbosity=0)
    publish(slug=SLUG)
    with transaction.atomic():
        users = User.objects.bulk_create(User(username=f"learner-{number}") for number in range(1, lessons + 1))
        return [sign_in(user) for user in users]


def sign_in(user: Any) -> str:
    """Return the key of a session in which a user is signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def let_go() -> None:
    """Close our own connections."""
    from django.db import connection

    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


def read(code: str) -> Stored:
    """Return all that is stored of an attempt."""
    from tests.lessons import PLAN
    from tutor.models import Attempt

    attempt = Attempt.objects.get(code=code)
    ways = {(stage.key, outcome.key): outcome.next for stage in PLAN.stages for outcome in stage.outcomes}
    return Stored(
        ended=attempt.ended_at is not None,
        utterances=[
            Utterance(row.item_id, row.speaker, row.status, row.text, row.visit.number)
            for row in attempt.utterances.select_related("visit").order_by("position", "id")
        ],
        visits=[
            Visit(row.number, row.stage_key, row.outcome, row.completed_at is None)
            for row in attempt.visits.order_by("number")
        ],
        calls=[
            Call(row.call_id, row.name, row.arguments, row.refusal, row.output, row.visit.number)
            for row in attempt.tool_calls.select_related("visit").order_by("id")
        ],
        ways=ways,
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the write lock of a SQLite database, as a backup or a slow disk would."""
    import sqlite3

    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()
