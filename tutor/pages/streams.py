"""Answers that are sent while they are made, so that memory does not grow with them."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse


def download(request: HttpRequest, chunks: Iterator[bytes], *, name: str, media_type: str) -> StreamingHttpResponse:
    """Return a file that is made piece by piece while it is sent.

    Under ASGI Django would first collect what an ordinary iterator gives; so each piece is made in the thread of the
    request, and sent before the next one is made.
    """
    body = _one_by_one(chunks) if isinstance(request, ASGIRequest) else chunks
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(body, content_type=media_type, headers=headers)


async def _one_by_one(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Whoever breaks off ends it: the generator is closed where it stands."""

    def make_one() -> bytes | None:
        return next(chunks, None)

    try:
        while (piece := await sync_to_async(make_one)()) is not None:
            yield piece
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            await sync_to_async(close)()
