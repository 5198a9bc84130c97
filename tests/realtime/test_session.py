"""What a call and a stage are configured with, against the official types."""

import pytest

from tests.official import check_client_event, check_session
from tutor.realtime.models import TRANSCRIPTION_MODELS, VOICE_MODELS
from tutor.realtime.session import (
    EVIDENCE_HELP,
    adjustments,
    call_config,
    function_tool,
    session_update,
    stage_complete_tool,
    stage_config,
)
from tutor.rehearsal.config import initial, merged

PARAMETERS = {"type": "object", "properties": {"drink": {"type": "string"}}, "required": ["drink"]}
NOTE = {"type": "function", "name": "note", "description": "Note a drink.", "parameters": PARAMETERS}


def config(**change):
    values = {
        "model": "gpt-realtime-2.1-mini",
        "voice": "marin",
        "language": "fr",
        "transcription_model": "gpt-4o-mini-transcribe",
        "instructions": "Speak slowly.",
        "tools": [NOTE],
    }
    return call_config(**{**values, **change})


def test_call_is_configured_whole():
    assert config() == {
        "type": "realtime",
        "model": "gpt-realtime-2.1-mini",
        "output_modalities": ["audio"],
        "instructions": "Speak slowly.",
        "audio": {
            "input": {
                "noise_reduction": {"type": "near_field"},
                "transcription": {"model": "gpt-4o-mini-transcribe", "language": "fr"},
                "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
            },
            "output": {"voice": "marin"},
        },
        "tools": [NOTE],
        "tool_choice": "auto",
    }


@pytest.mark.parametrize("transcription_model", TRANSCRIPTION_MODELS)
@pytest.mark.parametrize("model", VOICE_MODELS)
def test_call_config_is_valid_for_every_model(model, transcription_model):
    payload = config(model=model, transcription_model=transcription_model)
    assert check_session(payload) == []
    assert payload["model"] == model


@pytest.mark.parametrize("model", ["gpt-transcribe", "gpt-live-transcribe", "gpt-transcribe-2026-08-26"])
def test_newer_transcription_models_take_a_list_of_languages(model):
    assert config(transcription_model=model)["audio"]["input"]["transcription"] == {"model": model, "languages": ["fr"]}


@pytest.mark.parametrize("model", sorted(TRANSCRIPTION_MODELS.keys() - {"gpt-transcribe", "gpt-live-transcribe"}))
def test_older_transcription_models_take_one_language(model):
    assert config(transcription_model=model)["audio"]["input"]["transcription"] == {"model": model, "language": "fr"}


def test_custom_voice_goes_as_an_object():
    payload = config(voice="voice_1234")
    assert payload["audio"]["output"] == {"voice": {"id": "voice_1234"}}
    assert check_session(payload) == []


def test_stage_config_is_what_a_stage_may_change():
    payload = stage_config(instructions="Order.", tools=[])
    assert payload == {"type": "realtime", "instructions": "Order.", "tools": [], "tool_choice": "auto"}
    assert check_session(payload) == []


def test_session_update_wraps_the_stage_config():
    stage = stage_config(instructions="Order.", tools=[NOTE])
    event = session_update(stage)
    assert event == {"type": "session.update", "session": stage}
    assert check_client_event(event) == []


# --- What a learner may change -------------------------------------------------------------------

PATIENT = {"type": "semantic_vad", "eagerness": "low"}


def test_adjustments_are_these():
    changes = {name: event["session"] for name, event in adjustments().items()}
    assert changes == {
        "voice": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {"input": {"turn_detection": PATIENT}},
        },
        "push_to_talk": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {"input": {"turn_detection": None}},
        },
        "typing": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {"input": {"turn_detection": PATIENT}},
        },
        "silent": {
            "type": "realtime",
            "output_modalities": ["text"],
            "audio": {"input": {"turn_detection": PATIENT}},
        },
        "think": {
            "type": "realtime",
            "audio": {"input": {"turn_detection": {**PATIENT, "create_response": False}}},
        },
        "speed_normal": {"type": "realtime", "audio": {"output": {"speed": 1.0}}},
        "speed_slower": {"type": "realtime", "audio": {"output": {"speed": 0.85}}},
        "speed_slow": {"type": "realtime", "audio": {"output": {"speed": 0.7}}},
    }


