"""Kind `hint`: the tutor gets the stage's next hint, gentlest first."""

from typing import Any

from tutor.models import ToolCall
from tutor.tools.scene import Scene, ToolError

HELP = "The tutor gets the next hint of the stage, gentlest first."


def run(scene: Scene, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the first hint not given in this visit, and how many are left."""
    hints = scene.stage.hints
    given = ToolCall.objects.filter(visit=scene.visit, output__has_key="hint").count()
    if given >= len(hints):
        raise ToolError("There are no more hints: help in your own words, without giving the answer away.")
    return {"hint": hints[given], "left": len(hints) - given - 1}
