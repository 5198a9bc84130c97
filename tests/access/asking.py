"""Go to an address as somebody, see what comes back, and leave everything as it was."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.http.response import HttpResponseBase

from tests.access.cast import World, body_of
from tests.access.routes import Route

_WRITES = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO) "?(\w+)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the response with its body, the word for it in the table, and the tables that were written to."""

    response: HttpResponseBase
    word: str
    body: bytes
    written: frozenset[str]


def ask(world: World, role: str, route: Route, method: str, *, known: bool = True) -> Answer:
    """Send one request; whatever it does is undone."""
    address = world.address(route, known=known)
    with undone(), written() as tables:
        client = world.client(role)
        if method == "POST":
            response = client.post(address, **body_of(route, world))
        else:
            response = client.generic(method, address)
        body = b"".join(response) if response.streaming else response.content
    return Answer(response, _word(response), body, frozenset(tables))


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever is written to the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def written() -> Iterator[set[str]]:
    """The names of the tables that are written to."""
    tables: set[str] = set()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := _WRITES.match(sql):
            tables.add(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield tables


def _word(response: HttpResponseBase) -> str:
    if response.status_code not in (301, 302):
        return str(response.status_code)
    return "in" if "/login/?next=" in response["Location"] else "on"
