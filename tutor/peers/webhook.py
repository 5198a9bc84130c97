"""Asking a server that the operator approved: one signed POST, one bounded JSON answer."""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from tutor import tracing
from tutor.peers import outside
from tutor.plan.phrase import Phrase, gettext_noop
from tutor.plan.text import is_json
from tutor.webhook_hosts import is_allowed_address, url_fault

log = logging.getLogger(__name__)

# Seconds for everything, the name's resolution included: the learner is waiting for the tutor's next words.
PATIENCE = 5.0
# Seconds before it is asked once more, and once more again, as far as the patience goes.
PAUSES = (0.25, 1.0)
# Answers of a server that is restarted or busy, which may be another one in a moment.
PASSING = frozenset({429, 500, 502, 503, 504})
MAX_ANSWER = 64 * 1024
# Bytes of the answer as the model gets it. It goes over the data channel as JSON inside JSON, which may hold 64 KiB
# in all (protocol reference section 8.2).
MAX_OUTPUT = 24 * 1024


class WebhookError(Exception):
    """No usable answer came. `reason` says why, for the log and, as a Phrase, for a teacher who tries the tool.

    `is_passing` if the same question may well be answered in a moment.
    """

    def __init__(self, reason: str, *, is_passing: bool = False) -> None:
        self.reason = reason
        self.is_passing = is_passing
        super().__init__(reason)


async def ask(url: str, payload: dict[str, Any]) -> dict[str, Any]:
    """POST the payload to the URL and return the JSON object it answers. Raises WebhookError.

    The same question may come twice, when a browser or this function repeats it: its `call_id` is then the same.

    1. The URL must be one that may be asked.
    2. It is, at an address that may be asked too (`outside.asked`).
    3. What may be different in a moment is asked again, after a pause, while there is time.
    """
    # 1
    fault = url_fault(url)
    if fault:
        raise WebhookError(fault)
    body = json.dumps(payload, ensure_ascii=False).encode()
    try:
        async with asyncio.timeout(PATIENCE):
            # 2
            return _read(await _asked_again(url, body))
    except (TimeoutError, httpx.TimeoutException) as error:
        raise WebhookError(Phrase(gettext_noop("it took too long"))) from error


async def _asked_again(url: str, body: bytes) -> bytes:
    # 3
    for pause in PAUSES:
        try:
            return await _asked(url, body)
        except WebhookError as error:
            if not error.is_passing:
                raise
            log.info("webhook asked again host=%s: %s", urlsplit(url).hostname, error)
        await asyncio.sleep(pause)
    return await _asked(url, body)


async def _asked(url: str, body: bytes) -> bytes:
    try:
        return await _post(url, body)
    except httpx.TimeoutException:
        raise  # all of the time is over
    except (OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL) as error:
        reason = Phrase(gettext_noop("it could not be reached (%(error)s)"), error=type(error).__name__)
        raise WebhookError(reason, is_passing=isinstance(error, httpx.TransportError | OSError)) from error


async def _post(url: str, body: bytes) -> bytes:
    headers = signed(body, at=int(time.time()))
    with tracing.span("POST webhook", "client") as span:
        try:
            async with outside.asked(
                "POST", url, content=body, headers=headers, patience=PATIENCE, is_allowed=is_allowed_address
            ) as response:
                status = response.status_code
                span.say({"server.address": str(urlsplit(url).hostname), "http.response.status_code": status})
                if status != 200:
                    reason = Phrase(gettext_noop("it answered %(status)s"), status=status)
                    raise WebhookError(reason, is_passing=status in PASSING)
                return await outside.bounded(response, MAX_ANSWER)
        except outside.NotAllowedError as error:
            raise WebhookError(Phrase(gettext_noop("it is not on the public internet"))) from error
        except outside.TooLargeError as error:
            reason = Phrase(gettext_noop("its answer is larger than %(limit)s bytes"), limit=str(MAX_ANSWER))
            raise WebhookError(reason) from error


def signed(body: bytes, *, at: int) -> dict[str, str]:
    """Return the headers of a request: when it was made (seconds since 1970), and the proof that we made it.

    The signature is the HMAC-SHA256 with WEBHOOK_SECRET of the timestamp, a full stop and the body.
    """
    proof = hmac.new(settings.WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "Accept": "application/json",
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
