"""The database, one file per noun group. Only `tutor.services` writes."""

from tutor.models.attempt import Attempt, AttemptOutcome, Connection, StageVisit
from tutor.models.conversation import Fault, Speaker, ToolCall, UsageReport, Utterance, UtteranceStatus
from tutor.models.lesson import ContextRule, Lesson, LessonVersion, Outcome, Stage, Tool

__all__ = [
    "Attempt",
    "AttemptOutcome",
    "Connection",
    "ContextRule",
    "Fault",
    "Lesson",
    "LessonVersion",
    "Outcome",
    "Speaker",
    "Stage",
    "StageVisit",
    "Tool",
    "ToolCall",
    "UsageReport",
    "Utterance",
    "UtteranceStatus",
]
