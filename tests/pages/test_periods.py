"""Stretches of time that people ask for by name."""

from datetime import date

import pytest

from tutor.pages.periods import PERIODS, PeriodForm, days_of

SATURDAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", SATURDAY, None),
        ("week", date(2026, 11, 23), None),
        ("last_week", date(2026, 11, 16), date(2026, 11, 22)),
        ("days30", date(2026, 10, 30), None),
        ("month", date(2026, 11, 1), None),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("year", date(2026, 1, 1), None),
        ("", None, None),
        ("nonsense", None, None),
    ],
)
def test_a_period_has_its_days(period, first, last):
    assert days_of(period, SATURDAY) == (first, last)


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2024, 2, 29), date(2026, 12, 31), date(2026, 11, 23)])
def test_a_period_begins_on_no_later_day_than_today(today):
    assert all(days_of(period, today)[0] <= today for period, _name in PERIODS)


def test_a_day_that_is_typed_counts_more_than_a_period():
    form = PeriodForm({"period": "week", "until": "2026-01-31"})
    form.is_valid()

    assert form.days() == (None, date(2026, 1, 31))
