"""Another teacher's private lesson is in the admin what a lesson is that never was: by every address, either method."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.urls import URLPattern, reverse

from tests import lessons
from tests.admin.forms import filled_in, row
from tutor.models import Assignment, Classroom, Lesson, LessonVersion, Outcome, Stage, Tool

OF_LESSONS = (Lesson, Stage, Tool, LessonVersion)
UNKNOWN = 987_654
CODE = "6f1c1f0e-6d4c-4a53-9d1c-0d6a5b2f7a11"
SECRET = "Private to Carl"


@pytest.fixture
def private(colleague) -> Lesson:
    """A published lesson of a colleague, with a word in it that nobody else may read."""
    lesson = lessons.publish(slug="private")
    Lesson.objects.filter(pk=lesson.pk).update(owner=colleague, title=SECRET)
    Stage.objects.update(title=SECRET, goal=SECRET)
    Tool.objects.update(description=SECRET)
    lesson.refresh_from_db()
    return lesson


def patterns() -> Iterator[tuple[type, URLPattern]]:
    """Every address of the admin that names a row of a lesson."""
    for model in OF_LESSONS:
        for pattern in admin.site._registry[model].get_urls():
            if isinstance(pattern, URLPattern) and pattern.name and pattern.pattern.converters:
                yield model, pattern


def address(pattern: URLPattern, pk: int) -> str:
    """The address with an id in it, the first version where it asks for one, and some attempt's code."""
    names = pattern.pattern.converters
    values: dict[str, Any] = {"number": 1, "code": CODE}
    return reverse(f"admin:{pattern.name}", kwargs={name: values.get(name, pk) for name in names})


def id_of(model: type, lesson: Lesson) -> int:
    return lesson.pk if model is Lesson else model.objects.filter(lesson=lesson).first().pk


def everything() -> str:
    """All that a teacher could have changed, as text."""
    return "".join(serializers.serialize("json", model.objects.order_by("pk")) for model in (*OF_LESSONS, Outcome))


CASES = [pytest.param(model, pattern, id=pattern.name) for model, pattern in patterns()]


def test_the_walk_covers_every_page_of_a_lesson_there_is():
    names = {pattern.name.removeprefix("tutor_") for _, pattern in patterns()}

    assert names >= {
        *(f"lesson_{page}" for page in ("change", "delete", "history", "publish", "check", "versions", "version")),
        *(f"lesson_{page}" for page in ("compare", "restore", "knows", "try", "export", "trials")),
        *(
            f"{model}_{page}"
            for model in ("stage", "tool", "lessonversion")
            for page in ("change", "delete", "history")
        ),
    }


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("model", "pattern"), CASES)
def test_a_private_lesson_answers_like_an_unknown_one(teacher_client, private, model, pattern, method):
    call = getattr(teacher_client, method)
    pk, before = id_of(model, private), everything()

    answers = [call(address(pattern, each), {"post": "yes", "stage": "order"}) for each in (pk, UNKNOWN)]

    assert answers[0].status_code == answers[1].status_code
    assert answers[0].status_code in (404, 405)
    assert answers[0].get("Location", "").replace(str(pk), "") == answers[1].get("Location", "").replace(
        str(UNKNOWN), ""
    )
    assert SECRET not in answers[0].content.decode()
    assert everything() == before


@pytest.mark.parametrize(("model", "pattern"), CASES)
def test_a_popup_shows_no_more_than_a_page(teacher_client, private, model, pattern):
    response = teacher_client.get(address(pattern, id_of(model, private)), {"_popup": 1})

    assert response.status_code in (404, 405)
    assert SECRET not in response.content.decode()


@pytest.mark.parametrize("model", [*OF_LESSONS, Classroom], ids=lambda model: model._meta.model_name)
def test_lists_and_their_filters_do_not_name_it(teacher_client, private, model):
    response = teacher_client.get(reverse(f"admin:tutor_{model._meta.model_name}_changelist"))

    assert response.status_code == 200
    assert SECRET not in response.content.decode()


@pytest.mark.parametrize("action", ["delete_selected", "publish_selected"])
def test_actions_pass_it_by(teacher_client, private, action):
    before = everything()

    teacher_client.post("/admin/tutor/lesson/", {"action": action, "_selected_action": [private.pk], "post": "yes"})

    assert everything() == before


@pytest.mark.parametrize(("model", "field"), [("assignment", "lesson"), ("stage", "lesson"), ("outcome", "next_stage")])
def test_autocompletion_tells_nothing_of_it(teacher_client, private, model, field):
    query = {"app_label": "tutor", "model_name": model, "field_name": field, "term": "Private"}

    assert teacher_client.get("/admin/autocomplete/", query).json()["results"] == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_gets_no_new_tool(teacher_client, private, method):
    before = everything()

    answers = [
        getattr(teacher_client, method)(f"/admin/tutor/tool/add/?lesson={pk}", {"name": "x", "kind": "note"})
        for pk in (private.pk, UNKNOWN)
    ]

    assert answers[0].status_code == answers[1].status_code
    assert SECRET not in answers[0].content.decode()
    assert everything() == before


def test_the_way_to_its_page_tells_nothing_of_it(teacher_client, private):
    kind = ContentType.objects.get_for_model(Lesson).pk

    assert teacher_client.get(f"/admin/r/{kind}/{private.pk}/").status_code == 404


def test_it_cannot_be_given_to_a_class(teacher_client, teacher, private):
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    url = f"/admin/tutor/classroom/{classroom.pk}/change/"
    page = teacher_client.get(url)

    response = teacher_client.post(
        url, filled_in(page, **row("assignments", 0, lesson=private.pk, opens_at="", closes_at=""))
    )

    assert response.status_code == 200
    assert Assignment.objects.count() == 0


@pytest.mark.parametrize("field", ["next_stage", "tools"])
def test_its_rows_cannot_be_used_in_a_lesson_of_ones_own(teacher_client, teacher, private, lesson, field):
    stage = lesson.stages.first()
    url = f"/admin/tutor/stage/{stage.pk}/change/"
    foreign = {
        "next_stage": {"outcomes-0-next_stage": private.stages.first().pk},
        "tools": {"tools": [private.tools.first().pk]},
    }

    response = teacher_client.post(url, filled_in(teacher_client.get(url), **foreign[field]))

    assert response.status_code == 200
    assert not stage.outcomes.filter(next_stage__lesson=private).exists()
    assert not stage.tools.filter(lesson=private).exists()


def test_its_owner_and_superusers_find_every_page(client, admin_client, colleague, private):
    client.force_login(colleague)
    pages = ("change", "history", "check", "publish", "versions", "knows", "trials", "export")

    for each in (client, admin_client):
        found = [each.get(reverse(f"admin:tutor_lesson_{page}", args=[private.pk])).status_code for page in pages]
        assert found == [200] * len(pages)
