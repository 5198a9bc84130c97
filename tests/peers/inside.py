"""A peer inside this process, in the place of the rehearsal's: it notes what it is asked, and makes every call."""

from typing import Any

PATH = "tests.peers.inside.application"
# Pairs of (path, what the headers say of a key) of every request, oldest first.
asked: list[tuple[str, bytes | None]] = []


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer a call with an SDP, and a hang-up with nothing."""
    asked.append((scope["path"], dict(scope["headers"]).get(b"authorization")))
    is_call = scope["path"].endswith("/calls")
    location = [(b"location", f"/v1/realtime/calls/rtc_inside{len(asked)}".encode())] if is_call else []
    await send({"type": "http.response.start", "status": 201 if is_call else 200, "headers": location})
    await send({"type": "http.response.body", "body": b"v=0\r\n" if is_call else b""})
