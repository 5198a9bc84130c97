"""The database, one file per noun group. Only `tutor.services` writes."""

from tutor.models.attempt import Attempt, AttemptOutcome, Connection, StageVisit, Witness
from tutor.models.classroom import Assignment, Classroom
from tutor.models.consent import Consent, ConsentText
from tutor.models.conversation import (
    Correction,
    Fault,
    HeardCall,
    Picture,
    PictureType,
    SetAside,
    Speaker,
    ToolCall,
    UsageReport,
    Utterance,
    UtteranceStatus,
)
from tutor.models.desk import Intervention, InterventionKind
from tutor.models.figures import DayUse, StayDigest, StayEnd
from tutor.models.lesson import Audience, ContextRule, Lesson, LessonVersion, Outcome, Stage, Tool
from tutor.models.price import ModelPrice
from tutor.models.review import Digest, Look, Note, NoteKind, Reading, Ruling, SavedSearch, Sign, WatchWord

__all__ = [
    "Assignment",
    "Attempt",
    "AttemptOutcome",
    "Audience",
    "Classroom",
    "Connection",
    "Consent",
    "ConsentText",
    "ContextRule",
    "Correction",
    "DayUse",
    "Digest",
    "Fault",
    "HeardCall",
    "Intervention",
    "InterventionKind",
    "Lesson",
    "LessonVersion",
    "Look",
    "ModelPrice",
    "Note",
    "NoteKind",
    "Outcome",
    "Picture",
    "PictureType",
    "Reading",
    "Ruling",
    "SavedSearch",
    "SetAside",
    "Sign",
    "Speaker",
    "Stage",
    "StageVisit",
    "StayDigest",
    "StayEnd",
    "Tool",
    "ToolCall",
    "UsageReport",
    "Utterance",
    "UtteranceStatus",
    "WatchWord",
    "Witness",
]
