"""What the provider refuses, so that a wrong payload fails on a laptop.

`check_session` judges the flat session object of `POST /v1/realtime/calls` (protocol reference section 2),
`check_event` a client event of the data channel (section 4). Both raise Refused with the provider's codes.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from tutor.realtime import images
from tutor.rehearsal.shapes import (
    Anything,
    Choice,
    Either,
    Fields,
    Flag,
    Items,
    Matching,
    Maybe,
    Number,
    Pairs,
    Refused,
    Shape,
    Tagged,
    Text,
    wrong_value,
)

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
MODELS = ("gpt-realtime-2.1-mini", "gpt-realtime-2.1", "gpt-realtime-2", "gpt-realtime-1.5", "gpt-realtime")
# Bytes of one message on the data channel; Chromium and aiortc agree on it.
MESSAGE_LIMIT = 262_144


def parsed(message: str | bytes) -> Any:
    """Return the JSON value of a message. Raises Refused for anything that could not be sent back as JSON."""
    try:
        value = json.loads(message, parse_constant=_no_number)
        # Half a surrogate pair passes the parser.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refused("invalid_json", "The message is not valid JSON.") from error
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def check_session(session: object) -> None:
    """Raise Refused when the provider would not make a call with this session."""
    SESSION.check(session, "session")
    assert isinstance(session, dict)  # noqa: S101 # the shape has just said so
    if "model" not in session:
        raise Refused("missing_required_parameter", "Missing required parameter: 'session.model'.", "session.model")
    if not session["model"].startswith("gpt-realtime"):
        raise Refused(
            "model_not_found",
            f"The model '{session['model']}' does not exist or you do not have access to it.",
            "session.model",
        )


def check_event(event: object) -> None:
    """Raise Refused when a client event has an unknown type, or fields that its type does not have."""
    if not isinstance(event, dict):
        raise Refused("invalid_type", "A client event is a JSON object.")
    kind = event.get("type")
    if kind is None:
        raise Refused("missing_required_parameter", "Missing required parameter: 'type'.", "type")
    if not isinstance(kind, str) or kind not in CLIENT_EVENTS:
        supported = ", ".join(f"'{name}'" for name in CLIENT_EVENTS)
        raise Refused("invalid_value", f"Invalid value: '{kind}'. Supported values are: {supported}.", "type")
    CLIENT_EVENTS[kind].check(event, "")


# --- The session: protocol reference section 2 ---------------------------------------------------


def _one_spelling_of_language(value: Mapping[str, Any], path: str) -> None:
    """Section 2.1: newer models take `languages` and `keywords`, older ones `language`."""
    newer = value.get("model", "") in ("gpt-transcribe", "gpt-live-transcribe")
    if newer and "language" in value:
        raise wrong_value(f"{path}.language", "this transcription model takes 'languages' instead.")
    for name in ("languages", "keywords"):
        if not newer and name in value:
            raise wrong_value(f"{path}.{name}", "not supported by this transcription model.")


FORMAT = Tagged(
    {
        "audio/pcm": Fields({"type": Text(), "rate": Number(24_000, 24_000, whole=True)}),
        "audio/pcmu": Fields({"type": Text()}),
        "audio/pcma": Fields({"type": Text()}),
    }
)
TRANSCRIPTION = Fields(
    {
        "model": Text(shortest=1),
        "language": Text(shortest=1),
        "languages": Items(Text(shortest=1)),
        "keywords": Items(Matching(lambda word: not re.search(r"[<>\n]", word), "one line without < or >")),
        "prompt": Text(),
        "delay": Choice(("minimal", "low", "medium", "high", "xhigh")),
    },
    rule=_one_spelling_of_language,
)
ANSWERING = {"create_response": Flag(), "interrupt_response": Flag()}
TURN_DETECTION = Tagged(
    {
        "server_vad": Fields(
            {
                "type": Text(),
                "threshold": Number(0, 1),
                "prefix_padding_ms": Number(0, 10_000, whole=True),
                "silence_duration_ms": Number(0, 10_000, whole=True),
                "idle_timeout_ms": Maybe(Number(5_000, 30_000, whole=True)),
                **ANSWERING,
            }
        ),
        "semantic_vad": Fields(
            {"type": Text(), "eagerness": Choice(("low", "medium", "high", "auto")), **ANSWERING},
        ),
    }
)
NOISE_REDUCTION = Fields({"type": Choice(("near_field", "far_field")), "strength": Number(0, 1)}, required=("type",))
VOICE = Either(text=Choice(VOICES), other=Fields({"id": Text(shortest=1)}, required=("id",)))
AUDIO = Fields(
    {
        "input": Fields(
            {
                "format": FORMAT,
                "noise_reduction": Maybe(NOISE_REDUCTION),
                "transcription": Maybe(TRANSCRIPTION),
                "turn_detection": Maybe(TURN_DETECTION),
            }
        ),
        "output": Fields({"format": FORMAT, "voice": VOICE, "speed": Number(0.25, 1.5)}),
    }
)
MODALITIES = Items(Choice(("audio", "text")), least=1, most=1)
TOOL_NAME = Matching(
    lambda name: bool(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)), "1 to 64 letters, digits, underscores or hyphens"
)
# A JSON Schema: an object; its own rules are the business of whoever wrote it.
SCHEMA = Pairs(Anything(), most=1_000)
TOOL = Tagged(
    {
        "function": Fields(
            {"type": Text(), "name": TOOL_NAME, "description": Text(), "parameters": SCHEMA},
            required=("name",),
        ),
        "mcp": Fields(
            {
                "type": Text(),
                "server_label": Text(shortest=1),
                "server_url": Text(),
                "server_description": Text(),
                "connector_id": Text(),
                "authorization": Text(),
                "headers": Maybe(Pairs(Text(), most=100)),
                "allowed_tools": Anything(),
                "require_approval": Anything(),
                "defer_loading": Flag(),
            },
            required=("server_label",),
        ),
    }
)
TOOL_CHOICE = Either(
    text=Choice(("auto", "none", "required")),
    other=Tagged(
        {
            "function": Fields({"type": Text(), "name": TOOL_NAME}, required=("name",)),
            "mcp": Fields({"type": Text(), "server_label": Text(), "name": Text()}, required=("server_label",)),
        }
    ),
)
MAX_OUTPUT_TOKENS = Either(text=Choice(("inf",)), other=Number(1, 4096, whole=True))
REASONING = Fields({"effort": Choice(("minimal", "low", "medium", "high", "xhigh"))})
PROMPT = Fields({"id": Text(shortest=1), "version": Maybe(Text()), "variables": Maybe(Anything())}, required=("id",))
METADATA = Pairs(Text(longest=512), most=16)
TRACING = Either(
    text=Choice(("auto",)),
    other=Fields({"workflow_name": Text(), "group_id": Text(), "metadata": Anything()}),
)
TRUNCATION = Either(
    text=Choice(("auto", "disabled")),
    other=Fields(
        {
            "type": Choice(("retention_ratio",)),
            "retention_ratio": Number(0, 1),
            "token_limits": Fields({"post_instructions": Number(0, 1_000_000, whole=True)}),
        },
        required=("type", "retention_ratio"),
    ),
)
# What a session and a single response have in common.
REPLYING: dict[str, Shape] = {
    "instructions": Text(),
    "output_modalities": MODALITIES,
    "tools": Items(TOOL),
    "tool_choice": TOOL_CHOICE,
    "parallel_tool_calls": Flag(),
    "reasoning": REASONING,
    "max_output_tokens": MAX_OUTPUT_TOKENS,
    "prompt": Maybe(PROMPT),
}
SESSION = Fields(
    {
        "type": Choice(("realtime",)),
        "model": Text(shortest=1),
        "audio": AUDIO,
        "include": Items(Choice(("item.input_audio_transcription.logprobs",))),
        "tracing": Maybe(TRACING),
        "truncation": TRUNCATION,
        **REPLYING,
    },
    required=("type",),
)

# --- Conversation items: protocol reference sections 8 and 11.1 ----------------------------------


def _is_image(url: str) -> bool:
    image = images.read(url)
    return image is not None and image.media_type in ("image/png", "image/jpeg")


IMAGE_URL = Matching(_is_image, "a PNG or JPEG data URI")
INPUT_TEXT = Fields({"type": Text(), "text": Text()}, required=("text",))
USER_CONTENT = Tagged(
    {
        "input_text": INPUT_TEXT,
        "input_audio": Fields({"type": Text(), "audio": Text(), "transcript": Text()}, required=("audio",)),
        "input_image": Fields(
            {"type": Text(), "image_url": IMAGE_URL, "detail": Choice(("auto", "low", "high"))}, required=("image_url",)
        ),
    }
)
ITEM_HEAD: dict[str, Shape] = {
    "type": Text(),
    "id": Text(shortest=1),
    "object": Choice(("realtime.item",)),
    "status": Choice(("completed", "incomplete", "in_progress")),
}


def _message(role: str, content: Shape) -> Fields:
    return Fields({**ITEM_HEAD, "role": Choice((role,)), "content": Items(content)}, required=("role", "content"))


MESSAGE = Tagged(
    {
        "system": _message("system", Tagged({"input_text": INPUT_TEXT})),
        "user": _message("user", USER_CONTENT),
        # Audio of the assistant cannot be put back into a conversation, only its text.
        "assistant": _message("assistant", Tagged({"output_text": INPUT_TEXT})),
    },
    tag="role",
)
ITEM = Tagged(
    {
        "message": MESSAGE,
        "function_call": Fields(
            {**ITEM_HEAD, "name": TOOL_NAME, "call_id": Text(shortest=1), "arguments": Text()},
            required=("name", "arguments"),
        ),
        "function_call_output": Fields(
            {**ITEM_HEAD, "call_id": Text(shortest=1), "output": Text()}, required=("call_id", "output")
        ),
    }
)
RESPONSE_INPUT = Tagged(
    {**ITEM.shapes, "item_reference": Fields({"type": Text(), "id": Text(shortest=1)}, required=("id",))}
)

# --- Client events: protocol reference section 4 -------------------------------------------------

RESPONSE = Fields(
    {
        **REPLYING,
        "audio": Fields({"output": Fields({"format": FORMAT, "voice": VOICE})}),
        "conversation": Choice(("auto", "none")),
        "metadata": Maybe(METADATA),
        "input": Items(RESPONSE_INPUT),
    }
)


def _event(fields: Mapping[str, Shape] | None = None, *, optional: Mapping[str, Shape] | None = None) -> Fields:
    required = fields or {}
    return Fields(
        {"type": Text(), "event_id": Text(longest=512), **required, **(optional or {})}, required=tuple(required)
    )


ITEM_ID: dict[str, Shape] = {"item_id": Text(shortest=1)}
CLIENT_EVENTS: dict[str, Shape] = {
    "session.update": _event({"session": SESSION}),
    "conversation.item.create": _event({"item": ITEM}, optional={"previous_item_id": Maybe(Text())}),
    "conversation.item.retrieve": _event(ITEM_ID),
    "conversation.item.delete": _event(ITEM_ID),
    "conversation.item.truncate": _event(
        {
            **ITEM_ID,
            "content_index": Number(0, 1_000, whole=True),
            "audio_end_ms": Number(0, 86_400_000, whole=True),
        }
    ),
    "response.create": _event(optional={"response": RESPONSE}),
    "response.cancel": _event(optional={"response_id": Text(shortest=1)}),
    "input_audio_buffer.append": _event({"audio": Text()}),
    "input_audio_buffer.commit": _event(),
    "input_audio_buffer.clear": _event(),
    "output_audio_buffer.clear": _event(),
}
