"""One learner on the way through one lesson: Attempt, its StageVisits, its Connections."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tutor.models.lesson import Lesson, LessonVersion


class AttemptOutcome(models.TextChoices):
    """How an attempt ended."""

    COMPLETED = "completed", _("completed")
    LEFT = "left", _("left early")
    TIME_UP = "time_up", _("time was up")
    STOPPED = "stopped", _("ended by staff")


class Attempt(models.Model):
    """One learner going through one version, over as many connections and days as it takes."""

    code = models.UUIDField(_("code"), default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="attempts", verbose_name=_("learner")
    )
    # The version's lesson once more, so that the database can refuse a second open attempt at it.
    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="attempts", verbose_name=_("lesson"))
    version = models.ForeignKey(LessonVersion, models.PROTECT, related_name="attempts", verbose_name=_("version"))
    is_rehearsal = models.BooleanField(_("rehearsal"), default=False)
    # A teacher tries the draft: kept apart from learners' attempts, and thrown away at will.
    is_trial = models.BooleanField(_("trial"), default=False)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=AttemptOutcome, blank=True)
    # Since when only its figures are left, as the school keeps words for a time.
    words_deleted_at = models.DateTimeField(_("words deleted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-id"]
        # Looked up in every round of tending: those whose words are still there, by their end.
        indexes = [
            models.Index("ended_at", condition=Q(words_deleted_at__isnull=True), name="attempt_with_words"),
        ]
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
    left the lesson in this stage, and where a member of staff took them out of it. `flag` says why a reviewer should
    look, in one word.
    """

    class Flag(models.TextChoices):
        UNPROVEN = "unproven", _("completed without the evidence asked for")
        STALLED = "stalled", _("ended by the last resort")
        UNVERIFIED = "unverified", _("completed unconfirmed by the second record")
        MOVED = "moved", _("moved on by staff")

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="visits", verbose_name=_("attempt"))
    number = models.PositiveIntegerField(_("number"))
    stage_key = models.CharField(_("stage"), max_length=50)
    session = models.JSONField(_("session"))
    entered_at = models.DateTimeField(_("entered at"))
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=50, blank=True)
    reasoning = models.TextField(_("reasoning"), blank=True)
    summary = models.TextField(_("summary"), blank=True)
    evidence = models.JSONField(_("evidence"), default=list, blank=True)
    refusals = models.PositiveSmallIntegerField(_("refusals"), default=0)
    # How far the tutor has been helped along: 0 not at all, 1 told to wrap up, 2 given a hint, 3 ended.
    stall_step = models.PositiveSmallIntegerField(_("stall step"), default=0)
    flag = models.CharField(_("flag"), max_length=20, blank=True, choices=Flag)

    class Meta:
        verbose_name = _("stage visit")
        verbose_name_plural = _("stage visits")
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


class Witness(models.TextChoices):
    """How our own listener stands to a call; empty where nobody was to listen. The last three are final."""

    AWAITED = "awaited", _("not listened to yet")
    LISTENING = "listening", _("listened to from its beginning")
    GAPS = "gaps", _("listened to with gaps")
    WHOLE = "whole", _("heard from beginning to end")
    PARTLY = "partly", _("heard in parts")
    NONE = "none", _("not heard")


class Connection(models.Model):
    """One WebRTC call of an attempt. `call_id` is the provider's (`rtc_…`), empty until it answers.

    `heard_at` is when its room last said that the call is there. `hang_up_at` is from when on the provider is to be
    told that it is over; empty while it goes on, and once that is done. `witness_by` names the listener who has it,
    `witness_seen_at` is that one's last sign of life, `witness_heard_at` when it last heard anything in the call.
    """

    code = models.UUIDField(_("code"), default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="connections", verbose_name=_("attempt"))
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="connections", verbose_name=_("visit"))
    call_id = models.CharField(_("call id"), max_length=200, blank=True)
    config = models.JSONField(_("config"), help_text=_("The exact session the call was asked for."))
    requested_at = models.DateTimeField(_("requested at"), auto_now_add=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    heard_at = models.DateTimeField(_("last heard of"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    hang_up_at = models.DateTimeField(_("to be hung up at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=100, blank=True)
    # The database's own defaults let a server of the release before this one go on writing during an upgrade.
    witness = models.CharField(_("second record"), max_length=9, choices=Witness, blank=True, default="", db_default="")
    witness_by = models.CharField(_("listener"), max_length=32, blank=True, default="", db_default="")
    witness_seen_at = models.DateTimeField(_("listener seen at"), null=True, blank=True)
    witness_heard_at = models.DateTimeField(_("last heard at"), null=True, blank=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["attempt", "id"]
        # The calls that wait for a listener, or may have lost theirs: few at any time.
        indexes = [
            models.Index(
                "witness_seen_at",
                condition=Q(witness__in=[Witness.AWAITED, Witness.LISTENING, Witness.GAPS]),
                name="connection_to_listen_to",
            ),
            # Looked up every few seconds, among all the calls there ever were.
            models.Index("heard_at", condition=Q(ended_at__isnull=True), name="connection_going_on"),
            models.Index("hang_up_at", condition=Q(hang_up_at__isnull=False), name="connection_to_hang_up"),
            # Those that ended just now are still of interest to whoever watches.
            models.Index("ended_at", condition=Q(ended_at__isnull=False), name="connection_over"),
        ]
        constraints = [
            models.UniqueConstraint("call_id", condition=~Q(call_id=""), name="connection_call_id_unique"),
            models.CheckConstraint(
                condition=Q(call_id="") | Q(answered_at__isnull=False), name="connection_call_id_only_when_answered"
            ),
            models.CheckConstraint(
                condition=Q(hang_up_at__isnull=True) | (Q(ended_at__isnull=False) & ~Q(call_id="")),
                name="connection_hung_up_only_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.call_id or str(self.code)
