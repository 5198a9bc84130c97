"""A call lives as long as its page is heard of, and the lesson goes on after it."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.test_faults import CALLS, QUESTION, Enter, Room, enter_room
from tests.running import Server, running

__all__ = ["enter_room"]

# Seconds.
LEASE = 6


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with the rehearsal inside that does not wait long for a page."""
    with running(tmp_path, CALL_LEASE=str(LEASE), TEND_EVERY="1") as server:
        yield server


async def processes(page: Page) -> list[int]:
    """The processes of a page's browser, its own first."""
    browser = page.context.browser
    assert browser is not None
    session = await browser.new_browser_cdp_session()
    found = await session.send("SystemInfo.getProcessInfo")
    own_first = sorted(found["processInfo"], key=lambda process: process["type"] != "browser")
    return [process["id"] for process in own_first]


async def hung_up(room: Room) -> None:
    """Wait until the server has ended the first call of a room for its silence, and the peer knows."""
    async with asyncio.timeout(LEASE + 20):
        while True:
            first = room.server.rows(CALLS, room.code)[0]
            if first["error"] == "silent" and first["hang_up_at"] is None:
                break
            await asyncio.sleep(0.1)
    assert f"call={first['call_id']} live=True" in room.server.log.read_text()


async def test_a_page_where_nobody_says_anything_keeps_its_call(enter_room: Enter, server: Server) -> None:
    room = await enter_room(server)

    await asyncio.sleep(2 * LEASE)
    await room.finish_stage()

    assert [call["ended_at"] for call in server.rows(CALLS, room.code)] == [None]
    room.assert_nothing_lost()


@pytest.mark.chromium
async def test_a_browser_that_slept_makes_a_new_call_when_it_wakes(enter_room: Enter, server: Server) -> None:
    room = await enter_room(server, alone=True)
    browser = await processes(room.page)

    for process in browser:
        os.kill(process, signal.SIGSTOP)
    try:
        await hung_up(room)
    finally:
        for process in browser:
            os.kill(process, signal.SIGCONT)
    await room.says(2, QUESTION)
    await room.finish_stage()

    assert room.calls() == 2
    room.assert_nothing_lost()


@pytest.mark.chromium
async def test_a_browser_that_was_killed_is_hung_up_and_the_next_page_goes_on(
    enter_room: Enter, open_page: Open, server: Server
) -> None:
    room = await enter_room(server, alone=True)
    address = room.page.url
    # What the browser keeps goes with its profile here.
    await expect(room.page.locator("#saved")).to_have_text("Saved")

    os.kill((await processes(room.page))[0], signal.SIGKILL)
    await hung_up(room)
    page = await open_page(url=server.url)
    api = address.replace("/attempts/", "/api/attempts/")
    state = await page.evaluate("async (address) => (await fetch(address)).json()", api)
    await page.goto(address)
    here = page.get_by_role("list", name="Stages").locator("[aria-current=step]")
    await expect(here).to_have_text(room.stage)
    await page.locator("#start").click()
    again = Room(page, server, room.code, room.stage)
    await again.says(2, QUESTION)
    await again.finish_stage()

    assert (state["ended"], state["stage"]["key"]) == (False, "counter")
    assert again.calls() == 2
    again.assert_nothing_lost()
