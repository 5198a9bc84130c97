"""Kind `hint`: the tutor gets the stage's next hint, gentlest first."""

from django.utils.translation import gettext_lazy as _

from tutor.models import StageVisit, ToolCall
from tutor.tools.scene import Answer, Call, Kind, ToolError


def _run(call: Call) -> Answer:
    """Return the first hint not given in this visit, and how many are left."""
    hints, visit = call.scene.stage.hints, call.scene.visit
    given = 0 if visit is None else hints_given(visit)
    if given >= len(hints):
        raise ToolError("There are no more hints: help in your own words, without giving the answer away.")
    return Answer({"hint": hints[given], "left": len(hints) - given - 1})


def hints_given(visit: StageVisit) -> int:
    """How many hints a visit has had: by calls of such a tool, and one because it stalled."""
    calls = ToolCall.objects.filter(visit=visit, output__has_key="hint").count()
    return calls + (visit.stall_step >= 2)


HINT = Kind(
    label=_("Give a hint"),
    help=_("The tutor gets the next hint of the stage, gentlest first, and says it in its own words."),
    run=_run,
)
