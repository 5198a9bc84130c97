"""The launcher, `python -m tutor.serve`: Daphne, and what Daphne lacks to be stopped and loaded without harm.

SIGTERM drains: no new connections, WebSockets are told to go, requests in flight are answered, rehearsal calls are
hung up, then the process ends. Ctrl-C, or a second SIGTERM, ends it at once. A body above the limit is answered 413
before it is read into memory. Beside the requests the server tends the calls (`tutor.services.tending`).
"""

import argparse
import asyncio
import errno
import html
import importlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from types import FrameType
from typing import Any

import daphne.server  # installs the asyncio reactor, so it comes before everything of Twisted
import django
from channels.routing import get_default_application
from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from twisted.internet import reactor as twisted_reactor
from twisted.internet.defer import Deferred
from twisted.logger import STDLibLogObserver, globalLogPublisher
from twisted.python.failure import Failure

logger = logging.getLogger("tutor.serve")
reactor: Any = twisted_reactor  # Twisted types it as a module

# Seconds a drain waits for requests in flight; supervisors commonly kill after 30.
GRACE = 15.0
# Seconds from the end of the grace, or from Ctrl-C, until a process that still hangs is ended the hard way.
LAST_RESORT = 0.8
# Seconds for what runs beside the requests to come to its end, once it was told to.
FAREWELL = 0.4
# Seconds in which what a refused client still sends is thrown away. A connection closed under a sender is reset, and
# the answer in it lost.
LINGER = 2.0
# WebSocket close code "going away" (RFC 6455 section 7.4.1): the page connects again.
GOING_AWAY = 1001
REHEARSAL_MODULE = "tutor.rehearsal.app"
TENDING_MODULE = "tutor.services.tending"
SIDEBAND_MODULE = "tutor.services.sideband"
PULSES_MODULE = "tutor.services.pulses"

Application = Callable[..., Awaitable[None]]
OnStart = Callable[[], Awaitable[None]]

# What the middleware gives every answer of Django, for the few that never reach Django.
REFUSAL_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class GuardedRequest(WebRequest):  # type: ignore[misc]  # Daphne is untyped
    """A request that is refused as soon as its headers, or the bytes read so far, show that it cannot be served."""

    refused = False
    bytes_read = 0

    def __init__(self, channel: Any, queued: object) -> None:
        # Twisted would parse forms as well, into a second copy that nobody reads.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:
        """The headers are complete: `length` is the announced size of the body in bytes, None when it is chunked."""
        super().gotLength(0 if length is None or length > self.server.body_limit else length)
        if self.server.draining:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "2"}, RESTARTING)
        elif length is not None and length > self.server.body_limit:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {}, self._too_large())

    def handleContentChunk(self, data: bytes) -> None:
        if self.refused:
            return
        self.bytes_read += len(data)
        if self.bytes_read > self.server.body_limit:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {}, self._too_large())
        else:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self.refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def handle_reply(self, message: Mapping[str, Any]) -> None:
        """A kept connection ends with the answer it is waiting for, once the server is draining."""
        if self.server.draining and self.channel is not None and not self._response_started:
            self.channel.persistent = False
            self.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        super().handle_reply(message)

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Daphne's own error page, in the shape of our other errors."""
        code = status_text.decode("ascii").lower().replace(" ", "_")
        message = body if status < 500 else "Something went wrong on our side. Please try again."
        headers = [(name.lower().encode(), value.encode()) for name, value in REFUSAL_HEADERS.items()]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": error_body((code, message))})

    def _too_large(self) -> tuple[str, str]:
        return "body_too_large", f"That is too big: at most {self.server.body_limit // 1024} KiB can be sent at once."

    def _refuse(self, status: HTTPStatus, extra: Mapping[str, str], error: tuple[str, str]) -> None:
        """Answer at once, whatever is still to come, and let nothing of it be kept.

        The answer is written past Twisted's own machinery, which believes that a request is read to its end first.
        Our side of the connection is closed, and what still arrives is dropped until the client has hung up.
        """
        self.refused = True
        self.requestHeaders.removeHeader(b"Expect")  # or Twisted would ask for the body after all
        is_page = any(b"text/html" in value for value in self.requestHeaders.getRawHeaders(b"accept", ()))
        body = error_page(error) if is_page else error_body(error)
        kind = {"Content-Type": "text/html; charset=utf-8"} if is_page else {}
        headers = {**REFUSAL_HEADERS, **kind, **extra, "Content-Length": str(len(body)), "Connection": "close"}
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        transport = self.channel.transport
        transport.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)
        transport.loseWriteConnection()
        reactor.callLater(LINGER, transport.abortConnection)


# Like all refusals here it is in English: it is given before Django has a request, and so before anybody knows what
# language the reader wants.
RESTARTING = ("restarting", "The server is restarting. Please try again in a moment.")


