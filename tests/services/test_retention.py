"""Words are deleted when they have been kept long enough; figures, and everything else, stay."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tests.lessons import PLAN
from tests.outspoken import WORD, speak_out
from tests.rows import places_of, row_counts
from tutor.models import (
    Attempt,
    Connection,
    Digest,
    Fault,
    NoteKind,
    Sign,
    ToolCall,
)
from tutor.services import attempts, corrections, digests, journal, retention, review, tool_calls
from tutor.services.errors import AttemptClosedError

BEGUN = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _month(settings):
    settings.KEEP_WORDS_DAYS = 30


@pytest.fixture
def outspoken(attempt_with_cards, admin_user, said) -> Attempt:
    return speak_out(attempt_with_cards, admin_user, said)


def later(days: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


def test_nothing_is_left_of_the_words(outspoken):
    assert len(places_of(WORD)) > 12

    assert retention.delete_words(outspoken) is True

    assert {place for place in places_of(WORD) if not place.startswith("tutor_utterance_words")} <= {
        # Gone from there with the next merge of the index.
        "tutor_correction_words_data.block"
    }


def test_rows_that_count_and_all_figures_stay(outspoken):
    before, figures = row_counts(), Digest.objects.values().get()
    signs = list(Sign.objects.order_by("rule").values_list("rule", "weight"))

    retention.delete_words(outspoken)
    assert digests.refresh_due() == 0
    digests.refresh(outspoken)

    gone = {name: before[name] - count for name, count in row_counts().items() if count != before[name]}
    assert gone == {"Correction": 1, "Picture": 1, "SetAside": 1, "Note": 1}
    after = Digest.objects.values().get()
    assert {name: after[name] for name in figures if name not in ("until",)} == {
        name: figures[name] for name in figures if name != "until"
    }
    assert (figures["learner_turns"], figures["learner_words"]) == (2, 7)
    assert list(Sign.objects.order_by("rule").values_list("rule", "weight")) == signs
    assert Sign.objects.get(rule="safety").detail == ""


def test_a_second_time_changes_nothing(outspoken):
    retention.delete_words(outspoken)
    moment = Attempt.objects.get().words_deleted_at

    assert retention.delete_words(outspoken) is False
    assert Attempt.objects.get().words_deleted_at == moment


def test_what_is_due_is_what_ended_long_enough_ago(attempt, settings):
    attempts.end_attempt(attempt)

    with later(29.9):
        assert list(retention.due(timezone.now())) == []
    with later(30.1):
        assert list(retention.due(timezone.now())) == [attempt]
        settings.KEEP_WORDS_DAYS = 0
        assert list(retention.due(timezone.now())) == []


def test_an_attempt_nobody_came_back_to_ends_and_loses_its_words(attempt, said):
    with time_machine.travel(timezone.now() + timedelta(days=20), tick=False):
        said(attempt, "Tea.")
    with later(40):
        assert retention.delete_due() == 0
    with later(51):
        assert retention.delete_due() == 1

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.utterances.get().text) == ("left", "")


def test_a_call_counts_as_somebody_there(attempt):
    Connection.objects.create(
        attempt=attempt, visit=attempt.visits.get(), config={}, heard_at=timezone.now() + timedelta(days=20)
    )

    with later(40):
        assert retention.delete_due() == 0


def test_a_note_on_safety_holds_words_until_somebody_has_reviewed(outspoken, reviewer):
    review.add_note(outspoken, reviewer, note_id=UUID(int=7), kind=NoteKind.SAFETY, text="")

    with later(31):
        assert retention.delete_due() == 0
        review.mark_reviewed(outspoken, reviewer, done=True)
        assert retention.delete_due() == 1


def test_no_browser_brings_words_back(outspoken, said):
    retention.delete_words(outspoken)

    with pytest.raises(AttemptClosedError):
        said(outspoken, "Late words.")
    with pytest.raises(AttemptClosedError):
        corrections.correct(outspoken, correction_id=UUID(int=9), item_id="said_1", text="Late words.")
    outspoken.refresh_from_db()
    with pytest.raises(AttemptClosedError):
        tool_calls.answer_tool_call(outspoken, call_id="call_1", name="card", arguments="{}")
    entry = journal.UtteranceEntry(id="said_1", speaker="learner", status="complete", text="Late words.")
    assert journal.store_heard(outspoken, [entry]).stored == []


@pytest.mark.parametrize("times", [1, 3])
def test_asking_what_is_due_takes_one_query(lesson, django_user_model, django_assert_num_queries, times):
    for number in range(times):
        learner = django_user_model.objects.create_user(f"pupil{number}")
        attempts.end_attempt(attempts.start_attempt(lesson, learner=learner)[0])

    with later(31), django_assert_num_queries(1):
        assert len(retention.due(timezone.now())) == times


def test_a_sweep_goes_batch_by_batch_and_then_rests(lesson, django_user_model, monkeypatch):
    monkeypatch.setattr(retention, "MOST", 2)
    monkeypatch.setattr(retention, "delete_due", lambda deleting=retention.delete_due: deleting(2))
    scrubbed = []
    monkeypatch.setattr(retention, "scrub", lambda: scrubbed.append(True))
    for number in range(3):
        learner = django_user_model.objects.create_user(f"pupil{number}")
        attempts.end_attempt(attempts.start_attempt(lesson, learner=learner)[0])
    sweep = retention.Sweep()

    with later(31):
        now = timezone.now()
        assert [sweep.go_on(now) for _ in range(3)] == [2, 1, 0]
        assert scrubbed == [True]
        Attempt.objects.update(words_deleted_at=None)
        assert sweep.go_on(now + timedelta(minutes=59)) == 0
        assert sweep.go_on(now + timedelta(minutes=61)) == 2


@pytest.mark.django_db(transaction=True)
def test_scrubbing_leaves_no_trace_in_the_database(outspoken):
    retention.delete_words(outspoken)

    retention.scrub()

    assert places_of(WORD) == set()
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        for file in (name, f"{name}-wal"):
            with open(file, "rb") as opened:
                assert WORD.encode() not in opened.read().lower(), file


def test_the_plan_of_the_lesson_is_nobodys_words(outspoken):
    retention.delete_words(outspoken)

    assert outspoken.visits.first().session["instructions"].count(PLAN.start.instructions) == 1
    assert set(ToolCall.objects.values_list("name", flat=True)) == {"card", "stage_complete"}
    assert set(Fault.objects.values_list("code", flat=True)) == {"odd"}


PAGES = ("/attempts/{code}/transcript/", "/attempts/{code}/card/", "/review/{code}/")
SENTENCE = "The words of this lesson were deleted on 4 March 2026, as your school has decided."


def test_learner_and_reviewers_are_told(outspoken, learner_client, reviewer_client):
    with time_machine.travel(BEGUN):
        retention.delete_words(outspoken)

    for page, client in zip(PAGES, (learner_client, learner_client, reviewer_client), strict=True):
        answer = client.get(page.format(code=outspoken.code))
        assertContains(answer, SENTENCE)
        assertNotContains(answer, "not written down")
    assert learner_client.get(f"/api/attempts/{outspoken.code}/").json()["transcript"] == []
