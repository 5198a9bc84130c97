"""The effective configuration of a call."""

import pytest

from tests.rehearsal.helpers import posted
from tutor.rehearsal import config


def test_merged_replaces_tools_and_turn_detection_whole():
    before = config.initial(posted(), call_id="rtc_1", expires_at=0)
    update = {"tools": [], "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.9}}}}
    after = config.merged(before, update)
    assert after["tools"] == []
    assert after["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.9,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    }
    assert config.turn_detection(before) != config.turn_detection(after)


@pytest.mark.parametrize(
    ("transcription", "language"),
    [
        (None, "en"),
        ({"model": "x"}, "en"),
        ({"model": "x", "language": "de"}, "de"),
        ({"model": "gpt-transcribe", "languages": ["fr-CA", "en"]}, "fr"),
    ],
)
def test_language_is_that_of_the_transcription(transcription, language):
    session = posted(audio={"input": {"transcription": transcription}})
    assert config.language(config.initial(session, call_id="rtc_1", expires_at=0)) == language
