"""POST /api/lessons/<slug>/attempts/: begin a lesson, or go on with it."""

import pytest
from django.test import Client

from tests.api.helpers import post
from tests.lessons import PLAN
from tests.rows import row_counts
from tutor.models import Attempt, Lesson
from tutor.realtime import session
from tutor.services import attempts, authoring

PATH = "/api/lessons/cafe/attempts/"


def test_start_begins_at_the_first_stage(lesson, learner, learner_client):
    response = post(learner_client, PATH, {})

    attempt = Attempt.objects.get()
    assert attempt.learner == learner
    assert response.status_code == 201
    assert response.json() == {
        "code": str(attempt.code),
        "url": f"/attempts/{attempt.code}/",
        "lesson": {"slug": "cafe", "title": "Ordering in a café", "language": "en"},
        "rehearsal": True,
        "trial": False,
        "ended": False,
        "outcome": "",
        "ended_by": None,
        "ended_why": None,
        "paused": None,
        "connection": None,
        "elsewhere": None,
        "barred": None,
        "time": {"minutes": 5, "limit": 60, "spent": 0, "left": None},
        "stage": {
            "key": "warm-up",
            "title": "Warm-up",
            "goal": "Say what you like to drink.",
            "visit": 1,
            "position": 1,
            "needs": {"turns": 1, "quotes": 0},
        },
        "stages": [
            {"key": "warm-up", "title": "Warm-up", "goal": "Say what you like to drink.", "progress": "current"},
            {"key": "order", "title": "Order", "goal": "Order a drink.", "progress": "ahead"},
            {"key": "goodbye", "title": "Looking back", "goal": "Say what you learned.", "progress": "ahead"},
        ],
        "transcript": [],
        "cards": [],
        "opening": [{"type": "response.create", "event_id": "open-1-0-1"}],
        "adjustments": session.adjustments(),
    }


def test_start_says_when_it_is_not_a_rehearsal(lesson, learner_client, settings):
    settings.REHEARSAL = False

    assert post(learner_client, PATH, {}).json()["rehearsal"] is False


def test_start_again_finds_the_open_attempt(lesson, learner_client):
    first = post(learner_client, PATH, {})
    before = row_counts()

    again = post(learner_client, PATH, {})

    assert (again.status_code, again.json()) == (200, first.json())
    assert row_counts() == before


def test_start_gives_each_learner_an_attempt_of_their_own(attempt, other_learner):
    client = Client()
    client.force_login(other_learner)

    response = post(client, PATH, {})

    assert response.status_code == 201
    assert response.json()["code"] != str(attempt.code)


def test_start_after_the_end_begins_anew(attempt, learner_client):
    attempts.end_attempt(attempt)

    response = post(learner_client, PATH, {})

    assert response.status_code == 201
    assert response.json()["code"] != str(attempt.code)


@pytest.mark.parametrize("slug", ["unknown", "hidden", "draft"])
def test_start_refuses_a_lesson_that_is_not_open(lesson, learner_client, slug):
    Lesson.objects.create(slug="hidden", title="Hidden", audience="nobody")
    authoring.load_draft(PLAN, slug="draft")
    before = row_counts()

    response = post(learner_client, f"/api/lessons/{slug}/attempts/", {})

    assert response.status_code == 404
    assert response.json() == {"error": "unknown_lesson", "message": "There is no such lesson."}
    assert row_counts() == before
