"""Reaching out to servers that are not ours: to public addresses, without redirects, and never for more than asked."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx

# Whether a host may be connected to at an address: `is_allowed(address, hostname=…)`.
IsAllowed = Callable[..., bool]


class NotAllowedError(Exception):
    """The host leads to an address that nothing may be sent to."""


class TooLargeError(Exception):
    """The answer goes on and on."""


@asynccontextmanager
async def asked(
    method: str, url: str, *, content: bytes, headers: Mapping[str, str], patience: float, is_allowed: IsAllowed
) -> AsyncIterator[httpx.Response]:
    """Send one request and give the head of its answer; what follows is read with `bounded`.

    1. The name is resolved once, and every address it has must be allowed.
    2. The connection goes to the first of these very addresses, so that no second look at the name can mislead it.
    """
    parts = urlsplit(url)
    hostname = str(parts.hostname)
    # 1
    address = await _address(hostname, parts.port or (443 if parts.scheme == "https" else 80), is_allowed)
    # 2
    target = httpx.URL(url).copy_with(host=address)
    async with (
        httpx.AsyncClient(timeout=patience, follow_redirects=False, trust_env=False) as client,
        client.stream(
            method,
            target,
            content=content,
            # What is packed could unpack to any size.
            headers={"Host": parts.netloc, "Accept-Encoding": "identity", **headers},
            # The certificate must be the name's, not the address's.
            extensions={"sni_hostname": hostname},
        ) as response,
    ):
        yield response


async def _address(hostname: str, port: int, is_allowed: IsAllowed) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_allowed(address, hostname=hostname) for address in addresses):
        raise NotAllowedError
    return addresses[0]


async def bounded(response: httpx.Response, limit: int) -> bytes:
    """Read an answer of at most so many bytes. Raises TooLargeError."""
    body = bytearray()
    # Raw: whoever packs although nobody asked for it is not unpacked.
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)
