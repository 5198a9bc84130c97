"""What an open room costs a server that has nothing to tell it: memory and time; and how soon a server is there."""

import asyncio
import os
import time
from pathlib import Path

import httpx
import websockets

from bench import people, servers
from bench.figures import Goal, Row
from bench.people import Person

ROOMS = 500
# Seconds. Somebody's being signed in is looked at every 30.
IDLE = 31.0
# What a server makes once of each lesson that has begun is no part of having its room open.
SETTLE = f"from tutor.services import digests; digests.refresh_due({2 * ROOMS})"
TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> list[Row]:
    """Open five hundred rooms, wait, and see what the server has become; start servers, ours and a bare one."""
    with servers.a_database() as url:
        learners = people.make(url, ROOMS)
        started = time.perf_counter()
        with servers.viva(url) as server:
            ours = time.perf_counter() - started
            first, second = _page(server.url), _page(server.url)
            server.manage("shell", "-c", SETTLE)
            kilobytes, share = asyncio.run(_open(server.url, server.pid, learners))
        started = time.perf_counter()
        with servers.bare_django(url, PROVIDER=""):
            bare = time.perf_counter() - started
    return [
        Row("memory of an open room", kilobytes, "kB", goal=Goal(50, absolute=True)),
        Row(f"processor time while {ROOMS} rooms are open and quiet", share, "%", goal=Goal(2, absolute=True)),
        Row("start of the server, until it listens", ours * 1000, "ms", bare * 1000, "bare Django under Daphne"),
        Row("first request, the page for signing in", first, "ms", second, "the same page again"),
    ]


def _page(url: str) -> float:
    """Milliseconds of a page."""
    started = time.perf_counter()
    httpx.get(f"{url}/accounts/login/", trust_env=False, timeout=60).raise_for_status()
    return (time.perf_counter() - started) * 1000


async def _open(url: str, pid: int, learners: list[Person]) -> tuple[float, float]:
    """Return the kB that a room takes, and the per cent of a processor that all of them take together."""
    # What is loaded for the first one stays.
    first, *others = learners
    rooms = [await _room(url, first)]
    before = _memory(pid)
    for place in range(0, len(others), 20):
        rooms += await asyncio.gather(*(_room(url, one) for one in others[place : place + 20]))
    kilobytes = (_memory(pid) - before) / len(others)
    # The first look at each is a closer one.
    await asyncio.sleep(IDLE)
    worked, began = _worked(pid), time.monotonic()
    await asyncio.sleep(IDLE)
    share = 100 * (_worked(pid) - worked) / (time.monotonic() - began)
    await asyncio.gather(*(room.close() for room in rooms))
    return kilobytes, share


async def _room(url: str, learner: Person) -> websockets.ClientConnection:
    return await opened(url, f"/ws/attempts/{learner.code}/", learner.session)


async def opened(url: str, path: str, session: str) -> websockets.ClientConnection:
    """A socket of somebody who is signed in."""
    headers = {"Cookie": f"__Host-sessionid={session}"}
    return await websockets.connect(
        f"{url.replace('http', 'ws')}{path}",
        origin=websockets.Origin(url),
        additional_headers=headers,
        proxy=None,
        open_timeout=60,
        ping_interval=None,
    )


def _memory(pid: int) -> float:
    """Resident memory in kB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def _worked(pid: int) -> float:
    """Seconds of processor time so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS
