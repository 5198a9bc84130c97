"""What staff think of attempts, what stands out in them, and who has looked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tutor.models.attempt import Attempt, StageVisit
from tutor.models.conversation import Utterance


class NoteKind(models.TextChoices):
    """What a note is about. All but a plain note say enough without words."""

    NOTE = "note", _("note")
    SAFETY = "safety", _("safety")
    WRONG_MOVE = "wrong_move", _("wrong stage change")
    MISHEARD = "misheard", _("recognition wrong")
    TUTOR = "tutor", _("tutor mistake")
    PRAISE = "praise", _("well done")


class Note(models.Model):
    """A reviewer's note on an utterance, on a stay in a stage, or, with neither, on the whole attempt."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="notes", verbose_name=_("attempt"))
    visit = models.ForeignKey(
        StageVisit, models.CASCADE, null=True, blank=True, related_name="notes", verbose_name=_("visit")
    )
    utterance = models.ForeignKey(
        Utterance, models.CASCADE, null=True, blank=True, related_name="notes", verbose_name=_("utterance")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notes_written", verbose_name=_("author")
    )
    note_id = models.UUIDField(_("note id"))
    kind = models.CharField(_("kind"), max_length=12, choices=NoteKind, default=NoteKind.NOTE)
    text = models.TextField(_("text"), blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["attempt", "id"]
        constraints = [
            models.UniqueConstraint("attempt", "note_id", name="note_id_unique_in_attempt"),
            models.CheckConstraint(condition=~Q(kind=NoteKind.NOTE, text=""), name="note_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:60] or self.get_kind_display()


class Ruling(models.Model):
    """A reviewer's word on how a stage was left; the visit keeps what the tutor decided. The latest one counts."""

    # As an outcome, where a stage has no way out of that name: it should not have been left.
    NOT_YET = "not-yet"

    visit = models.ForeignKey(StageVisit, models.CASCADE, related_name="rulings", verbose_name=_("visit"))
    outcome = models.CharField(_("outcome"), max_length=50)
    reason = models.TextField(_("reason"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="rulings_made", verbose_name=_("author")
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("ruling")
        verbose_name_plural = _("rulings")
        ordering = ["visit", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(outcome="") & ~Q(reason=""), name="ruling_has_outcome_and_reason")
        ]

    def __str__(self) -> str:
        return self.outcome


class Reading(models.Model):
    """That a reviewer has done with an attempt."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="readings", verbose_name=_("attempt"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="readings", verbose_name=_("reviewer")
    )
    done_at = models.DateTimeField(_("done at"), auto_now_add=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["attempt", "id"]
        constraints = [models.UniqueConstraint("attempt", "reviewer", name="reading_once_by_each")]

    def __str__(self) -> str:
        return f"{self.reviewer}"


class Look(models.Model):
    """That somebody other than its learner saw the words of an attempt. Only ever added to."""

    class Kind(models.TextChoices):
        READ = "read", _("read")
        SEARCH = "search", _("found by its words")
        TAKEN = "taken", _("taken out")
        WATCHED = "watched", _("read along")

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="looks", verbose_name=_("attempt"))
    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="looks", verbose_name=_("viewer"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    looked_at = models.DateTimeField(_("looked at"), auto_now_add=True)

    class Meta:
        verbose_name = _("look")
        verbose_name_plural = _("looks")
        ordering = ["attempt", "-id"]
        indexes = [models.Index("attempt", "viewer", "kind", "looked_at", name="look_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.looked_at:%Y-%m-%d %H:%M}"


class Digest(models.Model):
    """An attempt in figures, made from its rows so that ten thousand can be sorted and searched by them.

    `until` is when the newest of those rows was stored or changed: what came later is not in it yet. `cost` is USD,
    NULL where a price is not known. `tutor_share` is the tutor's part of all words, in per cent. `edition` is that of
    the rules it was made by, 0 where it is to be made anew.
    """

    attempt = models.OneToOneField(Attempt, models.CASCADE, related_name="digest", verbose_name=_("attempt"))
    until = models.DateTimeField(_("until"))
    # The database's own default: a server of the release before may still make digests, which lack what is new.
    edition = models.PositiveSmallIntegerField(_("edition"), default=0, db_default=0)
    seconds = models.PositiveIntegerField(_("seconds"), default=0)
    learner_turns = models.PositiveIntegerField(_("turns of the learner"), default=0)
    tutor_turns = models.PositiveIntegerField(_("turns of the tutor"), default=0)
    learner_words = models.PositiveIntegerField(_("words of the learner"), default=0)
    tutor_words = models.PositiveIntegerField(_("words of the tutor"), default=0)
    tutor_share = models.PositiveSmallIntegerField(_("the tutor's share of words"), null=True)
    longest_silence = models.PositiveIntegerField(_("longest silence, in seconds"), default=0)
    calls = models.PositiveIntegerField(_("calls"), default=0)
    cost = models.DecimalField(_("cost, in USD"), max_digits=12, decimal_places=6, null=True)

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        ordering = ["attempt"]
        indexes = [
            models.Index("seconds", name="digest_seconds"),
            models.Index("cost", name="digest_cost"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id}"


class Sign(models.Model):
    """A reason why somebody should look at an attempt, found by rule. `visit` is where, if it is in one stage."""

    class Rule(models.TextChoices):
        SAFETY = "safety", _("a word the school watches for")
        UNPROVEN = "unproven", _("a stage was passed without the evidence asked for")
        STALLED = "stalled", _("a stage was ended by the last resort")
        REFUSED = "refused", _("a stage change was refused twice")
        LOOP = "loop", _("the same stage again and again")
        QUIT = "quit", _("left early")
        MONOLOGUE = "monologue", _("the tutor said nearly everything")
        SILENCE = "silence", _("a long silence")
        FAULT = "fault", _("something broke")

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="signs", verbose_name=_("attempt"))
    visit = models.ForeignKey(
        StageVisit, models.CASCADE, null=True, blank=True, related_name="signs", verbose_name=_("visit")
    )
    rule = models.CharField(_("rule"), max_length=10, choices=Rule)
    weight = models.PositiveSmallIntegerField(_("weight"))
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("sign")
        verbose_name_plural = _("signs")
        ordering = ["attempt", "-weight", "id"]
        indexes = [models.Index("rule", "attempt", name="sign_by_rule")]

    def __str__(self) -> str:
        return self.rule


class WatchWord(models.Model):
    """A word or phrase for which the school wants to be told, whoever says it."""

    words = models.CharField(
        _("words"), max_length=80, unique=True, help_text=_("A word or a phrase. Capitals make no difference.")
    )

    class Meta:
        verbose_name = _("word to watch for")
        verbose_name_plural = _("words to watch for")
        ordering = ["words"]
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="watch_word_is_not_empty")]

    def __str__(self) -> str:
        return self.words


class SavedSearch(models.Model):
    """A way of looking for attempts that a reviewer has given a name. `query` is that of the page's address."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("query"), max_length=1000)

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering = ["owner", "name"]
        constraints = [models.UniqueConstraint("owner", "name", name="saved_search_name_unique")]

    def __str__(self) -> str:
        return self.name
