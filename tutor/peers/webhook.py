"""Asking a server that the operator approved: one signed POST, one bounded JSON answer."""

import asyncio
import hashlib
import hmac
import json
import logging
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from tutor.plan.phrase import Phrase, gettext_noop
from tutor.plan.text import is_json
from tutor.webhook_hosts import is_allowed_address, url_fault

log = logging.getLogger(__name__)

# Seconds for everything, the name's resolution included: the learner is waiting for the tutor's next words.
PATIENCE = 5.0
MAX_ANSWER = 64 * 1024
# Bytes of the answer as the model gets it. It goes over the data channel as JSON inside JSON, which may hold 64 KiB
# in all (protocol reference section 8.2).
MAX_OUTPUT = 24 * 1024


class WebhookError(Exception):
    """No usable answer came. `reason` says why, for the log and, as a Phrase, for a teacher who tries the tool."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


async def ask(url: str, payload: dict[str, Any]) -> dict[str, Any]:
    """POST the payload to the URL and return the JSON object it answers. Raises WebhookError.

    The same question may come twice, when a browser repeats a request: its `call_id` is then the same.

    1. The URL must be one that may be asked.
    2. Its name is resolved once, and every address it has must be allowed.
    3. The connection goes to the first of these very addresses, so that no second look at the name can mislead it.
    """
    # 1
    fault = url_fault(url)
    if fault:
        raise WebhookError(fault)
    try:
        async with asyncio.timeout(PATIENCE):
            return _read(await _post(url, json.dumps(payload, ensure_ascii=False).encode()))
    except (TimeoutError, httpx.TimeoutException) as error:
        raise WebhookError(Phrase(gettext_noop("it took too long"))) from error
    except (OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL) as error:
        reason = Phrase(gettext_noop("it could not be reached (%(error)s)"), error=type(error).__name__)
        raise WebhookError(reason) from error


async def _post(url: str, body: bytes) -> bytes:
    parts = urlsplit(url)
    hostname = str(parts.hostname)
    # 2
    address = await _address(hostname, parts.port or (443 if parts.scheme == "https" else 80))
    # 3
    target = httpx.URL(url).copy_with(host=address)
    headers = {"Host": parts.netloc, **signed(body, at=int(time.time()))}
    async with (
        httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False) as client,
        # The certificate must be the name's, not the address's.
        client.stream("POST", target, content=body, headers=headers, extensions={"sni_hostname": hostname}) as response,
    ):
        if response.status_code != 200:
            raise WebhookError(Phrase(gettext_noop("it answered %(status)s"), status=response.status_code))
        return await _bounded(response)


async def _address(hostname: str, port: int) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_allowed_address(address, hostname=hostname) for address in addresses):
        raise WebhookError(Phrase(gettext_noop("it is not on the public internet")))
    return addresses[0]


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    # Raw: what is packed could unpack to any size, and we ask for nothing packed.
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER:
            reason = Phrase(gettext_noop("its answer is larger than %(limit)s bytes"), limit=str(MAX_ANSWER))
            raise WebhookError(reason)
    return bytes(body)


def signed(body: bytes, *, at: int) -> dict[str, str]:
    """Return the headers of a request: when it was made (seconds since 1970), and the proof that we made it.

    The signature is the HMAC-SHA256 with WEBHOOK_SECRET of the timestamp, a full stop and the body.
    """
    proof = hmac.new(settings.WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "X-Viva-Timestamp": str(at),
        "X-Viva-Signature": f"sha256={proof.hexdigest()}",
    }


def _read(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookError(Phrase(gettext_noop("its answer is not JSON"))) from error
    if not isinstance(answer, dict) or not is_json(answer):
        raise WebhookError(Phrase(gettext_noop("its answer is not a JSON object")))
    if len(json.dumps(json.dumps(answer, ensure_ascii=False), ensure_ascii=False).encode()) > MAX_OUTPUT:
        template = gettext_noop("its answer is too long for the tutor, who takes %(limit)s bytes")
        raise WebhookError(Phrase(template, limit=str(MAX_OUTPUT)))
    return answer
