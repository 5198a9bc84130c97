"""The least that a voice can do over aiortc: what is said comes back, from a page of its own.

`GET /` is an empty page, `POST /` takes an offer and answers it. It serves a free port, says which, and ends when the
standard input does.
"""

import asyncio
import sys

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

_calls: set[RTCPeerConnection] = set()


async def answer(offer: str) -> str:
    """Take a call whose sound goes back as it comes."""
    call = RTCPeerConnection()
    _calls.add(call)

    @call.on("track")
    def send_back(track: MediaStreamTrack) -> None:
        call.addTrack(track)

    await call.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    await call.setLocalDescription(await call.createAnswer())
    return call.localDescription.sdp


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
    offer = (await reader.readexactly(length)).decode()
    body = (await answer(offer) if offer else "<!doctype html><title>Echo</title>").encode()
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/html", f"Content-Length: {len(body)}", "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    await writer.drain()
    writer.close()


async def main() -> None:
    """Serve until nobody wants it any more."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)
        await asyncio.gather(*(call.close() for call in _calls))


if __name__ == "__main__":
    asyncio.run(main())
