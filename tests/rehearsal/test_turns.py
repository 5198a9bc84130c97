"""Turns in the sound of a microphone. The sound is real: a WAV of the worker's own voice."""

import av
import pytest

from tutor.rehearsal.speech_client import Sound
from tutor.rehearsal.turns import FRAME_BYTES, Moment, TurnDetector, silence_ms

QUIET = [bytes(FRAME_BYTES)] * 50


def frames_of(sound: Sound) -> list[bytes]:
    """Opus packets as 20 ms frames at 16 kHz."""
    decoder = av.CodecContext.create("libopus", "r")
    decoder.format, decoder.layout, decoder.sample_rate = "s16", "mono", 48_000
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000, frame_size=320)
    decoded = [frame for packet in sound.packets for frame in decoder.decode(av.Packet(packet))]
    parts = [part for frame in decoded for part in resampler.resample(frame)]
    return [bytes(part.planes[0])[:FRAME_BYTES] for part in parts]


@pytest.fixture(scope="session")
async def spoken(rehearsal) -> list[bytes]:
    sound = await rehearsal.speech.speak("Plants need light.", language="en", voice="marin", speed=1.0)
    return frames_of(sound)


def moments(detector: TurnDetector, frames: list[bytes]) -> list[tuple[int, Moment]]:
    """What happened, and at which frame."""
    return [(place, moment) for place, frame in enumerate(frames) if (moment := detector.feed(frame))]


async def test_detector_finds_one_turn(spoken):
    detector = TurnDetector({"type": "server_vad", "silence_duration_ms": 500})
    found = moments(detector, [*QUIET, *spoken, *QUIET])
    assert [moment for _, moment in found] == [Moment.STARTED, Moment.STOPPED]
    (started, _), (stopped, _) = found
    assert 50 < started < 60
    assert 50 + len(spoken) < stopped < 50 + len(spoken) + 30


async def test_detector_hands_on_the_speech_with_little_silence(spoken):
    detector = TurnDetector({"type": "server_vad", "silence_duration_ms": 500})
    moments(detector, [*QUIET, *spoken, *QUIET])
    length = len(detector.take()) // FRAME_BYTES
    assert len(spoken) - 10 < length < len(spoken) + 16
    assert detector.take() == b""


async def test_detector_only_collects_when_the_learner_pushes_to_talk(spoken):
    detector = TurnDetector(None)
    assert moments(detector, [*QUIET, *spoken, *QUIET]) == []
    assert len(detector.take()) // FRAME_BYTES < len(spoken) + 16


def test_detector_finds_nothing_in_silence():
    detector = TurnDetector({"type": "server_vad"})
    assert (moments(detector, QUIET), detector.take()) == ([], b"")


@pytest.mark.parametrize(
    ("detection", "milliseconds"),
    [
        ({"type": "semantic_vad", "eagerness": "low"}, 900),
        ({"type": "semantic_vad", "eagerness": "auto"}, 500),
        ({"type": "semantic_vad", "eagerness": "high"}, 300),
        ({"type": "server_vad", "silence_duration_ms": 700}, 700),
        ({"type": "server_vad"}, 500),
    ],
)
def test_silence_ends_a_turn_sooner_for_an_eager_tutor(detection, milliseconds):
    assert silence_ms(detection) == milliseconds
