"""What the script asks of whoever runs it: frozen values, performed in the order given."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Send:
    """Send a server event on the data channel."""

    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Synthesise:
    """Turn a text into sound, then call `voiced`; `speed` is a factor, 1.0 is the voice's own."""

    response_id: str
    text: str
    language: str
    voice: str
    speed: float


@dataclass(frozen=True, slots=True)
class Play:
    """Put the sound made for this response at the end of the speaker's queue; call `played` when it has been heard."""

    response_id: str


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Empty the speaker's queue at once; `played` is not called for what was in it."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Call `resume` after this many seconds."""

    response_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Take the audio of the input buffer, recognise its words, then call `heard` or `not_heard`.

    `texts` are what the lesson is about: where the learner's words are likely to come from.
    """

    item_id: str
    language: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DropAudio:
    """Empty the input buffer."""


@dataclass(frozen=True, slots=True)
class ListenAnew:
    """The rules of turn detection have changed; `turn_detection` as in the session, None for push-to-talk."""

    turn_detection: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the call."""

    reason: str


Effect = Send | Synthesise | Play | StopPlaying | Pause | Transcribe | DropAudio | ListenAnew | HangUp
