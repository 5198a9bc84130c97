"""How much lessons may take, and the switch that stops them all: for those who run the site, and for nobody else."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from tutor.admin.access import DiscreetAdmin, person
from tutor.admin.readonly import RecordAdmin
from tutor.models import Alarm, Budget, Switch
from tutor.services import budgets, switch


class OfSuperusers:
    """Pages that nobody else finds."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return person(request).is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return person(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return person(request).is_superuser


@admin.register(Budget)
class BudgetAdmin(OfSuperusers, DiscreetAdmin[Budget]):
    """Budgets, each with what was used of it so far."""

    list_display = ("__str__", "minutes", "usd", "used")
    list_select_related = ("classroom", "lesson", "learner")
    list_filter = ("scope", "period")
    search_fields = ("classroom__name", "lesson__title", "learner__username", "learner__last_name")
    show_full_result_count = False
    # A list of all learners to choose from would be long, and is loaded page by page.
    autocomplete_fields = ("classroom", "lesson", "learner")
    fieldsets = (
        (
            None,
            {
                "fields": ("scope", "classroom", "lesson", "learner", "period"),
                "description": _(
                    "Name the class, the lesson or the learner it is for. A learner’s own budget holds in place of "
                    "that of each learner. Rehearsals are free and not counted; trials with the real model count for "
                    "everyone."
                ),
            },
        ),
        (
            _("At most"),
            {
                "fields": ("minutes", "usd"),
                "description": _(
                    "When it is used up, no call can be made, and those that go on end within half a minute. Learners "
                    "are told so, keep all they said, and go on where they stopped when the day or the month is over."
                ),
            },
        ),
    )

    @admin.display(description=_("used so far"))
    def used(self, budget: Budget) -> str:
        """What was used in the day or the month that is going on."""
        used = budgets.used_of(budget)
        if used is None:
            return _now("each learner’s own")
        minutes = _now("%(minutes)d min") % {"minutes": used.seconds // 60}
        return minutes if budget.usd is None else f"{minutes}, {used.usd:.2f} USD"


@admin.register(Switch)
class SwitchAdmin(OfSuperusers, DiscreetAdmin[Switch]):
    """The one switch for all calls. What learners hear meanwhile is what is written here."""

    fields = ("allowed", "reason", "changed_at", "changed_by")
    readonly_fields = ("changed_at", "changed_by")
    list_display = ("__str__", "reason", "changed_at", "changed_by")
    list_select_related = ("changed_by",)
    search_fields = ("reason",)
    show_full_result_count = False
    actions = None

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """There is one at most: where it is, it is changed."""
        found = Switch.objects.first()
        if found is not None and self.has_add_permission(request):
            return redirect("admin:tutor_switch_change", found.pk)
        return super().add_view(request, form_url, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Switch, form: Any, change: bool) -> None:
        """Turn it, and put down who did."""
        switched = switch.turn(allowed=obj.allowed, reason=obj.reason, by=person(request))
        obj.pk, obj.changed_at = switched.pk, switched.changed_at


@admin.register(Alarm)
class AlarmAdmin(RecordAdmin[Alarm]):
    """When nobody answered learners."""

    list_display = ("raised_at", "over_at", "learners", "error")
    search_fields = ("error",)
    fields = ("raised_at", "over_at", "learners", "error")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Alarm | None = None) -> bool:
        return person(request).is_superuser
