"""Proxies that spoil what passes: one for HTTP and WebSockets, one for the database. All on 127.0.0.1."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count

from tests.capture import reset
from tests.faults.chance import Chance, Fate

# Seconds.
LONGEST_DELAY = 0.8
LONGEST_HOLD = 1.0
SWALLOWED_FOR = 30.0
LONGEST_SOCKET = 10.0
LATEST_COPY = 4.0
HTML = b"<html><body><h1>Proxy error</h1></body></html>"
# What somebody in between says who has no answer, or does not like the request.
REFUSALS = ("500 Oops", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout", "400 Bad Request")
TEXT_FRAME = 0x81
GONE = (ConnectionError, asyncio.IncompleteReadError)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """Serve connections on a free port, which is yielded; those still open at the end are dropped."""
    tasks: set[asyncio.Future[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(guarded(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        left = list(tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent on: whole, and asking for the connection to be closed behind its answer."""

    method: str
    path: str
    headers: dict[str, str]
    head: bytes
    body: bytes

    @property
    def data(self) -> bytes:
        return self.head + self.body

    @property
    def is_upgrade(self) -> bool:
        return self.headers.get("upgrade", "").lower() == "websocket"


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request with a body of announced length, or one in chunks."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    method, path, _ = lines[0].split(" ")
    fields = [line.partition(":") for line in lines[1:]]
    headers = {name.lower(): value.strip() for name, _, value in fields}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    if "upgrade" not in headers:
        lines = [line for line in lines if not line.lower().startswith("connection:")] + ["Connection: close"]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return Request(method, path, headers, head, body)


