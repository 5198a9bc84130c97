"""The list of lessons, and what who is not signed in sees instead."""

from dataclasses import replace

from django.contrib.auth.models import User
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from tests import lessons
from tests.walking import finish
from tutor.models import Lesson
from tutor.pages.contents import ShelfLesson, shelf
from tutor.services import attempts


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


def test_home_takes_the_same_queries_for_one_lesson_and_for_three(learner_client, django_assert_num_queries):
    lessons.publish(slug="one")
    with django_assert_num_queries(4):  # login, user, versions, attempts
        learner_client.get("/")

    lessons.publish(slug="two")
    lessons.publish(slug="three")
    with django_assert_num_queries(4):
        learner_client.get("/")


def test_shelf_shows_what_was_published_last_not_the_draft(learner, lesson):
    Lesson.objects.update(title="Draft")
    assert [found.title for found in shelf(learner)] == ["Ordering in a café"]

    lessons.publish(replace(lessons.PLAN, title="At the counter", minutes=7))
    assert shelf(learner) == [
        ShelfLesson(
            slug="cafe",
            title="At the counter",
            summary="You order a drink.",
            minutes=7,
            language="English",
            open_code="",
            is_done=False,
        )
    ]


def test_shelf_leaves_out_what_is_unlisted_or_not_published(learner, lesson):
    Lesson.objects.create(slug="draft", title="Draft")
    Lesson.objects.filter(slug="cafe").update(audience="nobody")

    assert shelf(learner) == []


def test_shelf_marks_a_lesson_as_done_only_when_it_was_completed(learner, attempt, said):
    finish(attempt, said)
    assert [(found.is_done, found.open_code) for found in shelf(learner)] == [(True, "")]

    again = attempts.start_attempt(attempt.lesson, learner=learner)[0]
    attempts.end_attempt(again)
    assert [(found.is_done, found.open_code) for found in shelf(learner)] == [(True, "")]


def test_shelf_does_not_mark_a_lesson_that_was_left(learner, attempt):
    attempts.end_attempt(attempt)

    assert [found.is_done for found in shelf(learner)] == [False]


def test_shelf_knows_nothing_of_what_others_did(other_learner: User, attempt):
    assert [(found.is_done, found.open_code) for found in shelf(other_learner)] == [(False, "")]
