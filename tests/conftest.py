"""The cast of every test, and the servers some of them need."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests import lessons
from tutor.models import Attempt, Lesson
from tutor.services import attempts


@pytest.fixture(autouse=True)
def _plain_settings(settings):
    """Tests run without a key, without the outside world, and with a password hasher that takes no time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.OPENAI_API_KEY = ""
    settings.REHEARSAL = True
    settings.REALTIME_BASE_URL = ""


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
def learner_client(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client
