"""Every WebSocket, for everybody, is what the table says; and nobody gets one from a page of another site."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from config.asgi import application
from tests.access.cast import World, make_world
from tests.access.routes import Route, sockets
from tests.access.table import ROLES, SOCKETS, rows
from tutor.services import second_factors

pytestmark = pytest.mark.django_db(transaction=True)

OURS = b"http://localhost:8000"


@pytest.fixture
def world(transactional_db, said) -> World:
    # The groups are rows of migrations, and tests before this one may have emptied the database for real.
    groups = import_module("tutor.migrations.0002_groups")
    groups.create_groups(apps, SimpleNamespace(connection=connection))
    return make_world(said)


async def says(world: World, role: str, route: Route, origin: bytes | None = OURS) -> str:
    """`open`, the code it is closed with, or that it is refused before."""
    cookie = f"{settings.SESSION_COOKIE_NAME}={world.sessions.get(role, '')}".encode()
    headers = [(b"host", b"localhost:8000"), (b"cookie", cookie)]
    if origin is not None:
        headers.append((b"origin", origin))
    page = WebsocketCommunicator(application, await sync_to_async(world.address)(route), headers)
    if not (await page.connect())[0]:
        return "refused"
    answer = "open"
    if not await page.receive_nothing():
        message = await page.receive_output()
        if message["type"] == "websocket.close":
            answer = str(message["code"])
    await page.disconnect()
    return answer


async def test_everybody_hears_what_the_table_says(world):
    by_path = {route.path: route for route in sockets()}

    wrong = []
    for row in rows(SOCKETS):
        for role in ROLES:
            heard = await says(world, role, by_path[row.path])
            if heard != row.cells[role]:
                wrong.append((row.path, role, f"table: {row.cells[role]}, site: {heard}"))

    assert wrong == []


async def test_who_has_still_to_give_a_code_hears_nothing(world):
    before = [await says(world, "superuser", route) for route in sockets()]
    session = SessionStore(world.sessions["superuser"])
    await session.aset(second_factors.SESSION_KEY, "due")
    await session.asave()

    heard = [await says(world, "superuser", route) for route in sockets()]
    assert heard == [await says(world, "nobody", route) for route in sockets()]
    assert heard != before


@pytest.mark.parametrize("origin", [None, b"null", b"https://elsewhere.example", b"http://localhost.elsewhere.example"])
async def test_no_page_of_another_site_gets_one(world, origin):
    heard = [await says(world, "superuser", route, origin) for route in sockets()]

    assert heard == ["refused"] * len(sockets())
