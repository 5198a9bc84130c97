"""Who is signed in no more is told so, in every page they have open; and what it takes to know."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.utils import timezone

from tests.live.sockets import socket
from tutor.live import attendance
from tutor.live.attendance import Person, still_here

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(user: User) -> Person:
    client = Client()
    client.force_login(user)
    return Person(user.pk, client.session.session_key)


def close_account(user: User) -> None:
    user.is_active = False
    user.save()


def delete_account(user: User) -> None:
    user.delete()


def change_password(user: User) -> None:
    user.set_password("another")
    user.save()


def sign_out_everywhere(user: User) -> None:
    Session.objects.all().delete()


def expire(user: User) -> None:
    Session.objects.update(expire_date=timezone.now())


ENDS = [close_account, change_password, sign_out_everywhere, expire]


@pytest.mark.parametrize("end", [*ENDS, delete_account])
@pytest.mark.parametrize("looks_before", [0, 2])
def test_who_is_signed_in_no_more_is_found_at_the_next_look(learner, end, looks_before):
    person = signed_in(learner)
    stored = {}
    for _ in range(looks_before):
        stored = still_here({person}, stored)

    end(learner)

    assert still_here({person}, stored) == {}


def test_who_signed_in_as_somebody_else_in_the_same_session_is_gone(learner, other_learner):
    client = Client()
    client.force_login(learner)
    person = Person(learner.pk, client.session.session_key)
    seen = still_here({person}, {})

    session = SessionStore(person.session_key)
    session["_auth_user_id"] = str(other_learner.pk)
    session["_auth_user_hash"] = other_learner.get_session_auth_hash()
    session.save()

    assert list(seen) == [person]
    assert still_here({person}, seen) == {}


def test_a_session_that_only_holds_something_new_goes_on(learner):
    person = signed_in(learner)
    seen = still_here({person}, {})
    session = SessionStore(person.session_key)
    session["colour"] = "green"
    session.save()

    assert list(still_here({person}, seen)) == [person]


@pytest.mark.parametrize("count", [1, 3])
def test_a_look_at_whom_nothing_has_changed_asks_twice(django_assert_num_queries, count):
    users = [User.objects.create_user(f"somebody-{number}") for number in range(count)]
    people = {signed_in(user) for user in users}
    seen = still_here(people, {})

    with django_assert_num_queries(2):
        assert still_here(people, seen) == seen


@pytest.mark.parametrize("end", ENDS)
async def test_a_room_is_closed_once_its_learner_is_signed_in_no_more(
    attempt, learner, learners_cookie, monkeypatch, end
):
    looks = asyncio.Queue()
    monkeypatch.setattr(attendance, "LOOK_EVERY", 0.01)

    def look(people, before):
        found = still_here(people, before)
        looks.put_nowait(len(found))
        return found

    monkeypatch.setattr(attendance, "still_here", look)
    watcher, other = socket(attempt.code, learners_cookie), socket(attempt.code, learners_cookie)
    assert (await watcher.connect())[0]
    assert (await other.connect())[0]
    assert await looks.get() == 1
    assert await watcher.receive_nothing()

    await sync_to_async(end)(learner)

    for page in (watcher, other):
        assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": 4401}
        await page.disconnect()


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, ValueError])
async def test_a_look_that_fails_signs_nobody_out_and_the_next_one_is_taken(
    attempt, learner, learners_cookie, monkeypatch, error
):
    away = asyncio.Event()
    monkeypatch.setattr(attendance, "LOOK_EVERY", 0.01)

    def look(people, before):
        if not away.is_set():
            away.set()
            raise error
        return still_here(people, before)

    monkeypatch.setattr(attendance, "still_here", look)
    watcher = socket(attempt.code, learners_cookie)
    assert (await watcher.connect())[0]
    await away.wait()
    assert await watcher.receive_nothing()

    await sync_to_async(sign_out_everywhere)(learner)

    assert await watcher.receive_output(timeout=5) == {"type": "websocket.close", "code": 4401}
    await watcher.disconnect()
