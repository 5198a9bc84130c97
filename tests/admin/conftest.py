"""Staff, signed in."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client


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
def colleague(db) -> User:
    """Another teacher."""
    user = User.objects.create_user("carl", password="secret-carl", is_staff=True)
    user.groups.add(Group.objects.get(name="Teachers"))
    return user
