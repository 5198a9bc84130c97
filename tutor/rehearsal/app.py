"""The rehearsal peer's face: the part of the provider's API that making calls needs, as an ASGI application.

    POST /v1/realtime/calls                  multipart `sdp` + `session` -> 201, SDP answer, Location
    POST /v1/realtime/calls/<id>/hangup      -> 200
    WebSocket /v1/realtime?call_id=<id>      -> the call's server events; client events are obeyed
    GET  /v1/models                          -> the models a session may name
    GET  /v1/health                          -> what speaks and what hears here (ours, not the provider's)

Requests, answers and errors: protocol reference sections 1 and 12. No key is needed.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from tutor.rehearsal.multipart import BadForm, boundary_of, fields_of
from tutor.rehearsal.refusals import MODELS, check_session, parsed
from tutor.rehearsal.script import random_id
from tutor.rehearsal.shapes import Refused
from tutor.rehearsal.sideband import Listener
from tutor.rehearsal.speech_client import SpeechClient, SpeechUnavailable

if TYPE_CHECKING:
    from tutor.rehearsal.peer import Call

logger = logging.getLogger("tutor.rehearsal")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MOST_CALLS = 10
# Where the WebSocket is.
SIDEBAND = "/v1/realtime"
# Seconds, as with the provider.
LONGEST_CALL = 60 * 60.0
# Bytes.
LONGEST_BODY = 256 * 1024
# Seconds after which a caller refused for lack of room may try again.
RETRY_AFTER = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, wholly received; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Rehearsal:
    """All calls of this process, none longer than `longest_call` seconds, and the speech worker they share."""

    longest_call: float = LONGEST_CALL
    calls: dict[str, "Call"] = field(default_factory=dict)
    speech: SpeechClient = field(default_factory=SpeechClient)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry point."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await _send_answer(send, await self._answer(scope, receive))
        elif scope["type"] == "websocket":
            await self._listen(scope, receive, send)
        else:
            raise ValueError(f"unsupported scope {scope['type']}")

    async def startup(self) -> None:
        """Load what the first call would otherwise wait for: the WebRTC stack, and the worker's voice and models."""
        _peer_module()
        abilities = await _abilities(self.speech)
        if not all(abilities.values()):
            logger.warning("rehearsals have no full voice here: %s", abilities)

    async def close_all(self) -> None:
        """End every call and the worker. Without this an open call keeps the process alive for ever."""
        await asyncio.gather(*(call.hang_up("shutdown") for call in list(self.calls.values())))
        await self.speech.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.startup()
            else:
                await self.close_all()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _listen(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a second line to a call, or refuse as the provider does when it knows no such call."""
        await receive()
        [call_id] = parse_qs(scope["query_string"].decode("latin-1")).get("call_id", [""])[:1]
        call = self.calls.get(call_id) if scope["path"] == SIDEBAND else None
        if call is not None:
            await Listener().serve(call, receive, send)
        elif "websocket.http.response" in scope.get("extensions", {}):
            await _send_answer(send, _unknown_call(), kind="websocket.http.response")
        else:
            await send({"type": "websocket.close"})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        """Find the endpoint, and turn a refusal into its answer."""
        body = await _read_body(receive)
        if body is None:
            return _error(413, "request_too_large", "The request body is too large.")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(scope["method"], scope["path"], headers, body)
        for method, pattern, endpoint in ENDPOINTS:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                try:
                    return await endpoint(self, request, **found.groupdict())
                except Refused as refused:
                    return _json(400, {"error": refused.error()})
        return _error(404, "unknown_url", f"Invalid URL ({request.method} {request.path})")

    async def _make_call(self, request: Request) -> Answer:
        offer, session = _call_form(request)
        if len(self.calls) >= MOST_CALLS:
            message = f"At most {MOST_CALLS} rehearsals can run at the same time. Please try again in a little while."
            return _error(429, "slow_down", message, kind="rate_limit_error", retry_after=RETRY_AFTER)
        call = _peer_module().Call(
            random_id("rtc"), session, speech=self.speech, longest=self.longest_call, on_end=self._forget
        )
        self.calls[call.id] = call
        try:
            answer = await call.answer(offer)
        except BaseException:
            await call.hang_up("not made")
            raise
        logger.info("call %s made, %d open", call.id, len(self.calls))
        location = ("location", f"/v1/realtime/calls/{call.id}")
        return Answer(201, answer.encode(), "application/sdp", (location,))

    async def _hang_up(self, request: Request, call_id: str) -> Answer:
        call = self.calls.get(call_id)
        if call is None:
            return _unknown_call()
        await call.hang_up("hung up")
        return Answer(200, content_type="text/plain; charset=utf-8")

    async def _list_models(self, request: Request) -> Answer:
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "rehearsal"} for name in MODELS]
        return _json(200, {"object": "list", "data": models})

    async def _health(self, request: Request) -> Answer:
        if self.speech.running:
            return _json(200, await _abilities(self.speech))
        # Whoever asks may run in an event loop that ends right after: nothing of it may stay behind.
        visitor = SpeechClient()
        try:
            return _json(200, await _abilities(visitor))
        finally:
            await visitor.close()

    def _forget(self, call: "Call", reason: str) -> None:
        self.calls.pop(call.id, None)
        seconds = time.monotonic() - call.started
        logger.info("call %s ended after %.0f s: %s, %d open", call.id, seconds, reason, len(self.calls))


ENDPOINTS: tuple[tuple[str, str, Callable[..., Awaitable[Answer]]], ...] = (
    ("POST", r"/v1/realtime/calls", Rehearsal._make_call),
    ("POST", r"/v1/realtime/calls/(?P<call_id>[^/]+)/hangup", Rehearsal._hang_up),
    ("GET", r"/v1/models", Rehearsal._list_models),
    ("GET", r"/v1/health", Rehearsal._health),
)


async def _abilities(speech: SpeechClient) -> dict[str, str]:
    """Return what speaks and what hears, "" for nothing."""
    try:
        return await speech.warm_up()
    except SpeechUnavailable:
        return {"speech_out": "", "speech_in": ""}


def _peer_module() -> Any:
    """Import aiortc when the first call or `startup` needs it: it is slow to load, and most processes never do."""
    from tutor.rehearsal import peer  # noqa: PLC0415 # see above

    return peer


def _call_form(request: Request) -> tuple[str, dict[str, Any]]:
    """Return the offer, byte for byte, and the checked session. Raises Refused (section 1.4)."""
    if "openai-beta" in request.headers:
        raise Refused("beta_api_shape_disabled", "The beta interface has been removed: drop the OpenAI-Beta header.")
    try:
        fields = fields_of(request.body, boundary_of(request.headers.get("content-type", "")))
    except BadForm as error:
        message = f"Expected multipart/form-data with the fields sdp and session: {error}."
        raise Refused("unsupported_content_type", message) from error
    for name in fields:
        if name not in ("sdp", "session"):
            raise Refused("unknown_parameter", f"Unknown parameter: '{name}'.", name)
    for name in ("sdp", "session"):
        if name not in fields:
            raise Refused("missing_required_parameter", f"Missing required parameter: '{name}'.", name)
    return _offer(fields["sdp"]), _session(fields["session"])


def _offer(sdp: bytes) -> str:
    if not (sdp.startswith(b"v=0") and sdp.endswith(b"\r\n")):
        raise Refused("invalid_offer", "Failed to parse offer: failed to unmarshal SDP: EOF")
    try:
        return sdp.decode()
    except UnicodeDecodeError as error:
        raise Refused("invalid_offer", "Failed to parse offer: it is not UTF-8 text.") from error


def _session(text: bytes) -> dict[str, Any]:
    session: dict[str, Any] = parsed(text)
    check_session(session)
    return session


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body, None when it is too long."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LONGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _json(status: int, value: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, json.dumps(value).encode(), headers=headers)


def _error(
    status: int, code: str, message: str, *, kind: str = "invalid_request_error", retry_after: int | None = None
) -> Answer:
    error = {"message": message, "type": kind, "param": None, "code": code}
    return _json(status, {"error": error}, (("retry-after", str(retry_after)),) if retry_after else ())


def _unknown_call() -> Answer:
    return _error(404, "call_id_not_found", "No session found for the provided call_id.")


async def _send_answer(send: Send, answer: Answer, *, kind: str = "http.response") -> None:
    headers = (
        ("content-type", answer.content_type),
        ("content-length", str(len(answer.body))),
        *answer.headers,
    )
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": f"{kind}.start", "status": answer.status, "headers": encoded})
    await send({"type": f"{kind}.body", "body": answer.body})


application = Rehearsal()
startup = application.startup
close_all = application.close_all
