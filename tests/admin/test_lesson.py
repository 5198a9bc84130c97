"""Writing, checking and publishing a lesson in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.admin.forms import filled_in, row
from tutor.models import Lesson, LessonVersion, Stage
from tutor.services import attempts


def url(lesson: Lesson, page: str) -> str:
    """The address of one of a lesson's pages in the admin."""
    return reverse(f"admin:tutor_lesson_{page}", args=[lesson.pk])


def said(response) -> list[tuple[str, str]]:
    """The messages of a page, as pairs of (level, text)."""
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


def test_list_counts_stages_versions_and_learners(teacher_client, lesson, learner, other_learner):
    for person in (learner, learner, other_learner):
        attempts.end_attempt(attempts.start_attempt(lesson, learner=person)[0])

    response = teacher_client.get("/admin/tutor/lesson/")

    assertContains(response, '<td class="field-stage_count">3</td>', html=True)
    assertContains(response, '<td class="field-latest_version">version 1</td>', html=True)
    assertContains(response, '<td class="field-learner_count">2</td>', html=True)
    assertContains(response, '<a href="/lessons/cafe/">Open</a>', html=True)


def test_list_of_an_empty_draft_counts_nothing_and_leads_nowhere(teacher_client):
    Lesson.objects.create(slug="draft", title="Draft")

    response = teacher_client.get("/admin/tutor/lesson/")

    assertContains(response, '<td class="field-stage_count">0</td>', html=True)
    assertContains(response, '<td class="field-latest_version">not yet</td>', html=True)
    assertNotContains(response, "/lessons/draft/")


def test_form_links_to_the_page_of_each_stage(teacher_client, lesson):
    response = teacher_client.get(url(lesson, "change"))

    for stage in lesson.stages.all():
        assertContains(response, f'href="/admin/tutor/stage/{stage.pk}/change/')


def test_form_links_to_the_learners_page_only_once_published(teacher_client, lesson):
    draft = Lesson.objects.create(slug="draft", title="Draft")

    assertContains(teacher_client.get(url(lesson, "change")), 'href="/lessons/cafe/"')
    assertNotContains(teacher_client.get(url(draft, "change")), "View on site")


def test_new_stage_without_a_place_goes_to_the_end(teacher_client, lesson):
    page = teacher_client.get(url(lesson, "change"))

    teacher_client.post(
        url(lesson, "change"), filled_in(page, **row("stages", 3, title="Extra", key="extra", goal="", order="", id=""))
    )

    assert list(lesson.stages.values_list("key", "order")) == [
        ("warm-up", 10),
        ("order", 20),
        ("goodbye", 30),
        ("extra", 40),
    ]


def test_two_stages_can_swap_their_places(teacher_client, lesson):
    page = teacher_client.get(url(lesson, "change"))

    teacher_client.post(url(lesson, "change"), filled_in(page, **{"stages-0-order": 20, "stages-1-order": 10}))

    assert list(lesson.stages.values_list("key", flat=True)) == ["order", "warm-up", "goodbye"]


def test_publish_makes_a_version_and_says_its_number(teacher_client, teacher, lesson):
    Lesson.objects.update(title="Ordering")

    response = teacher_client.post(url(lesson, "publish"), follow=True)

    assertRedirects(response, url(lesson, "change"))
    assert said(response) == [("success", "“Ordering” is published as version 2.")]
    latest = LessonVersion.objects.order_by("-number").first()
    assert (latest.number, latest.plan["title"], latest.published_by) == (2, "Ordering", teacher)


def test_publish_without_a_change_says_so(teacher_client, lesson):
    response = teacher_client.post(url(lesson, "publish"), follow=True)

    assert said(response) == [("info", "“Ordering in a café” has not changed since version 1.")]
    assert LessonVersion.objects.count() == 1


def test_publish_of_a_faulty_lesson_says_where_to_mend_it(teacher_client, lesson):
    stage = Stage.objects.get(key="order")
    Stage.objects.filter(pk=stage.pk).update(instructions="")

    response = teacher_client.post(url(lesson, "publish"), follow=True)

    assert said(response) == [
        ("error", "“Ordering in a café” was not published. Please mend this first:"),
        (
            "error",
            f'<a href="/admin/tutor/stage/{stage.pk}/change/">Stage 2, instructions</a>: '
            "Stage “Order” has no instructions: tell the tutor what to do.",
        ),
    ]
    assert LessonVersion.objects.count() == 1


