"""What was said and done, row by row. It is searched on the pages of reviewers."""

from typing import Any, ClassVar

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tutor.admin.readonly import Record, WordsAdmin, preformatted, pretty_json
from tutor.admin.trial_filter import OfTrialFilter
from tutor.models import Fault, Intervention, SetAside, ToolCall, UsageReport, Utterance
from tutor.services import witness


class OfAttemptAdmin(WordsAdmin[Record]):
    """A record that belongs to an attempt, and leads to it."""

    ordering = ("-id",)
    list_select_related: ClassVar[bool | list[str] | tuple[str, ...]] = ("attempt__learner", "attempt__lesson")

    @admin.display(description=_("learner"), ordering="attempt__learner__username")
    def learner(self, record: Any) -> str:
        return str(record.attempt.learner)

    @admin.display(description=_("attempt"))
    def of_attempt(self, record: Any) -> str:
        """A link to the whole conversation."""
        url = reverse("admin:tutor_attempt_change", args=[record.attempt_id])
        return format_html('<a href="{}">{}</a>', url, record.attempt.lesson)


@admin.register(Utterance)
class UtteranceAdmin(OfAttemptAdmin[Utterance]):
    list_display = ("stored_at", "learner", "of_attempt", "speaker", "status", "second_record")
    list_select_related = ("attempt__learner", "attempt__lesson", "connection")
    list_filter = (OfTrialFilter, "speaker", "status", "stored_at", ("confirmed_at", admin.EmptyFieldListFilter))
    search_fields = ("attempt__learner__username",)
    fields = (
        "of_attempt",
        ("speaker", "status"),
        "text",
        ("stored_at", "changed_at"),
        ("second_record", "confirmed_at"),
        "provider_text",
        "item_id",
    )
    readonly_fields = ("of_attempt", "second_record")

    @admin.display(description=_("second record"), empty_value="–")
    def second_record(self, utterance: Utterance) -> str | None:
        mark = witness.mark_of(utterance, utterance.connection)
        return None if mark is None else str(mark.label)


@admin.register(ToolCall)
class ToolCallAdmin(OfAttemptAdmin[ToolCall]):
    list_display = ("made_at", "learner", "of_attempt", "name", "refusal", "proof")
    list_filter = (OfTrialFilter, "made_at", ("refusal", admin.EmptyFieldListFilter), "proof")
    search_fields = ("name", "attempt__learner__username")
    fields = (
        "of_attempt",
        ("name", "call_id"),
        "made_at",
        ("refusal", "proof"),
        "arguments",
        "told_model",
        "told_browser",
    )
    readonly_fields = ("of_attempt", "told_model", "told_browser")

    @admin.display(description=_("what the model was told"))
    def told_model(self, call: ToolCall) -> str:
        return pretty_json(call.output)

    @admin.display(description=_("what the browser was told"))
    def told_browser(self, call: ToolCall) -> str:
        return pretty_json(call.answer)


@admin.register(UsageReport)
class UsageReportAdmin(OfAttemptAdmin[UsageReport]):
    list_display = ("stored_at", "learner", "of_attempt", "source", "report_id")
    list_filter = (OfTrialFilter, "source", "stored_at")
    search_fields = ("attempt__learner__username",)
    fields = ("of_attempt", ("source", "report_id"), ("stored_at", "confirmed_at"), "tokens")
    readonly_fields = ("of_attempt", "tokens")

    @admin.display(description=_("tokens"))
    def tokens(self, report: UsageReport) -> str:
        return pretty_json(report.usage)


@admin.register(Fault)
class FaultAdmin(OfAttemptAdmin[Fault]):
    list_display = ("stored_at", "learner", "of_attempt", "code")
    list_filter = (
        OfTrialFilter,
        "stored_at",
    )
    search_fields = ("code", "attempt__learner__username")
    fields = ("of_attempt", "code", "message", "param", "stored_at")
    readonly_fields = ("of_attempt",)


@admin.register(SetAside)
class SetAsideAdmin(OfAttemptAdmin[SetAside]):
    list_display = ("stored_at", "learner", "of_attempt", "code", "item_id")
    list_filter = (OfTrialFilter, "stored_at")
    search_fields = ("code", "attempt__learner__username")
    fields = ("of_attempt", ("code", "item_id"), "stored_at", "what_came")
    readonly_fields = ("of_attempt", "what_came")

    @admin.display(description=_("what came"))
    def what_came(self, entry: SetAside) -> str:
        return preformatted(entry.body)


@admin.register(Intervention)
class InterventionAdmin(OfAttemptAdmin[Intervention]):
    list_display = ("made_at", "author", "kind", "learner", "of_attempt")
    list_select_related = ("author", "attempt__learner", "attempt__lesson")
    list_filter = (OfTrialFilter, "kind", "made_at")
    search_fields = ("author__username", "attempt__learner__username")
    fields = (
        "of_attempt",
        ("kind", "author"),
        ("visit", "to_visit"),
        ("text", "say_now"),
        "reason",
        ("made_at", "taken_at", "over_at"),
    )
    readonly_fields = ("of_attempt",)
