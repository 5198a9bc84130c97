"""More staff."""

import pytest
from django.contrib.auth.models import Group, User


@pytest.fixture
def colleague(db) -> User:
    """Another teacher."""
    user = User.objects.create_user("carl", password="secret-carl", is_staff=True)
    user.groups.add(Group.objects.get(name="Teachers"))
    return user
