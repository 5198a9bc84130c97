"""What a lesson will about cost."""

from decimal import Decimal

import pytest

from tutor.realtime import models
from tutor.realtime.prices import PRICES, TRANSCRIPTION_PRICES, forecast


def usd(model="gpt-realtime-2.1", transcription_model="gpt-transcribe", minutes=10, instruction_tokens=1_000):
    return forecast(
        model=model,
        transcription_model=transcription_model,
        minutes=minutes,
        instruction_tokens=instruction_tokens,
    )


def test_forecast_of_one_minute_is_what_its_three_turns_cost():
    """By hand, for the full model: a turn is 70 tokens heard, 180 spoken and 30 written; a turn before is heard again.

    Text in: 3000, of which 1600 cached. Sound in: 3 x 70 new, and 250 + 500 from before, of which 600 cached.
    """
    text = 1_400 * Decimal(4) + 1_600 * Decimal("0.40") + 90 * Decimal(24)
    audio = 360 * Decimal(32) + 600 * Decimal("0.40") + 540 * Decimal(64)
    transcription = Decimal("0.35") * Decimal("0.0045")

    assert usd(minutes=1) == (text + audio) / 1_000_000 + transcription


@pytest.mark.parametrize("change", [{"model": "my-deployment"}, {"transcription_model": "whisper-1"}, {"model": ""}])
def test_forecast_with_an_unknown_price_is_none(change):
    assert usd(**change) is None


def test_forecast_of_no_time_is_nothing():
    assert usd(minutes=0) == 0


def test_forecast_grows_faster_than_the_time_because_the_conversation_is_read_again():
    assert usd(minutes=20) > 2 * usd(minutes=10)


def test_forecast_of_a_short_memory_stops_growing():
    """After 40 minutes the older model has forgotten the beginning, so each ten minutes cost the same."""
    until = [usd(model="gpt-realtime-1.5", minutes=minutes) for minutes in (40, 50, 60)]

    assert until[2] - until[1] == until[1] - until[0]
    assert until[2] < usd(model="gpt-realtime-2", minutes=60)


def test_forecast_of_a_small_model_is_cheaper():
    assert usd(model="gpt-realtime-2.1-mini") < usd() / 2


def test_only_models_known_here_have_prices():
    assert set(PRICES) <= set(models.VOICE_MODELS)
    assert set(TRANSCRIPTION_PRICES) <= set(models.TRANSCRIPTION_MODELS)
