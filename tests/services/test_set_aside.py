"""What cannot be stored is kept apart: once, within bounds, and only for staff."""

import json
import logging

import pytest

from tests.rows import row_counts
from tutor.models import SetAside
from tutor.services import attempts, set_aside
from tutor.services.set_aside import LONGEST, MOST, UnfitEntry, as_text, keep


def unfit(body: str = "{}", *, code: str = "text_invalid", item_id: str = "item_1") -> UnfitEntry:
    return UnfitEntry(id=item_id, code=code, body=body)


def kept(attempt) -> list[tuple[str, str, str]]:
    return list(attempt.set_aside.order_by("id").values_list("code", "item_id", "body"))


def test_keep_keeps_each_entry_once(attempt):
    keep(attempt, [unfit("{}"), unfit("[]"), unfit("{}")])
    keep(attempt, [unfit("[]"), unfit("1")])

    assert kept(attempt) == [("text_invalid", "item_1", body) for body in ("{}", "[]", "1")]


def test_keep_keeps_so_many_and_says_that_more_are_lost(attempt, caplog, monkeypatch):
    monkeypatch.setattr(set_aside, "MOST", 3)
    keep(attempt, [unfit("1"), unfit("2")])

    keep(attempt, [unfit("3"), unfit("4"), unfit("5")])
    keep(attempt, [unfit("6")])

    assert [body for _, _, body in kept(attempt)] == ["1", "2", "3"]
    lost = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert lost == [f"no more entries kept apart attempt={attempt.code} lost={count}" for count in (2, 1)]


def test_limit_is_one_per_attempt(attempt, lesson, other_learner, monkeypatch):
    monkeypatch.setattr(set_aside, "MOST", 1)
    other = attempts.start_attempt(lesson, learner=other_learner)[0]

    for each in (attempt, other):
        keep(each, [unfit()])

    assert [attempt.set_aside.count(), other.set_aside.count()] == [1, 1]


@pytest.mark.parametrize("letter", ["x", "é", "😀"])
def test_keep_cuts_off_what_is_too_long_between_two_characters(attempt, letter):
    keep(attempt, [unfit(letter * LONGEST), unfit(letter * (LONGEST + 1))])

    bodies = [body for _, _, body in kept(attempt)]
    # Two entries that begin alike are two.
    assert bodies == [letter * (LONGEST // len(letter.encode()))] * 2


@pytest.mark.parametrize(
    ("given", "stored"), [("x" * 65, "x" * 64), ("a\x00b", "a?b"), ("\ud83d", "?"), ("é 😀", "é 😀")]
)
def test_keep_bears_any_id(attempt, given, stored):
    keep(attempt, [unfit(item_id=given)])

    assert [item_id for _, item_id, _ in kept(attempt)] == [stored]


@pytest.mark.parametrize(
    "entry", [None, 1, "é", ["\x00"], {"text": "\ud83d 😀"}, {"a": [1.5, {"b": "\udfff"}]}, 10**30]
)
def test_as_text_is_json_that_can_be_stored_and_read_back(attempt, entry):
    keep(attempt, [unfit(as_text(entry))])

    [(_, _, body)] = kept(attempt)
    assert json.loads(body) == entry


def test_as_text_bears_any_depth():
    entry: list = []
    for _ in range(100_000):
        entry = [entry]

    assert as_text(entry) == "(nested too deeply)"


def test_log_says_what_was_wrong_and_nothing_of_what_was_said(attempt, caplog):
    keep(attempt, [unfit('{"text": "secret"}')])

    assert f"entry kept apart attempt={attempt.code} code=text_invalid item=item_1" in caplog.messages
    assert "secret" not in caplog.text


def test_nothing_costs_nothing(attempt, django_assert_num_queries):
    with django_assert_num_queries(0):
        keep(attempt, [])


@pytest.mark.parametrize("count", [1, 3])
def test_keep_takes_the_same_queries(attempt, django_assert_num_queries, count):
    with django_assert_num_queries(2):
        keep(attempt, [unfit(str(number)) for number in range(count)])


def test_what_was_kept_apart_goes_with_its_attempt(attempt):
    keep(attempt, [unfit()])

    attempt.delete()

    assert row_counts()["SetAside"] == 0


def test_what_one_attempt_may_hold_is_bounded():
    assert MOST * LONGEST <= 2 * 1024 * 1024
    assert SetAside._meta.get_field("body").max_length is None
