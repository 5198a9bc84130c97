"""Joining a class by its code or by a link, and leaving it."""

import re

import pytest
from django.core.cache import cache
from pytest_django.asserts import assertContains, assertRedirects

from tutor.models import Classroom


@pytest.fixture(autouse=True)
def _nothing_tried():
    cache.clear()


@pytest.fixture
def classroom(teacher) -> Classroom:
    return Classroom.objects.create(name="7b", teacher=teacher, join_code="ABCD234")


@pytest.mark.parametrize("path", ["/join/", "/join/ABCD234/", "/classes/ABCD234/leave/"])
def test_page_asks_a_visitor_to_sign_in_first(client, classroom, path):
    for method in (client.get, client.post):
        assertRedirects(method(path), f"/accounts/login/?next={path}")


def test_join_puts_the_learner_into_the_class(learner_client, learner, classroom):
    response = learner_client.post("/join/", {"code": "abcd 234"}, follow=True)

    assertRedirects(response, "/")
    assertContains(response, "You are in the class “7b”.")
    assert list(classroom.learners.all()) == [learner]


def test_join_with_a_wrong_code_keeps_what_was_typed_and_says_so(learner_client, classroom):
    response = learner_client.post("/join/", {"code": '"><b>'})

    assertContains(response, "There is no class with this code.")
    assertContains(response, 'value="&quot;&gt;&lt;b&gt;"')
    assert not classroom.learners.exists()


def test_join_ends_the_guessing(learner_client, learner, classroom, caplog):
    for number in range(20):
        assert learner_client.post("/join/", {"code": f"WRONG{number}"}).status_code == 200

    response = learner_client.post("/join/", {"code": "ABCD234"})

    assertContains(response, "These were many wrong codes.", status_code=429)
    assertContains(response, "wait an hour", status_code=429)
    assert not classroom.learners.exists()
    logged = [record.getMessage() for record in caplog.records if record.name == "tutor.services.classrooms"]
    assert logged == [f"locked out proof=class_code user={learner.pk}"]


def test_link_asks_first_and_does_not_say_whether_its_code_is_right(learner_client, classroom):
    right, wrong = learner_client.get("/join/ABCD234/"), learner_client.get("/join/WRONG99/")

    assertContains(right, 'value="ABCD234"')
    assertContains(right, 'action="/join/"')
    for response, code in ((right, "ABCD234"), (wrong, "WRONG99")):
        assertContains(response, f'value="{code}"')
        # As a word: the letters may come up in a random token.
        assert not re.search(r"\b7b\b", response.content.decode())
        assertContains(response, "Do you want to join the class with this code?")
    assert not classroom.learners.exists()


def test_leave_asks_first_and_then_leaves(learner_client, learner, classroom):
    classroom.learners.add(learner)

    assertContains(learner_client.get("/classes/ABCD234/leave/"), "Leave “7b”?")
    assert list(classroom.learners.all()) == [learner]

    response = learner_client.post("/classes/ABCD234/leave/", follow=True)
    assertRedirects(response, "/")
    assertContains(response, "You have left the class “7b”.")
    assert not classroom.learners.exists()


@pytest.mark.parametrize("code", ["ABCD234", "NOTHERE"])
def test_leave_of_a_class_one_is_not_in_is_like_one_that_is_not_there(learner_client, other_learner, classroom, code):
    classroom.learners.add(other_learner)

    for method in (learner_client.get, learner_client.post):
        assertContains(method(f"/classes/{code}/leave/"), "There is nothing here", status_code=404)
    assert list(classroom.learners.all()) == [other_learner]
