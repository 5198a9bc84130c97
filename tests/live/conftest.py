"""Who opens a page, as its socket sees them."""

import pytest
from django.conf import settings
from django.test import Client


@pytest.fixture
def cookie_of():
    """Sign a user in; return the cookie header a browser would send."""

    def cookie(user) -> bytes:
        client = Client()
        client.force_login(user)
        return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()

    return cookie


@pytest.fixture
def learners_cookie(cookie_of, learner) -> bytes:
    return cookie_of(learner)
