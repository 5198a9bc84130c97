"""What was said, shown and done in an attempt: Utterance, Correction, Picture, ToolCall, and what browsers report."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tutor.models.attempt import Attempt, Connection, StageVisit


class Speaker(models.TextChoices):
    """Who said it."""

    LEARNER = "learner", _("learner")
    TUTOR = "tutor", _("tutor")


class UtteranceStatus(models.TextChoices):
    """How much of an utterance there is. Partial may become any other; the others are final."""

    PARTIAL = "partial", _("partial")
    COMPLETE = "complete", _("complete")
    INTERRUPTED = "interrupted", _("interrupted")
    UNTRANSCRIBED = "untranscribed", _("not transcribed")


class Utterance(models.Model):
    """One conversation item as text. `position` is its settled place in the attempt's transcript.

    `text` is what people are shown. `delivered`: the browser has brought its last words. `confirmed_at` is when our own
    listener heard them too, from the provider, and `provider_text` what it heard. `text_status` is the
    status of the journal entry that the text came with, which may be an earlier one than `status`; empty in rows that
    are older than this field, where it counts as the same.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="utterances", verbose_name=_("attempt"))
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="utterances", verbose_name=_("visit"))
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="utterances", verbose_name=_("connection")
    )
    item_id = models.CharField(_("item id"), max_length=64)
    previous_item_id = models.CharField(_("previous item id"), max_length=64, blank=True)
    position = models.PositiveIntegerField(_("position"))
    speaker = models.CharField(_("speaker"), max_length=7, choices=Speaker)
    status = models.CharField(_("status"), max_length=13, choices=UtteranceStatus)
    text = models.TextField(_("text"), blank=True)
    # A default of the database too: a server of the version before may still be writing.
    text_status = models.CharField(
        _("status of the text"), max_length=13, choices=UtteranceStatus, blank=True, default="", db_default=""
    )
    stored_at = models.DateTimeField(_("stored at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    delivered = models.BooleanField(_("delivered by the browser"), default=True, db_default=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    provider_text = models.TextField(_("heard by the second record"), blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("utterance")
        verbose_name_plural = _("utterances")
        ordering = ["attempt", "position", "id"]
        indexes = [
            # The transcript of one attempt, in order.
            models.Index("attempt", "position", name="utterance_transcript"),
            # Whether anything has changed in an attempt since.
            models.Index("attempt", "changed_at", name="utterance_changed"),
        ]
        constraints = [
            models.UniqueConstraint("attempt", "item_id", name="utterance_item_id_unique_in_attempt"),
            models.CheckConstraint(condition=~Q(item_id=""), name="utterance_has_item_id"),
        ]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.text[:60]}"


class Correction(models.Model):
    """What a learner really said, by their own word; the utterance keeps what was heard. The latest one counts.

    `visit` and `connection` are the stay and the call in which it was made, `note_id` the item that told the model of
    it, empty if there was nobody to tell.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="corrections", verbose_name=_("attempt"))
    utterance = models.ForeignKey(Utterance, models.CASCADE, related_name="corrections", verbose_name=_("utterance"))
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="corrections", verbose_name=_("visit"))
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="corrections", verbose_name=_("connection")
    )
    correction_id = models.UUIDField(_("correction id"))
    text = models.TextField(_("text"))
    note_id = models.CharField(_("note id"), max_length=64, blank=True)
    events = models.JSONField(
        _("events"), default=list, help_text=_("What the browser was told to forward, as stored for repeats.")
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["attempt", "id"]
        constraints = [
            models.UniqueConstraint("attempt", "correction_id", name="correction_id_unique_in_attempt"),
            models.CheckConstraint(condition=~Q(text=""), name="correction_has_text"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class PictureType(models.TextChoices):
    """Media types in which a learner's picture is kept."""

    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"
    WEBP = "image/webp", "WebP"


class Picture(models.Model):
    """What the learner showed the tutor. `item_id` is that of the utterance it belongs to, whichever came first.

    `data` may be large: what only needs to know that there is a picture defers it.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="pictures", verbose_name=_("attempt"))
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="pictures", verbose_name=_("visit"))
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="pictures", verbose_name=_("connection")
    )
    item_id = models.CharField(_("item id"), max_length=64)
    media_type = models.CharField(_("media type"), max_length=10, choices=PictureType)
    data = models.BinaryField(_("data"))
    stored_at = models.DateTimeField(_("stored at"), auto_now_add=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["attempt", "id"]
        constraints = [
            models.UniqueConstraint("attempt", "item_id", name="picture_item_id_unique_in_attempt"),
            models.CheckConstraint(condition=~Q(item_id=""), name="picture_has_item_id"),
        ]

    def __str__(self) -> str:
        return f"{self.media_type} {self.item_id}"


class ToolCall(models.Model):
    """A function call the model made, with the answer given. The same call always gets the same answer.

    `proof` says whether our own listener heard the provider make it; empty where nobody was to listen.
    """

    class Proof(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        UNVERIFIED = "unverified", _("unconfirmed")

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="tool_calls", verbose_name=_("attempt"))
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="tool_calls", verbose_name=_("visit"))
    call_id = models.CharField(_("call id"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    arguments = models.TextField(_("arguments"), blank=True)
    output = models.JSONField(_("output"), help_text=_("What the model was told."))
    answer = models.JSONField(_("answer"), help_text=_("What the browser was told, as stored for repeats."))
    card = models.JSONField(_("card"), null=True, blank=True, help_text=_("What the learner was shown, if anything."))
    refusal = models.CharField(_("refusal"), max_length=40, blank=True)
    proof = models.CharField(_("second record"), max_length=10, choices=Proof, blank=True, default="", db_default="")
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("tool call")
        verbose_name_plural = _("tool calls")
        ordering = ["attempt", "id"]
        constraints = [
            models.UniqueConstraint("attempt", "call_id", name="tool_call_id_unique_in_attempt"),
            models.CheckConstraint(condition=~Q(call_id=""), name="tool_call_has_call_id"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.call_id}"


class HeardCall(models.Model):
    """A function call that our own listener heard the model make, whatever the browser says of it."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="heard_calls", verbose_name=_("attempt"))
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="heard_calls", verbose_name=_("connection")
    )
    call_id = models.CharField(_("call id"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    arguments = models.TextField(_("arguments"), blank=True)
    heard_at = models.DateTimeField(_("heard at"), auto_now_add=True)

    class Meta:
        verbose_name = _("call heard")
        verbose_name_plural = _("calls heard")
        ordering = ["attempt", "id"]
        constraints = [models.UniqueConstraint("attempt", "call_id", name="heard_call_unique_in_attempt")]

    def __str__(self) -> str:
        return f"{self.name} {self.call_id}"


class UsageReport(models.Model):
    """Tokens of one response or one transcription, as the provider reported them.

    `confirmed_at` is when our own listener heard the report, if anybody listened.
    """

    class Source(models.TextChoices):
        RESPONSE = "response", _("response")
        TRANSCRIPTION = "transcription", _("transcription")

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="usage_reports", verbose_name=_("attempt"))
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="usage_reports", verbose_name=_("connection")
    )
    report_id = models.CharField(_("report id"), max_length=64)
    source = models.CharField(_("source"), max_length=13, choices=Source)
    usage = models.JSONField(_("usage"))
    stored_at = models.DateTimeField(_("stored at"), auto_now_add=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("usage report")
        verbose_name_plural = _("usage reports")
        ordering = ["attempt", "id"]
        constraints = [models.UniqueConstraint("attempt", "source", "report_id", name="usage_report_unique_in_attempt")]
        # Whether anything was used in an attempt since.
        indexes = [models.Index("attempt", "stored_at", name="usage_report_stored")]

    def __str__(self) -> str:
        return f"{self.source} {self.report_id}"


class Fault(models.Model):
    """Something that went wrong in the browser or on the channel, as the browser reported it."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="faults", verbose_name=_("attempt"))
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="faults", verbose_name=_("connection")
    )
    report_id = models.CharField(_("report id"), max_length=64)
    code = models.CharField(_("code"), max_length=100)
    message = models.TextField(_("message"), blank=True)
    param = models.CharField(_("param"), max_length=200, blank=True)
    stored_at = models.DateTimeField(_("stored at"), auto_now_add=True)

    class Meta:
        verbose_name = _("fault")
        verbose_name_plural = _("faults")
        ordering = ["attempt", "id"]
        constraints = [models.UniqueConstraint("attempt", "report_id", name="fault_unique_in_attempt")]

    def __str__(self) -> str:
        return self.code


class SetAside(models.Model):
    """A journal entry that could not be stored as what it was meant to be, kept as it came for a person to look at.

    `code` says what was wrong, as the browser was told; `body` is the entry's JSON, its end cut off if it was very
    long; `digest` the SHA-256 of the whole.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="set_aside", verbose_name=_("attempt"))
    item_id = models.CharField(_("item id"), max_length=64, blank=True)
    code = models.CharField(_("code"), max_length=100)
    body = models.TextField(_("what came"))
    digest = models.CharField(_("digest"), max_length=64)
    stored_at = models.DateTimeField(_("stored at"), auto_now_add=True)

    class Meta:
        verbose_name = _("entry kept apart")
        verbose_name_plural = _("entries kept apart")
        ordering = ["attempt", "id"]
        constraints = [models.UniqueConstraint("attempt", "digest", name="set_aside_once_in_attempt")]

    def __str__(self) -> str:
        return f"{self.code} {self.item_id}".strip()
