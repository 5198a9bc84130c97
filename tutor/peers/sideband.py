"""The second line to a call: a WebSocket on which our server hears what the browser hears.

Protocol reference, section 12. We only listen: what is said there also reaches the browser, and could confuse it.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils.module_loading import import_string
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tutor.peers import client

log = logging.getLogger(__name__)

# Bytes: far more than any event has. A longer one ends the line before it is read.
MAX_MESSAGE = 1024 * 1024
# Further tries to get in, at first and whenever the line was lost.
TRIES = 3
# Seconds: of the first pause between two tries, which doubles each time; and how long a line must have lived for the
# next loss to be a new one.
PAUSE = 0.5
STEADY = 30.0
# Seconds: to get in, and between two pings; a line that answers none is lost.
OPEN_WITHIN = 10.0
PING_EVERY = 10.0
# RFC 6455, section 7.4.1: what was wanted has been done.
NORMAL = 1000
# Refusals that no second try cures.
FORBIDDEN = frozenset({401, 403})


class SidebandError(Exception):
    """Nobody can listen to a call, or not any more. `code` says why: refused, not_found, failed, unreachable, lost."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Opened:
    """We are in. `again`: not for the first time, so something may have been missed."""

    again: bool


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


class _Lost(Exception):
    pass


Line = AsyncGenerator[Opened | str | bytes, None]


async def listen(call_id: str, *, rehearsal: bool = False) -> Line:
    """Yield the messages of a call as they come, `Opened` before the first, until the call has ended.

    Whatever a message holds is passed on. `rehearsal` as for `client.create_call`, by which the call was made. Raises
    SidebandError.

    1. Open the line; pass on what comes.
    2. A line that the provider closes as done, or that it does not know any more, is the end of the call.
    3. Any other loss is tried again, after a growing pause, at most three times.
    """
    make = _line_inside if client.is_inside(rehearsal=rehearsal) else _line
    was_in, failures = False, 0
    now = asyncio.get_running_loop().time
    while True:
        steady_at = float("inf")
        try:
            # 1
            async with aclosing(make(call_id)) as line:
                async for message in line:
                    if not isinstance(message, Opened):
                        yield message
                        continue
                    yield Opened(again=was_in)
                    was_in, steady_at = True, now() + (STEADY if was_in else 0)
            # 2
            return
        except _Refused as refused:
            if refused.status == 404 and was_in:
                return
            if refused.status in FORBIDDEN:
                raise SidebandError("refused") from refused
            problem = "not_found" if refused.status == 404 else "failed"
        except (OSError, TimeoutError, WebSocketException):
            problem = "unreachable"
        except _Lost:
            problem = "lost"
        # 3
        failures = 0 if now() >= steady_at else failures
        if failures == TRIES:
            raise SidebandError(problem)
        await asyncio.sleep(PAUSE * 2**failures * random.uniform(0.5, 1.0))  # noqa: S311 # no secret
        failures += 1


class _Connect(connect):
    """Follows no redirect: the key is for the provider alone (`client` does not follow any either)."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def _line(call_id: str) -> Line:
    """One connection to the provider."""
    # http and https have the same letters in front as ws and wss have.
    url = "ws" + settings.REALTIME_BASE_URL.removeprefix("http") + "/realtime?" + urlencode({"call_id": call_id})
    try:
        socket = await _Connect(
            url,
            additional_headers=client.key_headers(),
            compression=None,
            max_size=MAX_MESSAGE,
            open_timeout=OPEN_WITHIN,
            ping_interval=PING_EVERY,
            ping_timeout=PING_EVERY,
            close_timeout=1,
            proxy=None,
        )
    except InvalidStatus as refusal:
        raise _Refused(refusal.response.status_code) from refusal
    async with socket:
        yield Opened(again=False)
        # Not by `async for`, which decodes: a text that is no UTF-8 would end the line.
        while True:
            try:
                message = await socket.recv(decode=False)
            except ConnectionClosed:
                break
            yield message
    _judge(socket.close_code)


async def _line_inside(call_id: str) -> Line:
    """One connection to the rehearsal peer in this process: the application is called as `httpx.ASGITransport` does."""
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said.put_nowait({"type": "websocket.connect"})
    serving = asyncio.create_task(import_string(settings.REHEARSAL_APP)(_scope(call_id), said.get, heard.put))
    serving.add_done_callback(lambda _task: heard.put_nowait({"type": "websocket.close", "code": None}))
    try:
        while True:
            match await heard.get():
                case {"type": "websocket.accept"}:
                    yield Opened(again=False)
                case {"type": "websocket.send", "text": str(text)}:
                    yield text
                case {"type": "websocket.http.response.start", "status": status}:
                    raise _Refused(status)
                case {"type": "websocket.close", "code": code}:
                    _judge(code)
                    return
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        if not serving.cancelled() and serving.exception():
            log.error("a line inside this process failed", exc_info=serving.exception())


def _scope(call_id: str) -> dict[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/v1/realtime",
        "root_path": "",
        "query_string": urlencode({"call_id": call_id}).encode(),
        "headers": [(b"host", b"rehearsal")],
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }


def _judge(code: int | None) -> None:
    """Raise _Lost unless the line was closed because the call is over."""
    if code != NORMAL:
        raise _Lost
