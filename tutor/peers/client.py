"""The only code that speaks HTTP to a provider (protocol reference, sections 1 and 12).

Every failure comes out as one ProviderError: a status and a sentence for the learner, details for the log.
"""

import asyncio
import json
import logging
import re
import weakref
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from tutor import tracing
from tutor.logs import hide_secrets
from tutor.peers.breaker import Breaker
from tutor.realtime.errors import ErrorDetail, read_error

log = logging.getLogger(__name__)

# Real answers have 2 to 8 KB; more than this is not an answer (section 1.1).
MAX_ANSWER = 64 * 1024
# Where the in-process rehearsal peer seems to live; never resolved.
REHEARSAL_URL = "http://rehearsal/v1"
# Seconds to wait where a provider that is busy does not say how long.
RETRY_AFTER = 5
MAX_RETRY_AFTER = 60
# Seconds before what may have been a stumble is tried once more, within the time for the whole exchange.
RETRY_PAUSE = 0.25
# A provider's inside went wrong, or what stands before it found it away.
STUMBLES = frozenset({500, 502, 503, 504})
_CALL_ID = re.compile(r"rtc_[A-Za-z0-9_-]{1,100}")


class ProviderError(Exception):
    """The provider gave no call. `status` is the HTTP status for the browser, `message` a sentence for the learner."""

    def __init__(
        self,
        code: str,
        message: StrOrPromise,
        *,
        status: int = 502,
        retry_after: int | None = None,
        detail: ErrorDetail | None = None,
        upstream: str = "",
        request_id: str = "",
    ) -> None:
        self.code = code
        self.message = str(message)
        self.status = status
        self.retry_after = retry_after
        self.detail = detail or ErrorDetail()
        self.upstream = upstream
        self.request_id = request_id
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Call:
    """A call the provider has made: its id (`rtc_…`, empty if it named none) and its SDP answer."""

    call_id: str
    answer: bytes


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    # Not shown, in a debug page for one: a provider may repeat the key here.
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(slots=True)
class _Peer:
    """A client whose connections are kept and used again, and what is known of the other side."""

    http: httpx.AsyncClient
    breaker: Breaker = field(default_factory=Breaker)
    # Why the breaker is open: what those hear who come meanwhile.
    trouble: ProviderError | None = None


# Of each event loop, by whether it is the rehearsal peer inside this process: a server has one loop.
_peers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, _Peer]] = weakref.WeakKeyDictionary()


async def create_call(offer: bytes, config: dict[str, Any], *, safety_identifier: str, rehearsal: bool = False) -> Call:
    """Ask the provider for a call: the browser's SDP byte for byte, and the flat session config.

    `safety_identifier` is a stable, hashed id of the learner. A `rehearsal` never reaches a provider that costs money,
    whatever is set up. Raises ProviderError.

    1. Say at once that a provider is down which has just failed again and again.
    2. Ask it; once more where it only stumbled.
    3. Note how that went, for those who come next.
    """
    peer = _peer(inside=is_inside(rehearsal=rehearsal))
    # 1
    wait = peer.breaker.wait()
    if wait:
        raise _down(peer.trouble, wait)
    try:
        # 2
        call = await _ask_for_call(offer, config, safety_identifier, rehearsal=rehearsal)
    except ProviderError as error:
        # 3
        _note(peer, error)
        raise
    peer.breaker.answered()
    return call


async def _ask_for_call(offer: bytes, config: dict[str, Any], safety_identifier: str, *, rehearsal: bool) -> Call:
    form = {
        # The leading None leaves out the file name, as the official client does (section 1.1).
        "sdp": (None, offer, "application/sdp"),
        "session": (None, json.dumps(config, ensure_ascii=False).encode(), "application/json"),
    }
    headers = {"Accept": "application/sdp", "OpenAI-Safety-Identifier": safety_identifier}
    reply = await _exchange("POST", "/realtime/calls", rehearsal=rehearsal, tries=2, files=form, headers=headers)
    if reply.status not in (200, 201):
        raise _refusal(reply)
    # The content type is not reliable (section 1.2): the body tells.
    if not reply.body.startswith(b"v=0"):
        raise ProviderError("provider_bad_answer", _SORRY, upstream=str(reply.status), request_id=_request_id(reply))
    return Call(_call_id(reply), reply.body)