def error_body(error: tuple[str, str]) -> bytes:
    """Return the JSON of an error given as (code, one sentence)."""
    code, message = error
    return json.dumps({"error": code, "message": message}).encode()


def error_page(error: tuple[str, str]) -> bytes:
    """Return the same for people, who have a form to go back to: browsers keep what was written in it."""
    _code, message = error
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Viva</title><h1>{html.escape(message)}</h1>"
        "<p>Go back with your browser: what you wrote is still there.</p>"
    ).encode()


class GuardedFactory(HTTPFactory):  # type: ignore[misc]  # Daphne is untyped
    """Makes connections whose requests are guarded."""

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = GuardedRequest
        return protocol


class Server(daphne.server.Server):  # type: ignore[misc]  # Daphne is untyped
    """Daphne with an orderly end.

    `exit_status` is 0 when everything in flight was answered or a person asked for the end, 1 when something was cut
    off or the server could not listen.
    """

    def __init__(
        self,
        application: Application,
        *,
        host: str,
        port: int,
        grace: float,
        body_limit: int,
        on_start: Sequence[OnStart],
        beside: OnStart | None,
    ) -> None:
        super().__init__(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            signal_handlers=False,
            server_name="",
            ready_callable=self._announce,
        )
        self.host, self.port = host, port
        self.grace, self.body_limit = grace, body_limit
        self.on_start = on_start
        self.beside = beside
        self.draining = False
        self.exit_status = 0
        self._by_hand = False
        self._deadline = 0.0  # of a drain, on the monotonic clock
        self._ports: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._beside: asyncio.Task[None] | None = None

    def serve(self) -> int:
        """Run until a signal ends it; return the exit status."""
        # Daphne sends what Twisted logs to nowhere, or swallows the standard output with it.
        globalLogPublisher.addObserver(STDLibLogObserver("daphne.twisted"))  # type: ignore[arg-type]
        # Daphne has no setting for its request class.
        daphne.server.HTTPFactory = GuardedFactory
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self.run()
        return self.exit_status

    # --- The beginning -------------------------------------------------------

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def listen_error(self, failure: Failure) -> None:
        say(listen_problem(failure.value, self.host, self.port), to=sys.stderr)
        self.exit_status = 1
        self.stop()

    def _announce(self) -> None:
        for host, port in self.listening_addresses:
            shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104 # compared, not bound
            say(f"Viva is at http://{f'[{shown}]' if ':' in shown else shown}:{port}/ (Ctrl-C ends it)")
        for work in self.on_start:
            reactor.callWhenRunning(self._spawn, work)
        if self.beside is not None:
            reactor.callWhenRunning(self._begin, self.beside)

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        self._beside = self._spawn(work)

    def _spawn(self, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Run `work` beside the requests; a failure of it is logged and ends nothing."""

        async def guarded() -> None:
            try:
                await work()
            except Exception:
                logger.exception("A task of the server failed")

        task = asyncio.ensure_future(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- The end -------------------------------------------------------------

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """The first SIGTERM drains; Ctrl-C, and any further signal, ends at once."""
        grace = self.grace if number == signal.SIGTERM and not self.draining else 0.0
        self._by_hand = number == signal.SIGINT
        self._deadline = time.monotonic() + grace
        end_by_force(after=grace + LAST_RESORT, status=0 if self._by_hand else 1)
        if not self.draining:
            self.draining = True
            reactor.callFromThread(self._spawn, self._leave)

    async def _leave(self) -> None:
        """End the server.

        1. Stop listening, and what runs beside the requests.
        2. Until the deadline wait for what is in flight, closing WebSockets meanwhile.
        3. Hang up the rehearsal calls, stop listening to all others, and wait a little for what ran beside.
        4. Stop the reactor, which cancels what is left.
        """
        try:
            for port in self._ports:
                port.stopListening()
            if self._beside is not None:
                self._beside.cancel()
            await self._drain()
            await end_rehearsal_calls()
            await end_listening()
            if self._beside is not None:
                await asyncio.wait([self._beside], timeout=FAREWELL)
        finally:
            self.stop()

    async def _drain(self) -> None:
        while self._is_busy() and time.monotonic() < self._deadline:
            self._close_websockets()
            await asyncio.sleep(0.02)
        if self._is_busy() and not self._by_hand:
            logger.warning("Stopped while requests were still being answered")
            self.exit_status = 1

    def _is_busy(self) -> bool:
        """Whether a connection is still served, or bytes of an answer still wait to be sent."""
        return any(is_served(details) for details in self.connections.values()) or bool(reactor.getWriters())

    def _close_websockets(self) -> None:
        for protocol in list(self.connections):
            if isinstance(protocol, WebSocketProtocol) and protocol.state == protocol.STATE_OPEN:
                protocol.sendCloseFrame(code=GOING_AWAY)  # Daphne's serverClose() refuses this code

    def kill_all_applications(self) -> Deferred[Any]:
        """Cancel what still runs. Daphne's own stumbles over a request whose body has not arrived yet."""
        running = [details["application_instance"] for details in self.connections.values() if is_running(details)]
        for task in running:
            task.cancel()
        return Deferred.fromFuture(asyncio.gather(*running, return_exceptions=True))


def end_by_force(*, after: float, status: int) -> None:
    """End the process in `after` seconds if it is still there: a thread that never returns would keep it for ever."""
    timer = threading.Timer(after, os._exit, [status])
    timer.daemon = True
    timer.start()


def is_running(details: Mapping[str, Any]) -> bool:
    """Whether Daphne's record of a connection has an application that has not finished."""
    return "application_instance" in details and not details["application_instance"].done()


def is_served(details: Mapping[str, Any]) -> bool:
    """Whether Daphne's record of a connection is of one that still waits for something."""
    return "disconnected" not in details or is_running(details)


async def end_rehearsal_calls() -> None:
    """Hang up: the decoder thread of an open call would keep the process alive for ever."""
    module = sys.modules.get(REHEARSAL_MODULE)
    if module is not None:
        await module.close_all()


async def end_listening() -> None:
    """Store what was heard last, and leave the calls that go on to another process."""
    module = sys.modules.get(SIDEBAND_MODULE)
    if module is not None:
        await module.end_all()


async def listen_to_calls() -> None:
    """Look for calls that nobody listens to, for as long as the server runs."""
    await importlib.import_module(SIDEBAND_MODULE).watch()


async def warm_up_rehearsal() -> None:
    """Start the rehearsal voice now, so that the first learner does not wait for it."""
    await importlib.import_module(REHEARSAL_MODULE).startup()


async def tend_calls() -> None:
    """End calls whose browser has gone, and hang up what is over, every TEND_EVERY seconds."""
    await importlib.import_module(TENDING_MODULE).tend_for_ever(settings.TEND_EVERY, here=True)


async def give_signs() -> None:
    """Say every few seconds that this process is there, for the operator's page."""
    pulses = importlib.import_module(PULSES_MODULE)
    await pulses.beat(pulses.Pulse.Role.SERVER)


async def work_beside() -> None:
    """Do what a server does beside answering requests."""
    async with asyncio.TaskGroup() as group:
        group.create_task(give_signs())
        if settings.TEND_EVERY:
            group.create_task(tend_calls())


def listen_problem(error: BaseException | None, host: str, port: int) -> str:
    """Return one sentence saying why the server cannot listen and what to do."""
    cause = getattr(error, "socketError", error)
    if getattr(cause, "errno", None) == errno.EADDRINUSE:
        return f"Port {port} is already in use: stop the program that uses it, or choose another with PORT={port + 1}."
    reason = (getattr(cause, "strerror", None) or str(cause)).rstrip(".")
    return f"Viva cannot listen on {host}, port {port}: {reason}."


def serve(
    application: Application,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    grace: float = GRACE,
    body_limit: int = 1024 * 1024,
    on_start: Sequence[OnStart] = (),
    beside: OnStart | None = None,
) -> int:
    """Serve an ASGI application until a signal ends it; return the exit status.

    `port` 0 takes any free one. `grace` is in seconds, `body_limit` in bytes. Each of `on_start` runs once, beside
    the first requests; `beside` runs until the server begins to leave, and is cancelled then.
    """
    server = Server(
        application, host=host, port=port, grace=grace, body_limit=body_limit, on_start=on_start, beside=beside
    )
    return server.serve()


def say(sentence: str, *, to: Any = None) -> None:
    """Print a sentence for the person at the terminal, at once even when the output is a file."""
    print(sentence, file=to, flush=True)


def setup_problems() -> list[str]:
    """Load Django and return what keeps it from running, one sentence each; print mere warnings."""
    try:
        django.setup()
        messages = checks.run_checks()
    except ImproperlyConfigured as error:
        return [str(error)]
    errors = [message for message in messages if message.is_serious()]
    for message in messages:
        if message not in errors and not message.is_silenced():
            say(str(message), to=sys.stderr)
    return [str(error) for error in errors if not error.is_silenced()]


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tutor.serve", description="Serve Viva.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, help="port to listen on (default: PORT from the environment, or 8000)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    problems = setup_problems()
    if problems:
        say("\n".join(["Viva cannot start:", *problems]), to=sys.stderr)
        return 1
    rehearsal = settings.REHEARSAL and not settings.REALTIME_BASE_URL
    listens = settings.SIDEBAND == "server"
    if rehearsal:
        say("No OPENAI_API_KEY is set: lessons are spoken with the offline rehearsal voice.")
    return serve(
        get_default_application(),
        host=options.host,
        port=settings.PORT if options.port is None else options.port,
        body_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        on_start=[*([warm_up_rehearsal] if rehearsal else []), *([listen_to_calls] if listens else [])],
        beside=work_beside,
    )


if __name__ == "__main__":
    sys.exit(main())
