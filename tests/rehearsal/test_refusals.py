"""What the provider refuses in the session of a new call."""

import copy

import pytest

from tests.official import check_session as official_problems
from tests.rehearsal.helpers import HINT, posted
from tutor.rehearsal.refusals import check_event, check_session, parsed
from tutor.rehearsal.shapes import Refused

FULL = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "instructions": "Teach.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "noise_reduction": {"type": "near_field", "strength": 0.5},
            "transcription": {"model": "gpt-transcribe", "languages": ["en"], "keywords": ["root"]},
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.4,
                "prefix_padding_ms": 200,
                "silence_duration_ms": 400,
                "idle_timeout_ms": 6000,
                "create_response": True,
                "interrupt_response": False,
            },
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": {"id": "voice_1"}, "speed": 1.5},
    },
    "tools": [HINT, {"type": "mcp", "server_label": "x", "server_url": "https://x", "require_approval": "never"}],
    "tool_choice": {"type": "function", "name": "give_hint"},
    "parallel_tool_calls": False,
    "reasoning": {"effort": "low"},
    "max_output_tokens": 4096,
    "include": ["item.input_audio_transcription.logprobs"],
    "tracing": {"workflow_name": "lesson", "group_id": "g", "metadata": {"a": "b"}},
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 4000}},
    "prompt": None,
}


@pytest.mark.parametrize("session", [posted(), FULL, {"type": "realtime", "model": "gpt-realtime-1.5"}])
def test_session_of_the_official_types_is_accepted(session):
    assert official_problems(session) == []
    check_session(session)


def test_session_may_switch_things_off():
    nothing = {"transcription": None, "turn_detection": None, "noise_reduction": None}
    check_session(posted(audio={"input": nothing}, tools=[], instructions="", tracing=None))


def changed(path: str, value: object) -> dict:
    """A good session with one thing put somewhere."""
    session = copy.deepcopy(FULL)
    *parents, last = (int(name) if name.isdecimal() else name for name in path.split("."))
    node = session
    for name in parents:
        node = node[name]
    node[last] = value
    return session


@pytest.mark.parametrize(
    ("path", "value", "code", "param"),
    [
        ("voice", "marin", "unknown_parameter", "voice"),
        ("modalities", ["text"], "unknown_parameter", "modalities"),
        ("temperature", 0.8, "unknown_parameter", "temperature"),
        ("turn_detection", None, "unknown_parameter", "turn_detection"),
        ("input_audio_transcription", {}, "unknown_parameter", "input_audio_transcription"),
        ("max_response_output_tokens", 5, "unknown_parameter", "max_response_output_tokens"),
        ("audio.input.transciption", {}, "unknown_parameter", "audio.input.transciption"),
        ("audio.input.turn_detection.eagerness", "low", "unknown_parameter", "audio.input.turn_detection.eagerness"),
        ("tools.0.function", {"name": "x"}, "unknown_parameter", "tools[0].function"),
        ("tools.0", {"type": "function"}, "missing_required_parameter", "tools[0].name"),
        ("tools.0", {"name": "x"}, "missing_required_parameter", "tools[0].type"),
        ("tools.0", {"type": "retrieval"}, "invalid_value", "tools[0].type"),
        ("tools.0.name", "give a hint", "invalid_value", "tools[0].name"),
        ("tools.0.parameters", "none", "invalid_type", "tools[0].parameters"),
        ("tools", None, "invalid_type", "tools"),
        ("type", "transcription", "invalid_value", "type"),
        ("output_modalities", ["audio", "text"], "invalid_value", "output_modalities"),
        ("output_modalities", ["video"], "invalid_value", "output_modalities[0]"),
        ("audio.output.voice", "nova", "invalid_value", "audio.output.voice"),
        ("audio.output.speed", 1.6, "invalid_value", "audio.output.speed"),
        ("audio.output.speed", True, "invalid_type", "audio.output.speed"),
        ("audio.input.turn_detection.type", "vad", "invalid_value", "audio.input.turn_detection.type"),
        ("audio.input.turn_detection", {}, "missing_required_parameter", "audio.input.turn_detection.type"),
        (
            "audio.input.turn_detection.idle_timeout_ms",
            100,
            "invalid_value",
            "audio.input.turn_detection.idle_timeout_ms",
        ),
        ("audio.input.turn_detection.threshold", 2, "invalid_value", "audio.input.turn_detection.threshold"),
        ("audio.input.transcription.language", "en", "invalid_value", "audio.input.transcription.language"),
        ("audio.input.transcription.model", "whisper-1", "invalid_value", "audio.input.transcription.languages"),
        ("audio.input.transcription.keywords", ["<x>"], "invalid_value", "audio.input.transcription.keywords[0]"),
        ("audio.input.format.rate", 16000, "invalid_value", "audio.input.format.rate"),
        ("tool_choice", "always", "invalid_value", "tool_choice"),
        ("tool_choice", {"type": "function"}, "missing_required_parameter", "tool_choice.name"),
        ("max_output_tokens", 4097, "invalid_value", "max_output_tokens"),
        ("max_output_tokens", 5.5, "invalid_type", "max_output_tokens"),
        ("truncation.retention_ratio", 5, "invalid_value", "truncation.retention_ratio"),
        ("instructions", None, "invalid_type", "instructions"),
        ("model", "gpt-4o-realtime-preview", "model_not_found", "model"),
    ],
)
def test_session_is_refused_with_the_code_and_the_path(path, value, code, param):
    with pytest.raises(Refused) as refusal:
        check_session(changed(path, value))
    assert (refusal.value.code, refusal.value.param) == (code, f"session.{param}")


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"session": posted()}, "unknown_parameter", "session.session"),
        ({"model": "gpt-realtime-2.1"}, "missing_required_parameter", "session.type"),
        ({"type": "realtime"}, "missing_required_parameter", "session.model"),
        ([], "invalid_type", "session"),
        (None, "invalid_type", "session"),
    ],
)
def test_session_of_the_wrong_shape_is_refused(session, code, param):
    with pytest.raises(Refused) as refusal:
        check_session(session)
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_refusal_is_told_in_the_words_of_the_provider():
    with pytest.raises(Refused) as refusal:
        check_session({"type": "realtime", "voice": "marin"})
    assert refusal.value.error() == {
        "type": "invalid_request_error",
        "code": "unknown_parameter",
        "message": "Unknown parameter: 'session.voice'.",
        "param": "session.voice",
    }


def test_event_that_is_no_object_is_refused():
    with pytest.raises(Refused, match="A client event is a JSON object"):
        check_event([])


def test_value_that_json_cannot_hold_is_refused():
    with pytest.raises(Refused, match="not valid JSON"):
        parsed('{"temperature": NaN}')
