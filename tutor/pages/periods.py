"""Stretches of time that people ask for by name."""

from datetime import date, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

PERIODS = [
    ("today", _("today")),
    ("week", _("this week")),
    ("last_week", _("last week")),
    ("days30", _("the last 30 days")),
    ("month", _("this month")),
    ("last_month", _("last month")),
    ("year", _("this year")),
]


def days_of(period: str, today: date) -> tuple[date | None, date | None]:
    """Return the first and the last day of a period, None where it has none: it may go on, or be all of time."""
    # A school's week begins on Monday.
    week, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    before = month - timedelta(days=1)
    return {
        "today": (today, None),
        "week": (week, None),
        "last_week": (week - timedelta(days=7), week - timedelta(days=1)),
        "days30": (today - timedelta(days=29), None),
        "month": (month, None),
        "last_month": (before.replace(day=1), before),
        "year": (today.replace(month=1, day=1), None),
    }.get(period, (None, None))


class DayField(forms.DateField):
    """A day that one may leave out; none so far away that there is no day before or after it."""

    default_validators = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))]

    def __init__(self, *, label: StrOrPromise) -> None:
        super().__init__(label=label, required=False, widget=forms.DateInput({"type": "date"}))


class PeriodForm(forms.Form):
    """A form that asks for a time. A day that is typed counts more than the name of a period."""

    # The fields that most people need; the others are folded away.
    first: tuple[str, ...] = ("period",)

    period = forms.ChoiceField(label=_("When"), required=False, choices=[("", _("any time")), *PERIODS])
    since = DayField(label=_("From"))
    until = DayField(label=_("Up to and with"))

    def days(self) -> tuple[date | None, date | None]:
        """Return the first and the last day asked for; None for no bound. Call it after `is_valid`."""
        found = self.cleaned_data
        if found.get("since") or found.get("until"):
            return found.get("since"), found.get("until")
        return days_of(found.get("period", ""), timezone.localdate())

    @property
    def fewer(self) -> list[forms.BoundField]:
        """The fields that most people need."""
        return [self[name] for name in self.first]

    @property
    def more(self) -> list[forms.BoundField]:
        """The others."""
        return [field for field in self.visible_fields() if field.name not in self.first]

    @property
    def uses_more(self) -> bool:
        """Whether one of the others is filled in, or filled in wrongly."""
        return any(field.errors or field.value() not in (None, "", False) for field in self.more)
