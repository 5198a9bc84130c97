"""A call with the script alone: every event it sends is checked against the official types."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from tests.official import check_server_event
from tutor.realtime.briefing import Briefing, write
from tutor.rehearsal.effects import Effect, Send, Synthesise
from tutor.rehearsal.script import Script

WARM_UP = Briefing(
    stage="Warm-up",
    role="A patient tutor",
    goal="Say what plants need to grow.",
    opening="Hello! What does a plant need to grow?",
    outcomes=(("understood", "The learner names light and water."), ("needs_practice", "Anything less.")),
)
SECOND = Briefing(stage="Roots", goal="Say what roots do.", opening="Now to the roots. What are they for?")
STAGE_COMPLETE = {
    "type": "function",
    "name": "stage_complete",
    "description": "Call this when the stage is finished.",
    "parameters": {
        "type": "object",
        "properties": {
            "outcome": {"type": "string", "enum": ["understood", "needs_practice"]},
            "reasoning": {"type": "string"},
            "summary": {"type": "string"},
            "evidence": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["outcome", "reasoning", "summary", "evidence"],
        "additionalProperties": False,
    },
}
HINT = {
    "type": "function",
    "name": "give_hint",
    "description": "Show a hint.",
    "parameters": {
        "type": "object",
        "properties": {"level": {"type": "integer", "minimum": 1, "maximum": 3}, "about": {"type": "string"}},
        "required": ["level"],
        "additionalProperties": False,
    },
}


def posted(briefing: Briefing = WARM_UP, **changes: Any) -> dict[str, Any]:
    """The session a call is made with."""
    return {
        "type": "realtime",
        "model": "gpt-realtime-2.1-mini",
        "output_modalities": ["audio"],
        "instructions": write(briefing),
        "audio": {
            "input": {
                "transcription": {"model": "gpt-4o-mini-transcribe", "language": "en"},
                "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
            },
            "output": {"voice": "marin"},
        },
        "tools": [STAGE_COMPLETE, HINT],
        "tool_choice": "auto",
        **changes,
    }


def counted_ids() -> Any:
    """Ids that can be written down in a test: item_1, event_2 ..."""
    numbers: dict[str, itertools.count[int]] = {}
    return lambda prefix: f"{prefix}_{next(numbers.setdefault(prefix, itertools.count(1)))}"


@dataclass
class Table:
    """Runs a script the way the peer does, with a clock that moves only when told to."""

    session: dict[str, Any] = field(default_factory=posted)
    pace: float = 0.0
    now: float = 100.0
    # Seconds of sound the voice makes of any text; None for no voice.
    voice: float | None = 2.0
    # False leaves Synthesise to the test.
    voices_at_once: bool = True
    effects: list[Effect] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.script = Script(self.session, "rtc_1", expires_at=3_600, pace=self.pace, new_id=counted_ids())
        self.take(self.script.opened())

    def take(self, effects: list[Effect]) -> list[dict[str, Any]]:
        """Note effects; return the events among them."""
        self.effects += effects
        fresh = [effect.event for effect in effects if isinstance(effect, Send)]
        for event in fresh:
            assert check_server_event(json.loads(json.dumps(event))) == []
        self.events += fresh
        for effect in effects:
            if isinstance(effect, Synthesise) and self.voices_at_once:
                fresh = fresh + self.take(self.script.voiced(effect.response_id, self.voice, self.now))
        return fresh

    def send(self, **event: Any) -> list[dict[str, Any]]:
        """Send one client event; return what comes back."""
        return self.take(self.script.receive(json.dumps(event), self.now))

    def type_text(self, text: str) -> list[dict[str, Any]]:
        """A typed turn; return the events of the tutor's response."""
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        self.send(type="conversation.item.create", item=item)
        return self.send(type="response.create")

    def answer(self, call_id: str, **output: Any) -> list[dict[str, Any]]:
        """Answer a function call and ask for a response; return its events."""
        item = {"type": "function_call_output", "call_id": call_id, "output": json.dumps(output)}
        self.send(type="conversation.item.create", item=item)
        return self.send(type="response.create")

    def finish_playing(self) -> list[dict[str, Any]]:
        """Everything in the speaker's queue has been heard."""
        started = [event for event in self.events if event["type"] == "output_audio_buffer.started"]
        return self.take(self.script.played(started[-1]["response_id"], self.now))

    def speak(self, text: str) -> list[dict[str, Any]]:
        """A spoken turn, recognised as `text`; return all its events."""
        first = len(self.events)
        self.take(self.script.speech_started(self.now))
        for _ in range(50):
            self.take(self.script.frame(20))
        stopped = self.take(self.script.speech_stopped())
        committed = next(event for event in stopped if event["type"] == "input_audio_buffer.committed")
        self.take(self.script.heard(committed["item_id"], text))
        return self.events[first:]


def types(events: list[dict[str, Any]]) -> list[str]:
    """The types of events, in order."""
    return [event["type"] for event in events]


def spoken(events: list[dict[str, Any]]) -> str:
    """What the tutor said in these events."""
    return " ".join(event["transcript"] for event in events if event["type"] == "response.output_audio_transcript.done")


def calls(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The function calls of the completed responses in these events."""
    done = [event["response"] for event in events if event["type"] == "response.done"]
    return [
        item
        for response in done
        if response["status"] == "completed"
        for item in response["output"]
        if item["type"] == "function_call"
    ]


def errors(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """The (code, param) of the errors in these events."""
    return [(event["error"]["code"], event["error"]["param"]) for event in events if event["type"] == "error"]
