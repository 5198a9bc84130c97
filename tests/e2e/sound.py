"""Spoken WAV files for a microphone."""

import io
import random
import wave
from collections.abc import Sequence

import av

from tutor.rehearsal.speech import LibraryVoice

RATE = 48_000
NOISE = 20


def wav(parts: Sequence[str | float]) -> bytes:
    """Return a mono 48 kHz WAV: texts are spoken, numbers are seconds of a quiet room."""
    samples = b"".join(_speech(part) if isinstance(part, str) else bytes(2 * int(RATE * part)) for part in parts)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(_noisy(samples))
    return out.getvalue()


def _speech(text: str) -> bytes:
    voice = LibraryVoice()
    spoken = voice.say(text, name="en-us+f1", words_per_minute=150)
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(spoken) // 2)
    frame.sample_rate = voice.rate
    frame.planes[0].update(spoken)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    return b"".join(
        bytes(part.planes[0])[: part.samples * 2] for part in (*resampler.resample(frame), *resampler.resample(None))
    )


def _noisy(samples: bytes) -> bytes:
    """Digital silence is nothing a microphone ever hears, and it spoils the recogniser."""
    dice = random.Random(1)
    values = memoryview(samples).cast("h")
    noisy = (max(-32768, min(32767, value + dice.randint(-NOISE, NOISE))) for value in values)
    return b"".join(value.to_bytes(2, "little", signed=True) for value in noisy)
