"""What a tool gets to see, and how it says no."""

from dataclasses import dataclass

from tutor.models import StageVisit
from tutor.plan import Stage


class ToolError(ValueError):
    """The call cannot be carried out; the text tells the model what to do instead."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the call happens: the open visit and its stage."""

    visit: StageVisit
    stage: Stage
