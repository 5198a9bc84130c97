"""The cast of every test, and the servers some of them need."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache as cache_result

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import connection
from django.test import AsyncClient, Client
from django.utils import timezone, translation

from tests import lessons
from tests.capture import Capture, capturing
from tests.lti_platform import Platform, running_platform
from tutor import logs
from tutor.models import Attempt, Connection, Lesson, LtiKey, LtiPlatform, Speaker, UtteranceStatus
from tutor.peers import client, lti
from tutor.services import attempts, journal, limits, lti_keys


@pytest.fixture(autouse=True)
def _plain_settings(settings, monkeypatch):
    """Tests run without a key, without the outside world, and with a password hasher that takes no time.

    Nobody counts how often they ask: hundreds of requests of one learner in a second are no flood here.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.OPENAI_API_KEY = ""
    settings.REHEARSAL = True
    settings.REALTIME_BASE_URL = ""
    settings.SIDEBAND = "off"
    settings.LTI = True
    settings.CALLS_PER_HOUR = settings.STARTS_PER_HOUR = 0
    monkeypatch.setattr(limits, "flood", limits.Flood(limits.Limit("requests", 1_000_000, 0.05)))


@pytest.fixture(autouse=True)
def _english():
    """Words are English at the start of each test: a request leaves its language behind in the thread it ran in."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _no_occasion():
    """Log lines are about no request at the start of each test: the tests of one loop share what their tasks set."""
    logs.begin(None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory):
    """Give each run a database of its own, so that two runs at once never meet."""
    name = settings.DATABASES["default"]
    if name["ENGINE"] == "django.db.backends.sqlite3":
        # A file: concurrent writers of an in-memory database fail at once with "table is locked".
        test_name = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
    else:
        test_name = f"test_viva_{os.getpid()}"
    name["TEST"]["NAME"] = test_name
    connection.settings_dict["TEST"]["NAME"] = test_name


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Let go of the database before it is destroyed: PostgreSQL drops none that a thread still has a connection to."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def learner(db) -> User:
    return User.objects.create_user("lea", password="secret-lea")


@pytest.fixture
def other_learner(db) -> User:
    return User.objects.create_user("otto", password="secret-otto")


@pytest.fixture
def teacher(db) -> User:
    user = User.objects.create_user("tess", password="secret-tess", is_staff=True)
    user.groups.add(Group.objects.get(name="Teachers"))
    return user


@pytest.fixture
def reviewer(db) -> User:
    user = User.objects.create_user("rita", password="secret-rita", is_staff=True)
    user.groups.add(Group.objects.get(name="Reviewers"))
    return user


@pytest.fixture
def lesson(db) -> Lesson:
    return lessons.publish()


@pytest.fixture
def attempt(lesson, learner) -> Attempt:
    return attempts.start_attempt(lesson, learner=learner)[0]


@pytest.fixture
def attempt_with_cards(db, learner) -> Attempt:
    """An attempt in whose first stage the tutor can show cards."""
    return attempts.start_attempt(lessons.publish(lessons.WITH_CARDS, slug="cards"), learner=learner)[0]


@pytest.fixture
def learner_client(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def teacher_client(teacher) -> Client:
    client = Client()
    client.force_login(teacher)
    return client


@pytest.fixture
def reviewer_client(reviewer) -> Client:
    client = Client()
    client.force_login(reviewer)
    return client


@pytest.fixture
def learner_async_client(learner) -> AsyncClient:
    client = AsyncClient()
    client.force_login(learner)
    return client


# Looks like a provider's key, and is searched for wherever it must not turn up.
SENTINEL_KEY = "sk-TESTSENTINEL0123456789abcdef"


@pytest.fixture
async def provider(settings) -> AsyncIterator[Capture]:
    """A provider on this machine, with a key that it knows."""
    async with capturing() as capture:
        settings.OPENAI_API_KEY = SENTINEL_KEY
        settings.REHEARSAL = False
        settings.REALTIME_BASE_URL = f"{capture.url}/v1"
        yield capture
        await client.close()


@pytest.fixture
def said(db) -> Callable[..., list[str]]:
    """Let the learner of an attempt say something, each text after the one before; returns the item ids."""

    def say(attempt: Attempt, *texts: str, visit: int = 1, speaker: Speaker = Speaker.LEARNER) -> list[str]:
        start = attempt.utterances.count()
        ids = [f"said_{number}" for number in range(start, start + len(texts) + 1)]
        entries = [
            journal.UtteranceEntry(
                id=item_id,
                speaker=speaker,
                status=UtteranceStatus.COMPLETE,
                text=text,
                previous_item_id=previous if previous != "said_0" else "",
                visit=visit,
            )
            for previous, item_id, text in zip(ids[:-1], ids[1:], texts, strict=True)
        ]
        journal.store_entries(attempt, entries)
        return ids[1:]

    return say


@pytest.fixture
def witnessed(attempt) -> Attempt:
    """Four sentences of a call that was heard to its end: confirmed, filled in, heard differently, browser only."""
    call = Connection.objects.create(
        attempt=attempt,
        visit=attempt.visits.get(),
        config={},
        call_id="rtc_1",
        answered_at=timezone.now(),
        witness="whole",
    )
    code = str(call.code)

    def one(number: int, text: str) -> journal.UtteranceEntry:
        return journal.UtteranceEntry(
            id=f"i{number}", speaker=Speaker.LEARNER, status=UtteranceStatus.COMPLETE, text=text, connection=code
        )

    journal.store_heard(attempt, [one(1, "Tea."), one(2, "Cake."), one(3, "Milk.")])
    journal.store_entries(attempt, [one(1, "Tea."), one(3, "I know <b>it</b> all."), one(4, "Forged.")])
    return attempt


# It takes a while to make one.
_key_pair = cache_result(lti.new_key_pair)


@pytest.fixture
def moodle(settings, teacher) -> Iterator[Platform]:
    """A learning platform on this machine that is registered here; its courses are the teacher's."""
    settings.DEBUG = True
    cache.clear()
    pair = _key_pair(settings.SECRET_KEY)
    LtiKey.objects.create(public_pem=pair.public, private_pem=pair.private)
    with running_platform() as platform:
        published = lti_keys.published()
        platform.tool_keys = lambda: published
        LtiPlatform.objects.create(teacher=teacher, **platform.registration)
        yield platform
