"""The database, one file per noun group. Only `tutor.services` writes."""

from tutor.models.attempt import Attempt, AttemptOutcome, Connection, StageVisit
from tutor.models.classroom import Assignment, Classroom
from tutor.models.conversation import (
    Correction,
    Fault,
    Picture,
    PictureType,
    SetAside,
    Speaker,
    ToolCall,
    UsageReport,
    Utterance,
    UtteranceStatus,
)
from tutor.models.lesson import Audience, ContextRule, Lesson, LessonVersion, Outcome, Stage, Tool
from tutor.models.price import ModelPrice

__all__ = [
    "Assignment",
    "Attempt",
    "AttemptOutcome",
    "Audience",
    "Classroom",
    "Connection",
    "ContextRule",
    "Correction",
    "Fault",
    "Lesson",
    "LessonVersion",
    "ModelPrice",
    "Outcome",
    "Picture",
    "PictureType",
    "SetAside",
    "Speaker",
    "Stage",
    "StageVisit",
    "Tool",
    "ToolCall",
    "UsageReport",
    "Utterance",
    "UtteranceStatus",
]
