"""Never thrown out: whatever breaks in the middle of a lesson, it goes on, and every sentence is kept once."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.network import Network, network_to
from tests.e2e.test_lesson import LESSON, listening, say, stage, stage_after, utterances, visits
from tests.running import ROOT, Server, running

HELLO = "Good morning."
TEA = "I would like some tea, please."
CAKE = "One piece of cake, please."
QUESTION = "How would you say it in your own words?"
# What the browser prints when nobody answers: the fault itself.
UNANSWERED = ("Failed to load resource", "WebSocket connection")

# Counts how often the microphone is asked for.
MICROPHONE = """
window.asked = 0;
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (...rest) => { window.asked += 1; return ask(...rest); };
"""
CALLS = """SELECT c.* FROM tutor_connection c JOIN tutor_attempt a ON a.id = c.attempt_id
           WHERE a.code = ? AND c.answered_at IS NOT NULL ORDER BY c.id"""


@dataclass(frozen=True)
class Room:
    """A learner in the second stage of a lesson, who has ordered tea: the tutor has asked a question and waits."""

    page: Page
    server: Server
    code: str
    stage: str

    def calls(self) -> int:
        """How many calls have been made."""
        return len(self.server.rows(CALLS, self.code))

    def said(self, speaker: str = "learner") -> list[str]:
        return [row["text"] for row in utterances(self.server, self.code) if row["speaker"] == speaker]

    async def becomes(self, status: str, *, within: float) -> float:
        """Wait for a status; return the seconds it took."""
        started = time.monotonic()
        await expect(self.page.locator("#room")).to_have_attribute("data-status", status, timeout=within * 1000)
        return time.monotonic() - started

    async def says(self, times: int, text: str) -> None:
        """Wait until the transcript has a text so many times."""
        counted = "([times, text]) => document.getElementById('captions').textContent.split(text).length - 1 === times"
        await self.page.wait_for_function(counted, arg=[times, text], timeout=40_000)

    async def finish_stage(self) -> None:
        """Show that the lesson goes on: one more sentence, then the next stage."""
        await say(self.page, CAKE)
        await say(self.page, "next")
        await stage_after(self.page, self.stage)
        await listening(self.page)
        await expect(self.page.locator("#saved")).to_have_text("Saved", timeout=20_000)

    def assert_nothing_lost(self) -> None:
        """What the learner said is stored once, in order, in its stage, and the page shows what is stored."""
        rows = utterances(self.server, self.code)
        assert self.said() == [HELLO, "next", TEA, CAKE, "next"]
        assert [row["visit"] for row in rows if row["speaker"] == "learner"] == [1, 1, 2, 2, 2]
        assert len({row["item_id"] for row in rows}) == len(rows)
        assert [visit["stage_key"] for visit in visits(self.server, self.code)][:2] == ["warm-up", "counter"]
        assert {row["status"] for row in rows} <= {"complete", "interrupted"}


Enter = Callable[..., Awaitable[Room]]


@pytest.fixture
async def enter_room(open_page: Open) -> Enter:
    """Bring a learner into the second stage; `url` is where the browser finds the server."""

    async def enter_one(server: Server, *, network: Network | None = None, alone: bool = False) -> Room:
        url = network.url if network else server.url
        # What the browser prints when nobody answers is the fault itself.
        page = await open_page(url=url, tolerates=("Failed to load resource", "WebSocket connection"), alone=alone)
        if network:
            await network.join(page.context)
        await page.add_init_script(MICROPHONE)
        await page.goto(f"{url}/lessons/{LESSON}/")
        await page.locator("main form button").first.click()
        await page.wait_for_url("**/attempts/**")
        code = page.url.rstrip("/").rpartition("/")[2].replace("-", "")
        await page.get_by_role("button", name="Start talking").click()
        first = await stage(page)
        await say(page, HELLO)
        await say(page, "next")
        second = await stage_after(page, first)
        await say(page, TEA)
        room = Room(page, server, code, second)
        await room.says(1, QUESTION)
        await listening(page)
        return room

    return enter_one


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server that may be stopped, with the rehearsal inside."""
    with running(tmp_path) as server:
        yield server


