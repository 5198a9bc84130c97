"""The stays of an attempt in figures."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.walking import complete, finish
from tutor.models import (
    AttemptOutcome,
    Connection,
    NoteKind,
    Speaker,
    StageVisit,
    StayDigest,
    Utterance,
    UtteranceStatus,
)
from tutor.services import attempts, corrections, desk, digests, review, stages, stays

pytestmark = pytest.mark.django_db


def call(attempt, *, answered_at, seconds: int) -> Connection:
    end = answered_at + timedelta(seconds=seconds)
    return Connection.objects.create(
        attempt=attempt,
        visit=attempt.visits.first(),
        config={},
        call_id=f"rtc_{attempt.connections.count()}",
        answered_at=answered_at,
        heard_at=end,
        ended_at=end,
    )


def figures(attempt, *names: str) -> list[tuple]:
    digests.refresh(attempt)
    return list(attempt.stay_digests.order_by("visit__number").values_list(*names))


def spoken(attempt, *moments: tuple[Speaker, float], connection: Connection | None) -> None:
    """Sentences that the server heard of so many seconds after now."""
    now = timezone.now()
    for number, (speaker, seconds) in enumerate(moments, 1):
        one = Utterance.objects.create(
            attempt=attempt,
            visit=attempt.visits.last(),
            connection=connection,
            item_id=f"item_{number}",
            position=number,
            speaker=speaker,
            status=UtteranceStatus.COMPLETE,
            text="Well, yes.",
        )
        Utterance.objects.filter(pk=one.pk).update(stored_at=now + timedelta(seconds=seconds))


def test_turns_and_words_count_where_they_were_said(attempt, said):
    said(attempt, "I like coffee.", "")
    said(attempt, "Good.", speaker=Speaker.TUTOR)
    complete(attempt, "understood")
    said(attempt, "One tea, please.", visit=2)

    names = ("stage_key", "learner_turns", "learner_words", "tutor_turns", "tutor_words")
    assert figures(attempt, *names) == [("warm-up", 1, 3, 1, 1), ("order", 1, 3, 0, 0)]


def test_an_end_is_a_way_out_or_where_the_learner_is(attempt, said):
    said(attempt, "I like coffee.")
    complete(attempt, "needs-practice")
    assert figures(attempt, "stage_key", "end", "outcome", "again") == [
        ("warm-up", "way_out", "needs-practice", False),
        ("warm-up", "open", "", True),
    ]


@pytest.mark.parametrize(
    ("outcome", "end"),
    [(AttemptOutcome.LEFT, "left"), (AttemptOutcome.TIME_UP, "time_up"), (AttemptOutcome.STOPPED, "staff")],
)
def test_an_attempt_that_stopped_ended_in_its_last_stay(attempt, outcome, end):
    attempts.end_attempt(attempt, outcome=outcome)

    assert figures(attempt, "end", "outcome") == [(end, "")]


def test_a_stay_that_staff_moved_on_was_not_left_early(attempt, teacher):
    desk.move(attempt, desk.Action(uuid.uuid4(), teacher, "Too easy for her."), visit=1, to="goodbye")
    attempts.end_attempt(attempt)

    assert figures(attempt, "stage_key", "end") == [("warm-up", "staff"), ("goodbye", "left")]


def test_a_completed_attempt_left_no_stay_early(attempt, said):
    finish(attempt, said)

    assert figures(attempt, "end", "outcome") == [
        ("way_out", "understood"),
        ("way_out", "ordered"),
        ("way_out", "done"),
    ]


def test_time_is_that_in_calls_while_the_stay_lasted(attempt, said):
    start = timezone.now()
    said(attempt, "I like coffee.")
    complete(attempt, "understood")
    first, second = attempt.visits.order_by("number")
    # Sixty seconds in a call, a night, and another call in which the stage was changed after twenty.
    StageVisit.objects.filter(pk=first.pk).update(entered_at=start, completed_at=start + timedelta(hours=8, seconds=20))
    StageVisit.objects.filter(pk=second.pk).update(entered_at=start + timedelta(hours=8, seconds=20))
    call(attempt, answered_at=start, seconds=60)
    call(attempt, answered_at=start + timedelta(hours=8), seconds=50)

    assert figures(attempt, "seconds") == [(80,), (30,)]


def test_a_wait_is_from_the_learners_sentence_to_the_tutors(attempt):
    spoken(
        attempt,
        (Speaker.TUTOR, 0),
        (Speaker.LEARNER, 5),
        (Speaker.LEARNER, 8),
        (Speaker.TUTOR, 9.5),
        (Speaker.TUTOR, 11),
        (Speaker.LEARNER, 20),
        (Speaker.TUTOR, 20.5),
        connection=call(attempt, answered_at=timezone.now(), seconds=60),
    )

    assert figures(attempt, "waits", "wait_ms") == [(2, 2000)]


@pytest.mark.parametrize("seconds", [-3, 0, 0.01, 61])
def test_what_came_together_late_or_after_a_pause_is_no_wait(attempt, seconds):
    own = call(attempt, answered_at=timezone.now(), seconds=60)
    spoken(attempt, (Speaker.LEARNER, 0), (Speaker.TUTOR, seconds), connection=own)

    assert figures(attempt, "waits", "wait_ms") == [(0, 0)]


def test_there_is_no_wait_without_a_call(attempt):
    spoken(attempt, (Speaker.LEARNER, 0), (Speaker.TUTOR, 1), connection=None)

    assert figures(attempt, "waits") == [(0,)]


def test_misunderstandings_are_sentences_however_often_they_were_put_right(attempt, said, reviewer):
    ids = said(attempt, "I like tree.", "I like me.", "Well.")
    Utterance.objects.filter(item_id=ids[2]).update(status=UtteranceStatus.UNTRANSCRIBED, text="")
    for text in ("I like tea.", "I like teas."):
        corrections.correct(attempt, correction_id=uuid.uuid4(), item_id=ids[0], text=text)
    for kind in (NoteKind.MISHEARD, NoteKind.MISHEARD, NoteKind.PRAISE):
        review.add_note(attempt, reviewer, note_id=uuid.uuid4(), kind=kind, text="Hm.", item_id=ids[1])

    assert figures(attempt, "corrected", "misheard", "unwritten") == [(1, 1, 1)]


def test_corrections_and_notes_have_figures_made_anew(attempt, said, reviewer):
    [item_id] = said(attempt, "I like tree.")
    note_id = uuid.uuid4()
    assert digests.refresh_due() == 1
    corrections.correct(attempt, correction_id=uuid.uuid4(), item_id=item_id, text="I like tea.")
    assert digests.refresh_due() == 1
    review.add_note(attempt, reviewer, note_id=note_id, kind=NoteKind.MISHEARD, text="", item_id=item_id)
    assert digests.refresh_due() == 1
    review.remove_note(attempt, reviewer, note_id)
    assert [digests.refresh_due(), digests.refresh_due()] == [1, 0]
    assert list(StayDigest.objects.values_list("corrected", "misheard")) == [(1, 0)]


def test_how_a_stay_without_a_way_out_ended(attempt):
    def endings() -> list[str]:
        return [str(stays.ending(attempt, visit)) for visit in attempt.visits.order_by("number")]

    assert endings() == ["still in this stage"]

    stages.move_to(attempt, attempt.visits.get(), "order", reasoning="They know it.")
    attempts.end_attempt(attempt)
    attempt.refresh_from_db()

    assert endings() == ["moved on by staff", "left early"]
