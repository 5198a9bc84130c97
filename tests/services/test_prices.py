"""Prices as rows: those that are there from the first day, and those that an operator adds."""

from datetime import date
from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from tutor import migrations
from tutor.models import ModelPrice
from tutor.realtime import models
from tutor.realtime.prices import Rate
from tutor.services import prices

FIRST_DAY, LATER = date(2026, 10, 1), date(2026, 12, 1)


def first_prices():
    """The migration that puts them down, whatever its number."""
    (name,) = (m.name for m in iter_modules(migrations.__path__) if m.name.endswith("_prices_of_october_2026"))
    return import_module(f"tutor.migrations.{name}")


def rows() -> list[dict]:
    return [row | {"id": 0} for row in ModelPrice.objects.order_by("model", "valid_from").values()]


def test_first_prices_are_of_models_known_here(db):
    found = prices.price_list().all_in_force(FIRST_DAY)

    assert {name for name, rate in found.items() if rate.tokens} <= set(models.VOICE_MODELS)
    assert {name for name, rate in found.items() if rate.minute} <= set(models.TRANSCRIPTION_MODELS)
    assert len(found) == 11


def test_first_prices_say_what_each_kind_costs(db):
    found = prices.price_list()

    mini = found.in_force("gpt-realtime-2.1-mini", FIRST_DAY).tokens
    assert (mini.text_in, mini.cached_text_in, mini.text_out) == (Decimal("0.60"), Decimal("0.06"), Decimal("2.40"))
    assert (mini.audio_in, mini.cached_audio_in, mini.audio_out) == (Decimal(10), Decimal("0.30"), Decimal(20))
    assert (mini.image_in, mini.cached_image_in) == (Decimal("0.80"), Decimal("0.08"))
    assert found.in_force("gpt-transcribe", FIRST_DAY) == Rate(
        model="gpt-transcribe", since=FIRST_DAY, minute=Decimal("0.0045")
    )


def test_first_prices_go_and_come_again_and_later_ones_stay(db):
    later = ModelPrice.objects.create(model="gpt-transcribe", valid_from=LATER, minute=1)
    before, editor = rows(), SimpleNamespace(connection=connection)

    first_prices().take_away(apps, editor)
    assert list(ModelPrice.objects.all()) == [later]

    first_prices().put_down(apps, editor)
    assert rows() == before


def test_a_new_price_leaves_what_was_used_before_as_it_was(db):
    ModelPrice.objects.create(model="gpt-transcribe", valid_from=LATER, minute=Decimal("0.5"))

    found = prices.price_list()

    days = (date(2026, 9, 30), date(2026, 11, 30), LATER)
    rates = [found.in_force("gpt-transcribe", day) for day in days]
    assert [rate and rate.minute for rate in rates] == [None, Decimal("0.0045"), Decimal("0.5")]


@pytest.mark.parametrize("more", [0, 20])
def test_price_list_takes_one_query(db, django_assert_num_queries, more):
    ModelPrice.objects.bulk_create(
        ModelPrice(model=f"model-{number}", valid_from=FIRST_DAY, minute=1) for number in range(more)
    )

    with django_assert_num_queries(1):
        assert len(prices.price_list().all_in_force(FIRST_DAY)) == 11 + more