def _note(peer: _Peer, error: ProviderError) -> None:
    """Keep in mind what a failure says of the provider, and not of this one call."""
    if error.code == "provider_quota":
        peer.breaker.trip(MAX_RETRY_AFTER)
    elif error.code in ("provider_refused", "provider_busy"):
        peer.breaker.answered()
    else:
        peer.breaker.failed()
    peer.trouble = error


def _down(trouble: ProviderError | None, wait: int) -> ProviderError:
    """What is said without asking: what the last one heard who did ask."""
    code, message = (trouble.code, trouble.message) if trouble else ("provider_failed", _SORRY)
    return ProviderError(code, message, status=503, retry_after=wait, upstream="not asked")


async def hang_up(call_id: str, *, rehearsal: bool = False) -> bool:
    """End a call; return whether the provider knew it. Raises ProviderError when the provider cannot be asked."""
    reply = await _exchange("POST", f"/realtime/calls/{call_id}/hangup", rehearsal=rehearsal)
    if reply.status not in (200, 404):
        raise _refusal(reply)
    return reply.status == 200


async def list_models() -> list[str]:
    """Return the ids of the models the key may use. Raises ProviderError."""
    reply = await _exchange("GET", "/models", limit=1024 * 1024)
    if reply.status != 200:
        raise _refusal(reply)
    try:
        return [model["id"] for model in json.loads(reply.body)["data"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError("provider_bad_answer", _SORRY, upstream=str(reply.status)) from error


async def trouble(*, patience: float) -> str:
    """Return why the provider gives no calls at present, as one of our codes; empty if nothing speaks against it.

    It is asked for its models, which costs nothing, and for `patience` seconds at most. A peer inside this process is
    not asked.
    """
    if is_inside(rehearsal=False):
        return ""
    try:
        async with asyncio.timeout(patience):
            reply = await _exchange("GET", "/models", limit=1024 * 1024)
    except TimeoutError:
        return "provider_timeout"
    except ProviderError as error:
        return error.code
    # A rehearsal peer elsewhere has no models; it is there all the same.
    return "" if reply.status in (200, 404) else _refusal(reply).code


async def rehearsal_health() -> dict[str, Any]:
    """Return with what the rehearsal peer speaks and hears, `{"speech_out": …, "speech_in": …}`; empty: not at all."""
    reply = await _exchange("GET", "/health")
    try:
        return dict(json.loads(reply.body))
    except (ValueError, TypeError) as error:
        raise ProviderError("provider_bad_answer", _SORRY, upstream=str(reply.status)) from error


async def close() -> None:
    """Close this loop's clients and their connections."""
    for peer in _peers.pop(asyncio.get_running_loop(), {}).values():
        await peer.http.aclose()


def is_inside(*, rehearsal: bool) -> bool:
    """Whether a request goes to the rehearsal peer inside this process.

    Where no key is set, a base URL is that of a rehearsal peer elsewhere.
    """
    return not settings.REALTIME_BASE_URL or (rehearsal and not settings.REHEARSAL)


def _peer(*, inside: bool) -> _Peer:
    peers = _peers.setdefault(asyncio.get_running_loop(), {})
    if inside not in peers:
        peers[inside] = _Peer(_make_client(inside=inside))
    return peers[inside]


def _make_client(*, inside: bool) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=import_string(settings.REHEARSAL_APP)) if inside else None,
        timeout=httpx.Timeout(settings.REALTIME_TIMEOUT, connect=5.0),
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30.0),
        follow_redirects=False,
        trust_env=False,
    )


