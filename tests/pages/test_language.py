"""The language of the pages: asked for by the browser, or chosen and remembered."""

import re

import pytest
from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from django.utils.module_loading import import_string
from pytest_django.asserts import assertContains, assertRedirects

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def language_of(response) -> str:
    """What `<html lang>` says, which must be what the header says."""
    (language,) = re.findall(r'<html lang="([^"]*)"', response.content.decode())
    assert response["Content-Language"] == language
    return language


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("", "en"), ("en-GB", "en"), ("de", "de"), ("de-CH, en;q=0.8", "de"), ("fr, de;q=0.3", "de"), ("fr", "en")],
)
def test_page_is_in_the_language_that_the_browser_asks_for(client, asked, answered):
    response = client.get("/", headers={"Accept-Language": asked} if asked else {})

    assert language_of(response) == answered
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))
    assert response["Cache-Control"] == "no-store"


def test_chosen_language_is_remembered_and_wins(client):
    assert language_of(client.get("/accounts/login/", headers=GERMAN)) == "de"

    response = client.post("/language/", {"language": "en", "next": "/accounts/login/?next=/join/"})

    assertRedirects(response, "/accounts/login/?next=/join/", fetch_redirect_response=False)
    cookie = response.cookies["django_language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["max-age"]) == ("en", True, "Lax", 31536000)
    assert language_of(client.get("/accounts/login/", headers=GERMAN)) == "en"


@pytest.mark.parametrize("language", ["fr", "", "de'><script>"])
def test_language_that_is_not_there_cannot_be_chosen(client, language):
    client.post("/language/", {"language": language, "next": "/"})

    assert language_of(client.get("/")) == "en"


def test_choice_leads_to_no_other_site(client):
    response = client.post("/language/", {"language": "de", "next": "https://elsewhere.example/"})

    assertRedirects(response, "/", fetch_redirect_response=False)


def test_choice_needs_the_token_of_a_form_of_ours():
    client = Client(enforce_csrf_checks=True)

    assert client.post("/language/", {"language": "de", "next": "/"}).status_code == 403

    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/").content.decode())[1]
    chosen = client.post("/language/", {"language": "de", "next": "/", "csrfmiddlewaretoken": token})
    assert chosen.cookies["django_language"].value == "de"


def test_every_page_offers_all_languages_in_their_own_names_and_leads_back_to_itself(client):
    response = client.get("/accounts/login/?next=/join/", headers=GERMAN)

    form = re.search(r'<form class="languages".*?</form>', response.content.decode(), re.DOTALL)[0]
    assert 'action="/language/" aria-label="Sprache"' in form
    assert '<input type="hidden" name="next" value="/accounts/login/?next=/join/">' in form
    assert re.findall(r"<button ([^>]*)>(\w+)<", form) == [
        ('name="language" value="en" type="submit" lang="en"', "English"),
        ('name="language" value="de" type="submit" lang="de" aria-current="true"', "Deutsch"),
    ]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Such dir eine aus und sprich los."),
        ("/lessons/cafe/", "Beginnen"),
        ("/lessons/cafe/", "Etappe 1, Warm-up: weiter zu Etappe 2, Order; dieselbe Etappe noch einmal."),
        ("/join/", "Code der Klasse"),
        ("/nowhere/", "Hier ist nichts"),
    ],
)
def test_page_of_a_learner_is_german(learner_client, lesson, path, words):
    response = learner_client.get(path, headers=GERMAN)

    assertContains(response, words, status_code=404 if path == "/nowhere/" else 200)
    assert language_of(response) == "de"
    assertContains(response, "Probestimme:", status_code=response.status_code)


def test_room_is_german_and_says_what_of_it_is_the_lesson_s(learner_client, attempt):
    response = learner_client.get(f"/attempts/{attempt.code}/", headers=GERMAN)

    assertContains(response, "Die Lektion wird geöffnet …")
    assertContains(response, '<h1 class="room-header__title" lang="en">Ordering in a café</h1>', html=True)
    assertContains(response, 'lang="de" aria-current="true"')
    assertContains(response, f'name="next" value="/attempts/{attempt.code}/"')


@pytest.mark.parametrize(("path", "words"), [("/", "Lernen im Gespräch"), ("/accounts/login/", "Benutzername")])
def test_page_for_everybody_is_german(client, db, path, words):
    response = client.get(path, headers=GERMAN)

    assertContains(response, words)
    assert language_of(response) == "de"


def test_lesson_keeps_its_own_language(learner_client, lesson):
    response = learner_client.get("/lessons/cafe/", headers=GERMAN)

    assertContains(response, '<h1 lang="en">Ordering in a café</h1>', html=True)
    assertContains(response, "<dd>Englisch</dd>", html=True)


def test_error_page_leads_home_and_not_to_where_something_was_posted(learner):
    client = Client(enforce_csrf_checks=True, headers=GERMAN)
    client.force_login(learner)

    response = client.post("/accounts/logout/")

    assertContains(response, "Bitte versuche das noch einmal", status_code=403)
    assertContains(response, '<input type="hidden" name="next" value="/">', status_code=403, html=True)


def test_page_about_our_own_mistake_has_no_form_that_would_be_refused(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("tutor.pages.views.shelf", lambda user: 1 / 0)
    monkeypatch.setattr("tutor.pages.views.render", lambda *arguments: 1 / 0)
    # Our handler, not Django's technical page.
    settings_debug, settings.DEBUG = settings.DEBUG, False
    try:
        response = client.get("/", headers=GERMAN)
    finally:
        settings.DEBUG = settings_debug

    assertContains(response, "Das war unser Fehler", status_code=500)
    assert "<form" not in response.content.decode()


def test_no_middleware_takes_requests_away_from_the_event_loop():
    handler = ASGIHandler()

    assert [name for name in settings.MIDDLEWARE if not import_string(name).async_capable] == []
    assert iscoroutinefunction(handler._middleware_chain)
