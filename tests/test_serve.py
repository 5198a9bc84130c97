"""The launcher, as a process of its own: how it stops, what it refuses, what it says."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.rehearsal.caller import Caller
from tutor.rehearsal.app import Rehearsal

KIB = 1024
CLOSE_GOING_AWAY = b"\x88\x02\x03\xe9"


@dataclass
class Server:
    """A launcher process and the ways to talk with it."""

    process: asyncio.subprocess.Process
    port: int
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection, which lasts until the test is over unless it is closed before."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def ask(self, head: str, body: bytes = b"") -> "Answer":
        """Send one request on a connection of its own and return the answer."""
        reader, writer = await self.connect()
        await send(writer, head, body)
        return await read_answer(reader)

    async def refuses_connections(self) -> None:
        """Return once nobody listens on the port any more."""
        while True:
            try:
                _, writer = await self.connect()
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.01)

    def release(self) -> None:
        """Let the slow page answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")

    def memory(self) -> int:
        """Resident memory of the process in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def send(writer: asyncio.StreamWriter, head: str, body: bytes = b"") -> None:
    lines = [line.strip() for line in head.strip().splitlines()]
    lines.insert(1, "Host: localhost")
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    length = headers.get("content-length")
    body = await reader.readexactly(int(length)) if length else await reader.read()
    return Answer(int(first.split(" ")[1]), headers, body)


StartServer = Callable[..., Coroutine[Any, Any, Server]]


@asynccontextmanager
async def server_process(
    *arguments: object, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ | (environment or {})
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def running(*, grace: float = 10, body_limit: int = 100 * KIB, program: str = "") -> AsyncIterator[Server]:
    """The launcher with the application of server_for_tests, or as another program calls it."""
    arguments = ("-c", program) if program else ("-m", "tests.server_for_tests", grace, body_limit)
    async with server_process(*arguments) as process:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        server = Server(process, int(re.search(r"http://127\.0\.0\.1:(\d+)/", line)[1]))
        try:
            yield server
        finally:
            for writer in server.writers:
                writer.transport.abort()


async def in_flight(server: Server, path: str, count: int) -> list[asyncio.Task[Answer]]:
    """Start `count` requests and return their tasks once the server has them all."""
    connections = [await server.connect() for _ in range(count)]
    for _, writer in connections:
        await send(writer, f"GET {path} HTTP/1.1")
    # Answered after the requests before it have been read: one loop reads the sockets in turn.
    assert (await server.ask("GET / HTTP/1.1")).status == 200
    return [asyncio.ensure_future(read_answer(reader)) for reader, _ in connections]


async def test_sigterm_lets_ten_requests_in_flight_be_answered() -> None:
    async with running() as server:
        answers = await in_flight(server, "/slow", 10)

        server.process.send_signal(signal.SIGTERM)
        await server.refuses_connections()
        server.release()

        assert [(answer.status, answer.body) for answer in await asyncio.gather(*answers)] == [(200, b"answered")] * 10
        assert await server.process.wait() == 0


async def test_sigterm_lets_a_long_answer_be_sent_to_its_end() -> None:
    async with running() as server:
        reader, writer = await server.connect()
        await send(writer, "GET /big HTTP/1.1")
        await reader.readuntil(b"\r\n\r\n")

        server.process.send_signal(signal.SIGTERM)
        await server.refuses_connections()

        assert len(await reader.readexactly(8_000_000)) == 8_000_000
        assert await server.process.wait() == 0


async def test_draining_server_refuses_a_new_request_on_an_open_connection() -> None:
    async with running() as server:
        reader, writer = await server.connect()
        await send(writer, "GET / HTTP/1.1")
        assert (await read_answer(reader)).status == 200
        answers = await in_flight(server, "/slow", 1)

        server.process.send_signal(signal.SIGTERM)
        await server.refuses_connections()
        await send(writer, "GET /readyz HTTP/1.1")
        refusal = await read_answer(reader)
        server.release()

        assert (refusal.status, refusal.headers["retry-after"], refusal.headers["connection"]) == (503, "2", "close")
        assert refusal.json() == {
            "error": "restarting",
            "message": "The server is restarting. Please try again in a moment.",
        }
        assert [answer.headers["connection"] for answer in await asyncio.gather(*answers)] == ["close"]
        assert await server.process.wait() == 0


async def test_sigterm_ends_a_request_that_never_ends_after_the_grace() -> None:
    async with running(grace=0.5) as server:
        answers = await in_flight(server, "/stuck", 1)

        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)

        assert await server.process.wait() == 1
        assert time.monotonic() - started < 2.5
        with pytest.raises(asyncio.IncompleteReadError):
            await answers[0]


async def test_second_sigterm_ends_at_once() -> None:
    async with running() as server:
        answers = await in_flight(server, "/slow", 1)
        server.process.send_signal(signal.SIGTERM)
        await server.refuses_connections()

        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)

        assert await server.process.wait() == 1
        assert time.monotonic() - started < 1.5
        with pytest.raises(asyncio.IncompleteReadError):
            await answers[0]


@pytest.mark.parametrize("path", ["/slow", "/stuck"])
async def test_ctrl_c_ends_at_once_with_a_request_open(path: str) -> None:
    async with running() as server:
        answers = await in_flight(server, path, 1)

        started = time.monotonic()
        server.process.send_signal(signal.SIGINT)

        assert await server.process.wait() == 0
        assert time.monotonic() - started < 1.5
        with pytest.raises(asyncio.IncompleteReadError):
            await answers[0]


async def test_sigterm_is_not_held_up_by_idle_connections_and_half_a_request_is_waited_for() -> None:
    async with running(grace=1) as server:
        await server.connect()
        reader, half = await server.connect()
        await send(half, "POST /echo HTTP/1.1\nContent-Length: 4", b"ab")
        assert (await server.ask("GET / HTTP/1.1")).status == 200

        server.process.send_signal(signal.SIGTERM)
        await server.refuses_connections()
        half.write(b"cd")

        assert (await read_answer(reader)).body == b"4"
        assert await server.process.wait() == 0


async def test_half_a_request_at_the_end_of_the_grace_leaves_no_traceback() -> None:
    async with running(grace=0.2) as server:
        _, writer = await server.connect()
        await send(writer, "POST /echo HTTP/1.1\nContent-Length: 4", b"ab")
        assert (await server.ask("GET / HTTP/1.1")).status == 200

        server.process.send_signal(signal.SIGTERM)
        _, errors = await server.process.communicate()

        assert (server.process.returncode, errors.decode()) == (1, "Stopped while requests were still being answered\n")


async def test_sigterm_tells_websockets_to_go_away() -> None:
    async with running() as server:
        reader, writer = await server.connect()
        await send(
            writer,
            """GET /ws/ HTTP/1.1
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==""",
        )
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")

        server.process.send_signal(signal.SIGTERM)

        assert await reader.readexactly(4) == CLOSE_GOING_AWAY
        writer.write(b"\x88\x82\x00\x00\x00\x00\x03\xe9")  # the close frame back, with a mask of zeros
        assert await server.process.wait() == 0


BESIDE = """
import asyncio
from tests.server_for_tests import application
from tutor.serve import serve

