"""What a tool gets to see, what it gives back, and how it says no."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django_stubs_ext import StrOrPromise

from tutor.models import StageVisit
from tutor.plan import Stage, Tool


class ToolError(ValueError):
    """The call cannot be carried out; the text tells the model what to do instead, `code` is for the record."""

    def __init__(self, message: str, *, code: str = "invalid_arguments") -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the call happens: the stage, and the open visit. There is no visit when a teacher tries the tool."""

    visit: StageVisit | None
    stage: Stage


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call leads to: what the model is told, and the card the learner is shown, if any."""

    output: dict[str, Any]
    card: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to be asked outside this server before the call can be answered: JSON to be sent to a URL."""

    url: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool with arguments that fit its schema; `found` is what its errand brought back."""

    tool: Tool
    scene: Scene
    arguments: dict[str, Any]
    found: Mapping[str, Any] | None = None


def _nothing_wrong(options: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a tool of this kind does.

    `label` and `help` tell teachers, `parameters` is the JSON Schema that a new tool begins with, `sample` what it may
    be tried with. `run` answers a call, or raises ToolError. `options_fault` returns what is wrong with a tool's
    options in one sentence (a Phrase), or nothing. `errand` names what must be asked outside before `run`.
    """

    label: StrOrPromise
    help: StrOrPromise
    run: Callable[[Call], Answer]
    parameters: Mapping[str, Any] = field(default_factory=lambda: takes())
    sample: Mapping[str, Any] = field(default_factory=dict)
    options_fault: Callable[[Mapping[str, Any]], str] = _nothing_wrong
    errand: Callable[[Call], Errand] | None = None


def takes(*required: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
