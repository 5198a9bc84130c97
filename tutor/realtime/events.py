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
# Parts that one item may have.
MAX_PARTS = 100


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

    `speaker` is None for items nobody speaks (function calls, their outputs, system notes). `typed` is the text that a
    typed item brings along, None for all others.
    """

    item_id: str
    previous_item_id: str
    speaker: Speaker | None
    typed: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of an item, in its part with this number. `aloud`: the tutor speaks it."""

    item_id: str
    speaker: Speaker
    text: str
    part: int = 0
    aloud: bool = False


@dataclass(frozen=True, slots=True)
class TextDone:
    """The final text of an item, or of its part with this number. `aloud`: the tutor speaks it."""

    item_id: str
    speaker: Speaker
    text: str
    usage: Usage | None = None
    part: int = 0
    aloud: bool = False


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
class ResponseBegun:
    """The model begins to answer."""

    response_id: str


@dataclass(frozen=True, slots=True)
class ItemOfResponse:
    """An item is part of a response; `speaker` as in ItemPlaced."""

    item_id: str
    response_id: str
    speaker: Speaker | None


class Sound(StrEnum):
    """How far a response has been heard."""

    NONE = "none"
    PLAYING = "playing"
    PLAYED = "played"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class SoundChanged:
    """The sound of a response has begun, ended or been cut off."""

    response_id: str
    sound: Sound


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


ServerEvent = (
    SessionEcho
    | ItemPlaced
    | TextDelta
    | TextDone
    | TextFailed
    | Interrupted
    | ResponseBegun
    | ItemOfResponse
    | SoundChanged
    | ResponseDone
    | ErrorReported
    | Other
)


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
    speaker = _speaker(item)
    previous = _optional(data, "previous_item_id")
    return ItemPlaced(_text(item, "id"), previous, speaker, _typed(item) if speaker is Speaker.LEARNER else None)


def _speaker(item: Mapping[str, Any]) -> Speaker | None:
    speakers = {"user": Speaker.LEARNER, "assistant": Speaker.TUTOR}
    return speakers.get(_optional(item, "role")) if item.get("type") == "message" else None


def _typed(item: Mapping[str, Any]) -> tuple[str, ...] | None:
    content = item.get("content")
    parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    return tuple(_optional(part, "text") for part in parts if part.get("type") == "input_text") or None


def _learner_delta(data: Mapping[str, Any]) -> ServerEvent:
    return TextDelta(_text(data, "item_id"), Speaker.LEARNER, _optional(data, "delta"), _part(data))


def _tutor_delta(data: Mapping[str, Any]) -> ServerEvent:
    aloud = data["type"] == "response.output_audio_transcript.delta"
    return TextDelta(_text(data, "item_id"), Speaker.TUTOR, _optional(data, "delta"), _part(data), aloud)


def _learner_text(data: Mapping[str, Any]) -> ServerEvent:
    return TextDone(_text(data, "item_id"), Speaker.LEARNER, _text(data, "transcript"), read_usage(data.get("usage")))


def _learner_text_failed(data: Mapping[str, Any]) -> ServerEvent:
    return TextFailed(_text(data, "item_id"), error_detail(data.get("error")))


def _tutor_speech(data: Mapping[str, Any]) -> ServerEvent:
    return TextDone(_text(data, "item_id"), Speaker.TUTOR, _text(data, "transcript"), part=_part(data), aloud=True)


def _tutor_text(data: Mapping[str, Any]) -> ServerEvent:
    return TextDone(_text(data, "item_id"), Speaker.TUTOR, _text(data, "text"), part=_part(data))


def _truncated(data: Mapping[str, Any]) -> ServerEvent:
    return Interrupted(_text(data, "item_id"), _number(data, "audio_end_ms"))


def _response_begun(data: Mapping[str, Any]) -> ServerEvent:
    return ResponseBegun(_optional(_object(data, "response"), "id"))


def _item_of_response(data: Mapping[str, Any]) -> ServerEvent:
    item = _object(data, "item")
    return ItemOfResponse(_text(item, "id"), _optional(data, "response_id"), _speaker(item))


def _sound(data: Mapping[str, Any]) -> ServerEvent:
    return SoundChanged(_text(data, "response_id"), _SOUNDS[data["type"]])


_SOUNDS = {
    "output_audio_buffer.started": Sound.PLAYING,
    "output_audio_buffer.stopped": Sound.PLAYED,
    "output_audio_buffer.cleared": Sound.CUT,
}


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
    "conversation.item.done": _item_added,
    "conversation.item.input_audio_transcription.delta": _learner_delta,
    "conversation.item.input_audio_transcription.completed": _learner_text,
    "conversation.item.input_audio_transcription.failed": _learner_text_failed,
    "conversation.item.truncated": _truncated,
    "response.created": _response_begun,
    "response.output_item.added": _item_of_response,
    "response.output_audio_transcript.delta": _tutor_delta,
    "response.output_text.delta": _tutor_delta,
    "response.output_audio_transcript.done": _tutor_speech,
    "response.output_text.done": _tutor_text,
    "response.done": _response_done,
    **dict.fromkeys(_SOUNDS, _sound),
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


def _part(data: Mapping[str, Any]) -> int:
    """The number of a part; items have few, and none is where a number is out of all bounds."""
    number = _number(data, "content_index")
    return number if 0 <= number < MAX_PARTS else 0


def _number(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
