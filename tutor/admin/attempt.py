"""Attempts with their whole transcript, stays in stages, and calls."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor import plan as plans
from tutor.admin.readonly import RecordAdmin, pretty_json
from tutor.admin.trial_filter import OfTrialFilter, TrialFilter
from tutor.models import Attempt, AttemptOutcome, Connection, Correction, StageVisit, ToolCall, Utterance
from tutor.realtime.images import MARK, words_beside
from tutor.services import pictures, transcript, witness
from tutor.services.transcript import Shown
from tutor.services.witness import Mark


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


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance as it was heard, with what its learner says of it (the latest correction counts) and showed with it.

    `picture` is an address; both are empty if there is none. `mark` is what the second record says of it.
    """

    utterance: Utterance
    corrected: str
    picture: str
    mark: Mark | None

    @property
    def is_confirmed(self) -> bool:
        """Whether the provider said so too."""
        return self.mark in (Mark.CONFIRMED, Mark.FILLED)

    @property
    def was_heard_differently(self) -> bool:
        """Whether the second record has other words, or another speaker."""
        return witness.was_heard_differently(self.utterance)

    @property
    def text(self) -> str:
        """The words, without the mark of a picture."""
        return words_beside(self.utterance.text)

    @property
    def had_picture(self) -> bool:
        """Whether a picture went with it, be it kept or not."""
        return bool(self.picture) or self.utterance.text.endswith(MARK)


@dataclass(frozen=True, slots=True)
class Stay:
    """One visit as a reviewer reads it: what was said and shown, and what the model called, in order."""

    visit: StageVisit
    title: str
    entries: list[Line | Shown]
    tool_calls: list[ToolCall]


def stays(attempt: Attempt) -> list[Stay]:
    """Return an attempt visit by visit. Five queries."""
    titles = {stage.key: stage.title for stage in plans.from_data(attempt.version.plan).stages}
    shown = pictures.addresses(attempt)
    utterances = list(attempt.utterances.select_related("connection").order_by("position", "id"))
    corrections = transcript.corrected(attempt)
    calls = list(attempt.tool_calls.order_by("id"))
    return [
        Stay(
            visit=visit,
            title=titles.get(visit.stage_key, visit.stage_key),
            entries=transcript.interleaved(
                ((one.item_id, _line(one, corrections, shown)) for one in utterances if one.visit_id == visit.pk),
                (
                    (call.card["after"], Shown.of(call.card))
                    for call in calls
                    if call.card and call.visit_id == visit.pk
                ),
            ),
            tool_calls=[call for call in calls if call.visit_id == visit.pk],
        )
        for visit in attempt.visits.order_by("number")
    ]


def _line(one: Utterance, corrections: Mapping[int, str], shown: Mapping[str, str]) -> Line:
    mark = witness.mark_of(one, one.connection)
    return Line(one, corrections.get(one.pk, ""), shown.get(one.item_id, ""), mark)


@admin.register(Attempt)
class AttemptAdmin(RecordAdmin[Attempt]):
    list_display = ("started_at", "learner", "lesson", "standing", "is_rehearsal")
    list_filter = (TrialFilter, StandingFilter, "is_rehearsal", "started_at", "lesson")
    list_select_related = ("learner", "lesson")
    search_fields = ("learner__username",)
    search_help_text = gettext_lazy("A learner's name, an attempt's code, or words that were said")
    fieldsets = (
        (None, {"fields": (("who", "what"), ("standing", "is_rehearsal"), ("started_at", "ended_at"), "code")}),
        (gettext_lazy("What was said"), {"fields": ("transcript",), "classes": ("transcript-box",)}),
    )
    readonly_fields = ("who", "what", "standing", "transcript")

    class Media:
        css = {"all": ["tutor/css/talk.css"]}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Attempt | None = None,
    ) -> HttpResponse:
        """Head the page with whose attempt it is, and of which lesson: its code says nothing to a person."""
        if obj is not None:
            words = {"learner": self.who(obj), "lesson": obj.lesson}
            context |= {"title": _("%(learner)s: %(lesson)s") % words, "subtitle": None}
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[QuerySet[Attempt], bool]:
        """Find by name, by code, or by words said; never a row twice."""
        term = search_term.strip()
        if not term:
            return queryset, False
        said = Utterance.objects.filter(attempt=OuterRef("pk"), text__icontains=term)
        corrected = Correction.objects.filter(attempt=OuterRef("pk"), text__icontains=term)
        wanted = Q(learner__username__icontains=term) | Q(Exists(said)) | Q(Exists(corrected))
        code = _as_uuid(term)
        return queryset.filter(wanted | Q(code=code) if code else wanted), False

    @admin.display(description=gettext_lazy("learner"))
    def who(self, attempt: Attempt) -> str:
        return attempt.learner.get_full_name() or attempt.learner.get_username()

    @admin.display(description=gettext_lazy("lesson"))
    def what(self, attempt: Attempt) -> str:
        words = {"lesson": attempt.lesson, "number": attempt.version.number}
        if attempt.version.number is None:
            return _("%(lesson)s, a trial of a draft") % words
        return _("%(lesson)s, version %(number)s") % words

    @admin.display(description=gettext_lazy("how it stands"), ordering="outcome")
    def standing(self, attempt: Attempt) -> str:
        return attempt.get_outcome_display() or _("open")

    @admin.display(description="")
    def transcript(self, attempt: Attempt) -> str:
        """The conversation stage by stage, with what the tutor thought of it."""
        facts = {
            "stays": stays(attempt),
            "doubts": witness.doubts(attempt),
            "apart": attempt.set_aside.order_by("id"),
        }
        return render_to_string("admin/tutor/attempt/transcript.html", facts)


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@admin.register(StageVisit)
class StageVisitAdmin(RecordAdmin[StageVisit]):
    list_display = ("entered_at", "learner", "lesson", "stage_key", "number", "outcome", "refusals", "flag")
    list_filter = (OfTrialFilter, "flag", "entered_at")
    list_select_related = ("attempt__learner", "attempt__lesson")
    search_fields = ("attempt__learner__username", "stage_key", "summary", "reasoning")
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
class ConnectionAdmin(RecordAdmin[Connection]):
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
