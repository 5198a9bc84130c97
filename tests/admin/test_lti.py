"""Superusers register learning platforms; nobody else finds them, and nobody at all where LTI is off."""

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from tutor.models import LtiKey, LtiPlatform, LtiScore
from tutor.services import attempts

LIST, ADD = "/admin/tutor/ltiplatform/", "/admin/tutor/ltiplatform/add/"
SCORES = "/admin/tutor/ltiscore/"


@pytest.fixture
def form(teacher) -> dict[str, str]:
    return {
        "name": "Moodle",
        "is_active": "on",
        "issuer": "https://moodle.example.org",
        "client_id": "abc",
        "deployments": " 1 \n\n2",
        "auth_url": "https://moodle.example.org/mod/lti/auth.php",
        "token_url": "https://moodle.example.org/mod/lti/token.php",
        "keyset_url": "https://moodle.example.org/mod/lti/certs.php",
        "other_hosts": "Files.example.org, ",
        "teacher": str(teacher.pk),
        "instructors": "learners",
    }


def faults(response) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def test_superuser_registers_a_platform_and_gets_a_key_pair(admin_client, form):
    response = admin_client.post(ADD, form)

    assertRedirects(response, LIST)
    platform = LtiPlatform.objects.get()
    assert platform.deployment_ids == ("1", "2")
    assert platform.hosts == {"moodle.example.org", "files.example.org"}
    assert LtiKey.objects.count() == 1


def test_page_shows_our_addresses_and_never_a_key(admin_client, form):
    admin_client.post(ADD, form)

    for address in (ADD, f"{LIST}{LtiPlatform.objects.get().pk}/change/"):
        response = admin_client.get(address)
        for path in ("launch", "login", "keys", "deep-link"):
            assertContains(response, f"<code>http://testserver/lti/{path}/</code>", html=True)
        assert "KEY" not in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"auth_url": "http://moodle.example.org/"}, {"auth_url": ["The address must begin with https://."]}),
        ({"token_url": "moodle"}, {"token_url"}),
        ({"keyset_url": "https://u:p@moodle.example.org/"}, {"keyset_url"}),
        ({"auth_url": "https://moodle.example.org/?a=1"}, {"auth_url": ["The address must have no “?”."]}),
        ({"teacher": ""}, {"teacher"}),
    ],
)
def test_what_cannot_be_right_is_refused_in_a_sentence(admin_client, form, changes, wrong):
    response = admin_client.post(ADD, form | changes)

    found = faults(response)
    assert found == wrong if isinstance(wrong, dict) else set(found) == wrong
    assert not LtiPlatform.objects.exists()


def test_teachers_are_offered_and_learners_not(admin_client, teacher, learner):
    response = admin_client.get(ADD)

    offered = {user.get_username() for user in response.context["adminform"].form.fields["teacher"].queryset}
    assert offered == {"admin", "tess"}


def test_a_score_that_was_given_up_can_be_told_again(admin_client, attempt):
    attempts.end_attempt(attempt)
    row = LtiScore.objects.create(attempt=attempt, line_item="https://moodle.example.org/7", tries=9, error="timeout")

    response = admin_client.post(SCORES, {"action": "tell_again", "_selected_action": [row.pk]}, follow=True)

    assertContains(response, "1 score will be told again.")
    row.refresh_from_db()
    assert (row.tries, row.due_at is None) == (0, False)


def test_nothing_is_there_while_lti_is_off(admin_client, settings):
    settings.LTI = False

    assert [admin_client.get(address).status_code for address in (LIST, ADD, SCORES)] == [404] * 3
    assert "ltiplatform" not in admin_client.get("/admin/").content.decode()
