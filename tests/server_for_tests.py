"""A small ASGI application under the real launcher: `python -m tests.server_for_tests GRACE BODY_LIMIT [PORT]`.

`/slow` answers once a line has come in on the standard input, `/stuck` never lets go of its thread, `/echo` tells how
many bytes it got, `/broken` fails, `/big` answers 8 MB. A WebSocket is accepted and says nothing.
"""

import asyncio
import sys
import time
from typing import Any

from tutor.serve import serve

RELEASED = asyncio.Event()
BIG = b"x" * 8_000_000


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await listen(receive, send)
        return
    body = await PAGES[scope["path"]](receive)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def listen(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def hello(receive: Any) -> bytes:
    return b"hello"


async def slow(receive: Any) -> bytes:
    await RELEASED.wait()
    return b"answered"


async def stuck(receive: Any) -> bytes:
    await asyncio.to_thread(time.sleep, 60)
    return b"never"


async def echo(receive: Any) -> bytes:
    size = 0
    while True:
        message = await receive()
        size += len(message["body"])
        if not message["more_body"]:
            return b"%d" % size


async def broken(receive: Any) -> bytes:
    raise RuntimeError("broken on purpose")


async def big(receive: Any) -> bytes:
    return BIG


async def release_on_input() -> None:
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: (loop.remove_reader(sys.stdin), RELEASED.set()))


PAGES = {"/": hello, "/slow": slow, "/stuck": stuck, "/echo": echo, "/broken": broken, "/big": big}

if __name__ == "__main__":
    grace, body_limit, *port = sys.argv[1:]
    sys.exit(
        serve(
            application,
            port=int(port[0]) if port else 0,
            grace=float(grace),
            body_limit=int(body_limit),
            on_start=[release_on_input],
        )
    )
