"""A lesson that is neither open nor assigned is nowhere: by no address, for nobody but who is in its middle."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.api.helpers import OF_ATTEMPTS, START, post
from tests.rows import row_counts
from tutor.models import Assignment, Audience, Classroom, Lesson
from tutor.services import attempts, trials

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
EVENING = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
CASES = ["hidden", "of-no-class", "of-another-class", "not-yet", "no-more", "own-draft"]


@pytest.fixture
def classroom(teacher, learner) -> Classroom:
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    return classroom


@pytest.fixture(params=CASES)
def shut(request, lesson, teacher, learner, classroom) -> Lesson:
    """The published lesson “cafe” as the learner may not find it this afternoon, each way in which it can be so."""
    other = Classroom.objects.create(name="8a", teacher=teacher)
    where = {"of-another-class": other, "not-yet": classroom, "no-more": classroom, "hidden": classroom}
    times = {"not-yet": {"opens_at": EVENING}, "no-more": {"closes_at": NOON}}
    if request.param in where:
        Assignment.objects.create(classroom=where[request.param], lesson=lesson, **times.get(request.param, {}))
    if request.param == "own-draft":
        lesson.versions.all().delete()
        lesson.owner = learner
    lesson.audience = Audience.NOBODY if request.param == "hidden" else Audience.CLASSES
    lesson.save()
    return lesson


@pytest.fixture(autouse=True)
def _afternoon():
    with time_machine.travel(datetime(2026, 3, 4, 15, 0, tzinfo=UTC)):
        yield


def _same(one, other) -> bool:
    def told(response) -> str:
        return response.content.decode().replace(response.wsgi_request.path, "")

    return (one.status_code, told(one)) == (other.status_code, told(other))


def test_shut_lesson_has_no_page(shut, learner_client):
    response = learner_client.get("/lessons/cafe/")

    assertContains(response, "There is nothing here", status_code=404)
    assertNotContains(response, "café", status_code=404)


def test_shut_lesson_is_not_started_from_the_page(shut, learner_client):
    before = row_counts()

    for slug in ("cafe", "nowhere"):
        response = learner_client.post(f"/lessons/{slug}/start/", follow=True)
        assertRedirects(response, "/")
        assertContains(response, "This lesson is not open at the moment.")
    assert row_counts() == before


def test_shut_lesson_is_not_started_by_the_api(shut, learner_client):
    before = row_counts()

    found, missing = (post(learner_client, f"/api/lessons/{slug}/attempts/", {}) for slug in ("cafe", "nowhere"))

    assert found.status_code == 404
    assert _same(found, missing)
    assert row_counts() == before


def test_shut_lesson_has_no_link_on_the_first_page(shut, learner_client):
    assertNotContains(learner_client.get("/"), "/lessons/cafe/")


def test_shut_lesson_is_not_read_by_the_attempt_of_another(lesson, learner_client, other_learner):
    attempt = attempts.start_attempt(lesson, learner=other_learner)[0]
    Lesson.objects.update(audience=Audience.NOBODY)
    before = row_counts()

    for endpoint in OF_ATTEMPTS:
        response = learner_client.generic(endpoint.method, endpoint.path(attempt), "{}", "application/json")
        assert (endpoint.name, response.status_code) == (endpoint.name, 404)
    for page in ("", "card/"):
        assert learner_client.get(f"/attempts/{attempt.code}/{page}").status_code == 404
    assert row_counts() == before


def test_who_is_in_the_middle_goes_on_by_every_way(attempt, learner_client):
    Lesson.objects.update(audience=Audience.NOBODY)

    assertContains(learner_client.get("/"), f'href="/attempts/{attempt.code}/"')
    assertContains(learner_client.get("/lessons/cafe/"), "Continue lesson")
    assertRedirects(learner_client.post("/lessons/cafe/start/"), f"/attempts/{attempt.code}/")
    assert post(learner_client, START.path(attempt), {}).json()["code"] == str(attempt.code)


def test_lesson_of_a_teacher_has_no_page_while_it_is_a_draft_even_for_its_owner(lesson, teacher):
    Lesson.objects.update(owner=teacher, audience=Audience.NOBODY)
    trials.start_trial(lesson, teacher=teacher)
    client = Client()
    client.force_login(teacher)

    assert client.get("/lessons/cafe/").status_code == 404
    assert post(client, "/api/lessons/cafe/attempts/", {}).status_code == 404
