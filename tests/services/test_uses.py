"""What an attempt used of the models, by day."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from tutor.models import Connection, DayUse, ModelPrice, UsageReport
from tutor.models.price import TOKEN_KINDS
from tutor.services import attempts, digests

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)
CONFIG = {"model": "voice", "audio": {"input": {"transcription": {"model": "ears"}}}}


@pytest.fixture
def real(attempt):
    """An attempt with a provider's model, which costs 2 USD a million tokens, and 0.006 a minute to be written down."""
    attempt.is_rehearsal = False
    attempt.save()
    ModelPrice.objects.create(model="voice", valid_from=DAY, **dict.fromkeys(TOKEN_KINDS, Decimal(2)))
    ModelPrice.objects.create(model="ears", valid_from=DAY, minute=Decimal("0.006"))
    Connection.objects.create(
        attempt=attempt, visit=attempt.visits.get(), config=CONFIG, call_id="rtc_1", answered_at=timezone.now()
    )
    return attempt


def report(attempt, usage, *, source=UsageReport.Source.RESPONSE, day=DAY, hour=12, in_call=True) -> None:
    one = UsageReport.objects.create(
        attempt=attempt,
        connection=attempt.connections.get() if in_call else None,
        report_id=f"report_{attempt.usage_reports.count()}",
        source=source,
        usage=usage,
    )
    UsageReport.objects.filter(pk=one.pk).update(stored_at=datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


def rows(attempt, *names: str) -> list[tuple]:
    digests.refresh(attempt)
    return list(attempt.uses.order_by("day", "model").values_list(*names))


def test_tokens_are_kept_by_day_model_and_kind(real):
    tokens = {
        "input_token_details": {
            "text_tokens": 600_000,
            "audio_tokens": 100_000,
            "cached_tokens_details": {"text_tokens": 500_000},
        },
        "output_token_details": {"text_tokens": 10, "audio_tokens": 400_000},
    }
    report(real, tokens)
    report(real, tokens)
    report(real, {"type": "duration", "seconds": 30}, source=UsageReport.Source.TRANSCRIPTION)
    report(real, tokens, day=date(2026, 11, 21))

    names = ("day", "model", "text_in", "cached_text_in", "audio_in", "text_out", "audio_out", "seconds", "cost")
    assert rows(real, *names) == [
        (DAY, "ears", 0, 0, 0, 0, 0, 30.0, Decimal("0.003")),
        (DAY, "voice", 1_200_000, 1_000_000, 200_000, 20, 800_000, 0.0, Decimal("4.40004")),
        (date(2026, 11, 21), "voice", 600_000, 500_000, 100_000, 10, 400_000, 0.0, Decimal("2.20002")),
    ]
    assert real.digest.cost == Decimal("6.60306")


def test_a_day_is_one_of_the_schools(real, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    report(real, {}, hour=20)

    assert rows(real, "day") == [(date(2026, 11, 21),)]


@pytest.mark.parametrize("case", ["no price yet", "no call", "not to be believed"])
def test_what_has_no_price_is_never_guessed(real, case):
    usage = {"output_token_details": {"text_tokens": 10**7 + 1 if case == "not to be believed" else 5}}
    day = date(2026, 11, 19) if case == "no price yet" else DAY
    report(real, {"output_token_details": {"text_tokens": 5}})
    report(real, usage, day=day, in_call=case != "no call")

    assert None in [cost for (cost,) in rows(real, "cost")]
    assert real.digest.cost is None


def test_more_money_than_a_column_takes_stops_nothing(real):
    ModelPrice.objects.filter(model="voice").update(audio_out=Decimal(999_999))
    report(real, {"output_token_details": {"audio_tokens": 10**7}})

    assert rows(real, "cost") == [(Decimal("999999.999999"),)]
    assert real.digest.cost == Decimal("999999.999999")


def test_a_rehearsal_uses_nothing(attempt):
    UsageReport.objects.create(attempt=attempt, report_id="r", source="response", usage={})

    assert rows(attempt, "cost") == []
    assert attempt.digest.cost is None


def test_what_is_used_later_has_the_figures_made_anew(real):
    attempts.end_attempt(real)
    assert digests.refresh_due() == 1
    UsageReport.objects.create(
        attempt=real, connection=real.connections.get(), report_id="r", source="response", usage={}
    )
    assert [digests.refresh_due(), digests.refresh_due()] == [1, 0]
    assert DayUse.objects.count() == 1


def test_another_price_has_the_figures_of_its_model_made_anew(real):
    report(real, {})
    digests.refresh(real)

    digests.outdate_priced("ears")
    assert digests.refresh_due() == 0
    digests.outdate_priced("voice")
    assert digests.refresh_due() == 1
