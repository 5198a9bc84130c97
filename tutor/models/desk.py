"""What staff did to lessons while they were going on: Intervention."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tutor.models.attempt import Attempt, Connection, StageVisit


class InterventionKind(models.TextChoices):
    """What was done."""

    WHISPER = "whisper", _("whispered to the tutor")
    MOVE = "move", _("moved to another stage")
    PAUSE = "pause", _("paused")
    RESUME = "resume", _("went on")
    END = "end", _("ended the lesson")


class Intervention(models.Model):
    """A person's hand in an attempt that is going on. Only ever added to; what changes are `taken_at` and `over_at`.

    `number` counts within the attempt, `action_id` is that of the form it was sent with. `visit` is the stay in which
    it was done, `to_visit` the one that a move has opened, `connection` the call that was going on, if one was. `text`
    is what was whispered, `say_now` that the tutor was to speak at once. `taken_at` is when the room had it, `over_at`
    when a pause was over.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="interventions", verbose_name=_("attempt"))
    number = models.PositiveIntegerField(_("number"))
    action_id = models.UUIDField(_("action id"))
    kind = models.CharField(_("kind"), max_length=7, choices=InterventionKind)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="interventions", verbose_name=_("author")
    )
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="interventions", verbose_name=_("visit"))
    to_visit = models.OneToOneField(
        StageVisit,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="opened_by",
        verbose_name=_("visit it led to"),
    )
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="interventions", verbose_name=_("connection")
    )
    text = models.TextField(_("text"), blank=True)
    say_now = models.BooleanField(_("to be said at once"), default=False)
    reason = models.TextField(_("reason"), blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    taken_at = models.DateTimeField(_("taken by the room at"), null=True, blank=True)
    over_at = models.DateTimeField(_("over at"), null=True, blank=True)

    class Meta:
        verbose_name = _("intervention")
        verbose_name_plural = _("interventions")
        ordering = ["attempt", "number"]
        constraints = [
            models.UniqueConstraint("attempt", "number", name="intervention_number_unique_in_attempt"),
            models.UniqueConstraint("attempt", "action_id", name="intervention_action_id_unique_in_attempt"),
            models.UniqueConstraint(
                "attempt",
                condition=Q(kind=InterventionKind.PAUSE, over_at__isnull=True),
                name="intervention_one_pause_at_a_time",
            ),
            models.CheckConstraint(
                condition=(Q(kind=InterventionKind.WHISPER) & ~Q(text=""))
                | (~Q(kind=InterventionKind.WHISPER) & Q(text="", say_now=False)),
                name="intervention_whisper_has_words",
            ),
            models.CheckConstraint(
                condition=Q(kind=InterventionKind.MOVE, to_visit__isnull=False)
                | (~Q(kind=InterventionKind.MOVE) & Q(to_visit__isnull=True)),
                name="intervention_move_leads_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[InterventionKind.WHISPER, InterventionKind.RESUME]) | ~Q(reason=""),
                name="intervention_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(over_at__isnull=True) | (Q(kind=InterventionKind.PAUSE) & Q(over_at__gte=F("made_at"))),
                name="intervention_only_pauses_are_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%Y-%m-%d %H:%M}"
