"""Signing in and out, and the way in for reviewers."""

import pytest
from django.contrib.auth.models import User
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects


def test_login_leads_to_where_the_visitor_wanted_to_go(client, learner, lesson):
    response = client.post("/accounts/login/?next=/lessons/cafe/", {"username": "lea", "password": "secret-lea"})

    assertRedirects(response, "/lessons/cafe/")


def test_login_says_that_name_and_password_do_not_fit(client, learner):
    response = client.post("/accounts/login/", {"username": "lea", "password": "wrong"})

    assertContains(response, "This name and password do not belong together.")


ELSEWHERE = [
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "///elsewhere.example/",
    "/\\elsewhere.example/",
    "\\\\elsewhere.example/",
    "https:elsewhere.example/",
    "https:///elsewhere.example/",
    "http://testserver@elsewhere.example/",
    "http://testserver.elsewhere.example/",
    "ftp://testserver/",
    "javascript:alert(1)",
    "data:text/html,x",
    "\t//elsewhere.example/",
    "/\t/elsewhere.example/",
    "\x01//elsewhere.example/",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_login_leads_nowhere_outside(client, learner, target):
    response = client.post("/accounts/login/", {"username": "lea", "password": "secret-lea", "next": target})

    assertRedirects(response, "/")


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("path", ["/admin/login/", "/language/"])
def test_no_other_way_on_leads_outside_either(client, reviewer, path, target):
    response = client.post(path, {"username": "rita", "password": "secret-rita", "language": "de", "next": target})

    assert response.status_code == 302
    assert "elsewhere" not in response["Location"]
    assert response["Location"].startswith("/")


def test_login_shows_demo_accounts_on_a_laptop(client, db, settings):
    settings.DEBUG = True
    User.objects.create_user("learner", "learner@demo.invalid", "viva-demo")

    response = client.get("/accounts/login/")

    assertContains(response, "<dt><code>learner</code></dt>", html=True)
    assertNotContains(response, "<code>teacher</code>")


def test_login_shows_no_demo_accounts_that_are_not_there(client, db, settings):
    settings.DEBUG = True

    assertNotContains(client.get("/accounts/login/"), "viva-demo")


def test_login_shows_no_demo_accounts_in_production(client, db):
    User.objects.create_user("learner", "learner@demo.invalid", "viva-demo")

    assertNotContains(client.get("/accounts/login/"), "viva-demo")


def test_logout_needs_a_post_and_leads_home(learner_client):
    assert learner_client.get("/accounts/logout/").status_code == 405
    assertRedirects(learner_client.post("/accounts/logout/"), "/")
    assert "_auth_user_id" not in learner_client.session


def test_review_is_not_there_for_learners(learner_client):
    assert learner_client.get("/review/").status_code == 404


def test_review_is_not_there_for_staff_without_the_right_to_read(client, django_user_model, db):
    client.force_login(django_user_model.objects.create_user("hannah", is_staff=True))

    assert client.get("/review/").status_code == 404


def test_review_asks_a_visitor_to_sign_in(client, db):
    assertRedirects(client.get("/review/"), "/accounts/login/?next=/review/")
