"""The socket of a room, opened as a browser opens it."""

from channels.testing import WebsocketCommunicator

from config.asgi import application

OURS = "http://localhost:8000"


def socket(code, cookie: bytes = b"", origin: str | None = OURS) -> WebsocketCommunicator:
    headers = [(b"host", b"localhost:8000"), (b"cookie", cookie)]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return WebsocketCommunicator(application, f"/ws/attempts/{code}/", headers)