@pytest.mark.parametrize("name", adjustments())
def test_adjustment_is_a_valid_update(name):
    event = adjustments()[name]
    assert event["type"] == "session.update"
    assert check_client_event(event) == []


@pytest.mark.parametrize("name", adjustments())
def test_adjustment_keeps_transcription_noise_reduction_voice_and_stage(name):
    before = initial(config(), call_id="rtc_1", expires_at=3_600)
    after = merged(before, adjustments()[name]["session"])

    def kept(call):
        audio = call["audio"]
        heard = (audio["input"]["transcription"], audio["input"]["noise_reduction"])
        return (*heard, audio["output"]["voice"], call["instructions"], call["tools"])

    assert kept(after) == kept(before)


def test_new_call_is_by_voice_at_the_tutors_own_pace():
    call = initial(config(), call_id="rtc_1", expires_at=3_600)
    for name in ("voice", "speed_normal"):
        assert merged(call, adjustments()[name]["session"]) == call


@pytest.mark.parametrize("way", ["voice", "push_to_talk", "typing", "silent"])
def test_way_undoes_every_other_way_and_the_time_to_think(way):
    call = initial(config(), call_id="rtc_1", expires_at=3_600)
    straight = merged(call, adjustments()[way]["session"])
    for other in ("voice", "push_to_talk", "typing", "silent", "think"):
        roundabout = merged(merged(call, adjustments()[other]["session"]), adjustments()[way]["session"])
        assert roundabout == straight


def test_stage_leaves_the_adjustments_alone():
    stage = stage_config(instructions="Order.", tools=[])
    for event in adjustments().values():
        adjusted = event["session"].keys() - {"type"}
        assert adjusted & stage.keys() == set()


def test_function_tool_is_flat():
    tool = function_tool(name="note", description="Note a drink.", parameters=PARAMETERS)
    assert tool == NOTE
    assert check_session(stage_config(instructions="", tools=[tool])) == []


def test_tools_given_are_not_shared_with_the_config():
    tool = function_tool(name="note", description="Note a drink.", parameters=PARAMETERS)
    payload = stage_config(instructions="", tools=[tool])
    payload["tools"][0]["name"] = "changed"
    assert tool["name"] == "note"


def test_stage_complete_tool_asks_for_an_outcome_and_reasons():
    tool = stage_complete_tool("stage_complete", ["understood", "needs-practice"], evidence=0)
    assert tool == {
        "type": "function",
        "name": "stage_complete",
        "description": (
            "Call this when the goal of the current stage is reached, or one of its ways out clearly fits. "
            "Call it once, without announcing it, and go on with what its answer tells you."
        ),
        "parameters": {
            "type": "object",
            "properties": {
                "outcome": {
                    "type": "string",
                    "enum": ["understood", "needs-practice"],
                    "description": "The way out that fits.",
                },
                "reasoning": {
                    "type": "string",
                    "description": "Why the stage is finished, in one or two sentences.",
                },
                "summary": {
                    "type": "string",
                    "description": "What the learner showed or said, for the stages to come.",
                },
                "evidence": {"type": "array", "items": {"type": "string"}, "description": EVIDENCE_HELP},
            },
            "required": ["outcome", "reasoning", "summary", "evidence"],
            "additionalProperties": False,
        },
    }
    assert check_session(stage_config(instructions="", tools=[tool])) == []


def test_stage_complete_tool_asks_for_as_many_quotes_as_the_stage_needs():
    tool = stage_complete_tool("stage_complete", ["done"], evidence=2)
    assert tool["parameters"]["properties"]["evidence"]["minItems"] == 2
