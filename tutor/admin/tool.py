"""The tools of a lesson: a list on the lesson's page, a page for each, and a page to try one on."""

from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor import tools
from tutor.admin.access import AuthoredAdmin, LessonFilter, person
from tutor.admin.readonly import pretty_json
from tutor.admin.sample_form import SampleForm
from tutor.admin.tool_form import OPTION_FIELDS, ToolForm
from tutor.admin.wording import said
from tutor.models import Lesson, Tool
from tutor.services import access
from tutor.services.tool_trials import ToolTrial, try_tool


class ToolInline(admin.TabularInline[Tool, Lesson]):
    """The tools of a lesson as a list that leads to their pages, and to a new one of each kind."""

    model = Tool
    template = "admin/tutor/tool/list.html"
    fields = ("name",)
    readonly_fields = ("name",)
    can_delete = False

    class Media:
        css = {"all": ["tutor/css/tool.css"]}

    def has_add_permission(self, request: HttpRequest, obj: Lesson | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Lesson | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tool]:
        """Fetch the stages that use each tool along with it."""
        return super().get_queryset(request).prefetch_related("stages")


@admin.register(Tool)
class ToolAdmin(AuthoredAdmin[Tool]):
    """One tool on a page of its own, without blind JSON."""

    form = ToolForm
    list_display = ("name", "lesson", "kind", "description")
    list_filter = (LessonFilter, "kind")
    list_select_related = ("lesson",)
    search_fields = ("name", "description")
    ordering = ("lesson__title", "name")
    actions = None
    change_form_template = "admin/tutor/tool/change_form.html"

    class Media:
        css = {"all": ["tutor/css/admin_lesson.css", "tutor/css/tool.css"]}
        js = [Script("tutor/js/admin/parameters.js", type="module")]

    def get_urls(self) -> list[URLPattern]:
        """Add trying."""
        view = self.admin_site.admin_view(self.try_view)
        return [path("<int:pk>/try/", view, name="tutor_tool_try"), *super().get_urls()]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Keep the list of all tools off the front page: the way to a tool is its lesson."""
        return {}

    def get_fieldsets(self, request: HttpRequest, obj: Tool | None = None) -> Any:
        """Ask only what this kind of tool wants to know."""
        kind = obj.kind if obj else _asked(request, "kind")
        options = [name for name in OPTION_FIELDS.get(kind, ()) if name != "no_picture" or _has_picture(obj)]
        fixed = [] if obj else ["lesson", "kind"]
        return [
            (None, {"fields": (*fixed, "name", "description", *options)}),
            (gettext_lazy("Which stages may use it"), {"fields": ("stages",)}),
        ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Take only lessons that the teacher may write."""
        if db_field.name == "lesson":
            kwargs["queryset"] = access.authored_by(person(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for the kind first: everything else depends on it."""
        asked = _asked(request, "lesson")
        lesson = access.authored_by(person(request)).filter(pk=asked).first() if asked.isdecimal() else None
        if lesson is None:
            messages.info(request, _("A tool belongs to a lesson: open the lesson, then add a tool to it."))
            return HttpResponseRedirect(reverse("admin:tutor_lesson_changelist"))
        if _asked(request, "kind") not in tools.KINDS:
            choice = {"kinds": tools.KINDS, "stage": _asked(request, "stages")}
            return self._page(request, "choose", title=_("A new tool"), lesson=lesson, **choice)
        return super().add_view(request, form_url, {**(extra_context or {}), "lesson": lesson})

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Tool | None = None,
    ) -> HttpResponse:
        """Add what the tool's kind does, and its picture."""
        form = context["adminform"].form
        context |= {"kind": tools.KINDS.get(form.kind), "rows": form.rows, "has_rows": form.has_rows}
        context |= {"lesson": obj.lesson if obj else context["lesson"], "picture": _picture(obj)}
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    def save_model(self, request: HttpRequest, obj: Tool, form: Any, change: bool) -> None:
        """Store the tool; its lesson has changed with it."""
        super().save_model(request, obj, form, change)
        obj.lesson.save(update_fields=["changed_at"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Store which stages may use the tool."""
        super().save_related(request, form, formsets, change)
        form.instance.stages.set(form.cleaned_data["stages"])

    def response_add(self, request: HttpRequest, obj: Tool, post_url_continue: str | None = None) -> HttpResponse:
        """Stay with the new tool, or go back to the lesson."""
        text = _("“%(tool)s” is there. Try it, to see what the tutor would get back.")
        messages.success(request, text % {"tool": obj})
        return self._after(request, obj)

    def response_change(self, request: HttpRequest, obj: Tool) -> HttpResponse:
        """Stay, or go back to the lesson, as the button says."""
        messages.success(request, _("“%(tool)s” is saved.") % {"tool": obj})
        return self._after(request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go back to the lesson after deleting, not to the list of all tools that nobody came from."""
        tool = self.get_object(request, object_id)
        answer = super().delete_view(request, object_id, extra_context)
        return HttpResponseRedirect(_of_lesson(tool)) if tool and answer.status_code == 302 else answer

    def _after(self, request: HttpRequest, tool: Tool) -> HttpResponse:
        if "_save" in request.POST:
            return HttpResponseRedirect(_of_lesson(tool))
        return HttpResponseRedirect(reverse("admin:tutor_tool_change", args=[tool.pk]))

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Call the tool as it was last saved with sample arguments; show what the model and the learner would get."""
        tool = self.get_queryset(request).filter(pk=pk).first()
        if tool is None or not self.has_change_permission(request, tool):
            raise Http404("There is no such tool.")
        form = SampleForm(tool, request.POST if request.method == "POST" else None)
        trial = None
        if form.is_bound and form.is_valid():
            stage, ask = form.cleaned_data.get("stage", ""), form.cleaned_data.get("ask", False)
            trial = try_tool(tool, stage_key=stage, arguments=form.arguments, ask=ask)
        context = {"tool": tool, "kind": tools.KINDS.get(tool.kind), "form": form, "arguments": _arguments(form)}
        title = _("Try “%(tool)s”") % {"tool": tool}
        return self._page(request, "try", title=title, lesson=tool.lesson, **context, **_shown(trial))

    def _page(self, request: HttpRequest, name: str, *, title: str, **context: Any) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return render(request, f"admin/tutor/tool/{name}.html", {**frame, "media": self.media, **context})


def _of_lesson(tool: Tool) -> str:
    return reverse("admin:tutor_lesson_change", args=[tool.lesson_id]) + "#tools"


def _asked(request: HttpRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name) or ""


def _has_picture(tool: Tool | None) -> bool:
    return bool(tool and tool.options.get("image"))


def _picture(tool: Tool | None) -> str:
    """The picture of a tool as a data URI, if it has one that can be shown."""
    if tool is None or tools.options_fault("card", tool.options):
        return ""
    return str(tool.options.get("image", ""))


def _arguments(form: SampleForm) -> str:
    """The arguments as the model would have written them."""
    return pretty_json(form.arguments) if form.is_bound and form.is_valid() else ""


def _shown(trial: ToolTrial | None) -> dict[str, Any]:
    """What a page says about a trial."""
    if trial is None:
        return {}
    card = trial.card or {}
    return {
        "trial": replace(trial, trouble=said(trial.trouble)),
        "output": pretty_json(trial.output),
        "request_body": pretty_json(trial.errand.payload) if trial.errand else "",
        # Rebuilt by tools.mathml from known elements and attributes.
        "math": mark_safe(card.get("math", "")),  # noqa: S308
    }
