"""The page of one stage."""

import pytest
from django.urls import reverse

from tests import lessons
from tests.admin.forms import filled_in, row
from tutor.models import Outcome, Stage


@pytest.fixture
def stage(lesson) -> Stage:
    return Stage.objects.get(key="warm-up")


def url(stage: Stage) -> str:
    return reverse("admin:tutor_stage_change", args=[stage.pk])


def errors(response) -> dict[str, list[str]]:
    return response.context["adminform"].form.errors


def test_form_offers_only_the_tools_of_the_lesson(teacher_client, stage):
    other = lessons.publish(slug="other")

    form = teacher_client.get(url(stage)).context["adminform"].form

    assert list(form.fields["tools"].queryset) == list(stage.lesson.tools.all())
    assert not set(form.fields["tools"].queryset) & set(other.tools.all())


def test_form_offers_only_the_stages_of_the_lesson_as_next(teacher_client, stage):
    lessons.publish(slug="other")

    outcomes = teacher_client.get(url(stage)).context["inline_admin_formsets"][0].formset

    expected = [("", "the lesson ends here"), *((each.pk, each.title) for each in stage.lesson.stages.all())]
    assert [list(form.fields["next_stage"].choices) for form in outcomes.forms] == [expected, expected]


def test_form_refuses_the_stage_of_another_lesson_as_next(teacher_client, stage):
    foreign = lessons.publish(slug="other").stages.first()
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, **{"outcomes-0-next_stage": foreign.pk}))

    assert response.status_code == 200
    assert list(response.context["inline_admin_formsets"][0].formset.errors[0]) == ["next_stage"]
    assert stage.outcomes.first().next_stage.lesson == stage.lesson


def test_form_refuses_the_tool_of_another_lesson(teacher_client, stage):
    foreign = lessons.publish(slug="other").tools.first()
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, tools=[foreign.pk]))

    assert list(errors(response)) == ["tools"]


def test_hints_are_shown_and_read_line_by_line(teacher_client, stage):
    page = teacher_client.get(url(stage))
    assert page.context["adminform"].form["hints"].value() == "Think of a hot drink.\nIt grows on a bush."

    teacher_client.post(url(stage), filled_in(page, hints="  First. \r\n\r\nSecond.\r\n"))

    stage.refresh_from_db()
    assert stage.hints == ["First.", "Second."]


def test_saving_without_a_change_changes_nothing(teacher_client, stage):
    before = list(Stage.objects.order_by("pk").values()), list(Outcome.objects.order_by("pk").values())
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page))

    assert response.status_code == 302
    assert (list(Stage.objects.order_by("pk").values()), list(Outcome.objects.order_by("pk").values())) == before


def test_new_outcome_without_a_next_stage_ends_the_lesson(teacher_client, stage):
    page = teacher_client.get(url(stage))

    teacher_client.post(
        url(stage), filled_in(page, **row("outcomes", 2, key="enough", when="Had enough.", order="", next_stage=""))
    )

    outcome = stage.outcomes.get(key="enough")
    assert (outcome.order, outcome.next_stage) == (30, None)


def test_stages_are_added_in_their_lesson_not_here(teacher_client, stage):
    assert teacher_client.get("/admin/tutor/stage/add/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_form_takes_the_same_queries_however_many_outcomes(teacher_client, stage, django_assert_num_queries, count):
    stage.outcomes.all().delete()
    for number in range(count):
        Outcome.objects.create(stage=stage, key=f"way-{number}", when="…", order=10 * number)

    # login, user, two for rights, stage, lesson, outcomes; stages and tools of the lesson, tools of the stage
    with django_assert_num_queries(10):
        teacher_client.get(url(stage))