def test_publish_repeats_warnings(teacher_client, lesson):
    stage = Stage.objects.get(key="order")
    Stage.objects.filter(pk=stage.pk).update(goal="")

    response = teacher_client.post(url(lesson, "publish"), follow=True)

    assert [level for level, _ in said(response)] == ["success", "warning"]
    assert LessonVersion.objects.count() == 2


def test_publish_shows_a_lessons_text_as_text(teacher_client, lesson):
    Stage.objects.filter(key="order").update(title="<script>", instructions="")

    response = teacher_client.post(url(lesson, "publish"), follow=True)

    assertContains(response, "Stage “&lt;script&gt;” has no instructions")


def test_publish_takes_no_link(teacher_client, lesson):
    Lesson.objects.update(title="Changed")

    assert teacher_client.get(url(lesson, "publish")).status_code == 405
    assert LessonVersion.objects.count() == 1


def test_publish_wants_the_token_of_the_form(teacher, lesson):
    client = Client(enforce_csrf_checks=True)
    client.force_login(teacher)
    Lesson.objects.update(title="Changed")

    assert client.post(url(lesson, "publish")).status_code == 403
    assert LessonVersion.objects.count() == 1


@pytest.mark.parametrize("page", ["publish", "check"])
def test_reviewers_can_neither_publish_nor_check(reviewer_client, lesson, page):
    call = reviewer_client.post if page == "publish" else reviewer_client.get

    assert call(url(lesson, page)).status_code == 403
    assert LessonVersion.objects.count() == 1


@pytest.mark.parametrize("page", ["publish", "check"])
def test_learners_are_asked_to_sign_in_as_somebody_else(learner_client, lesson, page):
    call = learner_client.post if page == "publish" else learner_client.get

    assert call(url(lesson, page)).url.startswith("/admin/login/")


def test_publish_of_an_unknown_lesson_is_not_found(teacher_client):
    assert teacher_client.post("/admin/tutor/lesson/999/publish/").status_code == 404


def test_publish_action_reports_on_each_lesson(teacher_client, lesson):
    empty = Lesson.objects.create(slug="empty", title="Empty")
    data = {"action": "publish_selected", "_selected_action": [lesson.pk, empty.pk]}

    response = teacher_client.post("/admin/tutor/lesson/", data, follow=True)

    assert sorted(level for level, _ in said(response)) == ["error", "error", "info"]


def test_check_lists_errors_before_warnings(teacher_client, lesson):
    Stage.objects.filter(key="order").update(goal="")
    Stage.objects.filter(key="goodbye").update(instructions="")

    response = teacher_client.get(url(lesson, "check"))

    assert [(finding.is_error, finding.place) for finding in response.context["findings"]] == [
        (True, "Stage 3, instructions"),
        (False, "Stage 2, goal"),
    ]


def test_check_of_a_good_lesson_says_so(teacher_client, lesson):
    assertContains(teacher_client.get(url(lesson, "check")), "Nothing to mend: this lesson can be published.")


def test_saving_a_lesson_does_not_touch_what_learners_run(teacher_client, lesson):
    page = teacher_client.get(url(lesson, "change"))

    teacher_client.post(url(lesson, "change"), filled_in(page, title="Draft of something new"))

    assert Lesson.objects.get().title == "Draft of something new"
    assert LessonVersion.objects.get().plan["title"] == "Ordering in a café"
    assert LogEntry.objects.count() == 1


def test_a_teacher_writes_a_whole_lesson_and_publishes_it(teacher_client):
    page = teacher_client.get("/admin/tutor/lesson/add/")
    teacher_client.post(
        "/admin/tutor/lesson/add/",
        filled_in(
            page, title="Hello", slug="hello", **row("stages", 0, title="Hi", key="hi", goal="Say hi.", order="")
        ),
    )
    stage = Stage.objects.get()
    page = teacher_client.get(f"/admin/tutor/stage/{stage.pk}/change/")
    teacher_client.post(
        f"/admin/tutor/stage/{stage.pk}/change/",
        filled_in(
            page, instructions="Greet.", **row("outcomes", 0, key="done", when="Greeted.", order="", next_stage="")
        ),
    )

    response = teacher_client.post(url(stage.lesson, "publish"), follow=True)

    assert said(response)[-1] == ("success", "“Hello” is published as version 1.")
