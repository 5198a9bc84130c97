"""What learners agree to: versions that are added, and never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tutor.admin.access import DiscreetAdmin, person
from tutor.models import ConsentText


@admin.register(ConsentText)
class ConsentTextAdmin(DiscreetAdmin[ConsentText]):
    """The latest version counts; with a new one, learners are asked again before their next lesson."""

    list_display = ("__str__", "made_at", "made_by", "agreed")
    list_select_related = ("made_by",)
    search_fields = ("text",)
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConsentText]:
        """Count who agreed."""
        return super().get_queryset(request).annotate(given=Count("consents"))

    def get_fields(self, request: HttpRequest, obj: ConsentText | None = None) -> tuple[str, ...]:
        """Only the words of a new version are to be written."""
        return ("text",) if obj is None else ("text", "made_at", "made_by", "agreed")

    def get_readonly_fields(self, request: HttpRequest, obj: ConsentText | None = None) -> tuple[str, ...]:
        """Show what else is known of one that is there."""
        return () if obj is None else ("made_at", "made_by", "agreed")

    @admin.display(description=_("agreed"))
    def agreed(self, text: Any) -> int:
        """How many learners did."""
        return int(text.given)

    def save_model(self, request: HttpRequest, obj: ConsentText, form: Any, change: bool) -> None:
        """Say who wrote it."""
        obj.made_by = person(request)
        super().save_model(request, obj, form, change)

    def has_view_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return person(request).is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False