async def beside():
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        print("over", flush=True)

exit(serve(application, port=0, beside=beside))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_what_runs_beside_the_requests_ends_as_the_server_begins_to_leave(number: signal.Signals) -> None:
    async with running(program=BESIDE) as server:
        assert (await server.ask("GET / HTTP/1.1")).status == 200

        server.process.send_signal(number)
        out, errors = await server.process.communicate()

        assert (server.process.returncode, out.decode(), errors.decode()) == (0, "over\n", "")


async def test_tending_survives_a_broken_database_and_holds_up_neither_answers_nor_the_end(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path / 'not-migrated.sqlite3'}", "TEND_EVERY": "1"}
    async with server_process("-m", "tutor.serve", "--port", 0, environment=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while not (found := re.search(rb"http://127\.0\.0\.1:(\d+)/", await process.stdout.readline())):
            pass
        server = Server(process, int(found[1]))
        failures = 0
        while failures < 2:
            failures += (await process.stderr.readline()).endswith(b"tending failed error=OperationalError\n")
        answer = await server.ask("GET /healthz HTTP/1.1")
        for writer in server.writers:
            writer.transport.abort()

        process.send_signal(signal.SIGTERM)

        assert answer.status == 200
        assert await process.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_open_rehearsal_call_is_hung_up_and_does_not_hold_the_process(number: signal.Signals) -> None:
    program = "from tutor.rehearsal import app; from tutor.serve import serve; exit(serve(app.application, port=0))"
    async with running(program=program) as server:
        caller = await call_over_the_network(server)
        hung_up = asyncio.Event()
        caller.channel.on("close", hung_up.set)

        started = time.monotonic()
        server.process.send_signal(number)

        await asyncio.wait_for(hung_up.wait(), 5)
        assert await server.process.wait() == 0
        assert time.monotonic() - started < 1.5
        await caller.close()


async def call_over_the_network(server: Server) -> Caller:
    """Call the rehearsal peer of another process."""
    caller = Caller(Rehearsal())
    await caller.http.aclose()
    caller.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v1", trust_env=False)
    return await caller.call()


async def test_body_at_the_limit_is_read() -> None:
    async with running() as server:
        answer = await server.ask("POST /echo HTTP/1.1\nContent-Length: 102400", b"x" * 102_400)

        assert (answer.status, answer.body) == (200, b"102400")


async def test_body_above_the_limit_is_refused_at_its_header() -> None:
    async with running() as server:
        answer = await server.ask("POST /echo HTTP/1.1\nContent-Length: 102401\nExpect: 100-continue")

        assert (answer.status, answer.headers["connection"]) == (413, "close")
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {
            "error": "body_too_large",
            "message": "That is too big: at most 100 KiB can be sent at once.",
        }


async def test_who_sent_a_form_is_told_so_on_a_page() -> None:
    async with running() as server:
        answer = await server.ask("POST /echo HTTP/1.1\nContent-Length: 102401\nAccept: text/html,*/*;q=0.8")

        assert (answer.status, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
        assert b"<h1>That is too big: at most 100 KiB can be sent at once.</h1>" in answer.body


async def test_300_mb_are_refused_and_leave_no_trace_in_memory() -> None:
    async with running() as server:
        assert (await server.ask("GET / HTTP/1.1")).status == 200
        before = server.memory()
        reader, writer = await server.connect()
        await send(writer, "POST /echo HTTP/1.1\nContent-Length: 300000000")

        started = time.monotonic()
        answer = await read_answer(reader)
        waited = time.monotonic() - started
        await flood(writer, b"x" * 1_000_000, times=300)

        assert answer.status == 413
        assert waited < 0.5
        assert server.memory() - before < 10 * KIB


async def test_endless_chunked_body_is_refused_and_cut_off() -> None:
    async with running() as server:
        assert (await server.ask("GET / HTTP/1.1")).status == 200
        before = server.memory()
        reader, writer = await server.connect()
        await send(writer, "POST /echo HTTP/1.1\nTransfer-Encoding: chunked")
        flooding = asyncio.ensure_future(flood(writer, b"10000\r\n" + b"x" * 0x10000 + b"\r\n", times=None))

        answer = await read_answer(reader)
        await flooding

        assert answer.status == 413
        assert server.memory() - before < 10 * KIB
        assert (await server.ask("GET / HTTP/1.1")).body == b"hello"


async def test_body_in_chunks_of_one_byte_is_counted_and_refused() -> None:
    async with running() as server:
        assert (await server.ask("GET / HTTP/1.1")).status == 200
        before = server.memory()
        reader, writer = await server.connect()
        await send(writer, "POST /echo HTTP/1.1\nTransfer-Encoding: chunked")
        flooding = asyncio.ensure_future(flood(writer, b"1\r\nx\r\n" * 1_000, times=None))

        answer = await read_answer(reader)
        await flooding

        print(f"memory of a body in chunks of one byte: +{server.memory() - before} KiB")
        assert (answer.status, answer.json()["error"]) == (413, "body_too_large")
        assert server.memory() - before < 10 * KIB


async def test_bodies_that_trickle_in_take_no_room_and_hold_nobody_up() -> None:
    async with running() as server:
        assert (await server.ask("GET / HTTP/1.1")).status == 200
        before = server.memory()
        slow = [await server.connect() for _ in range(100)]
        for _, writer in slow:
            await send(writer, "POST /echo HTTP/1.1\nContent-Length: 102400")
        for _byte in range(20):
            for _, writer in slow:
                writer.write(b"x")
                await writer.drain()
            # Whoever sends a whole request in the meantime is served.
            assert (await server.ask("POST /echo HTTP/1.1\nContent-Length: 4", b"four")).body == b"4"

        print(f"memory of 100 bodies that trickle in: +{server.memory() - before} KiB")
        assert server.memory() - before < 20 * KIB
        reader, writer = slow[0]
        writer.write(b"x" * (102_400 - 20))
        assert (await read_answer(reader)).body == b"102400"


async def test_body_that_never_comes_whole_is_let_go_with_its_connection() -> None:
    async with running() as server:
        for _ in range(100):
            _, writer = await server.connect()
            await send(writer, "POST /echo HTTP/1.1\nContent-Length: 102400", b"x" * 100_000)
            writer.transport.abort()

        print(f"memory after 100 bodies that broke off: {server.memory()} KiB at most")
        assert (await server.ask("GET / HTTP/1.1")).body == b"hello"


async def flood(writer: asyncio.StreamWriter, data: bytes, *, times: int | None) -> None:
    """Send the same bytes again and again, until the other side cuts the connection."""
    sent = 0
    try:
        while times is None or sent < times:
            writer.write(data)
            await writer.drain()
            sent += 1
    except ConnectionError:
        pass


async def test_failing_application_is_answered_with_our_error_shape() -> None:
    async with running() as server:
        answer = await server.ask("GET /broken HTTP/1.0")

        assert answer.status == 500
        assert answer.json() == {
            "error": "internal_server_error",
            "message": "Something went wrong on our side. Please try again.",
        }
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    "head",
    [
        "POST /echo HTTP/1.1\nContent-Length: 4\nContent-Length: 4",
        "POST /echo HTTP/1.1\nContent-Length: 4\nTransfer-Encoding: chunked",
        "POST /echo HTTP/1.1\nContent-Length: -1",
        "POST /echo HTTP/1.1\nContent-Length: four",
        "GET / HTTP/1.1\nX-Long: " + "x" * 70_000,
        "GET /" + "x" * 20_000 + " HTTP/1.1",
        "GET / HTTP/1.1\n" + "\n".join(f"X-{n}: 1" for n in range(1000)),
    ],
    ids=["two-lengths", "length-and-chunked", "negative", "no-number", "long-header", "long-url", "many-headers"],
)
async def test_malformed_request_is_dropped_and_the_server_lives(head: str) -> None:
    async with running() as server:
        reader, writer = await server.connect()
        await send(writer, head)

        assert await reader.read() in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"")
        assert (await server.ask("GET / HTTP/1.1")).body == b"hello"


