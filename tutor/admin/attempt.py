"""Attempts, stays in stages, and calls. What was said is read on the pages of reviewers."""

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor.admin.readonly import RecordAdmin, WordsAdmin, pretty_json
from tutor.admin.trial_filter import OfTrialFilter, TrialFilter
from tutor.models import Attempt, AttemptOutcome, Connection, StageVisit


class StandingFilter(admin.SimpleListFilter):
    """How an attempt stands: still open, or ended in one of the ways there are."""

    title = gettext_lazy("how it stands")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", _("open")), *((outcome.value, str(outcome.label)) for outcome in AttemptOutcome)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attempt]) -> QuerySet[Attempt]:
        if self.value() is None:
            return queryset
        return queryset.filter(outcome="" if self.value() == "open" else self.value())


@admin.register(Attempt)
class AttemptAdmin(RecordAdmin[Attempt]):
    list_display = ("started_at", "learner", "lesson", "standing", "is_rehearsal")
    list_filter = (TrialFilter, StandingFilter, "is_rehearsal", "started_at", "lesson")
    list_select_related = ("learner", "lesson")
    search_fields = ("learner__username",)
    search_help_text = gettext_lazy("A learner's name, or an attempt's code")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to where attempts are read: there it is put down who has looked."""
        attempt = self.get_object(request, object_id)
        if request.method == "POST" or attempt is None or not self.has_view_permission(request, attempt):
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("review_attempt", code=attempt.code)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[QuerySet[Attempt], bool]:
        """Find by name or by code. By words that were said attempts are found on the pages of reviewers."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(learner__username__icontains=term)
        code = _as_uuid(term)
        return queryset.filter(wanted | Q(code=code) if code else wanted), False

    @admin.display(description=gettext_lazy("how it stands"), ordering="outcome")
    def standing(self, attempt: Attempt) -> str:
        return attempt.get_outcome_display() or _("open")


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@admin.register(StageVisit)
class StageVisitAdmin(WordsAdmin[StageVisit]):
    list_display = ("entered_at", "learner", "lesson", "stage_key", "number", "outcome", "refusals", "flag")
    list_filter = (OfTrialFilter, "flag", "entered_at")
    list_select_related = ("attempt__learner", "attempt__lesson")
    search_fields = ("attempt__learner__username", "stage_key")
    ordering = ("-id",)
    fields = (
        ("stage_key", "number"),
        ("entered_at", "completed_at"),
        ("outcome", "flag", "refusals"),
        "reasoning",
        "summary",
        "quotes",
        "told",
    )
    readonly_fields = ("quotes", "told")

    @admin.display(description=gettext_lazy("learner"), ordering="attempt__learner__username")
    def learner(self, visit: StageVisit) -> str:
        return str(visit.attempt.learner)

    @admin.display(description=gettext_lazy("lesson"), ordering="attempt__lesson__title")
    def lesson(self, visit: StageVisit) -> str:
        return str(visit.attempt.lesson)

    @admin.display(description=gettext_lazy("quotes"))
    def quotes(self, visit: StageVisit) -> str:
        return "\n".join(f"“{quote}”" for quote in visit.evidence)

    @admin.display(description=gettext_lazy("what the model was told"))
    def told(self, visit: StageVisit) -> str:
        return pretty_json(visit.session)


@admin.register(Connection)
class ConnectionAdmin(WordsAdmin[Connection]):
    list_display = ("requested_at", "learner", "call_id", "answered_at", "ended_at", "witness", "error")
    list_filter = (OfTrialFilter, "requested_at", ("error", admin.EmptyFieldListFilter), "witness")
    list_select_related = ("attempt__learner",)
    search_fields = ("=call_id", "attempt__learner__username")
    ordering = ("-id",)
    fields = (
        "code",
        "call_id",
        ("requested_at", "answered_at", "heard_at", "ended_at"),
        "error",
        ("witness", "witness_heard_at"),
        "asked_for",
    )
    readonly_fields = ("asked_for",)

    @admin.display(description=gettext_lazy("learner"), ordering="attempt__learner__username")
    def learner(self, connection: Connection) -> str:
        return str(connection.attempt.learner)

    @admin.display(description=gettext_lazy("what the call was asked for"))
    def asked_for(self, connection: Connection) -> str:
        return pretty_json(connection.config)
