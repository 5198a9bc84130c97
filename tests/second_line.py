"""A provider's second lines on this machine: WebSockets that do what a test tells them, one act for each connection."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.datastructures import Headers

# Acts one connection out; it is closed normally afterwards, unless the act has ended it in another way.
Act = Callable[[ServerConnection], Awaitable[None]]


@dataclass(slots=True)
class SecondLine:
    """What came in, and what is still to be acted out; with nothing left to act, no call is known."""

    url: str = ""
    acts: deque[Act | int] = field(default_factory=deque)
    # (call id, Authorization header) of every handshake, oldest first.
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse where the next act is a status."""
        call_id = parse_qs(urlsplit(request.path).query).get("call_id", [""])[0]
        self.asked.append((call_id, request.headers.get("Authorization", "")))
        act = self.acts[0] if self.acts else 404
        if not isinstance(act, int):
            return None
        if self.acts:
            self.acts.popleft()
        headers = Headers({"Content-Length": "0"})
        if act in (301, 302):
            headers["Location"] = self.url.replace("127.0.0.1", "localhost") + "/elsewhere"
        return Response(act, HTTPStatus(act).phrase, headers)

    async def act(self, connection: ServerConnection) -> None:
        """Act one connection out."""
        act = self.acts.popleft()
        assert not isinstance(act, int)
        await act(connection)


@asynccontextmanager
async def second_line() -> AsyncIterator[SecondLine]:
    """A running provider; `url` is its address with the version, as http."""
    line = SecondLine()
    async with serve(line.act, "127.0.0.1", 0, process_request=line.admit, compression=None, max_size=None) as server:
        line.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1"
        yield line


def says(*messages: str | bytes) -> Act:
    """Send these, then end the call."""

    async def act(connection: ServerConnection) -> None:
        for message in messages:
            await connection.send(message)

    return act


def breaks_off(*messages: str | bytes, code: int | None = None) -> Act:
    """Send these, then lose the line: with a close code, or without a word (1006)."""

    async def act(connection: ServerConnection) -> None:
        for message in messages:
            await connection.send(message)
        if code is None:
            connection.transport.abort()
        else:
            await connection.close(code)

    return act


def holds(*messages: str | bytes, until: asyncio.Event | None = None) -> Act:
    """Send these, then hold the line until something happens, or the other side has left."""

    async def act(connection: ServerConnection) -> None:
        for message in messages:
            await connection.send(message)
        waits = [connection.wait_closed(), *([until.wait()] if until else [])]
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    return act
