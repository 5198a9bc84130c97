"""Does this lesson make sense? One finding per fault, with its place and its cure.

Errors stop publishing, warnings do not. Whether a tool's kind works here is `services.authoring`'s question.
"""

from collections.abc import Iterator

from tutor.plan.lint.finding import Finding, Level, error
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
from tutor.plan.text import PlanError, from_data, to_data

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


def _shape(plan: Plan) -> Iterator[Finding]:
    try:
        from_data(to_data(plan))
    except PlanError as fault:
        for sentence in fault.faults:
            place, _, rest = sentence.partition(": ")
            yield error(place, rest[:1].upper() + rest[1:])
