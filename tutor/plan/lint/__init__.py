"""Does this lesson make sense? One finding per fault, with its place and its cure.

Errors stop publishing, warnings do not. Whether a tool's kind works here is `services.authoring`'s question.
"""

from tutor.plan.lint.finding import Finding, Level
from tutor.plan.lint.lesson import lesson_findings
from tutor.plan.lint.limits import (
    KEY,
    LANGUAGE,
    MAX_STAGE_BYTES,
    MAX_STAGE_TOKENS,
    STAGE_COMPLETE,
    TOOL_NAME,
    VOICES,
)
from tutor.plan.lint.marks import mark_findings
from tutor.plan.lint.size import pack_findings, stage_tokens
from tutor.plan.lint.stage import stage_findings
from tutor.plan.lint.tool import tool_findings
from tutor.plan.model import Plan
from tutor.plan.phrase import capital
from tutor.plan.text import PlanError, from_data, located, to_data

__all__ = [
    "KEY",
    "LANGUAGE",
    "MAX_STAGE_BYTES",
    "MAX_STAGE_TOKENS",
    "STAGE_COMPLETE",
    "TOOL_NAME",
    "VOICES",
    "Finding",
    "Level",
    "errors",
    "lint",
    "shape_findings",
    "stage_tokens",
]


def lint(plan: Plan) -> tuple[Finding, ...]:
    """Return every finding, in the order of the lesson; no finding means the lesson can be published.

    A plan whose values could not be stored and read back has only those findings: nothing else makes sense yet.
    """
    return tuple(_shape(plan)) or (
        *lesson_findings(plan),
        *pack_findings(plan),
        *stage_findings(plan),
        *tool_findings(plan),
        *mark_findings(plan),
    )


def errors(plan: Plan) -> tuple[Finding, ...]:
    """Only the findings that stop publishing."""
    return tuple(finding for finding in lint(plan) if finding.level is Level.ERROR)


def shape_findings(fault: PlanError) -> list[Finding]:
    """Return what stopped a text or data from being read as a plan."""
    return [_shape_finding(sentence) for sentence in fault.faults]


def _shape_finding(fault: str) -> Finding:
    place, sentence = located(fault)
    return Finding(Level.ERROR, place or "lesson", capital(sentence))


def _shape(plan: Plan) -> list[Finding]:
    try:
        from_data(to_data(plan))
    except PlanError as fault:
        return shape_findings(fault)
    return []
