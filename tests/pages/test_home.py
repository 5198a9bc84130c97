"""The list of lessons, and what who is not signed in sees instead."""

from datetime import UTC, datetime

import pytest
import time_machine
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from tests import lessons
from tutor.models import Assignment, Audience, Classroom, Lesson
from tutor.services import attempts

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def classroom(teacher, learner) -> Classroom:
    classroom = Classroom.objects.create(name="7b <b>", teacher=teacher)
    classroom.learners.add(learner)
    return classroom


def test_home_invites_who_is_not_signed_in(client, lesson):
    response = client.get("/")

    assertTemplateUsed(response, "tutor/landing.html")
    assertContains(response, 'href="/accounts/login/"')
    assertNotContains(response, "/lessons/cafe/")


def test_home_lists_a_lesson_with_what_it_takes(learner_client, lesson):
    response = learner_client.get("/")

    assertContains(response, '<a href="/lessons/cafe/">Ordering in a café</a>', html=True)
    assertContains(response, "You order a drink.")
    assertContains(response, "<span>5 minutes</span>", html=True)
    assertContains(response, "<span>English</span>", html=True)


def test_home_offers_to_continue_an_open_attempt(learner_client, attempt):
    response = learner_client.get("/")

    assertContains(response, f'href="/attempts/{attempt.code}/"')
    assertContains(response, '<span class="tag tag--now">Started</span>', html=True)


def test_home_says_so_when_there_is_no_lesson(learner_client):
    assertContains(learner_client.get("/"), "No lessons yet")


def test_home_offers_authoring_only_to_who_may_write(client, teacher, reviewer):
    client.force_login(teacher)
    assertContains(client.get("/"), 'href="/admin/tutor/lesson/"')

    client.force_login(reviewer)
    response = client.get("/")
    assertContains(response, 'href="/review/"')
    assertNotContains(response, 'href="/admin/tutor/lesson/"')


def test_home_refuses_a_post(learner_client):
    assert learner_client.post("/").status_code == 405


def test_home_shows_a_lesson_that_opens_later_without_a_way_in(learner_client, classroom, lesson):
    Lesson.objects.update(audience=Audience.CLASSES)
    Assignment.objects.create(classroom=classroom, lesson=lesson, opens_at=datetime(2026, 3, 5, 8, 0, tzinfo=UTC))

    with time_machine.travel(NOON):
        response = learner_client.get("/")

    assertContains(response, '<h3 lang="en">Ordering in a café</h3>', html=True)
    assertContains(response, '<p class="shelf__when">Opens tomorrow, 08:00</p>', html=True)
    assertNotContains(response, 'href="/lessons/cafe/"')


def test_home_names_each_class_with_a_way_to_leave_it(learner_client, classroom, lesson):
    Assignment.objects.create(classroom=classroom, lesson=lesson)

    response = learner_client.get("/")

    assertContains(response, '<h2 id="board-1">7b &lt;b&gt;</h2>', html=True)
    assertContains(response, f'href="/classes/{classroom.join_code}/leave/"')
    assertContains(response, '<a href="/lessons/cafe/">Ordering in a café</a>', count=1, html=True)


def test_home_says_so_when_a_class_has_no_lesson(learner_client, classroom):
    assertContains(learner_client.get("/"), "Nothing to do here yet.")


def test_home_takes_the_same_queries_for_one_class_and_lesson_and_for_three(
    learner_client, learner, teacher, django_assert_num_queries
):
    def add(name: str) -> None:
        classroom = Classroom.objects.create(name=name, teacher=teacher)
        classroom.learners.add(learner)
        for audience in Audience:
            lesson = lessons.publish(slug=f"{name}-{audience}")
            Lesson.objects.filter(pk=lesson.pk).update(audience=audience)
            Assignment.objects.create(classroom=classroom, lesson=lesson)
        attempts.start_attempt(lessons.publish(slug=f"{name}-open"), learner=learner)

    add("one")
    with django_assert_num_queries(6):  # login, user, classes, assignments, versions, attempts
        learner_client.get("/")

    add("two")
    add("three")
    with django_assert_num_queries(6):
        learner_client.get("/")
