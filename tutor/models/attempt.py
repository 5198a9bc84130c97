"""One learner on the way through one lesson: Attempt, its StageVisits, its Connections."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tutor.models.lesson import Lesson, LessonVersion


class AttemptOutcome(models.TextChoices):
    """How an attempt ended."""

    COMPLETED = "completed", "completed"
    LEFT = "left", "left early"


class Attempt(models.Model):
    """One learner going through one version, over as many connections and days as it takes."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attempts")
    # The version's lesson once more, so that the database can refuse a second open attempt at it.
    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="attempts")
    version = models.ForeignKey(LessonVersion, models.PROTECT, related_name="attempts")
    is_rehearsal = models.BooleanField("rehearsal", default=False)
    # A teacher tries the draft: kept apart from learners' attempts, and thrown away at will.
    is_trial = models.BooleanField("trial", default=False)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=AttemptOutcome, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "learner",
                "lesson",
                "is_trial",
                condition=Q(ended_at__isnull=True),
                name="attempt_one_open_per_learner_and_lesson",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="attempt_ended_and_outcome_together",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="attempt_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return str(self.code)


class StageVisit(models.Model):
    """One stay in one stage. The attempt's single open visit is the current stage.

    `session` is the exact stage config the model was given on entering. `outcome` stays empty where the learner
    left the lesson in this stage. `flag` says why a reviewer should look, in one word.
    """

    class Flag(models.TextChoices):
        UNPROVEN = "unproven", "completed without the evidence asked for"
        STALLED = "stalled", "ended by the last resort"

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="visits")
    number = models.PositiveIntegerField()
    stage_key = models.CharField("stage", max_length=50)
    session = models.JSONField()
    entered_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=50, blank=True)
    reasoning = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    evidence = models.JSONField(default=list, blank=True)
    refusals = models.PositiveSmallIntegerField(default=0)
    # How far the tutor has been helped along: 0 not at all, 1 told to wrap up, 2 given a hint, 3 ended.
    stall_step = models.PositiveSmallIntegerField(default=0)
    flag = models.CharField(max_length=20, blank=True, choices=Flag)

    class Meta:
        ordering = ["attempt", "number"]
        constraints = [
            models.UniqueConstraint("attempt", "number", name="visit_number_unique_in_attempt"),
            models.UniqueConstraint(
                "attempt", condition=Q(completed_at__isnull=True), name="visit_one_open_per_attempt"
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True) | Q(completed_at__gte=F("entered_at")),
                name="visit_completed_after_entered",
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=False) | Q(outcome=""), name="visit_outcome_only_when_completed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.stage_key}"


class Connection(models.Model):
    """One WebRTC call of an attempt. `call_id` is the provider's (`rtc_…`), empty until it answers."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="connections")
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="connections")
    call_id = models.CharField(max_length=200, blank=True)
    config = models.JSONField(help_text="The exact session the call was asked for.")
    requested_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["attempt", "id"]
        constraints = [
            models.UniqueConstraint("call_id", condition=~Q(call_id=""), name="connection_call_id_unique"),
            models.CheckConstraint(
                condition=Q(call_id="") | Q(answered_at__isnull=False), name="connection_call_id_only_when_answered"
            ),
        ]

    def __str__(self) -> str:
        return self.call_id or str(self.code)
