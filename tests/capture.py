"""A provider that notes every byte it is sent and answers, or fails to, as it is told.

A plain asyncio server on 127.0.0.1, so that what arrives is what was really sent, and any fault can be acted out.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

SDP_ANSWER = b"v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"

# Acts one answer out; what it returns says whether the connection is kept for a next request.
Answer = Callable[[asyncio.StreamWriter], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a multipart form, as it was sent."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it was sent; header names in small letters."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def parts(self) -> list[Part]:
        """The fields of a multipart form, cut at the boundary by hand: no parser may tidy what is looked at."""
        boundary = b"--" + self.headers["content-type"].partition("boundary=")[2].encode()
        pieces = self.body.split(boundary)
        assert pieces[0] == b""
        assert pieces[-1] == b"--\r\n"
        return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, _, body = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    return Part(_headers(head), body.removesuffix(b"\r\n"))


def _headers(head: bytes) -> dict[str, str]:
    fields = [line.partition(": ") for line in head.decode().split("\r\n")]
    return {name.lower(): value for name, _, value in fields}


@dataclass(slots=True)
class Capture:
    """What has arrived, and the answers still to be given; when there are none left, a call is made."""

    url: str
    requests: list[Request] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    # TCP connections that were opened.
    connections: int = 0
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until either side ends it."""
        self.connections += 1
        try:
            while True:
                self.requests.append(await _read(reader))
                act = self.answers.popleft() if self.answers else self._make_call()
                if not await act(writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def _make_call(self) -> Answer:
        return call_made(f"rtc_{next(self._numbers)}")


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    headers = _headers(fields)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(line.decode(), headers, body)


@asynccontextmanager
async def capturing() -> AsyncIterator[Capture]:
    """A running capture server; `url` is its address without a path."""
    capture = Capture("")
    serving: set[asyncio.Task[None]] = set()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(capture.serve(reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    capture.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield capture
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- Answers ---------------------------------------------------------------------------------------------------------


def answered(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """A whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return raw("\r\n".join([*lines, "", ""]).encode() + body, keep=True)


def call_made(call_id: str, body: bytes = SDP_ANSWER) -> Answer:
    """The answer of a provider that makes the call."""
    headers = {"Content-Type": "application/sdp", "Location": f"/v1/realtime/calls/{call_id}"}
    return answered(201, body, headers)


def raw(data: bytes, *, keep: bool = False) -> Answer:
    """These bytes, HTTP or not."""

    async def act(writer: asyncio.StreamWriter) -> bool:
        writer.write(data)
        await writer.drain()
        return keep

    return act


def dribbled(head: bytes, every: float) -> Answer:
    """These bytes, then one more byte every so many seconds for as long as somebody listens."""

    async def act(writer: asyncio.StreamWriter) -> bool:
        writer.write(head)
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(every)
        return False

    return act


async def hanging(writer: asyncio.StreamWriter) -> bool:
    """No answer at all."""
    await writer.wait_closed()
    return False


async def reset(writer: asyncio.StreamWriter) -> bool:
    """A connection that breaks: with no time to linger, closing sends a reset."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False
