"""The kind `hint`."""

from dataclasses import replace

import pytest

from tests.lessons import PLAN
from tutor.models import ToolCall
from tutor.services import stages
from tutor.tools import Scene, ToolError, run

HINT = PLAN.tool("hint")


@pytest.fixture
def scene(attempt):
    return Scene(stages.current_visit(attempt), PLAN.start)


def store(scene, number, output):
    """What the tool service does with an answered call."""
    attempt = scene.visit.attempt
    ToolCall.objects.create(
        attempt=attempt,
        visit=scene.visit,
        call_id=f"call_{number}",
        name="hint",
        arguments="",
        output=output,
        answer={},
    )


def test_hints_come_one_after_the_other_gentlest_first(scene):
    first = run(HINT, scene, {}).output
    store(scene, 1, {"status": "ok", **first})
    second = run(HINT, scene, {}).output
    assert [first, second] == [
        {"hint": "Think of a hot drink.", "left": 1},
        {"hint": "It grows on a bush.", "left": 0},
    ]


def test_a_teacher_who_tries_gets_the_first_hint():
    assert run(HINT, Scene(None, PLAN.start), {}).output == {"hint": "Think of a hot drink.", "left": 1}


def test_hints_come_to_an_end(scene):
    for number in range(2):
        store(scene, number, {"status": "ok", **run(HINT, scene, {}).output})
    with pytest.raises(ToolError) as caught:
        run(HINT, scene, {})
    assert str(caught.value) == "There are no more hints: help in your own words, without giving the answer away."


def test_stage_without_hints_has_none_left(scene):
    with pytest.raises(ToolError, match="no more hints"):
        run(HINT, Scene(scene.visit, replace(PLAN.start, hints=())), {})


def test_refused_calls_and_notes_do_not_use_up_hints(scene):
    store(scene, 1, {"status": "refused", "error": "invalid_arguments", "message": "No."})
    store(scene, 2, {"status": "ok", "noted": True})
    assert run(HINT, scene, {}).output == {"hint": "Think of a hot drink.", "left": 1}


def test_hints_start_again_with_a_new_visit(scene, attempt):
    store(scene, 1, {"status": "ok", **run(HINT, scene, {}).output})
    visit = scene.visit
    visit.completed_at = visit.entered_at
    visit.save(update_fields=["completed_at"])
    again = Scene(stages.enter_stage(attempt, PLAN, PLAN.start, at=visit.entered_at), PLAN.start)
    assert run(HINT, again, {}).output == {"hint": "Think of a hot drink.", "left": 1}
