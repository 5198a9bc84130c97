"""What learners are told before their first lesson, and that they agreed to it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ConsentText(models.Model):
    """One version of what learners agree to. The latest counts; one without words asks nobody. Never changed."""

    text = models.TextField(
        _("text"),
        blank=True,
        help_text=_(
            "What learners read before their first lesson: who keeps what they say, who may read it, for how long, and "
            "whom to ask. Empty: from now on nobody is asked."
        ),
    )
    made_at = models.DateTimeField(_("in force since"), auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("written by")
    )

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return gettext("version %(number)s") % {"number": self.pk}


class Consent(models.Model):
    """That a learner agreed to one version, and when. Only ever added to."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents", verbose_name=_("learner")
    )
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="consents", verbose_name=_("text"))
    agreed_at = models.DateTimeField(_("agreed at"), auto_now_add=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["learner", "-id"]
        constraints = [models.UniqueConstraint("learner", "text", name="consent_once_to_each_text")]

    def __str__(self) -> str:
        return f"{self.learner}, {self.agreed_at:%Y-%m-%d %H:%M}"
