"""Server events as values (protocol reference, sections 5 to 7). Types we have no use for come out as `Other`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tutor.realtime.errors import ErrorDetail, RealtimeError, error_detail
from tutor.realtime.usage import Usage, read_usage

# The longest event worth reading, in characters: the largest message a data channel carries (section 8.2).
MAX_EVENT = 262_144


class Speaker(StrEnum):
    """Whose words an item holds."""

    LEARNER = "learner"
    TUTOR = "tutor"


@dataclass(frozen=True, slots=True)
class SessionEcho:
    """`session.created` or `session.updated`: the config in force. `expires_at` is in Unix seconds, 0 if unsaid."""

    instructions: str
    tools: tuple[str, ...]
    expires_at: int


@dataclass(frozen=True, slots=True)
class ItemPlaced:
    """An item has its place in the conversation: after `previous_item_id`, or first where that is empty.

    `speaker` is None for items nobody speaks (function calls, their outputs, system notes).
    """

    item_id: str
    previous_item_id: str
    speaker: Speaker | None


@dataclass(frozen=True, slots=True)
class TextDone:
    """The final text of an item."""

    item_id: str
    speaker: Speaker
    text: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class TextFailed:
    """The learner spoke, and no text will come."""

    item_id: str
    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The learner heard this item only up to `audio_end_ms` milliseconds."""

    item_id: str
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call the model made; `arguments` is its JSON text, untouched and possibly broken."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ResponseDone:
    """A response has ended.

    `calls` is empty unless it completed: a cancelled one may hold half an argument (section 6.3).
    """

    response_id: str
    status: str
    calls: tuple[FunctionCall, ...]
    usage: Usage
    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class ErrorReported:
    """An `error` event; the session goes on."""

    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class Other:
    """Any event that asks nothing of us, new ones included."""

    type: str


ServerEvent = SessionEcho | ItemPlaced | TextDone | TextFailed | Interrupted | ResponseDone | ErrorReported | Other


def parse(raw: str | bytes) -> ServerEvent:
    """Return the event in one data-channel message. Raises RealtimeError, and nothing else, for what is none."""
    if len(raw) > MAX_EVENT:
        raise RealtimeError(f"A server event of length {len(raw)} is longer than a data channel carries.")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RealtimeError("A server event is not JSON.") from error
    return parse_data(data)


def parse_data(data: object) -> ServerEvent:
    """Return the event in already decoded JSON. Raises RealtimeError, and nothing else, for what is none."""
    if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
        raise RealtimeError("A server event has no type.")
    reader = _READERS.get(data["type"])
    return reader(data) if reader else Other(data["type"])


def _session(data: Mapping[str, Any]) -> ServerEvent:
    session = _object(data, "session")
    tools = session.get("tools")
    names = [_optional(tool, "name") for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list) else []
    return SessionEcho(_optional(session, "instructions"), tuple(names), _number(session, "expires_at"))


def _committed(data: Mapping[str, Any]) -> ServerEvent:
    return ItemPlaced(_text(data, "item_id"), _optional(data, "previous_item_id"), Speaker.LEARNER)


def _item_added(data: Mapping[str, Any]) -> ServerEvent:
    item = _object(data, "item")
    speakers = {"user": Speaker.LEARNER, "assistant": Speaker.TUTOR}
    speaker = speakers.get(_optional(item, "role")) if item.get("type") == "message" else None
    return ItemPlaced(_text(item, "id"), _optional(data, "previous_item_id"), speaker)


def _learner_text(data: Mapping[str, Any]) -> ServerEvent:
    return TextDone(_text(data, "item_id"), Speaker.LEARNER, _text(data, "transcript"), read_usage(data.get("usage")))


def _learner_text_failed(data: Mapping[str, Any]) -> ServerEvent:
    return TextFailed(_text(data, "item_id"), error_detail(data.get("error")))


def _tutor_speech(data: Mapping[str, Any]) -> ServerEvent:
    return TextDone(_text(data, "item_id"), Speaker.TUTOR, _text(data, "transcript"))


def _tutor_text(data: Mapping[str, Any]) -> ServerEvent:
    return TextDone(_text(data, "item_id"), Speaker.TUTOR, _text(data, "text"))


def _truncated(data: Mapping[str, Any]) -> ServerEvent:
    return Interrupted(_text(data, "item_id"), _number(data, "audio_end_ms"))


def _response_done(data: Mapping[str, Any]) -> ServerEvent:
    response = _object(data, "response")
    status, output = _optional(response, "status"), response.get("output")
    items = output if isinstance(output, list) and status == "completed" else []
    details = response.get("status_details")
    return ResponseDone(
        response_id=_optional(response, "id"),
        status=status,
        calls=tuple(_call(item) for item in items if isinstance(item, Mapping) and item.get("type") == "function_call"),
        usage=read_usage(response.get("usage")),
        error=error_detail(details.get("error") if isinstance(details, Mapping) else None),
    )


def _call(item: Mapping[str, Any]) -> FunctionCall:
    return FunctionCall(_text(item, "call_id"), _text(item, "name"), _optional(item, "arguments"))


def _error(data: Mapping[str, Any]) -> ServerEvent:
    return ErrorReported(error_detail(data.get("error")))


_READERS: dict[str, Callable[[Mapping[str, Any]], ServerEvent]] = {
    "session.created": _session,
    "session.updated": _session,
    "input_audio_buffer.committed": _committed,
    "conversation.item.added": _item_added,
    "conversation.item.input_audio_transcription.completed": _learner_text,
    "conversation.item.input_audio_transcription.failed": _learner_text_failed,
    "conversation.item.truncated": _truncated,
    "response.output_audio_transcript.done": _tutor_speech,
    "response.output_text.done": _tutor_text,
    "response.done": _response_done,
    "error": _error,
}


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if not isinstance(value, Mapping):
        raise RealtimeError(f"A {data.get('type')} event has no {name}.")
    return value


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise RealtimeError(f"A server event lacks the text {name}.")
    return value


def _optional(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _number(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
