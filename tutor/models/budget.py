"""How much time and money lessons may take: Budget."""

from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tutor.models.classroom import Classroom
from tutor.models.lesson import Lesson


class BudgetScope(models.TextChoices):
    """Whose calls count against a budget, and are refused when it is spent."""

    EVERYONE = "everyone", _("everyone together")
    CLASSROOM = "classroom", _("one class together")
    LESSON = "lesson", _("one lesson, all its learners together")
    EACH = "each", _("each learner by themselves")
    LEARNER = "learner", _("one learner")


class BudgetPeriod(models.TextChoices):
    """After what time a budget is whole again, by the clock of the site."""

    DAY = "day", _("a day")
    MONTH = "month", _("a month")

    def begins(self, day: date) -> date:
        """Return the first day of the period that a day is in."""
        return day if self == BudgetPeriod.DAY else day.replace(day=1)

    def following(self, day: date) -> date:
        """Return the first day of the period after the one that a day is in."""
        if self == BudgetPeriod.DAY:
            return day + timedelta(days=1)
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


# Which column says whose budget it is, by its scope.
SUBJECTS = {
    BudgetScope.CLASSROOM: "classroom",
    BudgetScope.LESSON: "lesson",
    BudgetScope.LEARNER: "learner",
}


def _names(scope: BudgetScope) -> Q:
    """Whether a row of a scope names its subject, and no other."""
    condition = Q(scope=scope)
    for other, column in SUBJECTS.items():
        condition &= Q(**{f"{column}__isnull": other != scope})
    return condition


class Budget(models.Model):
    """How many minutes in calls, and how many USD, somebody's lessons may take in a day or a month.

    A learner's own budget holds in place of that of each learner, for the same period.
    """

    scope = models.CharField(_("who it is for"), max_length=9, choices=BudgetScope)
    classroom = models.ForeignKey(
        Classroom, models.CASCADE, null=True, blank=True, related_name="budgets", verbose_name=_("class")
    )
    lesson = models.ForeignKey(
        Lesson, models.CASCADE, null=True, blank=True, related_name="budgets", verbose_name=_("lesson")
    )
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
        verbose_name=_("learner"),
    )
    period = models.CharField(_("period"), max_length=5, choices=BudgetPeriod, default=BudgetPeriod.DAY)
    minutes = models.PositiveIntegerField(
        _("minutes"), null=True, blank=True, help_text=_("In calls. Empty: as many as anybody likes.")
    )
    usd = models.DecimalField(
        _("money, in USD"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("By the prices of the models. Empty: whatever it costs."),
    )

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ["scope", "period", "id"]
        constraints = [
            models.CheckConstraint(
                condition=_names(BudgetScope.EVERYONE)
                | _names(BudgetScope.EACH)
                | _names(BudgetScope.CLASSROOM)
                | _names(BudgetScope.LESSON)
                | _names(BudgetScope.LEARNER),
                name="budget_names_whose_it_is",
                violation_error_message=_("Choose the class, the lesson or the learner it is for, and nothing else."),
            ),
            models.CheckConstraint(condition=Q(period__in=BudgetPeriod.values), name="budget_has_period"),
            models.CheckConstraint(
                condition=Q(minutes__isnull=False) | Q(usd__isnull=False),
                name="budget_limits_something",
                violation_error_message=_("Fill in minutes, or money, or both."),
            ),
            models.CheckConstraint(
                condition=Q(usd__isnull=True) | Q(usd__gte=0),
                name="budget_not_negative",
                violation_error_message=_("Money cannot be less than 0."),
            ),
            models.UniqueConstraint(
                "scope",
                "period",
                condition=Q(scope__in=[BudgetScope.EVERYONE, BudgetScope.EACH]),
                name="budget_once_for_all",
                violation_error_message=_("There is such a budget already: change that one."),
            ),
            *(
                models.UniqueConstraint(
                    column,
                    "period",
                    condition=Q(scope=scope),
                    name=f"budget_once_for_{column}",
                    violation_error_message=_("There is such a budget already: change that one."),
                )
                for scope, column in SUBJECTS.items()
            ),
        ]

    def __str__(self) -> str:
        column = SUBJECTS.get(BudgetScope(self.scope))
        whose = str(getattr(self, column)) if column else self.get_scope_display()
        return f"{whose}, {self.get_period_display()}"
