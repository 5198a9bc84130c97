"""The second factor: which codes let somebody in, how often, and who is half in."""

import time

import pyotp
import pytest
import time_machine

from tutor.models import RecoveryCode, SecondFactor
from tutor.services import second_factors
from tutor.services.second_factors import SecretLostError, WrongCodeError

NOW = 1_800_000_015


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def session() -> dict[str, object]:
    """In which the app is set up."""
    return {}


@pytest.fixture
def app(session) -> pyotp.TOTP:
    """The app of a teacher, not confirmed yet."""
    return pyotp.TOTP(second_factors.propose(session))


@pytest.fixture
def codes(teacher, app, session) -> list[str]:
    """The recovery codes of a teacher whose app was confirmed half a minute ago."""
    return second_factors.confirm(teacher, app.at(NOW - 30), session)


def test_the_secret_is_proposed_until_it_is_confirmed_and_readable_nowhere(teacher, app, session):
    assert second_factors.propose(session) == app.secret
    assert app.secret not in str(session)
    assert not second_factors.is_set_up(teacher)
    assert second_factors.address_for_app(teacher, app.secret) == (
        f"otpauth://totp/Viva:tess?secret={app.secret}&issuer=Viva"
    )


def test_an_app_that_shows_the_right_code_is_asked_for_it_from_then_on(teacher, app, session):
    codes = second_factors.confirm(teacher, app.now(), session)

    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    assert second_factors.is_set_up(teacher)
    assert not second_factors.is_half_in(teacher, session)
    assert list(session) == [second_factors.SESSION_KEY]
    assert app.secret not in SecondFactor.objects.get().secret
    assert not set(codes) & set(RecoveryCode.objects.values_list("digest", flat=True))


def test_an_app_that_shows_another_code_is_not_set_up(teacher, session):
    second_factors.propose(session)

    with pytest.raises(WrongCodeError):
        second_factors.confirm(teacher, "000000", session)

    assert not SecondFactor.objects.exists()


def test_who_has_an_app_keeps_it(teacher, app, codes, now):
    other = {}
    now.shift(60)

    with pytest.raises(WrongCodeError, match="another app meanwhile"):
        second_factors.confirm(teacher, pyotp.TOTP(second_factors.propose(other)).now(), other)

    assert second_factors.give(teacher, app.now(), {}) is None


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_code_of_now_or_of_half_a_minute_beside_it_lets_in_once(teacher, app, codes, now, seconds):
    now.shift(60)
    code, session = app.at(int(time.time()) + seconds), {second_factors.SESSION_KEY: "due"}

    assert second_factors.give(teacher, f" {code[:3]} {code[3:]} ", session) is None

    assert not second_factors.is_half_in(teacher, session)
    with pytest.raises(WrongCodeError):
        second_factors.give(teacher, code, {})


@pytest.mark.parametrize("seconds", [-90, -60, 60])
def test_older_and_later_codes_let_nobody_in(teacher, app, codes, now, seconds):
    now.shift(300)
    session = {second_factors.SESSION_KEY: "due"}

    with pytest.raises(WrongCodeError, match="Type the one your app shows now"):
        second_factors.give(teacher, app.at(int(time.time()) + seconds), session)

    assert second_factors.is_half_in(teacher, session)


def test_a_code_before_one_that_was_taken_is_taken_no_more(teacher, app, codes, now):
    now.shift(60)
    second_factors.give(teacher, app.now(), {})

    with pytest.raises(WrongCodeError):
        second_factors.give(teacher, app.at(int(time.time()) - 30), {})


@pytest.mark.parametrize("wrong", ["", "000000", "12345", "１２３４５６", "x" * 400, "\x00", "\ud800", "²²²²²²"])
def test_what_is_no_code_lets_nobody_in(teacher, codes, wrong):
    with pytest.raises(WrongCodeError):
        second_factors.give(teacher, wrong, {})


def test_a_recovery_code_lets_in_once_however_it_is_written(teacher, codes):
    session = {second_factors.SESSION_KEY: "due"}

    assert second_factors.give(teacher, f" {codes[0].upper().replace('-', ' ')} ", session) == 9
    assert not second_factors.is_half_in(teacher, session)
    with pytest.raises(WrongCodeError, match="was used before"):
        second_factors.give(teacher, codes[0], {})
    assert second_factors.codes_left(teacher) == 9


def test_recovery_codes_of_somebody_else_let_nobody_in(teacher, reviewer, codes):
    session = {}
    second_factors.confirm(reviewer, pyotp.TOTP(second_factors.propose(session)).now(), session)

    with pytest.raises(WrongCodeError):
        second_factors.give(reviewer, codes[0], {})


def test_a_secret_of_another_key_says_what_to_do_and_one_of_the_key_before_is_read(teacher, app, codes, settings, now):
    now.shift(60)
    settings.SECRET_KEY, before = "another key", settings.SECRET_KEY
    with pytest.raises(SecretLostError, match="Ask an administrator to remove it"):
        second_factors.give(teacher, app.now(), {})

    settings.SECRET_KEY_FALLBACKS = [before]
    assert second_factors.give(teacher, app.now(), {}) is None


def test_recovery_codes_outlive_the_key(teacher, codes, settings):
    settings.SECRET_KEY = "another key"

    assert second_factors.give(teacher, codes[0], {}) == 9


def test_who_has_one_is_half_in_after_the_password(teacher, learner, codes, django_assert_num_queries):
    session = {}
    with django_assert_num_queries(1):
        second_factors.begin_session(teacher, session)
    with django_assert_num_queries(0):
        assert second_factors.is_half_in(teacher, session)
    of_learner = {second_factors.SESSION_KEY: "given"}
    second_factors.begin_session(learner, of_learner)

    assert of_learner == {}
    assert not second_factors.is_half_in(learner, of_learner)


def test_staff_without_one_are_half_in_where_it_is_required(teacher, learner, settings):
    assert not second_factors.is_half_in(teacher, {})
    settings.STAFF_SECOND_FACTOR = "required"

    assert second_factors.is_half_in(teacher, {})
    assert not second_factors.is_half_in(learner, {})
    assert not second_factors.is_half_in(teacher, {second_factors.SESSION_KEY: "given"})


def test_who_lost_it_signs_in_without_it_once_it_is_removed(teacher, codes):
    assert second_factors.remove(teacher)
    session = {}
    second_factors.begin_session(teacher, session)

    assert not second_factors.is_half_in(teacher, session)
    assert not second_factors.remove(teacher)
    assert not RecoveryCode.objects.exists()
