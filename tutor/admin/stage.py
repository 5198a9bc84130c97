"""One stage of a lesson on a page of its own: what the tutor is told, the tools, the ways out."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet, prefetch_related_objects
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor.admin.access import AuthoredAdmin, LessonFilter
from tutor.admin.stage_form import OutcomeInline, StageForm
from tutor.admin.workbench.trials import begin_trial
from tutor.models import Outcome, Stage


@admin.register(Stage)
class StageAdmin(AuthoredAdmin[Stage]):
    """Stages come into being on their lesson's page, and are written here."""

    form = StageForm
    inlines = [OutcomeInline]
    list_display = ("title", "lesson", "order", "key", "evidence", "turns")
    list_display_links = ("title",)
    list_filter = (LessonFilter,)
    list_select_related = ("lesson",)
    search_fields = ("title", "goal", "instructions")
    ordering = ("lesson__title", "order", "id")
    # Stages go one by one, each from its lesson's page, which says what leads to them.
    actions = None
    change_form_template = "admin/tutor/stage/change_form.html"
    fieldsets = (
        (gettext_lazy("What the learner sees"), {"fields": ("title", "goal")}),
        (gettext_lazy("What the tutor is told"), {"fields": ("instructions", "opening", "context")}),
        (gettext_lazy("What the tutor may use"), {"fields": ("tools", "hints")}),
        (gettext_lazy("When it counts as finished"), {"fields": ("turns", "evidence")}),
        (gettext_lazy("If the learner gets stuck"), {"fields": (("stall_turns", "stall_minutes"), "fallback")}),
        (gettext_lazy("Name in lesson packs"), {"fields": ("key",), "classes": ("collapse",)}),
    )

    class Media:
        css = {"all": ["tutor/css/admin_lesson.css"]}
        js = [Script("tutor/js/admin/stage.js", type="module")]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Keep the list of all stages off the front page: the way to a stage is its lesson."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Stage | None:
        """Fetch what the page needs of its lesson along with the stage."""
        stage = super().get_object(request, object_id, from_field)
        if stage is not None:
            prefetch_related_objects([stage], "lesson__stages", "outcomes")
        return stage

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Stage | None = None,
    ) -> HttpResponse:
        """Add which stages stand before and behind."""
        before, after = _neighbours(cast(Stage, obj))
        context |= {"before": before, "after": after}
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    def save_model(self, request: HttpRequest, obj: Stage, form: Any, change: bool) -> None:
        """Store the stage; its lesson has changed with it."""
        super().save_model(request, obj, form, change)
        obj.lesson.save(update_fields=["changed_at"])

    def response_change(self, request: HttpRequest, obj: Stage) -> HttpResponse:
        """Stay, try the stage, go to the next one, or go back to the lesson, as the button says."""
        if "_try" in request.POST:
            return begin_trial(request, obj.lesson, stage_key=obj.key)
        after = _neighbours(obj)[1]
        if "_continue" in request.POST:
            return super().response_change(request, obj)
        messages.success(request, _("“%(stage)s” is saved.") % {"stage": obj})
        if "_next" in request.POST and after:
            return HttpResponseRedirect(_url(after))
        return HttpResponseRedirect(_of_lesson(obj))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say which ways out lead to a stage, where some do, instead of deleting it."""
        stage = self.get_object(request, object_id)
        ways_in = _ways_in(stage) if stage else Outcome.objects.none()
        if stage is None:
            return super().delete_view(request, object_id, extra_context)
        if not ways_in:
            answer = super().delete_view(request, object_id, extra_context)
            # The one redirect of this page is that after deleting, to a list that nobody came from.
            return HttpResponseRedirect(_of_lesson(stage)) if answer.status_code == 302 else answer
        text = _(
            "“{stage}” cannot be deleted while other stages lead to it: {ways}. Let them lead somewhere else first."
        )
        listed = format_html_join(", ", "{}", ((_way_in(way),) for way in ways_in))
        messages.error(request, format_html(text, stage=stage, ways=listed))
        return HttpResponseRedirect(_of_lesson(stage))


def _url(stage: Stage) -> str:
    return reverse("admin:tutor_stage_change", args=[stage.pk])


def _of_lesson(stage: Stage) -> str:
    return reverse("admin:tutor_lesson_change", args=[stage.lesson_id]) + f"#stage-{stage.pk}"


def _ways_in(stage: Stage) -> QuerySet[Outcome]:
    """The outcomes of other stages that lead to this one."""
    return stage.ways_in.exclude(stage=stage).select_related("stage")


def _way_in(way: Outcome) -> SafeString:
    """An outcome with a link to its stage."""
    link = format_html('<a href="{}">{}</a>', _url(way.stage), way.stage)
    return format_html(_("“{outcome}” of {stage}"), outcome=way.key, stage=link)


def _neighbours(stage: Stage) -> tuple[Stage | None, Stage | None]:
    """The stages before and behind one, None at an end of the lesson."""
    stages = list(stage.lesson.stages.all())
    place = [each.pk for each in stages].index(stage.pk)
    return (stages[place - 1] if place else None), (stages[place + 1] if place + 1 < len(stages) else None)
