"""Buckets of tokens: how many there are, when they come back, and that nobody gets more, however many ask at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests import lessons
from tutor.models import Allowance
from tutor.services import attempts, connections, limits
from tutor.services.errors import TooManyError
from tutor.services.limits import Flood, Limit

THREE = Limit("calls", 3, 10.0)
START = 1_800_000_000.0


def takes(learner, seconds: float, limit: Limit = THREE) -> bool:
    """Whether a token is taken so many seconds after the start."""
    with time_machine.travel(START + seconds, tick=False):
        try:
            limits.take(learner.pk, limit)
        except TooManyError:
            return False
    return True


def test_a_bucket_has_so_many_tokens_and_one_comes_back_after_a_time(learner):
    assert [takes(learner, 0) for _ in range(4)] == [True, True, True, False]
    assert [takes(learner, second) for second in (9.9, 10, 10.1)] == [False, True, False]
    assert [takes(learner, 1000) for _ in range(4)] == [True, True, True, False]


def test_each_has_buckets_of_their_own_for_each_kind(learner, other_learner):
    one = Limit("starts", 1, 10.0)
    assert [takes(learner, 0, one), takes(learner, 0, one)] == [True, False]

    assert takes(other_learner, 0, one)
    assert takes(learner, 0, Limit("calls", 1, 10.0))


def test_who_is_refused_is_told_when_to_come_back(learner):
    for _ in range(3):
        takes(learner, 0)

    with time_machine.travel(START + 3.5, tick=False), pytest.raises(TooManyError) as caught:
        limits.take(learner.pk, THREE)

    assert caught.value.retry_after == 7


def test_what_is_not_done_takes_no_token(learner):
    with transaction.atomic():
        limits.take(learner.pk, THREE)
        transaction.set_rollback(True)

    assert not Allowance.objects.exists()


def test_a_token_takes_one_query(learner, django_assert_num_queries):
    limits.take(learner.pk, THREE)

    with django_assert_num_queries(1):
        limits.take(learner.pk, THREE)


@pytest.mark.django_db(transaction=True)
def test_twelve_at_once_get_no_more_tokens_than_there_are(learner):
    limit, barrier = Limit("calls", 5, 3600.0), threading.Barrier(12)

    def take(_number: int) -> bool:
        barrier.wait(timeout=10)
        try:
            with transaction.atomic():
                limits.take(learner.pk, limit)
        except TooManyError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(take, range(12)))

    assert taken.count(True) == 5


# --- What they are for -----------------------------------------------------------------------------------------------


def test_a_lesson_that_reconnects_six_times_over_is_let_through_and_then_has_to_wait(attempt, settings):
    settings.CALLS_PER_HOUR = 180
    with time_machine.travel(START, tick=False):
        for _ in range(30):
            connections._request(attempt)
        with pytest.raises(TooManyError) as caught:
            connections._request(attempt)

    assert (attempt.connections.count(), caught.value.retry_after) == (30, 20)
    with time_machine.travel(START + 20, tick=False):
        connections._request(attempt)


def test_lessons_that_are_begun_are_counted_and_those_that_go_on_are_not(learner, settings):
    settings.STARTS_PER_HOUR = 12
    first, second, third = (lessons.publish(slug=f"lesson-{number}") for number in range(3))
    attempts.start_attempt(first, learner=learner)
    attempts.start_attempt(second, learner=learner)

    with pytest.raises(TooManyError):
        attempts.start_attempt(third, learner=learner)

    assert attempts.start_attempt(first, learner=learner)[1] is False


def test_without_a_limit_nothing_is_counted(attempt):
    for _ in range(40):
        connections._request(attempt)

    assert not Allowance.objects.exists()


# --- A flood of requests ---------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 3), max_size=60))
def test_a_flood_gets_what_the_bucket_holds_and_what_comes_back(gaps):
    now, taken, waits = 0.0, 0, list[int]()
    flood = Flood(Limit("requests", 5, 1.0), clock=lambda: now)
    for gap in gaps:
        now += gap
        try:
            flood.take(1)
        except TooManyError as error:
            waits.append(error.retry_after)
        else:
            taken += 1
        assert taken <= 5 + now

    assert set(waits) <= {1}
    now += 5
    for _ in range(5):
        flood.take(1)


def test_a_flood_of_one_is_none_of_another():
    flood = Flood(Limit("requests", 1, 1.0), clock=lambda: 0.0)
    flood.take(1)

    flood.take(2)
    with pytest.raises(TooManyError):
        flood.take(1)


def test_floods_of_many_people_take_bounded_memory(monkeypatch):
    monkeypatch.setattr(limits, "MOST_PEOPLE", 10)
    flood = Flood(Limit("requests", 1, 1.0), clock=lambda: 0.0)

    for person in range(100):
        flood.take(person)

    assert len(flood._full_at) == 10
