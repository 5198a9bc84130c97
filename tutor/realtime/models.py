"""The provider's models and the days on which they are shut down (protocol reference, sections 2.1 and 2.3)."""

from datetime import date, timedelta
from enum import Enum

# How long before its last day a model is reported.
NOTICE = timedelta(days=90)

# Last day known, None while none is announced.
VOICE_MODELS: dict[str, date | None] = {
    "gpt-realtime-2.1": None,
    "gpt-realtime-2.1-mini": None,
    "gpt-realtime-2": None,
    "gpt-realtime-1.5": None,
    "gpt-realtime": date(2027, 1, 20),
    "gpt-realtime-2025-08-28": date(2027, 1, 20),
    "gpt-realtime-mini": date(2027, 1, 20),
    "gpt-realtime-mini-2025-12-15": date(2027, 1, 20),
    "gpt-realtime-mini-2025-10-06": date(2026, 7, 23),
    "gpt-4o-realtime-preview": date(2026, 5, 7),
    "gpt-4o-realtime-preview-2024-10-01": date(2026, 5, 7),
    "gpt-4o-realtime-preview-2024-12-17": date(2026, 5, 7),
    "gpt-4o-realtime-preview-2025-06-03": date(2026, 5, 7),
}
TRANSCRIPTION_MODELS: dict[str, date | None] = {
    "gpt-transcribe": None,
    "gpt-live-transcribe": None,
    "gpt-realtime-whisper": None,
    "gpt-4o-mini-transcribe": date(2027, 2, 26),
    "gpt-4o-mini-transcribe-2025-12-15": date(2027, 2, 26),
    "gpt-4o-transcribe": date(2027, 2, 26),
    "gpt-4o-transcribe-diarize": date(2027, 2, 26),
    "whisper-1": date(2027, 2, 26),
}


class Status(Enum):
    """What is known about a model on a given day."""

    UNKNOWN = "unknown"
    CURRENT = "current"
    ENDING = "ending"
    ENDED = "ended"


def shutdown_date(name: str) -> date | None:
    """Return the day on which a model stops answering, None when no day is known."""
    return (VOICE_MODELS | TRANSCRIPTION_MODELS).get(name)


def status(name: str, today: date) -> Status:
    """Return what is known about a voice or transcription model. On its shutdown date a model counts as ended."""
    known = VOICE_MODELS | TRANSCRIPTION_MODELS
    if name not in known:
        return Status.UNKNOWN
    end = known[name]
    if end is None or today < end - NOTICE:
        return Status.CURRENT
    return Status.ENDING if today < end else Status.ENDED
