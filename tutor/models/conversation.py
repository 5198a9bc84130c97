"""What was said, shown and done in an attempt: Utterance, Correction, Picture, ToolCall, UsageReport, Fault."""

from django.db import models
from django.db.models import Q

from tutor.models.attempt import Attempt, Connection, StageVisit


class Speaker(models.TextChoices):
    """Who said it."""

    LEARNER = "learner", "learner"
    TUTOR = "tutor", "tutor"


class UtteranceStatus(models.TextChoices):
    """How much of an utterance there is. Partial may become any other; the others are final."""

    PARTIAL = "partial", "partial"
    COMPLETE = "complete", "complete"
    INTERRUPTED = "interrupted", "interrupted"
    UNTRANSCRIBED = "untranscribed", "not transcribed"


class Utterance(models.Model):
    """One conversation item as text. `position` is its settled place in the attempt's transcript."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="utterances")
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="utterances")
    connection = models.ForeignKey(Connection, models.SET_NULL, null=True, blank=True, related_name="utterances")
    item_id = models.CharField(max_length=64)
    previous_item_id = models.CharField(max_length=64, blank=True)
    position = models.PositiveIntegerField()
    speaker = models.CharField(max_length=7, choices=Speaker)
    status = models.CharField(max_length=13, choices=UtteranceStatus)
    text = models.TextField(blank=True)
    stored_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["attempt", "position", "id"]
        # The transcript of one attempt, in order.
        indexes = [models.Index("attempt", "position", name="utterance_transcript")]
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

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="corrections")
    utterance = models.ForeignKey(Utterance, models.CASCADE, related_name="corrections")
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="corrections")
    connection = models.ForeignKey(Connection, models.SET_NULL, null=True, blank=True, related_name="corrections")
    correction_id = models.UUIDField()
    text = models.TextField()
    note_id = models.CharField(max_length=64, blank=True)
    events = models.JSONField(default=list, help_text="What the browser was told to forward, as stored for repeats.")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
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

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="pictures")
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="pictures")
    connection = models.ForeignKey(Connection, models.SET_NULL, null=True, blank=True, related_name="pictures")
    item_id = models.CharField(max_length=64)
    media_type = models.CharField(max_length=10, choices=PictureType)
    data = models.BinaryField()
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["attempt", "id"]
        constraints = [
            models.UniqueConstraint("attempt", "item_id", name="picture_item_id_unique_in_attempt"),
            models.CheckConstraint(condition=~Q(item_id=""), name="picture_has_item_id"),
        ]

    def __str__(self) -> str:
        return f"{self.media_type} {self.item_id}"


class ToolCall(models.Model):
    """A function call the model made, with the answer given. The same call always gets the same answer."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="tool_calls")
    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="tool_calls")
    call_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    arguments = models.TextField(blank=True)
    output = models.JSONField(help_text="What the model was told.")
    answer = models.JSONField(help_text="What the browser was told, as stored for repeats.")
    card = models.JSONField(null=True, blank=True, help_text="What the learner was shown, if anything.")
    refusal = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["attempt", "id"]
        constraints = [
            models.UniqueConstraint("attempt", "call_id", name="tool_call_id_unique_in_attempt"),
            models.CheckConstraint(condition=~Q(call_id=""), name="tool_call_has_call_id"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.call_id}"


class UsageReport(models.Model):
    """Tokens of one response or one transcription, as the provider reported them through the browser."""

    class Source(models.TextChoices):
        RESPONSE = "response", "response"
        TRANSCRIPTION = "transcription", "transcription"

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="usage_reports")
    connection = models.ForeignKey(Connection, models.SET_NULL, null=True, blank=True, related_name="usage_reports")
    report_id = models.CharField(max_length=64)
    source = models.CharField(max_length=13, choices=Source)
    usage = models.JSONField()
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["attempt", "id"]
        constraints = [models.UniqueConstraint("attempt", "source", "report_id", name="usage_report_unique_in_attempt")]

    def __str__(self) -> str:
        return f"{self.source} {self.report_id}"


class Fault(models.Model):
    """Something that went wrong in the browser or on the channel, as the browser reported it."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="faults")
    connection = models.ForeignKey(Connection, models.SET_NULL, null=True, blank=True, related_name="faults")
    report_id = models.CharField(max_length=64)
    code = models.CharField(max_length=100)
    message = models.TextField(blank=True)
    param = models.CharField(max_length=200, blank=True)
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["attempt", "id"]
        constraints = [models.UniqueConstraint("attempt", "report_id", name="fault_unique_in_attempt")]

    def __str__(self) -> str:
        return self.code
