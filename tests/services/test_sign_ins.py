"""How often a password may be tried."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import close_old_connections, connection

from tests.rows import places_of
from tutor.models import SignInTries
from tutor.services import sign_ins
from tutor.services.sign_ins import LOCKED, MOST_FROM_ADDRESS, MOST_TRIES, LockedOutError

HERE, THERE = "192.0.2.1", "192.0.2.2"
NOON = "2026-03-04T12:00:00Z"


def wrong(name: str = "lea", address: str = HERE, times: int = 1) -> None:
    for _each in range(times):
        sign_ins.take_try(name, address)
        sign_ins.note_wrong(name, address)


def lock(name: str = "lea", address: str = HERE) -> None:
    wrong(name, address, MOST_TRIES - 1)
    with pytest.raises(LockedOutError):
        wrong(name, address)


@pytest.mark.django_db
def test_the_last_wrong_try_says_how_long_to_wait():
    with time_machine.travel(NOON, tick=False):
        wrong(times=MOST_TRIES - 1)
        with pytest.raises(LockedOutError) as caught:
            wrong()

    assert caught.value.seconds == LOCKED.total_seconds()
    assert caught.value.message == "Too many wrong tries. Please wait 15 minutes, and try again then."


@pytest.mark.django_db
def test_knocking_makes_the_wait_no_longer():
    with time_machine.travel(NOON, tick=False) as clock:
        lock()
        clock.shift(LOCKED - timedelta(seconds=1))
        with pytest.raises(LockedOutError) as caught:
            sign_ins.take_try("lea", HERE)
        clock.shift(timedelta(seconds=1))
        sign_ins.take_try("lea", HERE)

    assert caught.value.seconds == 1
    assert caught.value.message == "Too many wrong tries. Please wait 1 minute, and try again then."


@pytest.mark.django_db
def test_others_and_other_addresses_are_not_locked_out():
    lock()

    sign_ins.take_try("otto", HERE)
    sign_ins.take_try("lea", THERE)


@pytest.mark.django_db
def test_the_right_password_forgets_the_wrong_ones():
    for _each in range(3):
        wrong(times=MOST_TRIES - 1)
        sign_ins.take_try("lea", HERE)
        sign_ins.note_right("lea", HERE)

    assert SignInTries.objects.get(name_key="").tries == 3 * (MOST_TRIES - 1)


@pytest.mark.django_db
def test_one_address_has_so_many_tries_for_all_names():
    for number in range(MOST_FROM_ADDRESS - 1):
        wrong(f"name-{number}")

    with pytest.raises(LockedOutError):
        wrong("another")
    with pytest.raises(LockedOutError):
        sign_ins.take_try("one more", HERE)
    sign_ins.take_try("one more", THERE)


@pytest.mark.django_db
def test_a_school_that_signs_in_rightly_is_never_too_many():
    for number in range(2 * MOST_FROM_ADDRESS):
        sign_ins.take_try(f"name-{number}", HERE)
        sign_ins.note_right(f"name-{number}", HERE)


@pytest.mark.django_db
def test_it_can_be_lifted():
    lock()
    lock("otto")

    assert sign_ins.lift("lea") == 1
    assert sign_ins.lift("nobody") == 0
    sign_ins.take_try("lea", HERE)
    with pytest.raises(LockedOutError):
        sign_ins.take_try("otto", HERE)


@pytest.mark.django_db
def test_neither_names_nor_addresses_are_kept_and_nothing_for_long():
    with time_machine.travel(NOON, tick=False) as clock:
        wrong("zqxjname")
        assert SignInTries.objects.count() == 2
        assert places_of("zqxjname") == places_of(HERE) == set()

        clock.shift(LOCKED)
        wrong("otto", THERE)

    assert SignInTries.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_many_at_once_have_no_more_tries_than_one_after_the_other():
    def knock(number: int) -> bool:
        try:
            sign_ins.take_try("lea", HERE)
        except LockedOutError:
            return False
        finally:
            connection.close()
            close_old_connections()
        return True

    with ThreadPoolExecutor(8) as pool:
        looked_at = list(pool.map(knock, range(24)))

    assert looked_at.count(True) == MOST_TRIES
