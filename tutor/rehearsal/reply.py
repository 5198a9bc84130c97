"""One response of the tutor, and the events it consists of (protocol reference sections 5 and 6.1)."""

import json
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tutor.rehearsal.brain import Call
from tutor.rehearsal.config import Config
from tutor.rehearsal.conversation import Item

Event = dict[str, Any]
# Words sent in one transcript delta.
WORDS_PER_DELTA = 3


class Phase(Enum):
    """How far a response has come; each phase may end in a cancellation."""

    WAITING = "waiting for the learner's words"
    VOICING = "waiting for the sound"
    WRITING = "sending its text"


@dataclass(slots=True)
class Reply:
    """A response in progress: what it still has to say, and what it has put out so far."""

    id: str
    conversation_id: str | None
    config: Config
    metadata: dict[str, str] | None = None
    phase: Phase = Phase.WAITING
    language: str = "en"
    deltas: deque[str] = field(default_factory=deque)
    calls: tuple[Call, ...] = ()
    output: list[Item] = field(default_factory=list)
    written: str = ""

    @property
    def audible(self) -> bool:
        """Whether the answer is sound with a transcript, not text alone."""
        return bool(self.config["output_modalities"] == ["audio"])

    @property
    def message(self) -> Item:
        """Return the message item; it is always the first of the output."""
        return self.output[0]

    def created(self) -> Event:
        """The first event of a response."""
        return {"type": "response.created", "response": self._object("in_progress")}

    def open_message(self, item_id: str, text: str) -> None:
        """Add the empty message, and lay out the deltas in which its text will be sent."""
        words = text.split(" ")
        starts = range(0, len(words), WORDS_PER_DELTA)
        self.deltas.extend(" " * (start > 0) + " ".join(words[start : start + WORDS_PER_DELTA]) for start in starts)
        self.output.append(_item(item_id, "message", "in_progress", role="assistant", content=[]))

    def open_call(self, item_id: str, call_id: str, name: str) -> None:
        """Add a function call without its arguments."""
        item = _item(item_id, "function_call", "in_progress", name=name, call_id=call_id, arguments="")
        self.output.append(item)

    def item_added(self) -> Event:
        """`response.output_item.added` of the newest item."""
        return self._about_item("response.output_item.added", item=dict(self.output[-1]))

    def part_added(self) -> Event:
        """`response.content_part.added` of the message, still without text."""
        return self._about_part("response.content_part.added", part=self._part(""))

    def next_delta(self) -> Event:
        """Take the next words out of the queue; return the event that carries them."""
        words = self.deltas.popleft()
        self.written += words
        kind = "response.output_audio_transcript.delta" if self.audible else "response.output_text.delta"
        return self._about_part(kind, delta=words)

    def close_message(self, *, status: str, has_sound: bool) -> list[Event]:
        """Settle the message with the text written so far; return the events up to `content_part.done`."""
        self.message["status"] = status
        kind, key = ("output_audio", "transcript") if self.audible else ("output_text", "text")
        self.message["content"] = [{"type": kind, key: self.written}]
        text_done = self._about_part(
            f"response.{kind}{'_transcript' if self.audible else ''}.done", **{key: self.written}
        )
        sound_done = [self._about_part("response.output_audio.done")] if has_sound else []
        return [*sound_done, text_done, self._about_part("response.content_part.done", part=self._part(self.written))]

    def write_whole(self, item_id: str, text: str) -> list[Event]:
        """Return all events of a message that is written in one go, without sound."""
        self.open_message(item_id, text)
        opening = [self.item_added(), self.part_added()]
        deltas = [self.next_delta() for _ in range(len(self.deltas))]
        return [*opening, *deltas, *self.close_message(status="completed", has_sound=False), self.item_done()]

    def close_call(self, call: Call) -> list[Event]:
        """Settle the newest function call; return its argument events."""
        arguments = json.dumps(call.arguments, ensure_ascii=False)
        item = self.output[-1]
        item["status"], item["arguments"] = "completed", arguments
        kind = "response.function_call_arguments"
        ids = {"item_id": item["id"], "call_id": item["call_id"]}
        return [
            self._about_item(f"{kind}.delta", **ids, delta=arguments),
            self._about_item(f"{kind}.done", **ids, name=call.name, arguments=arguments),
        ]

    def item_done(self) -> Event:
        """`response.output_item.done` of the newest item."""
        return self._about_item("response.output_item.done", item=dict(self.output[-1]))

    def done(self, *, status: str, reason: str | None, usage: dict[str, Any]) -> Event:
        """The last event of a response; `reason` says why it was cancelled."""
        details = {"type": status, "reason": reason} if reason else None
        response = {**self._object(status), "status_details": details, "usage": usage}
        return {"type": "response.done", "response": response}

    def _object(self, status: str) -> dict[str, Any]:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": None,
            "output": [dict(item) for item in self.output],
            "conversation_id": self.conversation_id,
            "output_modalities": self.config["output_modalities"],
            "max_output_tokens": self.config["max_output_tokens"],
            "audio": {"output": {name: self.config["audio"]["output"][name] for name in ("format", "voice")}},
            "usage": None,
            "metadata": self.metadata,
        }

    def _about_item(self, kind: str, **fields: Any) -> Event:
        return {"type": kind, "response_id": self.id, "output_index": len(self.output) - 1, **fields}

    def _about_part(self, kind: str, **fields: Any) -> Event:
        ids = {"response_id": self.id, "item_id": self.message["id"], "output_index": 0, "content_index": 0}
        return {"type": kind, **ids, **fields}

    def _part(self, text: str) -> dict[str, str]:
        return {"type": "audio", "transcript": text} if self.audible else {"type": "text", "text": text}


def _item(item_id: str, kind: str, status: str, **fields: Any) -> Item:
    return {"id": item_id, "object": "realtime.item", "type": kind, "status": status, **fields}