async def test_port_taken_is_one_sentence_and_exit_status_1() -> None:
    async with running() as server, server_process("-m", "tests.server_for_tests", 1, 1, server.port) as second:
        _, errors = await second.communicate()

        assert second.returncode == 1
        assert errors.decode() == (
            f"Port {server.port} is already in use: stop the program that uses it, "
            f"or choose another with PORT={server.port + 1}.\n"
        )


async def test_launcher_lists_every_wrong_variable_and_no_secret() -> None:
    environment = os.environ | {
        "PORT": "eight thousand",
        "DEBUG": "perhaps",
        "DATABASE_URL": "postgres://viva:SENTINEL@127.0.0.1:port/viva",
        "OPENAI_API_KEY": "sk-SENTINEL with a space",
        "SECRET_KEY": "",
        # Models without a last day: a warning of it would come first.
        "REALTIME_MODEL": "gpt-realtime-2.1",
        "TRANSCRIPTION_MODEL": "gpt-transcribe",
    }
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tutor.serve", env=environment, stdout=pipe, stderr=pipe
    )

    _, errors = await process.communicate()

    lines = errors.decode().splitlines()
    assert process.returncode == 1
    assert lines[0] == "Viva cannot start:"
    assert "\n".join(lines).count("tutor.E010") == 3
    assert "\n".join(lines).count("tutor.E009") == 1
    assert [line for line in lines if "SENTINEL" in line or "Traceback" in line] == []