class HttpProxy:
    """Between two who speak HTTP. `name` tells of a request in which lesson it is made, and of what kind it is."""

    def __init__(
        self,
        link: str,
        chance: Chance,
        name: Callable[[Request], tuple[int, str]],
        upstream: Callable[[], int],
        note: Callable[[str, int, str, int, Fate], Awaitable[None]],
    ) -> None:
        self.link, self.chance, self.name, self.upstream, self.note = link, chance, name, upstream, note
        self.requests = 0
        self._ordinals: Counter[tuple[int, str]] = Counter()
        # Of each lesson, what lets go a request that is held back.
        self._holding: dict[int, asyncio.Event] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on, and the answer back, or what becomes of them."""
        try:
            request = await read_request(reader)
            self.requests += 1
            lesson, kind = self.name(request)
            self._ordinals[lesson, kind] += 1
            ordinal = self._ordinals[lesson, kind]
            link = "socket" if request.is_upgrade else self.link
            fate = self.chance.fate(link, lesson, kind, ordinal)
            await self.note(link, lesson, kind, ordinal, fate)
            if request.is_upgrade:
                await self._tunnel(request, reader, writer, fate)
            else:
                await self._act(request, writer, lesson, fate)
        except GONE:
            await reset(writer)

    async def _act(self, request: Request, writer: asyncio.StreamWriter, lesson: int, fate: Fate) -> None:
        """Act out what happens to one request."""
        held = self._holding.pop(lesson, None)
        if fate.name == "delayed":
            await asyncio.sleep(fate.amount * LONGEST_DELAY)
        elif fate.name == "held":
            await self._hold(lesson)
        answer = await self._answer(request, fate)
        if held is not None:
            held.set()
        if answer is None:
            await reset(writer)
        else:
            writer.write(answer)
            await writer.drain()
            if fate.name == "cut short":
                await reset(writer)
        if fate.name == "doubled" and fate.amount >= 0.5:
            writer.close()
            await asyncio.sleep((fate.amount - 0.5) * LATEST_COPY)
            await self._forward(request.data)

    async def _answer(self, request: Request, fate: Fate) -> bytes | None:
        """What the one who asked gets to see; None: the connection breaks."""
        match fate.name:
            case "lost":
                return None
            case "refused":
                return refusal(REFUSALS[int(fate.amount * len(REFUSALS))])
            case "swallowed":
                await asyncio.sleep(SWALLOWED_FOR)
                return None
            case "broken":
                await self._forward(request.head + request.body[: len(request.body) // 2], is_whole=False)
                return None
        if fate.name == "doubled" and fate.amount < 0.5:
            answers = await asyncio.gather(self._forward(request.data), self._forward(request.data))
            return answers[int(fate.amount * 4)]
        return spoilt(await self._forward(request.data), fate)

    async def _forward(self, data: bytes, *, is_whole: bool = True) -> bytes | None:
        """Send bytes on and read what comes back; None when nobody is there, or the answer breaks off."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream())
        except ConnectionError:
            return None
        try:
            writer.write(data)
            await writer.drain()
            if not is_whole:
                return None
            return await read_answer(reader)
        except GONE:
            return None
        finally:
            writer.close()

    async def _hold(self, lesson: int) -> None:
        """Wait until the next request of the lesson has overtaken, but not for ever."""
        ahead = self._holding[lesson] = asyncio.Event()
        try:
            async with asyncio.timeout(LONGEST_HOLD):
                await ahead.wait()
        except TimeoutError:
            return

    # --- WebSockets ------------------------------------------------------------

    async def _tunnel(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: Fate
    ) -> None:
        upstream, sender = await asyncio.open_connection("127.0.0.1", self.upstream())
        try:
            sender.write(request.data)
            writer.write(await upstream.readuntil(b"\r\n\r\n"))
            async with asyncio.timeout(fate.amount * LONGEST_SOCKET if fate.name == "lost" else None):
                await either(pipe(reader, sender), self._news(upstream, writer, fate))
        except TimeoutError:
            await reset(writer)
        finally:
            sender.close()

    async def _news(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: Fate) -> None:
        """Pass on what the server tells, frame by frame: some of it twice, or behind the next."""
        held = b""
        for number in count():
            frame = await read_frame(reader)
            is_news = frame[0] == TEXT_FRAME
            if fate.name == "held" and is_news and not held and number % 2 == 0:
                held = frame
                continue
            writer.write(frame + held + (frame if fate.name == "doubled" and is_news else b""))
            held = b""
            await writer.drain()


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """Read an answer to its end, with a body of announced length or to the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = [line.partition(b":") for line in head.split(b"\r\n")]
    lengths = [int(value) for name, _, value in fields if name.lower() == b"content-length"]
    return head + (await reader.readexactly(lengths[0]) if lengths else await reader.read())


def spoilt(answer: bytes | None, fate: Fate) -> bytes | None:
    """An answer as it arrives."""
    if answer is None or fate.name == "unanswered":
        return None
    head, mark, body = answer.partition(b"\r\n\r\n")
    if fate.name == "cut short":
        return answer[: int(fate.amount * len(answer))]
    if fate.name == "garbled":
        return head + mark + b"\xff" * len(body)
    return answer


def refusal(status: str) -> bytes:
    """The answer of somebody in between."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(HTML)}\r\nConnection: close\r\n\r\n"
    return head.encode() + HTML


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """Read one unmasked WebSocket frame (RFC 6455, section 5.2)."""
    head = await reader.readexactly(2)
    size = head[1]
    extended = await reader.readexactly({126: 2, 127: 8}.get(size, 0))
    return head + extended + await reader.readexactly(int.from_bytes(extended) if extended else size)


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until there are no more."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def either(*works: Awaitable[None]) -> None:
    """Run works side by side until one of them is over; raise what it raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class DatabaseProxy:
    """Between the server and PostgreSQL: delays now and then, and breaks all connections when told to."""

    def __init__(self, chance: Chance, upstream: tuple[str, int], count_fault: Callable[[str, str], None]) -> None:
        self.chance, self.upstream, self.count_fault = chance, upstream, count_fault
        self._numbers = count(1)
        self._open: set[asyncio.StreamWriter] = set()
        self._is_away = False

    @contextmanager
    def away(self) -> Iterator[None]:
        """Break every connection, and take no new one for as long as the block runs."""
        self._is_away = True
        for writer in self._open:
            writer.transport.abort()
        try:
            yield
        finally:
            self._is_away = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what both sides say until one of them is gone."""
        if self._is_away:
            writer.transport.abort()
            return
        number = next(self._numbers)
        upstream, sender = await asyncio.open_connection(*self.upstream)
        self._open |= {writer, sender}
        try:
            await either(self._pass(reader, sender, number, "up"), self._pass(upstream, writer, number, "down"))
        except ConnectionError:
            return
        finally:
            self._open -= {writer, sender}
            sender.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int, way: str) -> None:
        for chunk in count():
            data = await reader.read(65_536)
            if not data:
                return
            fate = self.chance.fate("database", number, way, chunk)
            if fate.name == "delayed":
                self.count_fault("database", fate.name)
                await asyncio.sleep(fate.amount * LONGEST_DELAY)
            writer.write(data)
            await writer.drain()
