"""The room: who may enter, and what its scripts are told."""

import json
import re

import pytest
from pytest_django.asserts import assertRedirects

from tutor.models import Attempt, Audience, Lesson


def room_data(response) -> dict:
    """Return the JSON the page holds for its scripts."""
    block = re.search(r'<script id="room-data" type="application/json">(.*?)</script>', response.content.decode())
    return json.loads(block[1])


@pytest.mark.parametrize("debug", [True, False])
def test_room_tells_its_scripts_where_everything_is(learner_client, attempt, settings, debug):
    settings.DEBUG = debug
    code = str(attempt.code)

    assert room_data(learner_client.get(f"/attempts/{code}/")) == {
        "code": code,
        "rehearsal": True,
        "debug": debug,
        "beat": 15,
        "lesson": {"title": "Ordering in a café", "language": "en"},
        "urls": {
            "state": f"/api/attempts/{code}/",
            "connections": f"/api/attempts/{code}/connections/",
            "tool_calls": f"/api/attempts/{code}/tool-calls/",
            "journal": f"/api/attempts/{code}/journal/",
            "corrections": f"/api/attempts/{code}/corrections/",
            "end": f"/api/attempts/{code}/end/",
            "socket": f"/ws/attempts/{code}/",
            "card": f"/attempts/{code}/card/",
            "lesson": "/lessons/cafe/",
        },
    }


def test_room_gives_the_cookie_that_posts_need(learner_client, attempt):
    assert "csrftoken" in learner_client.get(f"/attempts/{attempt.code}/").cookies


def test_room_says_whether_the_attempt_is_a_rehearsal_whatever_the_site_does_now(learner_client, attempt):
    Attempt.objects.update(is_rehearsal=False)

    response = learner_client.get(f"/attempts/{attempt.code}/")

    assert room_data(response)["rehearsal"] is False
    assert response.context["rehearsal"] is False


@pytest.mark.parametrize("page", ["", "card/"])
def test_room_and_card_ask_a_visitor_to_sign_in(client, attempt, page):
    path = f"/attempts/{attempt.code}/{page}"

    assertRedirects(client.get(path), f"/accounts/login/?next={path}")


@pytest.mark.parametrize("page", ["", "card/"])
def test_room_and_card_of_somebody_else_are_like_one_that_is_not_there(
    client, other_learner, teacher, reviewer, attempt, page
):
    unknown = "00000000-0000-4000-8000-000000000000"
    for stranger in (other_learner, teacher, reviewer):
        client.force_login(stranger)
        foreign = client.get(f"/attempts/{attempt.code}/{page}")
        missing = client.get(f"/attempts/{unknown}/{page}")
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert _without_tokens(foreign) == _without_tokens(missing)


def _without_tokens(response) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def test_room_draws_the_map_for_its_scripts_to_mark(learner_client, attempt):
    page = learner_client.get(f"/attempts/{attempt.code}/").content.decode()

    assert re.findall(r'class="(lesson-map__stage[^"]*)" data-stage="([^"]*)"', page) == [
        ("lesson-map__stage", "warm-up"),
        ("lesson-map__stage", "order"),
        ("lesson-map__stage", "goodbye"),
    ]
    assert "lesson-map__goal" not in page


def test_room_of_a_lesson_that_has_closed_leads_back_to_the_list(learner_client, attempt):
    Lesson.objects.update(audience=Audience.NOBODY)

    assert room_data(learner_client.get(f"/attempts/{attempt.code}/"))["urls"]["lesson"] == "/"


def test_room_says_what_the_lesson_is_until_something_has_been_said(learner_client, attempt, said):
    before = learner_client.get(f"/attempts/{attempt.code}/").content.decode()
    said(attempt, "Tea.")
    after = learner_client.get(f"/attempts/{attempt.code}/").content.decode()

    panel = re.compile(r'<section class="before"[^>]*>')
    assert [" hidden" in panel.search(page)[0] for page in (before, after)] == [False, True]
    assert "You order a drink." in before
    assert re.findall(r'<li lang="en">(.*?)</li>', before) == ["Warm-up", "Order", "Looking back"]
    assert "It takes about 5 minutes." in before


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", "You are signed out. Sign in in another window. Then go on here: nothing is lost."),
        (
            "de",
            "Die Anmeldung ist abgelaufen. In einem anderen Fenster anmelden. "
            "Dann mach hier weiter: Nichts geht verloren.",
        ),
    ],
)
def test_room_tells_who_is_signed_out_what_to_do_in_whole_sentences(learner_client, attempt, language, sentences):
    page = learner_client.get(f"/attempts/{attempt.code}/", headers={"Accept-Language": language}).content.decode()

    [note] = re.findall(r'<p [^>]*id="signed-out"[^>]*>(.*?)</p>', page)
    assert re.sub("<[^>]+>", "", note) == sentences
