"""The catalogue of the scripts' words: where it is loaded, what it says, how long it is kept."""

import re

import pytest
from django.test import Client
from django.utils.translation import override
from pytest_django.asserts import assertContains, assertNotContains

from tutor.pages import words

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture
def room(attempt) -> str:
    return f"/attempts/{attempt.code}/"


def test_german_room_loads_the_words_before_its_modules(learner_client, room):
    page = learner_client.get(room, headers=GERMAN).content.decode()

    scripts = re.findall(r'<script (?:type="module" )?src="([^"]+)"', page)
    with override("de"):
        assert scripts == [words.address(), "/static/tutor/js/room.js"]
    assert f'<script src="{scripts[0]}" defer></script>' in page


@pytest.mark.parametrize("page", ["tutor/lesson/", "tutor/lesson/add/", "tutor/tool/", "password_change/"])
def test_german_admin_has_the_words_before_jquery_takes_their_place(client, teacher, page):
    client.force_login(teacher)

    text = client.get(f"/admin/{page}", headers=GERMAN).content.decode()

    scripts = re.findall(r"<script[^>]* src=[^>]*>", text)
    with override("de"):
        place = scripts.index(f'<script src="{words.address()}">')
    assert [script for script in scripts[:place] if "jsi18n" not in script] == []


def test_english_admin_loads_no_words(client, teacher):
    client.force_login(teacher)

    assertNotContains(client.get("/admin/tutor/lesson/"), "/words/")


def test_english_room_loads_no_words(learner_client, room):
    assertNotContains(learner_client.get(room), "/words/")


@pytest.mark.parametrize("path", ["/", "/lessons/cafe/", "/accounts/login/"])
def test_page_whose_scripts_say_nothing_loads_no_words(learner_client, lesson, path):
    assertNotContains(learner_client.get(path, headers=GERMAN, follow=True), "/words/")


def test_catalogue_is_a_script_that_browsers_keep_for_good(client):
    with override("de"):
        address = words.address()

    response = client.get(address)

    assert response.status_code == 200
    assert response["Content-Type"] == 'text/javascript; charset="utf-8"'
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Content-Language"] == "de"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.cookies == {}
    assertContains(response, '"Not connected": "Nicht verbunden"')


def test_catalogue_holds_the_words_of_our_scripts_only(client):
    # Django's admin says this one.
    assertNotContains(client.get("/words/de.any.js"), "Choose a Date")


def test_catalogue_of_another_version_is_not_kept(client):
    response = client.get("/words/de.000000000000.js")

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("language", ["en", "fr", "xx", "..", "de-", "%2e%2e%2fde"])
def test_there_is_no_catalogue_of_a_language_without_one(client, language):
    assert client.get(f"/words/{language}.any.js").status_code == 404


def test_the_reader_s_own_language_changes_nothing(client):
    german, english = client.get("/words/de.any.js", headers=GERMAN), Client().get("/words/de.any.js")

    assert german.content == english.content
