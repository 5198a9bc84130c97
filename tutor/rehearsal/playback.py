"""The tutor's sound as it is heard: one response after the other, and what an interruption leaves of it."""

from dataclasses import dataclass, field
from typing import Any

from tutor.rehearsal.conversation import Conversation

Event = dict[str, Any]


@dataclass(slots=True)
class Playback:
    """Sound of one response; `started` (seconds) is None until its turn has come."""

    response_id: str
    item_id: str
    started: float | None = None


@dataclass(slots=True)
class PlaybackQueue:
    """Sound that is being heard, and sound waiting behind it; every change returns the events that tell of it."""

    _waiting: list[Playback] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, response_id: str, item_id: str, now: float) -> list[Event]:
        """Put the sound of a response at the end of the queue."""
        self._waiting.append(Playback(response_id, item_id))
        return self._start_first(now) if len(self._waiting) == 1 else []

    def finish(self, response_id: str, now: float) -> list[Event]:
        """The sound of a response has been heard to its end; another response than the first is none of it."""
        if not self._waiting or self._waiting[0].response_id != response_id:
            return []
        self._waiting.pop(0)
        return [{"type": "output_audio_buffer.stopped", "response_id": response_id}, *self._start_first(now)]

    def clear(self, conversation: Conversation, now: float) -> list[Event]:
        """Stop at once: what has not been heard leaves the conversation (protocol reference section 7)."""
        cut, self._waiting = self._waiting, []
        if not cut:
            return []
        truncated = [
            _truncate(playback, conversation, now) for playback in cut if playback.item_id in conversation.items
        ]
        return [{"type": "output_audio_buffer.cleared", "response_id": cut[0].response_id}, *truncated]

    def _start_first(self, now: float) -> list[Event]:
        if not self._waiting:
            return []
        first = self._waiting[0]
        first.started = now
        return [{"type": "output_audio_buffer.started", "response_id": first.response_id}]


def _truncate(playback: Playback, conversation: Conversation, now: float) -> Event:
    """Forget what was not heard of one item; return the event that says where it was cut."""
    heard = 0 if playback.started is None else int((now - playback.started) * 1000)
    end = max(0, min(heard, conversation.audio_ms[playback.item_id]))
    conversation.truncate(playback.item_id, audio_end_ms=end)
    about = {"item_id": playback.item_id, "content_index": 0, "audio_end_ms": end}
    return {"type": "conversation.item.truncated", **about}