async def _exchange(
    method: str,
    path: str,
    *,
    rehearsal: bool = False,
    limit: int = MAX_ANSWER,
    tries: int = 1,
    headers: dict[str, str] | None = None,
    **body: Any,
) -> _Reply:
    """Send a request and read a bounded answer within REALTIME_TIMEOUT seconds in all, however slowly it trickles.

    With more `tries` than one it is sent again after a stumble: a server error that names no time to wait, or nobody
    there to connect to.
    """
    inside = is_inside(rehearsal=rehearsal)
    url = (REHEARSAL_URL if inside else settings.REALTIME_BASE_URL) + path
    all_headers = {**key_headers(inside=inside), **(headers or {})}
    http = _peer(inside=inside).http

    async def send() -> _Reply:
        with tracing.span(f"{method} provider", "client") as span:
            async with http.stream(method, url, headers=all_headers, **body) as response:
                span.say({"url.path": path, "http.response.status_code": response.status_code})
                return _Reply(response.status_code, response.headers, await _read(response, limit))

    try:
        async with asyncio.timeout(settings.REALTIME_TIMEOUT):
            for _ in range(tries - 1):
                try:
                    reply = await send()
                except httpx.ConnectError:
                    reply = None
                if reply and not _stumbled(reply):
                    return reply
                await asyncio.sleep(RETRY_PAUSE)
            return await send()
    except ProviderError:
        raise
    except (TimeoutError, httpx.TimeoutException) as error:
        raise ProviderError("provider_timeout", _BUSY, status=503, retry_after=RETRY_AFTER) from error
    except httpx.HTTPError as error:
        raise ProviderError("provider_unreachable", _SORRY, upstream=type(error).__name__) from error
    except Exception as error:  # whatever a library can stumble over, such as a key with an accent in it
        # From None: the frames below hold the key, and Django's debug page shows what frames hold.
        log.exception("provider request failed in our own process")
        raise ProviderError("provider_unreachable", _SORRY, upstream=type(error).__name__) from None


def _stumbled(reply: _Reply) -> bool:
    return reply.status in STUMBLES and "retry-after" not in reply.headers


async def _read(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    # Raw: what is packed could unpack to any size, and we ask for nothing packed.
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise ProviderError("provider_bad_answer", _SORRY, upstream=str(response.status_code))
    return bytes(body)


def key_headers(*, inside: bool = False) -> dict[str, str]:
    """What every request says: the key, in the form the provider's header takes it (section 13).

    A peer inside this process has no use for the key.
    """
    headers = {"Accept-Encoding": "identity"}
    if settings.OPENAI_API_KEY and not inside:
        name = settings.REALTIME_AUTH_HEADER
        scheme = "Bearer " if name.lower() == "authorization" else ""
        headers[name] = scheme + settings.OPENAI_API_KEY
    return headers


_SORRY = _("The tutor cannot be reached right now. Please try again in a moment; if it stays so, tell your teacher.")
_BUSY = _("The tutor is busy right now. Please try again in a few seconds.")
_SETUP = _("The tutor is not set up correctly here. Please tell your teacher; trying again will not help.")
_SPENT = _("The school's budget for the tutor is used up. Please tell your teacher.")

# Section 1.4: codes that waiting does not cure.
_SPENT_CODES = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)


def _refusal(reply: _Reply) -> ProviderError:
    """What a refused request means for the learner."""
    # Some providers repeat the key they refuse.
    detail = read_error(hide_secrets(reply.body.decode(errors="replace")))
    facts: dict[str, Any] = {"detail": detail, "upstream": str(reply.status), "request_id": _request_id(reply)}
    if reply.status == 429 and (detail.code in _SPENT_CODES or detail.type in _SPENT_CODES):
        return ProviderError("provider_quota", _SPENT, status=503, retry_after=MAX_RETRY_AFTER, **facts)
    if reply.status in (429, 503):
        return ProviderError("provider_busy", _BUSY, status=503, retry_after=_retry_after(reply), **facts)
    if reply.status >= 500 or reply.status < 400:
        return ProviderError("provider_failed", _SORRY, **facts)
    return ProviderError("provider_refused", _SETUP, **facts)


def _retry_after(reply: _Reply) -> int:
    value = reply.headers.get("retry-after", "")
    # Of more digits than any wait has, the first say enough.
    return min(int(value[:9]), MAX_RETRY_AFTER) if value.isascii() and value.isdigit() else RETRY_AFTER


def _request_id(reply: _Reply) -> str:
    return hide_secrets(reply.headers.get("x-request-id", ""))[:100]


def _call_id(reply: _Reply) -> str:
    """The last segment of `Location`, relative or absolute (section 1.2)."""
    path = reply.headers.get("location", "").partition("?")[0].rstrip("/")
    call_id = path.rpartition("/")[2]
    return call_id if _CALL_ID.fullmatch(call_id) else ""
