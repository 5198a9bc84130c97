"""When a provider is asked, and when it is left alone."""

import pytest

from tutor.peers.breaker import FAILURES, OPEN_FOR, Breaker


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed()


def test_a_provider_is_asked_until_it_has_failed_five_times_in_a_row(breaker):
    fail(breaker, FAILURES - 1)
    assert breaker.wait() == 0

    fail(breaker, 1)
    assert breaker.wait() == OPEN_FOR


def test_an_answer_in_between_begins_the_count_anew(breaker):
    fail(breaker, FAILURES - 1)
    breaker.answered()
    fail(breaker, FAILURES - 1)

    assert breaker.wait() == 0


def test_after_a_while_one_call_tries_and_the_others_wait_for_it(breaker, clock):
    fail(breaker, FAILURES)
    clock.now += OPEN_FOR - 0.5
    assert breaker.wait() == 1

    clock.now += 0.5
    assert [breaker.wait() for _ in range(3)] == [0, OPEN_FOR, OPEN_FOR]


def test_a_try_that_fails_closes_the_way_again_and_one_that_is_answered_opens_it(breaker, clock):
    fail(breaker, FAILURES)
    clock.now += OPEN_FOR
    assert breaker.wait() == 0
    breaker.failed()
    assert breaker.wait() == OPEN_FOR

    clock.now += OPEN_FOR
    assert breaker.wait() == 0
    breaker.answered()
    assert [breaker.wait() for _ in range(3)] == [0, 0, 0]


def test_a_provider_that_is_of_no_use_to_anybody_is_left_alone_at_once(breaker, clock):
    breaker.trip(60)
    assert breaker.wait() == 60

    clock.now += 60
    assert breaker.wait() == 0
