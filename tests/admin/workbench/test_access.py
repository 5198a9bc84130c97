"""Whose workbench it is: of another's private lesson no page is there, whatever the address."""

import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.admin.workbench.pages import url
from tests.rows import row_counts
from tutor.services import trials

READ = [
    ("check",),
    ("publish",),
    ("versions",),
    ("version", 1),
    ("compare",),
    ("knows",),
    ("trials",),
    ("export",),
]
WRITE = [("publish",), ("restore", 1), ("try",)]


@pytest.fixture
def colleague(db) -> User:
    user = User.objects.create_user("carl", password="secret-carl", is_staff=True)
    user.groups.add(Group.objects.get(name="Teachers"))
    return user


@pytest.fixture
def private(lesson, colleague):
    """A lesson of a colleague who has not shared it."""
    lesson.owner = colleague
    lesson.save(update_fields=["owner"])
    return lesson


@pytest.mark.parametrize("page", READ, ids=lambda page: page[0])
def test_a_teacher_finds_no_page_of_a_private_lesson(teacher_client, private, page):
    assert teacher_client.get(url(private, *page)).status_code == 404


@pytest.mark.parametrize("page", WRITE, ids=lambda page: page[0])
def test_a_teacher_does_nothing_to_a_private_lesson(teacher_client, private, page):
    before = row_counts()

    assert teacher_client.post(url(private, *page)).status_code == 404
    assert row_counts() == before


@pytest.mark.parametrize("page", READ, ids=lambda page: page[0])
def test_the_owner_of_a_private_lesson_finds_every_page(colleague, private, page):
    client = Client()
    client.force_login(colleague)

    assert client.get(url(private, *page)).status_code == 200


@pytest.mark.parametrize("page", READ, ids=lambda page: page[0])
def test_a_shared_lesson_is_everybodys(teacher_client, private, page):
    private.is_shared = True
    private.save(update_fields=["is_shared"])

    assert teacher_client.get(url(private, *page)).status_code == 200


@pytest.mark.parametrize("page", READ, ids=lambda page: page[0])
def test_reviewers_find_no_page(reviewer_client, lesson, page):
    assert reviewer_client.get(url(lesson, *page)).status_code == 404


@pytest.mark.parametrize("page", [*READ, *WRITE], ids=lambda page: page[0])
def test_learners_are_asked_to_sign_in_as_somebody_else(learner_client, lesson, page):
    assert learner_client.get(url(lesson, *page)).url.startswith("/admin/login/")


@pytest.mark.parametrize("page", ["trial", "throw_away"])
def test_a_colleagues_trial_is_not_there(teacher_client, lesson, colleague, page):
    code = trials.start_trial(lesson, teacher=colleague).code
    before = row_counts()

    call = teacher_client.get if page == "trial" else teacher_client.post
    assert call(url(lesson, page, code)).status_code == 404
    assert row_counts() == before


def test_an_unknown_trial_is_not_there(teacher_client, lesson):
    assert teacher_client.get(url(lesson, "trial", uuid.uuid4())).status_code == 404


def test_an_unknown_lesson_is_not_there(teacher_client):
    assert teacher_client.post("/admin/tutor/lesson/999/publish/").status_code == 404


def test_the_list_of_versions_shows_only_those_of_ones_own_lessons(teacher_client, colleague, private):
    assert list(teacher_client.get("/admin/tutor/lessonversion/").context["cl"].result_list) == []

    private.owner = None
    private.save(update_fields=["owner"])
    trials.start_trial(private, teacher=colleague)

    assert list(teacher_client.get("/admin/tutor/lessonversion/").context["cl"].result_list) == [
        private.versions.get(number=1)
    ]


@pytest.mark.parametrize("page", [("restore", 1), ("try",)], ids=lambda page: page[0])
def test_a_link_changes_nothing(teacher_client, lesson, page):
    assert teacher_client.get(url(lesson, *page)).status_code == 405


@pytest.mark.parametrize("page", WRITE, ids=lambda page: page[0])
def test_what_changes_something_wants_the_token_of_the_form(teacher, lesson, page):
    client = Client(enforce_csrf_checks=True)
    client.force_login(teacher)
    before = row_counts()

    assert client.post(url(lesson, *page)).status_code == 403
    assert row_counts() == before
