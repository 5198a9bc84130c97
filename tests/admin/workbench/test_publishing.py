"""Checking a draft and publishing it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.admin.forms import filled_in
from tests.admin.workbench.pages import said, url
from tutor.models import Audience, Lesson, LessonVersion, Stage
from tutor.services import attempts, authoring, trials


def post(client, lesson: Lesson, **data: str):
    return client.post(url(lesson, "publish"), data, follow=True)


def test_check_lists_errors_before_warnings(teacher_client, lesson):
    Stage.objects.filter(key="order").update(goal="")
    Stage.objects.filter(key="goodbye").update(instructions="")

    findings = teacher_client.get(url(lesson, "check")).context["findings"]

    assert [(finding.is_error, finding.place) for finding in findings] == [
        (True, "Stage 3, instructions"),
        (False, "Stage 2, goal"),
    ]


def test_page_marks_removed_and_added_words(teacher_client, lesson):
    Stage.objects.filter(key="order").update(goal="Order a hot drink & <pay>.")

    response = teacher_client.get(url(lesson, "publish"))

    assertContains(
        response,
        '<p class="change__text">Order a <del>drink.</del><ins>hot drink &amp; &lt;pay&gt;.</ins></p>',
        html=True,
    )
    assertContains(response, "Publish version 2</button>")


def test_page_of_a_new_lesson_shows_all_of_it(teacher_client, lesson):
    LessonVersion.objects.all().delete()

    response = teacher_client.get(url(lesson, "publish"))

    assertContains(response, "This lesson has not been published yet.")
    assert [(change.kind, change.place) for change in response.context["changes"]][:2] == [
        ("added", "Lesson"),
        ("added", "Stage “Warm-up”"),
    ]
    assertContains(response, "Publish version 1</button>")


def test_page_without_a_change_offers_nothing(teacher_client, lesson):
    response = teacher_client.get(url(lesson, "publish"))

    assertContains(response, "Nothing to publish: the draft says the same as version 1.")
    assertNotContains(response, "</button></form>")
    assert response.context["changes"] == ()


def test_page_of_a_faulty_draft_leads_to_the_fields_and_offers_no_button(teacher_client, lesson):
    stage = Stage.objects.get(key="order")
    Stage.objects.filter(pk=stage.pk).update(instructions="")

    response = teacher_client.get(url(lesson, "publish"))

    place = f"/admin/tutor/stage/{stage.pk}/change/#id_instructions"
    assertContains(response, f'<a href="{place}">Stage 2, instructions</a>', html=True)
    assertNotContains(response, "Publish version")


def test_post_publishes_and_says_its_number(teacher_client, teacher, lesson):
    Lesson.objects.update(title="Ordering")

    response = post(teacher_client, lesson)

    assertRedirects(response, url(lesson, "change"))
    assert said(response) == [
        ("success", "“Ordering” is published as version 2. Everybody who begins from now on gets it.")
    ]
    latest = LessonVersion.objects.get(number=2)
    assert (latest.plan["title"], latest.published_by) == ("Ordering", teacher)
    assert LogEntry.objects.get().change_message == "Published version 2."


def test_post_of_a_lesson_for_nobody_says_where_to_change_that(teacher_client, lesson):
    Lesson.objects.update(title="Ordering", audience=Audience.NOBODY)

    ((_, text),) = said(post(teacher_client, lesson))

    assert text == (
        "“Ordering” is published as version 2. Nobody finds the lesson yet: change that at “Who finds it” on its page."
    )


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "One lesson is under way and stays on the version begun with."),
        (2, "2 lessons are under way and stay on the version begun with."),
    ],
)
def test_post_says_that_lessons_under_way_stay_on_their_version(
    teacher_client, teacher, learner, other_learner, lesson, count, sentence
):
    for person in [learner, other_learner][:count]:
        attempts.start_attempt(lesson, learner=person)
    trials.start_trial(lesson, teacher=teacher)
    Lesson.objects.update(title="Ordering")

    ((_, text),) = said(post(teacher_client, lesson))

    assert text == f"“Ordering” is published as version 2. Who begins from now on gets it. {sentence}"


def test_post_publishes_what_was_shown_and_nothing_else(teacher_client, lesson):
    Lesson.objects.update(title="Ordering")
    seen = teacher_client.get(url(lesson, "publish")).context["seen"]
    Lesson.objects.update(title="Changed by a colleague meanwhile")

    response = post(teacher_client, lesson, seen=seen)

    assertRedirects(response, url(lesson, "publish"))
    assert said(response) == [
        ("warning", "The lesson has been changed since this page was opened. Please look at it once more.")
    ]
    assert LessonVersion.objects.count() == 1
    assert said(post(teacher_client, lesson, seen=response.context["seen"]))[0][0] == "success"


def test_post_without_a_change_says_so(teacher_client, lesson):
    response = post(teacher_client, lesson)

    assert said(response) == [("info", "“Ordering in a café” has not changed since version 1.")]
    assert LessonVersion.objects.count() == 1


def test_post_of_a_faulty_draft_publishes_nothing(teacher_client, lesson):
    Stage.objects.filter(key="order").update(instructions="")

    response = post(teacher_client, lesson)

    assertRedirects(response, url(lesson, "publish"))
    assert said(response) == [("error", "“Ordering in a café” was not published. Please mend the errors first.")]
    assert LessonVersion.objects.count() == 1


def test_page_shows_a_lessons_text_as_text(teacher_client, lesson):
    Stage.objects.filter(key="order").update(title="<script>", instructions="")

    response = teacher_client.get(url(lesson, "publish"))

    assertContains(response, "Stage “&lt;script&gt;”")
    assertNotContains(response, "“<script>")


def test_an_attempt_finishes_on_its_version_whatever_happens_to_its_stage(lesson, learner, other_learner, said):
    attempt, _ = attempts.start_attempt(lesson, learner=learner)
    plan = attempt.version.plan
    told = attempts.state(attempt)["stages"]

    Stage.objects.filter(key="warm-up").update(title="Something else", instructions="Speak of tea.")
    authoring.publish(lesson, by=None)
    Stage.objects.get(key="warm-up").delete()

    attempt.refresh_from_db()
    later, _ = attempts.start_attempt(lesson, learner=other_learner)
    assert (attempt.version.number, attempt.version.plan) == (1, plan)
    assert attempts.state(attempt)["stages"] == told
    assert (later.version.number, attempts.state(later)["stages"][0]["title"]) == (2, "Something else")


@pytest.mark.parametrize("page", ["check", "publish"])
def test_pages_take_the_same_queries_for_any_number_of_stages(
    teacher_client, lesson, page, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as few:
        teacher_client.get(url(lesson, page))
    Stage.objects.bulk_create(Stage(lesson=lesson, key=f"more-{n}", title=f"More {n}", order=n) for n in range(50))

    with django_assert_max_num_queries(len(few)):
        teacher_client.get(url(lesson, page))


def test_sample_lessons_whose_pages_are_saved_as_they_are_leave_nothing_to_publish(admin_client, settings):
    settings.DEBUG = True
    call_command("seed", verbosity=0)
    rows = [*Lesson.objects.all(), *Stage.objects.all()]

    for row in rows:
        address = reverse(f"admin:tutor_{row._meta.model_name}_change", args=[row.pk])
        assert admin_client.post(address, filled_in(admin_client.get(address))).status_code == 302, address

    for lesson in Lesson.objects.all():
        assert admin_client.get(url(lesson, "publish")).context["changes"] == (), lesson
