"""What stands before calls besides budgets: Switch, Allowance. And what tells that they fail: Alarm."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Switch(models.Model):
    """Whether calls may be made at all; there is one at most, and without it they may.

    `reason` is what learners are told, in the words of whoever has switched calls off.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    allowed = models.BooleanField(_("calls are allowed"), default=True)
    reason = models.CharField(
        _("why not"),
        max_length=300,
        blank=True,
        help_text=_("What learners read while calls are switched off. Empty: that the tutor is switched off for now."),
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("switch for calls")
        verbose_name_plural = _("switch for calls")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="switch_is_the_only_one")]

    def __str__(self) -> str:
        return gettext("Calls are allowed") if self.allowed else gettext("Calls are switched off")


class Allowance(models.Model):
    """How often somebody may still do something: a bucket of tokens that fills by and by.

    `full_at` is when it is full again if nothing more is taken, in seconds since 1970: so taking one is one update.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="allowances", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=10)
    full_at = models.FloatField(_("full again at"))

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")
        ordering = ["person", "kind"]
        constraints = [models.UniqueConstraint("person", "kind", name="allowance_once_for_each_kind")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class Alarm(models.Model):
    """A time in which learners asked for the tutor and nobody answered them. Only the latest can be going on."""

    is_on = models.BooleanField(_("goes on"), default=True)
    raised_at = models.DateTimeField(_("since"))
    over_at = models.DateTimeField(_("until"), null=True, blank=True)
    learners = models.PositiveIntegerField(_("learners who asked"), help_text=_("When it was raised."))
    error = models.CharField(_("what they got"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering = ["-id"]
        constraints = [
            # Those that go on share the value of `is_on`, so there is one at most.
            models.UniqueConstraint("is_on", condition=Q(is_on=True), name="alarm_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(is_on=True, over_at__isnull=True) | Q(is_on=False, over_at__isnull=False),
                name="alarm_is_on_or_over",
            ),
            models.CheckConstraint(
                condition=Q(over_at__isnull=True) | Q(over_at__gte=F("raised_at")), name="alarm_over_after_raised"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.raised_at:%Y-%m-%d %H:%M}"
