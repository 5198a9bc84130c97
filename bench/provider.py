"""A provider that answers every call after a set time: what is measured on top of it is ours.

`python -m bench.provider 50` takes 50 ms for each.
"""

import asyncio
import itertools
import sys

ANSWER = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
_numbers = itertools.count(1)


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, delay: float) -> None:
    """Answer the requests of one connection, one after the other, each `delay` seconds after its last byte."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            await asyncio.sleep(delay)
            writer.write(_reply())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionResetError):
        writer.close()


def _reply() -> bytes:
    lines = (
        "HTTP/1.1 201 Created",
        "Content-Type: application/sdp",
        f"Location: /v1/realtime/calls/rtc_{next(_numbers)}",
        f"Content-Length: {len(ANSWER)}",
    )
    return "\r\n".join([*lines, "", ""]).encode() + ANSWER


async def main(delay: float) -> None:
    """Serve on a free port, say which, and end when the standard input does."""
    server = await asyncio.start_server(lambda r, w: handle(r, w, delay=delay), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) / 1000))
