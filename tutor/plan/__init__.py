"""A lesson as frozen values: reading, writing, linting, routing. Pure: no Django, no network."""

from tutor.plan.lint import Finding, Level, errors, lint
from tutor.plan.model import ContextRule, Outcome, Plan, Stage, Tool
from tutor.plan.route import Step, UnknownOutcomeError, route
from tutor.plan.text import (
    Pack,
    PlanError,
    from_data,
    from_json,
    from_stored,
    from_yaml,
    pack_from_json,
    pack_from_yaml,
    to_data,
    to_json,
    to_yaml,
)
from tutor.plan.wording import in_words

__all__ = [
    "ContextRule",
    "Finding",
    "Level",
    "Outcome",
    "Pack",
    "Plan",
    "PlanError",
    "Stage",
    "Step",
    "Tool",
    "UnknownOutcomeError",
    "errors",
    "from_data",
    "from_json",
    "from_stored",
    "from_yaml",
    "in_words",
    "lint",
    "pack_from_json",
    "pack_from_yaml",
    "route",
    "to_data",
    "to_json",
    "to_yaml",
]
