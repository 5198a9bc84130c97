"""Starting and ending an attempt."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests import lessons
from tests.lessons import PLAN, publish
from tests.walking import complete
from tutor.models import Attempt, AttemptOutcome, Audience, Connection, Lesson, Speaker, UsageReport, Utterance
from tutor.plan import Outcome
from tutor.services import attempts, stages
from tutor.services.errors import NotPublishedError


def test_start_attempt_uses_the_latest_version(lesson, learner):
    lessons.publish(lessons.Plan(title="New", stages=lessons.PLAN.stages, tools=lessons.PLAN.tools))

    attempt, is_new = attempts.start_attempt(lesson, learner=learner)

    assert (attempt.version.number, is_new) == (2, True)


def test_start_attempt_goes_on_with_the_version_it_began_with(attempt, lesson, learner):
    lessons.publish(lessons.Plan(title="New", stages=lessons.PLAN.stages, tools=lessons.PLAN.tools))

    again, is_new = attempts.start_attempt(lesson, learner=learner)

    assert (again, again.version.number, is_new) == (attempt, 1, False)


def test_start_attempt_refuses_a_lesson_without_a_version(learner):
    lesson = Lesson.objects.create(slug="empty", title="Empty")

    with pytest.raises(NotPublishedError):
        attempts.start_attempt(lesson, learner=learner)


def test_start_attempt_refuses_an_unlisted_lesson(lesson, learner):
    lesson.audience = Audience.NOBODY
    lesson.save(update_fields=["audience"])

    with pytest.raises(NotPublishedError):
        attempts.start_attempt(lesson, learner=learner)


def test_end_attempt_closes_the_open_visit_without_an_outcome(attempt):
    ended = attempts.end_attempt(attempt)

    visit = attempt.visits.get()
    assert (ended.outcome, ended.ended_at) == (AttemptOutcome.LEFT, visit.completed_at)
    assert visit.outcome == ""


def test_end_attempt_bears_a_clock_that_was_set_back(attempt):
    entered_at = attempt.visits.get().entered_at
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        ended = attempts.end_attempt(attempt)

    assert ended.ended_at == entered_at


def test_state_of_a_completed_attempt_calls_unvisited_stages_skipped(learner):
    short_cut = Outcome(key="done", when="The learner is in a hurry.")
    warm_up = replace(PLAN.stages[0], outcomes=(*PLAN.stages[0].outcomes, short_cut), turns=0)
    lesson = publish(replace(PLAN, stages=(warm_up, *PLAN.stages[1:])), slug="short")
    attempt, _ = attempts.start_attempt(lesson, learner=learner)

    complete(attempt, "done")

    assert [stage["progress"] for stage in attempts.state(attempt)["stages"]] == ["done", "skipped", "skipped"]


@pytest.mark.parametrize(
    ("moves", "progress"),
    [
        (["goodbye"], ["passed", "passed", "current"]),
        (["goodbye", "order"], ["passed", "current", "ahead"]),
        (["goodbye", "warm-up"], ["current", "ahead", "ahead"]),
        (["goodbye", "warm-up", "order"], ["passed", "current", "ahead"]),
    ],
)
def test_state_says_which_stages_staff_passed_over(attempt, moves, progress):
    for to in moves:
        stages.move_to(attempt, attempt.visits.get(completed_at=None), to, reasoning="They know it.")

    assert [stage["progress"] for stage in attempts.state(attempt)["stages"]] == progress


def test_a_stage_that_was_done_stays_done_when_staff_move_on(attempt, said):
    said(attempt, "I like coffee.")
    complete(attempt, "understood", evidence=["I like coffee."])
    stages.move_to(attempt, attempt.visits.get(completed_at=None), "goodbye", reasoning="They know it.")

    assert [stage["progress"] for stage in attempts.state(attempt)["stages"]] == ["done", "passed", "current"]


def test_ending_an_attempt_closes_the_books_on_its_call(attempt):
    visit = attempt.visits.get()
    call = Connection.objects.create(attempt=attempt, visit=visit, config={}, answered_at=timezone.now())

    ended = attempts.end_attempt(attempt)

    call.refresh_from_db()
    assert call.ended_at == ended.ended_at


def call(attempt: Attempt, *, seconds: int | None, heard: int | None = None, **fields) -> Connection:
    """A call that was answered, hung up after so many seconds (None: never), and last heard from after `heard`."""
    answered_at = timezone.now() - timedelta(days=1)
    ended_at = None if seconds is None else answered_at + timedelta(seconds=seconds)
    visit = attempt.visits.get()
    made = Connection.objects.create(
        attempt=attempt, visit=visit, config={}, **{"answered_at": answered_at, "ended_at": ended_at, **fields}
    )
    if heard is not None:
        with time_machine.travel(answered_at + timedelta(seconds=heard), tick=False):
            Utterance.objects.create(
                attempt=attempt,
                visit=visit,
                connection=made,
                item_id=f"item_{made.pk}",
                position=made.pk,
                speaker=Speaker.LEARNER,
            )
    return made


def time_spent(attempt: Attempt) -> int:
    return attempts.state(attempt)["time"]["spent"]


def test_state_sums_the_time_in_calls(attempt):
    call(attempt, seconds=100, heard=90)
    call(attempt, seconds=100, heard=130)

    assert attempts.state(attempt)["time"] == {"minutes": 5, "limit": 60, "spent": 190, "left": None}


def test_a_call_that_nobody_hung_up_lasted_until_the_last_heard_from_it(attempt):
    open_call = call(attempt, seconds=None, heard=40)
    with time_machine.travel(open_call.answered_at + timedelta(seconds=70), tick=False):
        UsageReport.objects.create(
            attempt=attempt, connection=open_call, report_id="r", source=UsageReport.Source.RESPONSE, usage={}
        )

    assert time_spent(attempt) == 70


def test_what_was_stored_the_next_morning_makes_no_call_of_a_whole_night(attempt):
    call(attempt, seconds=None, heard=8 * 3600)

    assert time_spent(attempt) == 3600


def test_a_call_without_a_word_or_an_answer_takes_no_time(attempt):
    call(attempt, seconds=50)
    call(attempt, seconds=50, answered_at=None)

    assert time_spent(attempt) == 0
