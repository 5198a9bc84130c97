"""A lesson as one frozen value: what the rows compile to, and what is published, exported, imported, linted and run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ContextRule(StrEnum):
    """What of the conversation so far the model still sees when a stage begins."""

    KEEP = "keep"  # everything
    SUMMARY = "summary"  # the summaries of the finished stages instead of their words
    FRESH = "fresh"  # nothing but the lesson's own rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A named way out of a stage: when to choose it, and the key of the stage that follows (None: the lesson ends)."""

    key: str
    when: str
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function the model may call.

    `kind` names the behaviour, `parameters` is a JSON Schema object, `options` is what the kind itself wants to know.
    """

    name: str
    kind: str
    description: str
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of a lesson.

    `goal` is shown to the learner, `instructions` and `opening` (how the tutor begins) only to the model.
    `tools` are names of the lesson's tools. `evidence` is how many of the learner's own quotes a completion
    must bring; `turns` how often the learner must have spoken before it counts. After `stall_turns` learner turns or
    `stall_minutes` minutes (0: never) the tutor is helped along: first told to wrap up, then to give a hint, then the
    stage ends with the outcome `fallback`, if there is one.
    """

    key: str
    title: str
    goal: str = ""
    instructions: str = ""
    opening: str = ""
    tools: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    hints: tuple[str, ...] = ()
    context: ContextRule = ContextRule.KEEP
    evidence: int = 0
    turns: int = 1
    stall_turns: int = 0
    stall_minutes: int = 0
    fallback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole lesson, beginning with its first stage.

    `language` is an ISO 639-1 code, `minutes` an honest guess of how long a learner needs. `tests` is kept for those
    who write checks of a lesson beside it; nothing here reads it.
    """

    title: str
    stages: tuple[Stage, ...]
    tools: tuple[Tool, ...] = ()
    summary: str = ""
    language: str = "en"
    voice: str = "marin"
    preamble: str = ""
    minutes: int = 10
    tests: tuple[Mapping[str, Any], ...] = ()

    @property
    def start(self) -> Stage:
        """The stage in which every attempt begins."""
        return self.stages[0]

    def stage(self, key: str) -> Stage:
        """Return the stage with this key; KeyError if the plan has none."""
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise KeyError(key)

    def tool(self, name: str) -> Tool:
        """Return the tool with this name; KeyError if the plan has none."""
        for tool in self.tools:
            if tool.name == name:
                return tool
        raise KeyError(name)

    def tools_of(self, stage: Stage) -> tuple[Tool, ...]:
        """The tools of one stage, in the order in which the stage names them."""
        return tuple(self.tool(name) for name in stage.tools)
