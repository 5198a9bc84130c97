"""Reading, comparing and restoring versions."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.admin.workbench.pages import said, url
from tutor import plan as plans
from tutor.models import Audience, Lesson, Stage
from tutor.services import attempts, authoring, trials


@pytest.fixture
def second(lesson, teacher):
    """A second version, with another goal."""
    Stage.objects.filter(key="order").update(goal="Order two drinks.")
    return authoring.publish(lesson, by=teacher)


def test_list_says_who_published_what_and_who_went_through_it(teacher_client, teacher, learner, lesson, second):
    attempts.start_attempt(lesson, learner=learner)
    trials.start_trial(lesson, teacher=teacher)

    response = teacher_client.get(url(lesson, "versions"))

    assert [(v.number, v.published_by, v.attempts_made) for v in response.context["versions"]] == [
        (2, teacher, 1),
        (1, None, 0),
    ]
    assertContains(response, "the same as version 2")


def test_list_says_how_far_the_draft_has_gone_on(teacher_client, lesson):
    Lesson.objects.update(title="Ordering", voice="cedar")

    assertContains(teacher_client.get(url(lesson, "versions")), "2 changes</a> since version 1")


def test_list_of_an_unpublished_lesson_leads_to_publishing(teacher_client):
    draft = Lesson.objects.create(slug="draft", title="Draft")

    assertContains(teacher_client.get(url(draft, "versions")), "Nothing has been published yet.")


def test_list_takes_the_same_queries_for_one_version_and_for_five(
    teacher_client, lesson, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as few:
        teacher_client.get(url(lesson, "versions"))
    for number in range(4):
        Lesson.objects.update(title=f"Title {number}")
        authoring.publish(lesson, by=None)

    with django_assert_max_num_queries(len(few)):
        teacher_client.get(url(lesson, "versions"))


def test_version_is_a_page_to_read_with_its_picture(teacher_client, lesson, second):
    response = teacher_client.get(url(lesson, "version", 1))

    assertContains(response, "Order a drink.")
    assertNotContains(response, "Order two drinks.")
    assertContains(response, '<svg xmlns="http://www.w3.org/2000/svg" class="lesson-map')
    assertContains(response, 'href="#stage-order"')
    assertContains(response, 'id="stage-order"')


@pytest.mark.parametrize("page", [("version", 9), ("restore", 9)])
def test_a_version_that_is_not_there_is_not_found(teacher_client, lesson, page):
    call = teacher_client.post if page[0] == "restore" else teacher_client.get

    assert call(url(lesson, *page)).status_code == 404


@pytest.mark.parametrize(
    ("query", "names", "count"),
    [
        ({}, ("version 2", "the draft"), 0),
        ({"old": "1", "new": "2"}, ("version 1", "version 2"), 1),
        ({"old": "2", "new": "1"}, ("version 2", "version 1"), 1),
        ({"old": "draft", "new": "1"}, ("the draft", "version 1"), 1),
    ],
)
def test_compare_shows_any_two(teacher_client, lesson, second, query, names, count):
    context = teacher_client.get(url(lesson, "compare"), query).context

    assert (context["old"].name, context["new"].name) == names
    assert len(context["changes"]) == count


@pytest.mark.parametrize("value", ["9", "x", "-1", "²", "99999999999999999999"])
def test_compare_with_what_is_not_there_is_not_found(teacher_client, lesson, value):
    assert teacher_client.get(url(lesson, "compare"), {"old": value}).status_code == 404


def test_compare_of_an_unpublished_lesson_is_not_found(teacher_client):
    draft = Lesson.objects.create(slug="draft", title="Draft")

    assert teacher_client.get(url(draft, "compare")).status_code == 404


def test_restore_is_offered_where_its_loss_is_shown(teacher_client, lesson, second):
    response = teacher_client.get(url(lesson, "compare"), {"old": "draft", "new": "1"})

    assertContains(response, "Restore version 1 as draft</button>")


def test_restore_brings_a_version_back_as_the_draft_alone(teacher_client, teacher, lesson, second):
    Lesson.objects.update(owner=teacher, audience=Audience.NOBODY)

    response = teacher_client.post(url(lesson, "restore", 1), follow=True)

    assertRedirects(response, url(lesson, "change"))
    assert said(response) == [
        ("success", "The draft is version 1 again. Learners notice nothing until you publish it.")
    ]
    lesson.refresh_from_db()
    assert plans.to_data(authoring.compile_plan(lesson)) == lesson.versions.get(number=1).plan
    assert (lesson.owner, lesson.audience) == (teacher, Audience.NOBODY)
    assert list(lesson.versions.values_list("number", flat=True)) == [2, 1]
