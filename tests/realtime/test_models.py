"""The days on which models are shut down."""

from datetime import date

import pytest

from tutor.realtime.models import TRANSCRIPTION_MODELS, VOICE_MODELS, Status, shutdown_date, status


@pytest.mark.parametrize(
    ("name", "today", "expected"),
    [
        ("gpt-realtime-2.1", date(2030, 1, 1), Status.CURRENT),
        ("gpt-realtime", date(2026, 10, 21), Status.CURRENT),
        ("gpt-realtime", date(2026, 10, 22), Status.ENDING),
        ("gpt-realtime", date(2027, 1, 19), Status.ENDING),
        ("gpt-realtime", date(2027, 1, 20), Status.ENDED),
        ("gpt-4o-mini-transcribe", date(2026, 11, 22), Status.CURRENT),
        ("gpt-4o-mini-transcribe", date(2026, 11, 28), Status.ENDING),
        ("gpt-4o-realtime-preview", date(2026, 11, 22), Status.ENDED),
        ("my-deployment", date(2026, 11, 22), Status.UNKNOWN),
    ],
)
def test_status_of_a_model_on_a_day(name: str, today: date, expected: Status) -> None:
    assert status(name, today) is expected


def test_shutdown_date_is_none_when_no_day_is_known() -> None:
    assert shutdown_date("gpt-realtime-mini") == date(2027, 1, 20)
    assert shutdown_date("gpt-realtime-2.1-mini") is None
    assert shutdown_date("my-deployment") is None


def test_no_name_is_both_a_voice_and_a_transcription_model() -> None:
    assert VOICE_MODELS.keys() & TRANSCRIPTION_MODELS.keys() == set()
