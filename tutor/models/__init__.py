"""The database, one file per noun group. Only `tutor.services` writes."""

from tutor.models.attempt import Attempt, AttemptOutcome, Connection, StageVisit, Witness
from tutor.models.budget import Budget, BudgetPeriod, BudgetScope
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
from tutor.models.guard import Alarm, Allowance, Switch
from tutor.models.lesson import Audience, ContextRule, Lesson, LessonVersion, Outcome, Stage, Tool
from tutor.models.lti import (
    InstructorRole,
    LtiCourse,
    LtiIdentity,
    LtiKey,
    LtiLink,
    LtiNonce,
    LtiPlatform,
    LtiScore,
)
from tutor.models.price import ModelPrice
from tutor.models.pulse import Pulse
from tutor.models.review import Digest, Look, Note, NoteKind, Reading, Ruling, SavedSearch, Sign, WatchWord
from tutor.models.sign_in import Identity, RecoveryCode, SecondFactor, SignInTries

__all__ = [
    "Alarm",
    "Allowance",
    "Assignment",
    "Attempt",
    "AttemptOutcome",
    "Audience",
    "Budget",
    "BudgetPeriod",
    "BudgetScope",
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
    "Identity",
    "InstructorRole",
    "Intervention",
    "InterventionKind",
    "Lesson",
    "LessonVersion",
    "Look",
    "LtiCourse",
    "LtiIdentity",
    "LtiKey",
    "LtiLink",
    "LtiNonce",
    "LtiPlatform",
    "LtiScore",
    "ModelPrice",
    "Note",
    "NoteKind",
    "Outcome",
    "Picture",
    "PictureType",
    "Pulse",
    "Reading",
    "RecoveryCode",
    "Ruling",
    "SavedSearch",
    "SecondFactor",
    "SetAside",
    "Sign",
    "SignInTries",
    "Speaker",
    "Stage",
    "StageVisit",
    "StayDigest",
    "StayEnd",
    "Switch",
    "Tool",
    "ToolCall",
    "UsageReport",
    "Utterance",
    "UtteranceStatus",
    "WatchWord",
    "Witness",
]
