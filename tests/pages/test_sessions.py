"""How long somebody is who they say they are."""

import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

NAME = settings.SESSION_COOKIE_NAME


def signed_in(name: str = "lea") -> Client:
    client = Client()
    client.post("/accounts/login/", {"username": name, "password": f"secret-{name}"})
    assert client.get("/history/").status_code == 200
    return client


def test_signing_in_changes_the_key_and_signing_out_forgets_it_here_and_there(client, learner, db):
    session = client.session
    session["before"] = "kept"
    session.save()
    client.cookies[NAME] = before = session.session_key

    client.post("/accounts/login/", {"username": "lea", "password": "secret-lea"})
    within = client.cookies[NAME].value
    client.post("/accounts/logout/")

    assert within != before
    assert client.cookies[NAME].value == ""
    assert not Session.objects.filter(session_key__in=[before, within]).exists()


def test_a_new_password_ends_the_other_sessions(learner):
    one = signed_in()

    learner.set_password("another-secret-8")
    learner.save()

    assert one.get("/history/").status_code == 302
    assert one.get("/api/account/").status_code == 401


def test_whoever_changes_their_own_password_stays(reviewer):
    here, there = signed_in("rita"), signed_in("rita")
    form = {"old_password": "secret-rita", "new_password1": "another-secret-8", "new_password2": "another-secret-8"}

    here.post("/admin/password_change/", form)

    assert here.get("/history/").status_code == 200
    assert there.get("/history/").status_code == 302


def test_an_account_that_is_closed_is_out_with_the_next_request(learner, attempt):
    client = signed_in()

    learner.is_active = False
    learner.save()

    assert client.get("/history/").status_code == 302
    assert client.get(f"/api/attempts/{attempt.code}/").status_code == 401
    assert client.post("/accounts/login/", {"username": "lea", "password": "secret-lea"}).status_code == 200


def test_a_session_lasts_two_weeks_however_often_somebody_comes(learner):
    with time_machine.travel("2026-03-01T08:00:00Z", tick=False) as clock:
        client = signed_in()
        clock.move_to("2026-03-14T08:00:00Z")
        assert client.get("/history/").status_code == 200

        clock.move_to("2026-03-15T08:00:01Z")
        assert client.get("/history/").status_code == 302
