"""The second line of a call: a WebSocket that hears its server events and may send it client events (section 12)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

# Events that may wait for a listener who reads too slowly; after these it is sent away.
MOST_WAITING = 2_000
# RFC 6455, section 7.4.1.
NORMAL, GOING_AWAY, POLICY = 1000, 1001, 1008


class Joinable(Protocol):
    """What a listener needs of a call."""

    def join(self, listener: "Listener") -> None:
        """Let a listener hear every server event from now on, the session's config first."""

    def leave(self, listener: "Listener") -> None:
        """Forget a listener."""

    def obey(self, message: str | bytes) -> None:
        """Do what a client event says, as if it had come from the browser."""


class Listener:
    """One listener of one call."""

    def __init__(self) -> None:
        # Messages, then the code with which the socket is closed; None where the other side has gone.
        self._news: asyncio.Queue[str | int | None] = asyncio.Queue()

    def tell(self, message: str) -> None:
        """Queue a server event."""
        if self._news.qsize() < MOST_WAITING:
            self._news.put_nowait(message)
        else:
            self.end(POLICY)

    def end(self, code: int = NORMAL) -> None:
        """Close the socket once everything before has been sent."""
        self._news.put_nowait(code)

    async def serve(
        self,
        call: Joinable,
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Speak for the call over an ASGI WebSocket, until either of them ends."""
        await send({"type": "websocket.accept"})
        call.join(self)
        reading = asyncio.create_task(self._read(call, receive))
        try:
            while isinstance(news := await self._news.get(), str):
                await send({"type": "websocket.send", "text": news})
            if news is not None:
                await send({"type": "websocket.close", "code": news})
        finally:
            call.leave(self)
            reading.cancel()

    async def _read(self, call: Joinable, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            call.obey(message.get("bytes", b"") if text is None else text)
        self._news.put_nowait(None)
