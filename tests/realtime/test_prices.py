"""What models cost on a day, and what a lesson will about cost."""

from datetime import date
from decimal import Decimal

import pytest

from tutor.realtime.prices import PriceList, Rate, forecast
from tutor.realtime.usage import Price

DAY = date(2026, 10, 1)


def price(text: str, audio: str) -> Price:
    """Prices written as uncached / cached / out."""
    three = {"text": text.split("/"), "audio": audio.split("/")}
    return Price(
        **{f"{kind}_in": Decimal(numbers[0]) for kind, numbers in three.items()},
        **{f"cached_{kind}_in": Decimal(numbers[1]) for kind, numbers in three.items()},
        **{f"{kind}_out": Decimal(numbers[2]) for kind, numbers in three.items()},
    )


FULL, MINI = price("4/0.40/24", "32/0.40/64"), price("0.60/0.06/2.40", "10/0.30/20")
HEARING = Rate(model="gpt-transcribe", since=DAY, minute=Decimal("0.0045"))


def speaking(model: str = "gpt-realtime-2.1", tokens: Price = FULL) -> Rate:
    return Rate(model=model, since=DAY, tokens=tokens)


def usd(voice=speaking(), transcription=HEARING, minutes=10, instruction_tokens=1_000):  # noqa: B008 - frozen
    return forecast(voice=voice, transcription=transcription, minutes=minutes, instruction_tokens=instruction_tokens)


def test_forecast_of_one_minute_is_what_its_three_turns_cost():
    """By hand, for the full model: a turn is 70 tokens heard, 180 spoken and 30 written; a turn before is heard again.

    Text in: 3000, of which 1600 cached. Sound in: 3 x 70 new, and 250 + 500 from before, of which 600 cached.
    """
    text = 1_400 * Decimal(4) + 1_600 * Decimal("0.40") + 90 * Decimal(24)
    audio = 360 * Decimal(32) + 600 * Decimal("0.40") + 540 * Decimal(64)
    transcription = Decimal("0.35") * Decimal("0.0045")

    assert usd(minutes=1) == (text + audio) / 1_000_000 + transcription


@pytest.mark.parametrize(
    "change", [{"voice": None}, {"voice": HEARING}, {"transcription": None}, {"transcription": speaking()}]
)
def test_forecast_with_an_unknown_price_is_none(change):
    assert usd(**change) is None


def test_forecast_of_no_time_is_nothing():
    assert usd(minutes=0) == 0


def test_forecast_grows_faster_than_the_time_because_the_conversation_is_read_again():
    assert usd(minutes=20) > 2 * usd(minutes=10)


def test_forecast_of_a_short_memory_stops_growing():
    """After 40 minutes the older model has forgotten the beginning, so each ten minutes cost the same."""
    until = [usd(speaking("gpt-realtime-1.5"), minutes=minutes) for minutes in (40, 50, 60)]

    assert until[2] - until[1] == until[1] - until[0]
    assert until[2] < usd(speaking("gpt-realtime-2"), minutes=60)


def test_forecast_of_a_small_model_is_cheaper():
    assert usd(speaking("gpt-realtime-2.1-mini", MINI)) < usd() / 2


@pytest.mark.parametrize(
    ("day", "since"),
    [
        (date(2026, 9, 30), None),
        (date(2026, 10, 1), date(2026, 10, 1)),
        (date(2026, 11, 30), date(2026, 10, 1)),
        (date(2026, 12, 1), date(2026, 12, 1)),
    ],
)
def test_price_in_force_is_the_latest_that_has_begun(day, since):
    rates = [Rate(model="a", since=date(2026, month, 1), minute=Decimal(month)) for month in (12, 10)]

    found = PriceList([*rates, HEARING]).in_force("a", day)

    assert found == (None if since is None else Rate(model="a", since=since, minute=Decimal(since.month)))
