"""What a model session is configured with: the flat config of a new call, and the update at a stage change.

Protocol reference sections 2 and 3. The wire's name for it is `session`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Protocol reference section 2.1: these take a list of languages, all others one.
_MODELS_WITH_LANGUAGES = ("gpt-transcribe", "gpt-live-transcribe")
# Learners think aloud: the patient setting (section 2.2).
_PATIENT = {"type": "semantic_vad", "eagerness": "low"}
# By name, how fast the tutor speaks; the model's own pace is 1 (section 2).
_SPEEDS = {"normal": 1.0, "slower": 0.85, "slow": 0.7}
EVIDENCE_HELP = "The learner's own words that show it, quoted exactly as they said them."


def call_config(
    *,
    model: str,
    voice: str,
    language: str,
    transcription_model: str,
    instructions: str,
    tools: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the flat `session` of `POST /realtime/calls`: everything the call needs, so nothing is updated on open.

    `voice` is a built-in one or the id of a custom one (`voice_…`), `language` an ISO 639-1 code for the transcription;
    `tools` are function tools as `function_tool` makes them.
    """
    return {
        "type": "realtime",
        "model": model,
        "output_modalities": ["audio"],
        "instructions": instructions,
        "audio": {
            "input": {
                "noise_reduction": {"type": "near_field"},
                "transcription": _transcription(transcription_model, language),
                "turn_detection": dict(_PATIENT),
            },
            "output": {"voice": _voice(voice)},
        },
        "tools": [dict(tool) for tool in tools],
        "tool_choice": "auto",
    }


def stage_config(*, instructions: str, tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the part of the session that a stage decides.

    Never model or voice: the first cannot change, the second not after the first sound (section 3).
    The whole tool list, even if empty: leaving it out would keep the old stage's tools.
    """
    return {
        "type": "realtime",
        "instructions": instructions,
        "tools": [dict(tool) for tool in tools],
        "tool_choice": "auto",
    }


def session_update(stage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `session.update` event that puts a stage's config (from `stage_config`) in force."""
    return {"type": "session.update", "session": dict(stage)}


def adjustments() -> dict[str, dict[str, Any]]:
    """Return what a learner may change of a call at any time: by name, the `session.update` that does it.

    A new call is `voice` and `speed_normal`. The ways of taking part and `think` say whose sound is taken for a turn;
    `think` is left by sending the way again. Each names only what it changes, which leaves its siblings in force
    (section 3): no transcription, noise reduction or voice is lost. `turn_detection` goes whole, whatever its type was.
    """
    waiting = {**_PATIENT, "create_response": False}
    changes: dict[str, dict[str, Any]] = {
        "voice": _way(output="audio", turn_detection=dict(_PATIENT)),
        "push_to_talk": _way(output="audio", turn_detection=None),
        "typing": _way(output="audio", turn_detection=dict(_PATIENT)),
        "silent": _way(output="text", turn_detection=dict(_PATIENT)),
        "think": {"audio": {"input": {"turn_detection": waiting}}},
        **{f"speed_{name}": {"audio": {"output": {"speed": speed}}} for name, speed in _SPEEDS.items()},
    }
    return {name: session_update({"type": "realtime", **change}) for name, change in changes.items()}


def function_tool(*, name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return one tool as the wire wants it: flat, not nested under `function`."""
    return {"type": "function", "name": name, "description": description, "parameters": dict(parameters)}


def stage_complete_tool(name: str, outcomes: Iterable[str], *, evidence: int) -> dict[str, Any]:
    """Return the built-in tool with which the model proposes the end of a stage.

    `outcomes` are the keys it may choose from; `evidence` how many quotes it must bring (0: none needed).
    """
    quotes: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "description": EVIDENCE_HELP}
    if evidence:
        quotes["minItems"] = evidence
    properties: dict[str, Any] = {
        "outcome": {"type": "string", "enum": list(outcomes), "description": "The way out that fits."},
        "reasoning": {"type": "string", "description": "Why the stage is finished, in one or two sentences."},
        "summary": {"type": "string", "description": "What the learner showed or said, for the stages to come."},
        "evidence": quotes,
    }
    return function_tool(
        name=name,
        description=(
            "Call this when the goal of the current stage is reached, or one of its ways out clearly fits. "
            "Call it once, without announcing it, and go on with what its answer tells you."
        ),
        parameters={
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    )


def _way(*, output: str, turn_detection: dict[str, str] | None) -> dict[str, Any]:
    return {"output_modalities": [output], "audio": {"input": {"turn_detection": turn_detection}}}


def _voice(voice: str) -> str | dict[str, str]:
    # Section 2: a custom voice goes as an object, a built-in one by its name.
    return {"id": voice} if voice.startswith("voice_") else voice


def _transcription(model: str, language: str) -> dict[str, Any]:
    if model.startswith(_MODELS_WITH_LANGUAGES):
        return {"model": model, "languages": [language]}
    return {"model": model, "language": language}
