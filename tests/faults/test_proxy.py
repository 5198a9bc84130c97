"""What passes the proxies is spoilt as planned, and as planned only."""

import asyncio
from collections import deque
from collections.abc import Iterable

import pytest

from tests.capture import Capture, answered, capturing
from tests.faults import proxy
from tests.faults.chance import Fate
from tests.faults.proxy import DatabaseProxy, HttpProxy, listening

POST = b"POST /journal/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nword"


class Planned:
    """Dice that fall as they are told."""

    def __init__(self, *fates: Fate) -> None:
        self.fates = deque(fates)

    def fate(self, link: str, *key: object) -> Fate:
        return self.fates.popleft() if self.fates else Fate("", 0.0)


async def ask(port: int, data: bytes = POST) -> bytes:
    """Send bytes and read whatever comes until the connection ends, in whatever way."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = b""
    try:
        while more := await reader.read(1_000):
            answer += more
    except ConnectionError:
        return answer
    finally:
        writer.close()
    return answer


async def through(*fates: Fate, requests: Iterable[bytes] = (POST,), arrive: int = 0) -> tuple[Capture, list[bytes]]:
    """Send requests side by side through a proxy that spoils the first ones; return what arrived, and the answers.

    Not before so many have arrived.
    """

    async def note(*facts: object) -> None:
        return None

    arrivals = asyncio.Semaphore(0)

    async def answer(writer: asyncio.StreamWriter) -> bool:
        arrivals.release()
        return await answered(200, b"a long answer")(writer)

    async with capturing() as behind:
        behind.answers.extend([answer] * 9)
        port = int(behind.url.rpartition(":")[2])
        between = HttpProxy("browser", Planned(*fates), lambda request: (1, "journal"), lambda: port, note)
        async with listening(between.serve) as address:
            answers = [asyncio.create_task(ask(address, request)) for request in requests]
            got = [await one for one in answers]
            for _ in range(arrive):
                await arrivals.acquire()
            return behind, got


@pytest.mark.parametrize(
    ("fate", "arrived", "answer"),
    [
        (Fate("", 0.5), 1, b"a long answer"),
        (Fate("delayed", 0.01), 1, b"a long answer"),
        (Fate("lost", 0.5), 0, b""),
        (Fate("unanswered", 0.5), 1, b""),
        (Fate("doubled", 0.3), 2, b"a long answer"),
        (Fate("doubled", 0.51), 2, b"a long answer"),
        (Fate("garbled", 0.5), 1, b"\xff" * 13),
        (Fate("refused", 0.3), 0, proxy.HTML),
        (Fate("broken", 0.5), 0, b""),
    ],
)
async def test_a_request_meets_its_fate(fate, arrived, answer):
    behind, [got] = await through(fate, arrive=arrived)

    assert (len(behind.requests), got.partition(b"\r\n\r\n")[2]) == (arrived, answer)
    assert all(request.body == b"word" for request in behind.requests)


async def test_an_answer_that_is_cut_short_breaks_off():
    _, [got] = await through(Fate("cut short", 0.5))

    assert got.startswith(b"HTTP/1.1 200")
    assert not got.endswith(b"answer")


async def test_a_request_that_is_held_is_overtaken_by_the_next():
    behind, _ = await through(Fate("held", 0.5), requests=[POST, POST.replace(b"word", b"next")])

    assert [request.body for request in behind.requests] == [b"next", b"word"]


async def test_a_server_that_is_away_breaks_the_connection():
    async def note(*facts: object) -> None:
        return None

    async with capturing() as gone:
        port = int(gone.url.rpartition(":")[2])
    between = HttpProxy("browser", Planned(), lambda request: (1, "journal"), lambda: port, note)
    async with listening(between.serve) as address:
        assert await ask(address) == b""


async def test_a_database_that_is_away_breaks_what_is_open_and_takes_nothing_new():
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await proxy.pipe(reader, writer)

    async with listening(echo) as port:
        between = DatabaseProxy(Planned(), ("127.0.0.1", port), lambda link, fault: None)
        async with listening(between.serve) as address:
            reader, writer = await asyncio.open_connection("127.0.0.1", address)
            writer.write(b"query")
            assert await reader.readexactly(5) == b"query"
            with between.away():
                assert await reader.read() == b""
                assert await ask(address, b"query") == b""
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", address)
            writer.write(b"again")
            assert await reader.readexactly(5) == b"again"
            writer.close()


def frame(text: bytes) -> bytes:
    return bytes([proxy.TEXT_FRAME, len(text)]) + text


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        (Fate("", 0.5), [b"one", b"two", b"three", b"four"]),
        (Fate("doubled", 0.5), [b"one", b"one", b"two", b"two", b"three", b"three", b"four", b"four"]),
        (Fate("held", 0.5), [b"two", b"one", b"four", b"three"]),
    ],
)
async def test_news_of_the_server_come_as_planned(fate, told):
    head = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await proxy.read_request(reader)
        writer.write(head + b"".join(map(frame, [b"one", b"two", b"three", b"four"])))
        await writer.drain()

    async def note(*facts: object) -> None:
        return None

    async with listening(tell) as port:
        between = HttpProxy("browser", Planned(fate), lambda request: (1, "state"), lambda: port, note)
        async with listening(between.serve) as address:
            got = await ask(address, b"GET /ws/ HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")

    assert got == head + b"".join(map(frame, told))
