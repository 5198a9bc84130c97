"""What keeps a call alive, and what becomes of the calls of an attempt that ends."""

import json
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.utils import timezone

from tests.services.calling import call_in
from tutor.models import Attempt, Connection
from tutor.services import attempts, journal, leases, tool_calls

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(attempt) -> Connection:
    """A call that was last heard of ten minutes ago."""
    return call_in(attempt, heard=timedelta(minutes=10))


def is_heard(call: Connection) -> bool:
    """Whether the room was heard within the last minute."""
    call.refresh_from_db()
    return timezone.now() - call.heard_at < timedelta(minutes=1)


def test_a_beat_that_names_its_call_keeps_it(attempt, call):
    journal.store_entries(attempt, [], connection=str(call.code))

    assert is_heard(call)


def test_a_function_call_keeps_the_call_it_was_made_in_even_if_it_is_a_repeat(attempt, call):
    for _ in range(2):
        tool_calls.answer_tool_call(attempt, call_id="call_1", name="hint", arguments="{}", connection=str(call.code))
        assert is_heard(call)
        Connection.objects.update(heard_at=timezone.now() - timedelta(minutes=10))


def test_what_yesterdays_page_had_kept_is_no_sign_of_its_call(attempt, call):
    entry = journal.FaultEntry(id="f1", code="connection_lost", connection=str(call.code))

    journal.store_entries(attempt, [entry])

    assert not is_heard(call)


def test_a_beat_without_a_call_or_in_a_call_of_somebody_else_keeps_none(attempt, call, lesson, other_learner):
    other = attempts.start_attempt(lesson, learner=other_learner)[0]

    journal.store_entries(attempt, [])
    journal.store_entries(other, [], connection=str(call.code))

    assert not is_heard(call)


def test_a_call_that_is_over_does_not_come_back_with_a_late_beat(attempt, call):
    now = timezone.now()
    leases.end_calls(Connection.objects.all(), at=now, hang_up_at=now, error="silent")

    journal.store_entries(attempt, [], connection=str(call.code))

    call.refresh_from_db()
    assert (is_heard(call), call.ended_at, call.error) == (False, now, "silent")


def test_a_beat_costs_one_query_more_where_it_names_a_call(attempt, call, django_assert_num_queries):
    # A savepoint 2, the lock 1, the call 1, the visits 1, what staff have done 1.
    with django_assert_num_queries(6):
        journal.store_entries(attempt, [], connection=str(call.code))


def test_end_calls_ends_each_once(attempt, call):
    now = timezone.now()

    ended = [leases.end_calls(attempt.connections.all(), at=now, hang_up_at=now) for _ in range(2)]

    assert ended == [1, 0]


def test_a_call_without_an_id_and_one_of_yesterday_are_ended_and_not_hung_up(attempt):
    call_in(attempt, call_id="")
    call_in(attempt, answered=timedelta(hours=2, minutes=1))
    now = timezone.now()

    leases.end_calls(attempt.connections.all(), at=now, hang_up_at=now)

    assert list(attempt.connections.values_list("ended_at", "hang_up_at")) == [(now, None)] * 2


def test_who_leaves_is_hung_up_a_little_later_should_the_page_not_have_done_it(attempt, call):
    ended = attempts.end_attempt(attempt).ended_at

    call.refresh_from_db()
    assert (call.ended_at, call.hang_up_at) == (ended, ended + timedelta(seconds=10))


def test_who_has_finished_hears_the_goodbye_first(attempt, call, said):
    finish(attempt, said)

    call.refresh_from_db()
    assert call.hang_up_at == call.ended_at + timedelta(seconds=60)


def test_an_attempt_ended_while_the_clock_was_behind_is_still_hung_up(attempt, call):
    with time_machine.travel(timezone.now() - timedelta(minutes=5)):
        attempts.end_attempt(attempt)

    call.refresh_from_db()
    assert call.hang_up_at is not None


def test_calls_from_before_there_were_leases_have_been_heard_of_when_they_were_answered(attempt):
    going_on, unanswered = call_in(attempt), call_in(attempt, answered=None)
    over = call_in(attempt, ended_at=timezone.now())
    Connection.objects.update(heard_at=None)

    editor = SimpleNamespace(connection=connection)
    import_module("tutor.migrations.0011_lease").hear_of_calls(apps, editor)

    heard = dict(Connection.objects.values_list("pk", "heard_at"))
    assert heard == {going_on.pk: going_on.answered_at, unanswered.pk: None, over.pk: None}


def finish(attempt: Attempt, said) -> None:
    for number, outcome in enumerate(("understood", "ordered", "done"), start=1):
        said(attempt, "I would like some tea, please.", visit=number)
        claim = {"outcome": outcome, "reasoning": "r", "evidence": ["I would like some tea, please."]}
        tool_calls.answer_tool_call(
            attempt, call_id=f"call_{number}", name="stage_complete", arguments=json.dumps(claim)
        )
    attempt.refresh_from_db()
    assert attempt.outcome == "completed"
