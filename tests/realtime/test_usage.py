"""Tokens as reported, and what they cost."""

from dataclasses import asdict, astuple
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import any_json, patient
from tutor.realtime.usage import Price, Usage, cost, read_usage

# gpt-realtime-2.1-mini, protocol reference section 10.3.
MINI = Price(
    text_in=Decimal("0.60"),
    cached_text_in=Decimal("0.06"),
    text_out=Decimal("2.40"),
    audio_in=Decimal(10),
    cached_audio_in=Decimal("0.30"),
    audio_out=Decimal(20),
    image_in=Decimal("0.80"),
    cached_image_in=Decimal("0.08"),
)
RESPONSE = {
    "total_tokens": 1_650,
    "input_tokens": 1_400,
    "output_tokens": 250,
    "input_token_details": {
        "text_tokens": 900,
        "audio_tokens": 400,
        "image_tokens": 100,
        "cached_tokens": 960,
        "cached_tokens_details": {"text_tokens": 800, "audio_tokens": 100, "image_tokens": 60},
    },
    "output_token_details": {"text_tokens": 50, "audio_tokens": 200},
}
USAGE = Usage(
    text_in=900,
    audio_in=400,
    image_in=100,
    cached_text_in=800,
    cached_audio_in=100,
    cached_image_in=60,
    text_out=50,
    audio_out=200,
)


def test_usage_of_a_response_is_read_by_kind():
    assert read_usage(RESPONSE) == USAGE


def test_usage_of_a_transcription_in_tokens_is_read():
    raw = {
        "type": "tokens",
        "total_tokens": 48,
        "input_tokens": 35,
        "output_tokens": 13,
        "input_token_details": {"text_tokens": 5, "audio_tokens": 30},
    }
    assert read_usage(raw) == Usage(text_in=5, audio_in=30, text_out=13)


def test_usage_of_a_transcription_without_details_is_sound_in_and_text_out():
    raw = {"type": "tokens", "total_tokens": 48, "input_tokens": 35, "output_tokens": 13}
    assert read_usage(raw) == Usage(audio_in=35, text_out=13)


def test_usage_of_a_transcription_in_seconds_is_read():
    assert read_usage({"type": "duration", "seconds": 2.5}) == Usage(seconds=2.5)


@pytest.mark.parametrize("value", [-1, 2**53, 1.5, True, "7", None, [], float("nan")])
def test_count_that_is_no_count_is_nothing(value):
    assert read_usage({"output_token_details": {"text_tokens": value}}) == Usage()


@pytest.mark.parametrize("value", [-1, 1e6, True, "7", None, float("nan"), float("inf"), 10**400])
def test_duration_that_is_none_is_nothing(value):
    assert read_usage({"type": "duration", "seconds": value}) == Usage()


@pytest.mark.parametrize("raw", [None, [], "tokens", 7, {}, {"input_token_details": []}, {"output_token_details": 1}])
def test_missing_usage_is_nothing(raw):
    assert read_usage(raw) == Usage()


def test_usages_add_up_kind_by_kind():
    assert USAGE + Usage(text_in=1, audio_out=2, seconds=0.5) == Usage(
        **{**asdict(USAGE), "text_in": 901, "audio_out": 202, "seconds": 0.5}
    )


def test_cost_bills_cached_tokens_once_at_their_own_price():
    expected = (
        (100 * Decimal("0.60") + 800 * Decimal("0.06") + 50 * Decimal("2.40"))
        + (300 * Decimal(10) + 100 * Decimal("0.30") + 200 * Decimal(20))
        + (40 * Decimal("0.80") + 60 * Decimal("0.08"))
    ) / 1_000_000
    assert cost(USAGE, MINI) == expected == Decimal("0.0072948")


def test_cost_of_more_cached_tokens_than_there_are_is_that_of_all_cached():
    assert cost(Usage(text_in=10, cached_text_in=99), MINI) == 10 * Decimal("0.06") / 1_000_000


counts = st.integers(0, 2**53 - 1)
usages = st.builds(Usage, **{name: counts for name in asdict(Usage()) if name != "seconds"})


@patient
@given(usages)
def test_cost_is_never_negative_and_caching_never_dearer(usage):
    uncached = Usage(**{name: 0 if "cached" in name else value for name, value in asdict(usage).items()})
    assert 0 <= cost(usage, MINI) <= cost(uncached, MINI)


@patient
@given(any_json)
def test_any_report_is_read(raw):
    for report in (raw, {"input_token_details": raw}, {"input_token_details": {"cached_tokens_details": raw}}):
        assert all(count >= 0 for count in astuple(read_usage(report)))
