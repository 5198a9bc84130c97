"""A network of our own between browsers and a server, with pages and media alike, that can be cut."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Error, Route

CANDIDATE = re.compile(r"^(a=candidate:\S+ \d+ udp \d+ 127\.0\.0\.1) (\d+)", re.MULTILINE | re.IGNORECASE)
LOOPBACK = "127.0.0.1"

Address = tuple[str, int]


class Network:
    """Carries bytes between browsers and one server for as long as it is whole.

    A cut network swallows what it is given, as a radio does that is out of reach: nobody is told. Media finds its way
    through it because the address in each SDP answer is replaced by one of the network's own.
    """

    def __init__(self) -> None:
        self.url = ""
        self._whole = asyncio.Event()
        self._whole.set()
        self._pages: set[asyncio.StreamWriter] = set()
        self._media: list[asyncio.DatagramTransport] = []

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    async def join(self, context: BrowserContext) -> None:
        """Lead the media of a browser's calls through this network."""
        await context.route("**/connections/", self._redirect)

    def close(self) -> None:
        self.mend()
        for writer in self._pages:
            writer.transport.abort()
        for transport in self._media:
            transport.close()

    # --- Pages: TCP ----------------------------------------------------------------------------------------------

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Address) -> None:
        """Join one connection of a browser to the server, until either side ends it."""
        self._pages.add(writer)
        await self._whole.wait()
        try:
            there, back = await asyncio.open_connection(*server)
        except OSError:
            # Nobody listens there just now: a reset, as from the machine itself.
            writer.transport.abort()
            return
        self._pages.add(back)
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                await self._whole.wait()
                sink.write(data)
                await sink.drain()
            await self._whole.wait()
        sink.close()
        self._pages.discard(sink)

    # --- Media: UDP ----------------------------------------------------------------------------------------------

    async def _redirect(self, route: Route) -> None:
        # The page may have given up in the meantime, or the server may be away: then there is nothing to redirect.
        try:
            answer = await route.fetch()
            sdp = await answer.text()
            for port in {match[1] for match in CANDIDATE.findall(sdp)}:
                ours = await self._relay((LOOPBACK, int(port)))
                sdp = re.sub(rf"(127\.0\.0\.1) {port}\b", rf"\1 {ours}", sdp)
            await route.fulfill(response=answer, body=sdp)
        except Error:
            with suppress(Error):
                await route.abort()

    async def _relay(self, peer: Address) -> int:
        """Open a port whose packets go to a peer, and its answers back; return its number."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Front(self, peer), local_addr=(LOOPBACK, 0))
        self._media.append(transport)
        return int(transport.get_extra_info("sockname")[1])

    @property
    def is_whole(self) -> bool:
        return self._whole.is_set()

    async def back_door(self, front: asyncio.DatagramTransport, browser: Address, peer: Address) -> "_Back":
        """A socket towards the peer that stands for one address of the browser."""
        loop = asyncio.get_running_loop()
        transport, back = await loop.create_datagram_endpoint(lambda: _Back(self, front, browser), remote_addr=peer)
        self._media.append(transport)
        return back


class _Front(asyncio.DatagramProtocol):
    """Faces the browser, which may send from several addresses: each gets a socket of its own on the other side."""

    def __init__(self, network: Network, peer: Address) -> None:
        self._network = network
        self._peer = peer
        self._backs: dict[Address, asyncio.Task[_Back]] = {}

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:  # type: ignore[override]
        if not self._network.is_whole:
            return
        if addr not in self._backs:
            self._backs[addr] = asyncio.create_task(self._network.back_door(self._transport, addr, self._peer))
        back = self._backs[addr]
        # What comes before the door is open is lost, as packets may be.
        if back.done():
            back.result().send(data)


class _Back(asyncio.DatagramProtocol):
    """Faces the peer."""

    def __init__(self, network: Network, front: asyncio.DatagramTransport, browser: Address) -> None:
        self._network = network
        self._front = front
        self._browser = browser

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def send(self, data: bytes) -> None:
        self._transport.sendto(data)

    def datagram_received(self, data: bytes, addr: Address) -> None:  # type: ignore[override]
        if self._network.is_whole:
            self._front.sendto(data, self._browser)

    def error_received(self, exc: OSError) -> None:
        """The peer has gone: nobody tells the browser."""


@asynccontextmanager
async def network_to(url: str) -> AsyncIterator[Network]:
    """A whole network whose `url` leads to a server."""
    network = Network()
    there = urlsplit(url)
    server: Address = (there.hostname or LOOPBACK, there.port or 80)
    listener = await asyncio.start_server(lambda r, w: network.carry(r, w, server), LOOPBACK, 0)
    network.url = f"http://{LOOPBACK}:{listener.sockets[0].getsockname()[1]}"
    try:
        yield network
    finally:
        listener.close()
        network.close()
