"""The effective configuration of a call: defaults, what was posted, and every update since.

Field names and defaults: protocol reference sections 2 and 2.2; merging: section 3.
"""

import copy
from typing import Any

Config = dict[str, Any]

DEFAULT_INSTRUCTIONS = "You are a helpful, friendly tutor."
TURN_DETECTION_DEFAULTS: dict[str, Config] = {
    "server_vad": {
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {"eagerness": "auto", "create_response": True, "interrupt_response": True},
}
# Objects merged field by field; every other value is replaced whole.
MERGED = ("audio", "input", "output")


def initial(posted: Config, *, call_id: str, expires_at: int) -> Config:
    """Return the configuration a call starts with; `expires_at` is in unix seconds."""
    defaults: Config = {
        "id": call_id.replace("rtc_", "sess_"),
        "object": "realtime.session",
        "type": "realtime",
        "expires_at": expires_at,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "noise_reduction": None,
                "transcription": None,
                "turn_detection": {"type": "server_vad"},
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy", "speed": 1.0},
        },
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "include": None,
        "prompt": None,
        "tracing": None,
        "truncation": "auto",
    }
    return merged(defaults, posted)


def merged(current: Config, update: Config) -> Config:
    """Return the configuration after a partial update; `current` stays as it is."""
    result = copy.deepcopy(current)
    _merge(result, copy.deepcopy(update))
    detection = result["audio"]["input"]["turn_detection"]
    if detection is not None:
        result["audio"]["input"]["turn_detection"] = {**TURN_DETECTION_DEFAULTS[detection["type"]], **detection}
    return result


def _merge(target: Config, update: Config) -> None:
    for name, value in update.items():
        if name in MERGED and isinstance(target.get(name), dict):
            _merge(target[name], value)
        else:
            target[name] = value


def turn_detection(config: Config) -> Config | None:
    """Return the rules of turn detection, None for push-to-talk."""
    detection: Config | None = config["audio"]["input"]["turn_detection"]
    return detection


def ear(config: Config) -> Config | None:
    """Return the part of turn detection by which turns are told apart; what follows from a turn is no part of it."""
    detection = turn_detection(config)
    return detection and {name: value for name, value in detection.items() if not name.endswith("_response")}


def transcribes(config: Config) -> bool:
    """Whether the learner's words are to be sent back as text."""
    return config["audio"]["input"]["transcription"] is not None


def language(config: Config) -> str:
    """Return the two-letter language of the conversation; English when nothing is said about it."""
    transcription = config["audio"]["input"]["transcription"] or {}
    code = transcription.get("language") or next(iter(transcription.get("languages", ())), "en")
    return str(code).split("-")[0].lower()


def voice(config: Config) -> str:
    """Return the name of the voice, or the id of a custom one."""
    chosen = config["audio"]["output"]["voice"]
    return str(chosen["id"] if isinstance(chosen, dict) else chosen)


def speed(config: Config) -> float:
    """Return how fast the voice speaks: 1.0 is its own pace."""
    return float(config["audio"]["output"]["speed"])


def function_tools(tools: list[Config]) -> dict[str, Config]:
    """Return the function tools by name; remote (MCP) tools are beyond a rehearsal."""
    return {tool["name"]: tool for tool in tools if tool["type"] == "function"}
