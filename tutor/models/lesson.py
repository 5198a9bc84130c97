"""What teachers write (the draft: Lesson, Stage, Outcome, Tool) and what learners run (LessonVersion)."""

import re
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from tutor import plan
from tutor.plan.lint import KEY, LANGUAGE, TOOL_NAME, VOICES


def whole(pattern: re.Pattern[str], message: StrOrPromise) -> RegexValidator:
    """A validator for texts that match the pattern from end to end."""
    return RegexValidator(rf"\A(?:{pattern.pattern})\Z", message)


class ContextRule(models.TextChoices):
    """`plan.ContextRule` for forms."""

    KEEP = plan.ContextRule.KEEP.value, _("everything said so far")
    SUMMARY = plan.ContextRule.SUMMARY.value, _("only the summaries of the stages before")
    FRESH = plan.ContextRule.FRESH.value, _("nothing: a fresh start")


def empty_parameters() -> dict[str, Any]:
    """A JSON Schema for a tool that takes no arguments."""
    return {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


class Audience(models.TextChoices):
    """Who finds a lesson."""

    EVERYONE = "everyone", _("every learner")
    CLASSES = "classes", _("only the classes it is assigned to")
    NOBODY = "nobody", _("nobody for now")


class Lesson(models.Model):
    """An authored unit. Its rows are the draft; learners see what was last published from it.

    Only its owner and, if it is shared, other teachers see and edit it; one without an owner belongs to all of them.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="lessons",
        verbose_name=_("owner"),
    )
    is_shared = models.BooleanField(
        _("shared with other teachers"), default=False, help_text=_("They may see, edit and publish it as you do.")
    )
    slug = models.SlugField(
        _("address"), unique=True, help_text=_("Part of the lesson's web address: small letters and -.")
    )
    title = models.CharField(
        _("title"), max_length=120, help_text=_("What the learner sees. Good: “Ordering in a café”. Bad: “Unit 3b”.")
    )
    summary = models.TextField(
        _("summary"), blank=True, help_text=_("Two sentences for the learner: what you will do, what you will gain.")
    )
    language = models.CharField(
        _("language"),
        max_length=2,
        default="en",
        validators=[whole(LANGUAGE, _("Use a two-letter language code such as “en”."))],
        help_text=_("The language spoken, as a two-letter code."),
    )
    voice = models.CharField(
        _("voice"), max_length=40, default="marin", choices=[(voice, voice.title()) for voice in VOICES]
    )
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=10, validators=[MinValueValidator(1)], help_text=_("How long it takes, honestly.")
    )
    preamble = models.TextField(
        _("rules for the whole lesson"),
        blank=True,
        help_text=_("Told to the tutor in every stage. Good: “Speak slowly. Never give the answer away.”"),
    )
    audience = models.CharField(_("who finds it"), max_length=10, choices=Audience, default=Audience.EVERYONE)
    # Carried along for those who keep checks of a lesson beside it in its pack.
    tests = models.JSONField(_("tests"), default=list, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        ordering = ["title"]
        # Nobody has it until somebody is given it: trials with the real model cost money.
        permissions = [("spend_on_trials", "Can try lessons with the real model")]

    def __str__(self) -> str:
        return self.title


class Tool(models.Model):
    """A function the model may call: the wording is here, the behaviour is found by `kind` in the registry."""

    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="tools", verbose_name=_("lesson"))
    name = models.CharField(
        _("name"), max_length=64, validators=[whole(TOOL_NAME, _("Use letters, digits, - and _ only."))]
    )
    kind = models.CharField(_("kind"), max_length=20)
    description = models.TextField(
        _("description"), help_text=_("When should the tutor use it? Good: “Call this when the learner is stuck.”")
    )
    parameters = models.JSONField(
        _("parameters"), default=empty_parameters, blank=True, help_text=_("What it takes, as a JSON Schema.")
    )
    options = models.JSONField(
        _("options"), default=dict, blank=True, help_text=_("What this kind of tool wants to know.")
    )

    class Meta:
        verbose_name = _("tool")
        verbose_name_plural = _("tools")
        ordering = ["name"]
        constraints = [models.UniqueConstraint("lesson", "name", name="tool_name_unique_in_lesson")]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """One step of a lesson. `order` is in steps of 10 and not unique, so that two rows can swap."""

    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="stages", verbose_name=_("lesson"))
    order = models.PositiveIntegerField(_("order"), default=0)
    key = models.SlugField(
        _("key"),
        max_length=50,
        validators=[whole(KEY, _("Use a-z, 0-9, - and _ only."))],
        help_text=_("A short name that stays when the title changes."),
    )
    title = models.CharField(_("title"), max_length=120)
    goal = models.TextField(
        _("goal"), blank=True, help_text=_("Shown to the learner. Good: “Order a drink and ask for the price.”")
    )
    instructions = models.TextField(
        _("instructions"),
        blank=True,
        help_text=_("Told to the tutor. Say what to do, what not to do, and how to tell that it is done."),
    )
    opening = models.TextField(
        _("opening"), blank=True, help_text=_("How the tutor begins this stage, in its own words.")
    )
    hints = models.JSONField(
        _("hints"), default=list, blank=True, help_text=_("A list of hints, gentlest first, for a “hint” tool.")
    )
    tools = models.ManyToManyField(Tool, blank=True, related_name="stages", verbose_name=_("tools"))
    context = models.CharField(
        _("what the tutor remembers"), max_length=10, choices=ContextRule, default=ContextRule.KEEP
    )
    evidence = models.PositiveSmallIntegerField(
        _("quotes needed"),
        default=0,
        validators=[MaxValueValidator(5)],
        help_text=_(
            "How many of the learner's own sentences the tutor must quote before the stage counts as finished."
        ),
    )
    turns = models.PositiveSmallIntegerField(
        _("learner turns needed"),
        default=1,
        validators=[MaxValueValidator(50)],
        help_text=_("How often the learner must have spoken before the stage counts as finished."),
    )
    stall_turns = models.PositiveSmallIntegerField(
        _("help after learner turns"),
        default=0,
        validators=[MaxValueValidator(50)],
        help_text=_("If the stage is not finished by then, the tutor is helped along, step by step. 0: never."),
    )
    stall_minutes = models.PositiveSmallIntegerField(
        _("help after minutes"),
        default=0,
        validators=[MaxValueValidator(60)],
        help_text=_("The same by the clock. 0: never."),
    )
    fallback = models.SlugField(
        _("last resort"),
        max_length=50,
        blank=True,
        help_text=_("The outcome with which a stalled stage ends in the end. Empty: it goes on."),
    )

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["order", "id"]
        constraints = [models.UniqueConstraint("lesson", "key", name="stage_key_unique_in_lesson")]

    def __str__(self) -> str:
        return self.title


class Outcome(models.Model):
    """A named way out of a stage. Without a next stage it ends the lesson."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="outcomes", verbose_name=_("stage"))
    order = models.PositiveIntegerField(_("order"), default=0)
    key = models.SlugField(_("key"), max_length=50, validators=[whole(KEY, _("Use a-z, 0-9, - and _ only."))])
    when = models.TextField(
        _("when"), help_text=_("When should the tutor choose it? Good: “The learner named two reasons.”")
    )
    next_stage = models.ForeignKey(
        Stage,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="ways_in",
        help_text=_("Empty: the lesson ends here."),
        verbose_name=_("next stage"),
    )

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ["order", "id"]
        constraints = [models.UniqueConstraint("stage", "key", name="outcome_key_unique_in_stage")]

    def __str__(self) -> str:
        return self.key


class LessonVersion(models.Model):
    """A published plan. Never changed after it is written.

    One without a number is no version for learners but a draft as it was when somebody tried it.
    """

    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="versions", verbose_name=_("lesson"))
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    plan = models.JSONField(_("plan"))
    checksum = models.CharField(_("checksum"), max_length=64, help_text=_("SHA-256 of the plan's canonical JSON."))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published at"), auto_now_add=True)

    class Meta:
        verbose_name = _("lesson version")
        verbose_name_plural = _("lesson versions")
        ordering = ["lesson", "-number"]
        constraints = [
            models.UniqueConstraint("lesson", "number", name="version_number_unique_in_lesson"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="version_number_from_one"),
        ]

    def __str__(self) -> str:
        words = {"lesson": self.lesson, "number": self.number}
        return gettext("%(lesson)s v%(number)s") % words if self.number else gettext("%(lesson)s, a draft") % words
