"""Two tabs, or two teachers, with the same page open."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.admin.forms import filled_in, row
from tutor.admin.freshness import FreshForm
from tutor.models import Lesson, Outcome, Stage, Tool

REFUSAL = (
    "This {} has been changed since you opened this page, so nothing was saved. What you wrote is below: "
    '<a href="" target="_blank">open the page as it is now</a>, and copy it there.'
)


def url(shown: Model) -> str:
    return reverse(f"admin:tutor_{shown._meta.model_name}_change", args=[shown.pk])


def stored() -> list[list[dict[str, Any]]]:
    """Everything a lesson is made of."""
    return [list(model.objects.order_by("pk").values()) for model in (Lesson, Stage, Outcome, Tool)]


def tool_data(page, **changes: Any) -> dict[str, Any]:
    """What a browser would send back of the page of a tool without parameters."""
    return filled_in(page, **{"rows-TOTAL_FORMS": 0, "rows-INITIAL_FORMS": 0}, **changes)


def assert_refused(response, noun: str, typed: dict[str, str]) -> None:
    form = response.context["adminform"].form
    assert form.non_field_errors() == [REFUSAL.format(noun)]
    assert {name: form[name].value() for name in typed} == typed


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"opening": "Hello!"},
        {"outcomes-0-when": "When it is done."},
        {"outcomes-1-DELETE": "on"},
        row("outcomes", 2, key="enough", when="Had enough.", order="", next_stage=""),
        {"tools": []},
        {"hints": "Another."},
    ],
)
def test_stage_that_another_tab_has_changed_is_not_overwritten(teacher_client, lesson, elsewhere):
    stage = lesson.stages.get(key="warm-up")
    stage.tools.set(lesson.tools.all())
    older = teacher_client.get(url(stage))
    teacher_client.post(url(stage), filled_in(teacher_client.get(url(stage)), **elsewhere))
    before = stored()

    response = teacher_client.post(url(stage), filled_in(older, goal="Typed."))

    assert_refused(response, "stage", {"goal": "Typed."})
    assert stored() == before


@pytest.mark.parametrize(
    "elsewhere", [{"preamble": "Another rule."}, {"stages-0-order": 25}, {"stages-3-title": "Another stage"}]
)
def test_lesson_that_another_tab_has_changed_is_not_overwritten(teacher_client, lesson, elsewhere):
    older = teacher_client.get(url(lesson))
    teacher_client.post(url(lesson), filled_in(teacher_client.get(url(lesson)), **elsewhere))
    before = stored()

    response = teacher_client.post(url(lesson), filled_in(older, title="Typed"))

    assert_refused(response, "lesson", {"title": "Typed"})
    assert stored() == before


def test_lesson_that_has_lost_a_stage_meanwhile_is_shown_again(teacher_client, lesson):
    older = teacher_client.get(url(lesson))
    Outcome.objects.all().delete()
    lesson.stages.get(key="order").delete()

    response = teacher_client.post(url(lesson), filled_in(older, title="Typed"))

    assert_refused(response, "lesson", {"title": "Typed"})


def test_lesson_may_be_saved_while_one_of_its_stages_is_written(teacher_client, lesson):
    older = teacher_client.get(url(lesson))
    lesson.stages.filter(key="order").update(goal="Written elsewhere.")

    response = teacher_client.post(url(lesson), filled_in(older, title="Typed"))

    assert (response.status_code, Lesson.objects.get().title) == (302, "Typed")


@pytest.mark.parametrize("elsewhere", [{"description": "Elsewhere."}, {"parameters": {"type": "object"}}])
def test_tool_that_another_tab_has_changed_is_not_overwritten(teacher_client, lesson, elsewhere):
    tool = Tool.objects.create(lesson=lesson, name="check", kind="note", description="Check.")
    older = teacher_client.get(url(tool))
    Tool.objects.filter(pk=tool.pk).update(**elsewhere)
    before = stored()

    response = teacher_client.post(url(tool), tool_data(older, description="Typed."))

    assert_refused(response, "tool", {"description": "Typed."})
    assert stored() == before


def test_tool_that_other_stages_were_given_meanwhile_is_not_overwritten(teacher_client, lesson):
    tool = Tool.objects.create(lesson=lesson, name="check", kind="note", description="Check.")
    older = teacher_client.get(url(tool))
    tool.stages.set(lesson.stages.all())

    response = teacher_client.post(url(tool), tool_data(older, stages=[]))

    assert_refused(response, "tool", {"stages": []})
    assert tool.stages.count() == 3


def test_form_without_its_fingerprint_is_refused(teacher_client, lesson):
    before = stored()

    response = teacher_client.post(url(lesson), filled_in(teacher_client.get(url(lesson)), title="Typed", seen=None))

    assert_refused(response, "lesson", {"title": "Typed"})
    assert stored() == before


def test_second_click_on_save_is_refused_and_the_first_has_saved(teacher_client, lesson):
    stage = lesson.stages.get(key="warm-up")
    data = filled_in(teacher_client.get(url(stage)), opening="Hello!")

    first, second = teacher_client.post(url(stage), data), teacher_client.post(url(stage), data)

    assert first.status_code == 302
    assert_refused(second, "stage", {"opening": "Hello!"})
    stage.refresh_from_db()
    assert stage.opening == "Hello!"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["lesson", "stage", "tool"])
def test_of_two_saves_at_the_same_moment_one_is_stored(admin_user, lesson, page, monkeypatch):
    """Each save, once it has compared, waits for the other to have compared too, which the lock does not let happen."""
    tool = Tool.objects.create(lesson=lesson, name="check", kind="note", description="Check.")
    shown, field = {
        "lesson": (lesson, "title"),
        "stage": (lesson.stages.get(key="warm-up"), "goal"),
        "tool": (tool, "description"),
    }[page]
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(admin_user)
    older = clients[0].get(url(shown))
    fill = tool_data if page == "tool" else filled_in
    compare, both_compared = FreshForm.clean_seen, threading.Barrier(2)

    def compare_and_wait(form):
        seen = compare(form)
        with suppress(threading.BrokenBarrierError):
            both_compared.wait(timeout=1)
        return seen

    def save(number: int) -> int:
        try:
            return clients[number].post(url(shown), fill(older, **{field: f"Typed by {number}"})).status_code
        finally:
            connection.close()

    monkeypatch.setattr(FreshForm, "clean_seen", compare_and_wait)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(save, range(2)))

    assert sorted(answers) == [200, 302]
    shown.refresh_from_db()
    assert getattr(shown, field) == f"Typed by {answers.index(302)}"