class Peer:
    """A rehearsal peer in a process of its own, as a provider is."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self.url = url

    def close_channels(self) -> None:
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)


@contextmanager
def peer_running(folder: Path, *options: str) -> Iterator[Peer]:
    log = folder / "peer.log"
    command = [sys.executable, "-m", "tests.peer_for_tests", *options]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            yield Peer(process, _address_in(log, process))
        finally:
            process.terminate()


def _address_in(log: Path, process: "subprocess.Popen[str]") -> str:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+/v1", log.read_text()):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"the peer did not start:\n{log.read_text()}")


# --- The network -----------------------------------------------------------------------------------------------------


@pytest.mark.chromium
async def test_five_seconds_without_a_network_keep_the_call(enter_room: Enter, server: Server) -> None:
    async with network_to(server.url) as network:
        room = await enter_room(server, network=network)

        network.cut()
        await asyncio.sleep(5)
        network.mend()
        await room.becomes("listening", within=10)
        await room.finish_stage()

        assert room.calls() == 1
        room.assert_nothing_lost()


@pytest.mark.chromium
async def test_thirty_seconds_without_a_network_end_in_a_new_call(enter_room: Enter, server: Server) -> None:
    async with network_to(server.url) as network:
        room = await enter_room(server, network=network)

        network.cut()
        cut_at = time.monotonic()
        noticed = await room.becomes("reconnecting", within=20)
        await asyncio.sleep(30 - (time.monotonic() - cut_at))
        network.mend()
        # Back, and told: the tutor asks its last question again.
        back = await room.becomes("speaking", within=20)
        await room.says(2, QUESTION)
        print(f"reconnecting after {noticed:.1f} s, the tutor speaks {back:.1f} s after the network is back")
        await room.finish_stage()

        assert room.calls() == 2
        assert await room.page.evaluate("window.asked") == 1
        room.assert_nothing_lost()


@pytest.mark.chromium
async def test_a_sentence_sent_into_a_dead_network_is_answered_once_by_the_next_call(
    enter_room: Enter, server: Server
) -> None:
    async with network_to(server.url) as network:
        room = await enter_room(server, network=network)

        network.cut()
        await room.page.get_by_label("Message to the tutor").fill(CAKE)
        await room.page.get_by_role("button", name="Send").click()
        await room.becomes("reconnecting", within=20)
        await asyncio.sleep(5)
        network.mend()
        await listening(room.page)
        await room.says(1, f"You said: {CAKE}")
        await say(room.page, "next")
        await stage_after(room.page, room.stage)
        await listening(room.page)
        await expect(room.page.locator("#saved")).to_have_text("Saved", timeout=20_000)

        room.assert_nothing_lost()


# --- Our server ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [Server.stop, Server.kill], ids=["SIGTERM", "SIGKILL"])
async def test_a_server_restarted_in_the_middle_is_called_again(
    enter_room: Enter, own_server: Server, end: Callable[[Server], object]
) -> None:
    room = await enter_room(own_server)

    end(own_server)
    await room.becomes("reconnecting", within=20)
    await asyncio.sleep(12)
    own_server.start()
    await room.becomes("speaking", within=20)
    await room.says(2, QUESTION)
    await room.finish_stage()

    assert room.calls() == 2
    assert await room.page.evaluate("window.asked") == 1
    room.assert_nothing_lost()


async def test_a_server_killed_while_the_tutor_speaks_and_back_after_twenty_seconds_loses_nothing(
    enter_room: Enter, own_server: Server
) -> None:
    room = await enter_room(own_server)
    await say(room.page, CAKE)
    await room.becomes("speaking", within=20)

    own_server.kill()
    await room.becomes("reconnecting", within=20)
    await asyncio.sleep(20)
    own_server.start()
    await listening(room.page)
    await say(room.page, "next")
    await stage_after(room.page, room.stage)
    await listening(room.page)
    await expect(room.page.locator("#saved")).to_have_text("Saved", timeout=20_000)

    room.assert_nothing_lost()
    assert "interrupted" in [row["status"] for row in utterances(own_server, room.code)]


async def test_a_call_goes_on_while_our_own_server_is_away(enter_room: Enter, tmp_path: Path) -> None:
    with peer_running(tmp_path) as peer, running(tmp_path, REALTIME_BASE_URL=peer.url) as server:
        room = await enter_room(server)

        server.kill()
        await say(room.page, CAKE)
        await room.says(1, f"You said: {CAKE}")
        await expect(room.page.locator("#saved")).to_contain_text("Not saved")
        server.start()
        await expect(room.page.locator("#saved")).to_have_text("Saved", timeout=30_000)
        await say(room.page, "next")
        await stage_after(room.page, room.stage)
        await listening(room.page)

        assert room.calls() == 1
        await expect(room.page.locator("#saved")).to_have_text("Saved")
        room.assert_nothing_lost()


async def test_when_nobody_answers_the_learner_decides_after_ten_seconds(enter_room: Enter, own_server: Server) -> None:
    room = await enter_room(own_server)
    await room.page.reload()
    start = room.page.locator("#start")
    await expect(start).to_be_visible()
    own_server.kill()

    await start.click()
    await room.becomes("failed", within=20)
    await expect(room.page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    own_server.start()
    await room.page.get_by_role("button", name="Continue").click()
    await listening(room.page)
    await room.finish_stage()

    room.assert_nothing_lost()


# --- The call --------------------------------------------------------------------------------------------------------


async def test_a_data_channel_closed_alone_is_a_lost_call(enter_room: Enter, tmp_path: Path) -> None:
    with peer_running(tmp_path) as peer, running(tmp_path, REALTIME_BASE_URL=peer.url) as server:
        room = await enter_room(server)

        peer.close_channels()
        await room.says(2, QUESTION)
        await room.finish_stage()

        assert room.calls() == 2
        assert await room.page.evaluate("window.asked") == 1
        room.assert_nothing_lost()


async def test_a_call_is_replaced_in_a_quiet_moment_before_its_time_is_up(enter_room: Enter, tmp_path: Path) -> None:
    # Half of it is over after 30 seconds.
    with peer_running(tmp_path, "60") as peer, running(tmp_path, REALTIME_BASE_URL=peer.url) as server:
        room = await enter_room(server)

        await room.says(2, QUESTION)
        await listening(room.page)
        calls = room.calls()
        await room.finish_stage()

        assert calls == 2
        assert await room.page.evaluate("window.asked") == 1
        faults = server.rows("SELECT code FROM tutor_fault")
        assert faults == []
        room.assert_nothing_lost()


# --- The window ------------------------------------------------------------------------------------------------------


async def test_a_tab_closed_while_the_tutor_speaks_is_opened_again(enter_room: Enter, server: Server) -> None:
    room = await enter_room(server)
    await say(room.page, CAKE)
    await room.becomes("speaking", within=20)
    context, address = room.page.context, room.page.url

    await room.page.close()
    page = await context.new_page()
    await page.goto(address)
    again = Room(page, server, room.code, room.stage)
    await expect(page.get_by_role("list", name="Stages").locator("[aria-current=step]")).to_have_text(room.stage)
    await expect(page.get_by_role("log", name="Transcript")).to_contain_text(CAKE)
    await page.locator("#start").click()
    await listening(page)
    await say(page, "next")
    await stage_after(page, room.stage)
    await listening(page)
    await expect(page.locator("#saved")).to_have_text("Saved")

    again.assert_nothing_lost()
    assert "interrupted" in [row["status"] for row in utterances(server, room.code)]


async def test_another_device_takes_the_lesson_over(enter_room: Enter, open_page: Open, server: Server) -> None:
    room = await enter_room(server)
    phone = await open_page(url=server.url)
    await phone.goto(room.page.url)

    await phone.locator("#start").click()
    await expect(room.page.get_by_role("status")).to_have_text("This lesson goes on in another window.")
    there = Room(phone, server, room.code, room.stage)
    await there.says(2, QUESTION)
    await there.finish_stage()

    there.assert_nothing_lost()
    assert room.calls() == 2
    live = "() => window.seen.peers.every((peer) => peer.connectionState === 'closed')"
    assert await room.page.evaluate(live)
