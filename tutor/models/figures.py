"""Figures made from the record, so that pages can add them up: StayDigest for lessons, DayUse for money.

Like `Digest` they hold nothing that could not be made anew; `services/digests.py` makes all three.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tutor.models.attempt import Attempt, StageVisit
from tutor.models.lesson import LessonVersion


class StayEnd(models.TextChoices):
    """How a stay in a stage ended. Only one that a way out was taken from has an outcome. STAFF: they ended it."""

    WAY_OUT = "way_out", _("by a way out")
    LEFT = "left", _("left early")
    TIME_UP = "time_up", _("time was up")
    STAFF = "staff", _("ended by staff")
    OPEN = "open", _("still there")


class StayDigest(models.Model):
    """A stay in figures; there are none of trials.

    What is asked of all stays of a lesson at once is copied here from the attempt, where it never changes.
    `again`: the learner had been in this stage before. `seconds` are those in calls. `wait_ms` is how long the tutor
    took to begin its answers, together, in milliseconds; `waits` is of how many answers that is known.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="stay_digests", verbose_name=_("attempt"))
    visit = models.OneToOneField(StageVisit, models.CASCADE, related_name="digest", verbose_name=_("visit"))
    version = models.ForeignKey(LessonVersion, models.CASCADE, related_name="+", verbose_name=_("version"))
    is_rehearsal = models.BooleanField(_("rehearsal"), default=False)
    started_at = models.DateTimeField(_("attempt started at"))
    stage_key = models.CharField(_("stage"), max_length=50)
    end = models.CharField(_("end"), max_length=7, choices=StayEnd)
    outcome = models.CharField(_("outcome"), max_length=50, blank=True)
    again = models.BooleanField(_("again"), default=False)
    seconds = models.PositiveIntegerField(_("seconds"), default=0)
    learner_turns = models.PositiveIntegerField(_("turns of the learner"), default=0)
    tutor_turns = models.PositiveIntegerField(_("turns of the tutor"), default=0)
    learner_words = models.PositiveIntegerField(_("words of the learner"), default=0)
    tutor_words = models.PositiveIntegerField(_("words of the tutor"), default=0)
    waits = models.PositiveIntegerField(_("answers of the tutor"), default=0)
    wait_ms = models.PositiveIntegerField(_("waits for them, in milliseconds"), default=0)
    corrected = models.PositiveIntegerField(_("sentences corrected by the learner"), default=0)
    misheard = models.PositiveIntegerField(_("sentences noted as misheard"), default=0)
    unwritten = models.PositiveIntegerField(_("sentences not written down"), default=0)

    class Meta:
        verbose_name = _("digest of a stay")
        verbose_name_plural = _("digests of stays")
        ordering = ["attempt", "visit"]
        # In the order in which pages add them up: ten thousand attempts would take twice as long without.
        indexes = [
            models.Index("version", "is_rehearsal", "stage_key", "end", "outcome", name="stay_digest_sums"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.stage_key}"


class DayUse(models.Model):
    """What an attempt used of one model on one day of the site's time zone: tokens by kind, or seconds of speech.

    The cached tokens are contained in the input ones of the same kind. `model` is empty where a report belongs to no
    call that we know. `cost` is USD by the prices of that day, NULL where there is none.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="uses", verbose_name=_("attempt"))
    day = models.DateField(_("day"))
    model = models.CharField(_("model"), max_length=100, blank=True)
    text_in = models.PositiveBigIntegerField(_("text in"), default=0)
    cached_text_in = models.PositiveBigIntegerField(_("text in, cached"), default=0)
    text_out = models.PositiveBigIntegerField(_("text out"), default=0)
    audio_in = models.PositiveBigIntegerField(_("sound in"), default=0)
    cached_audio_in = models.PositiveBigIntegerField(_("sound in, cached"), default=0)
    audio_out = models.PositiveBigIntegerField(_("sound out"), default=0)
    image_in = models.PositiveBigIntegerField(_("pictures in"), default=0)
    cached_image_in = models.PositiveBigIntegerField(_("pictures in, cached"), default=0)
    seconds = models.FloatField(_("seconds of speech"), default=0)
    cost = models.DecimalField(_("cost, in USD"), max_digits=12, decimal_places=6, null=True)

    class Meta:
        verbose_name = _("use of a model on a day")
        verbose_name_plural = _("use of models on days")
        ordering = ["attempt", "day", "model"]
        constraints = [models.UniqueConstraint("attempt", "day", "model", name="day_use_once")]
        indexes = [
            models.Index("day", "attempt", name="day_use_by_day"),
            models.Index("model", "day", name="day_use_by_model"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.day} {self.model}"
