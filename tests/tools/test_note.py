"""The kind `note`."""

from tests.lessons import PLAN
from tutor.services import stages
from tutor.tools import Answer, Scene, run


def test_note_is_acknowledged(attempt):
    scene = Scene(stages.current_visit(attempt), PLAN.start)
    assert run(PLAN.tool("note"), scene, {"drink": "tea"}) == Answer({"noted": True})
