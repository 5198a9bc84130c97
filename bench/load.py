"""Many requests at once from one process, by a client that is too simple to be what is measured."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bench.figures import Figure

# One request on a line, by the number of the line and how many it has sent; returns the milliseconds that count.
Work = Callable[[int, int], Awaitable[float]]


@dataclass(slots=True)
class Load:
    """What one side did in the seconds it was its turn."""

    samples: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def p50(self) -> float:
        """Half of the requests were answered within so many milliseconds."""
        return statistics.median(self.samples)

    @property
    def p95(self) -> float:
        """All but a twentieth were."""
        return Figure("", self.samples).percentile(0.95)

    @property
    def rate(self) -> float:
        """Requests answered in a second."""
        return len(self.samples) / self.seconds


class Line:
    """A kept connection to a server, for one request after the other."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname, parts.port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes, *, want: Sequence[int] = (200, 201)) -> bytes:
        """Return the body of the answer; any status but those wanted is an error."""
        # Node and uvicorn hang up on lines that were quiet for five seconds.
        if self._streams is None or self._streams[0].at_eof():
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await _body(reader, head.lower())
        status = int(head[9:12])
        if status not in want:
            raise AssertionError(f"{request[:80]!r}: {status} {body[:300]!r}")
        return body

    async def timed(self, request: bytes) -> float:
        """Return the milliseconds from the request to its answer."""
        started = time.perf_counter()
        await self.send(request)
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"\r\ntransfer-encoding: chunked" not in head:
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        return await reader.readexactly(length)
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


# Any 32 letters and digits are a token, as long as cookie and header have the same.
TOKEN = "b" * 32


def post(path: str, body: bytes, *, kind: str, session: str = "") -> bytes:
    """A request as bytes, with the cookies of whoever is signed in with a session."""
    cookies = (
        f"Cookie: __Host-sessionid={session}; __Host-csrftoken={TOKEN}\r\nX-CSRFToken: {TOKEN}\r\n" if session else ""
    )
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{cookies}\r\n".encode() + body


def post_json(path: str, data: Mapping[str, Any], *, session: str = "") -> bytes:
    """The same with an object as JSON."""
    return post(path, json.dumps(data).encode(), kind="application/json", session=session)


async def in_turn(
    sides: Mapping[str, Work],
    *,
    at_once: int,
    seconds: float,
    rounds: int = 5,
    warm: int = 3,
    alone: Collection[str] = (),
) -> dict[str, Load]:
    """Let each side have `at_once` requests under way for `seconds` in all, the sides taking turns.

    So whatever else the machine does strikes all of them alike. Sides named in `alone` do one thing at a time.
    """
    loads = {name: Load() for name in sides}
    sent = {name: [0] * (1 if name in alone else at_once) for name in sides}
    for name, work in sides.items():
        for _ in range(warm):
            await _together(work, sent[name], until=0.0)
    for _ in range(rounds):
        for name, work in sides.items():
            started = time.perf_counter()
            loads[name].samples += await _together(work, sent[name], until=started + seconds / rounds)
            loads[name].seconds += time.perf_counter() - started
    return loads


async def _together(work: Work, sent: list[int], *, until: float) -> list[float]:
    """Keep one request under way on each line, until the time has come; at least one on each."""

    async def line(number: int) -> list[float]:
        samples = []
        while True:
            samples.append(await work(number, sent[number]))
            sent[number] += 1
            if time.perf_counter() >= until:
                return samples

    return [sample for samples in await asyncio.gather(*map(line, range(len(sent)))) for sample in samples]
