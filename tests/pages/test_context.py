"""The banner of the rehearsal voice."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

PATHS = ["/", "/lessons/cafe/", "/accounts/login/"]


@pytest.mark.parametrize("path", PATHS)
def test_every_page_says_that_the_voice_is_a_rehearsal(client, learner, lesson, path):
    if path != "/accounts/login/":
        client.force_login(learner)

    assertContains(client.get(path), "<strong>Rehearsal voice:</strong>", html=True)


@pytest.mark.parametrize("path", PATHS)
def test_no_page_says_so_when_the_model_speaks(client, learner, lesson, settings, path):
    settings.REHEARSAL = False
    if path != "/accounts/login/":
        client.force_login(learner)

    assertNotContains(client.get(path), "Rehearsal voice")


def test_the_admin_says_so_too(client, teacher):
    client.force_login(teacher)

    assertContains(client.get("/admin/"), "<strong>Rehearsal voice:</strong>", html=True)
