"""The kind `drawing`."""

import pytest

from tests.lessons import PLAN
from tutor.plan import Tool
from tutor.tools import Scene, ToolError, run

DRAW = Tool(name="draw", kind="drawing", description="", parameters={})
SCENE = Scene(visit=None, stage=PLAN.start)


def test_drawing_shows_the_task_and_tells_the_model_to_wait():
    answer = run(DRAW, SCENE, {"task": " Draw a triangle. "})

    assert answer.output == {
        "asked": True,
        "next": "The learner sees the task and a button for a picture. Ask for it in one sentence, then wait.",
    }
    assert answer.card == {
        "kind": "drawing",
        "title": "Show your work",
        "text": "Draw a triangle.",
        "math": "",
        "image": "",
        "alt": "",
    }


def test_drawing_does_without_a_task():
    assert run(DRAW, SCENE, {}).card["text"] == ""


@pytest.mark.parametrize("task", [3, "x" * 2001])
def test_drawing_refuses_a_task_that_fits_no_card(task):
    with pytest.raises(ToolError, match="“task” must be a text of at most 2000 characters"):
        run(DRAW, SCENE, {"task": task})
