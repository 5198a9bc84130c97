"""Codes and moments in words."""

from datetime import UTC, datetime

import pytest

from tutor.pages.wording import language_name, moment


@pytest.mark.parametrize(("code", "name"), [("en", "English"), ("de", "German"), ("xx", "xx")])
def test_language_has_a_name_or_else_its_code(code, name):
    assert language_name(code) == name


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (datetime(2026, 3, 4, 23, 59, tzinfo=UTC), "today, 23:59"),
        (datetime(2026, 3, 4, 0, 0, tzinfo=UTC), "today, 00:00"),
        (datetime(2026, 3, 5, 8, 5, tzinfo=UTC), "tomorrow, 08:05"),
        (datetime(2026, 3, 3, 18, 0, tzinfo=UTC), "yesterday, 18:00"),
        (datetime(2026, 3, 6, 18, 0, tzinfo=UTC), "Friday, 18:00"),
        (datetime(2026, 3, 10, 18, 0, tzinfo=UTC), "Tuesday, 18:00"),
        (datetime(2026, 3, 11, 18, 0, tzinfo=UTC), "11 March, 18:00"),
        (datetime(2026, 3, 2, 18, 0, tzinfo=UTC), "2 March, 18:00"),
        (datetime(2027, 1, 9, 18, 0, tzinfo=UTC), "9 January 2027, 18:00"),
    ],
)
def test_moment_is_told_from_today(day, words):
    assert moment(day, now=datetime(2026, 3, 4, 12, 0, tzinfo=UTC)) == words


def test_moment_is_told_by_the_clock_of_the_site(settings):
    settings.TIME_ZONE = "Europe/Berlin"

    at, now = datetime(2026, 3, 4, 23, 30, tzinfo=UTC), datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

    assert moment(at, now=now) == "tomorrow, 00:30"
