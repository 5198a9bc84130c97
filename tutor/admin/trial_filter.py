"""Trials are the teachers' own business: lists of what learners did leave them out unless asked."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class TrialFilter(admin.SimpleListFilter):
    """Learners' attempts, which is the default, or trials of drafts."""

    title = gettext_lazy("whose")
    parameter_name = "trials"
    field = "is_trial"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("only", _("teachers' trials"))]

    def choices(self, changelist: Any) -> Any:
        """Name the default for what it is: it is not everything."""
        learners, *others = super().choices(changelist)
        return [{**learners, "display": _("learners")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(**{self.field: self.value() == "only"})


class OfTrialFilter(TrialFilter):
    """The same for what belongs to an attempt."""

    field = "attempt__is_trial"
