"""Classes of learners, and the lessons they are given."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tutor.models.lesson import Lesson

# Without letters and digits that are taken for one another when a code is read out.
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 7


def new_join_code() -> str:
    """A code that a learner types to join a class: 32 to the power of 7 possibilities."""
    return "".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH))


class Classroom(models.Model):
    """A named group of learners, and the teacher whose class it is."""

    name = models.CharField(_("name"), max_length=80, help_text=_("What learners see. Good: “7b English, Tuesday”."))
    teacher = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="classrooms", verbose_name=_("teacher")
    )
    join_code = models.CharField(_("join code"), max_length=12, unique=True, default=new_join_code, editable=False)
    learners = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="joined_classrooms", verbose_name=_("learners")
    )
    reviewers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="reviewed_classrooms",
        verbose_name=_("reviewers"),
        help_text=_("Staff who may read what this class says in its lessons, besides its teacher."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """A lesson given to a class, for a time or for good."""

    classroom = models.ForeignKey(Classroom, models.CASCADE, related_name="assignments", verbose_name=_("class"))
    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="assignments", verbose_name=_("lesson"))
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True, help_text=_("Empty: at once."))
    closes_at = models.DateTimeField(
        _("closes"), null=True, blank=True, help_text=_("Empty: never. Who is in the middle then may finish.")
    )

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["classroom", "id"]
        constraints = [
            models.UniqueConstraint("classroom", "lesson", name="assignment_once_in_classroom"),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                name="assignment_closes_after_opening",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(lesson)s for %(classroom)s") % {"lesson": self.lesson, "classroom": self.classroom}
