"""Who keeps a page open stays signed in: all pages of a process are looked at together, twice a minute."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

log = logging.getLogger(__name__)

SignOut = Callable[[], Coroutine[Any, Any, None]]

# Seconds between two looks.
LOOK_EVERY = 30.0


@dataclass(frozen=True, slots=True)
class Person:
    """Who has a page open: the key of their account, and of the session it was opened in."""

    user_id: int
    session_key: str


# What is stored of somebody: their session; their password, and whether their account is open.
Stored = tuple[str | None, tuple[str, bool] | None]


class Attendance:
    """The open pages of one event loop, and what was stored of their people when they were last found signed in."""

    def __init__(self) -> None:
        self._pages: dict[SignOut, Person] = {}
        self._stored: dict[Person, Stored] = {}
        self._looking: asyncio.Task[None] | None = None

    def enter(self, person: Person, sign_out: SignOut) -> None:
        """Have `sign_out` awaited once the session has ended, the password is another, or the account is closed."""
        self._pages[sign_out] = person
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_again())

    def leave(self, sign_out: SignOut) -> None:
        """The page is closed."""
        self._pages.pop(sign_out, None)
        if not self._pages and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            # Who comes in meanwhile has just been let in.
            pages = dict(self._pages)
            try:
                self._stored = await database_sync_to_async(still_here)(set(pages.values()), self._stored)
            except DatabaseError as error:
                # Nothing can be done without it either: the next look is soon enough.
                log.warning("not looked who is signed in error=%s", type(error).__name__)
                continue
            except Exception:  # the outer edge of a task that nobody waits for, and that all pages rely on
                log.exception("not looked who is signed in")
                continue
            gone = [sign_out for sign_out, person in pages.items() if person not in self._stored]
            # One that cannot be told is gone already.
            await asyncio.gather(*(sign_out() for sign_out in gone), return_exceptions=True)


_attendances: WeakKeyDictionary[asyncio.AbstractEventLoop, Attendance] = WeakKeyDictionary()


def here() -> Attendance:
    """The attendance of the event loop that runs."""
    return _attendances.setdefault(asyncio.get_running_loop(), Attendance())


def still_here(people: set[Person], before: Mapping[Person, Stored]) -> dict[Person, Stored]:
    """Of those who are still signed in, what is stored. Two queries; two more for each of whom it has changed."""
    now = _read(people)
    return {person: stored for person, stored in now.items() if before.get(person) == stored or _is_signed_in(person)}


def _read(people: Iterable[Person]) -> dict[Person, Stored]:
    keys, user_ids = {one.session_key for one in people}, {one.user_id for one in people}
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    data = dict(sessions.values_list("session_key", "session_data"))
    users = {
        pk: (password, is_active)
        for pk, password, is_active in User.objects.filter(pk__in=user_ids).values_list("pk", "password", "is_active")
    }
    return {one: (data.get(one.session_key), users.get(one.user_id)) for one in people}


def _is_signed_in(person: Person) -> bool:
    """Whether the session is still theirs: Django's own answer."""
    request = HttpRequest()
    request.session = SessionStore(person.session_key)
    return get_user(request).pk == person.user_id
