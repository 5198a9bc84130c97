"""Lessons: their stages in order, their tools, checking and publishing."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from tutor.admin.findings import advice_on, as_advice
from tutor.admin.ordering import OrderedForm, OrderedFormSet
from tutor.admin.tool import ToolInline
from tutor.models import Attempt, Audience, Lesson, LessonVersion, Stage
from tutor.services import authoring


class StageInline(admin.TabularInline[Stage, Lesson]):
    """The stages in order; each leads to its own page."""

    model = Stage
    form = OrderedForm[Stage]
    formset = OrderedFormSet[Stage, Lesson]
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 40})}}
    fields = ("order", "title", "key", "goal")
    prepopulated_fields = {"key": ("title",)}
    extra = 0
    show_change_link = True


class LessonForm(forms.ModelForm[Lesson]):
    """A lesson, with boxes as high as what belongs into them."""

    class Meta:
        model = Lesson
        fields = ("title", "slug", "summary", "language", "voice", "minutes", "audience", "preamble")
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 3}),
            "preamble": forms.Textarea(attrs={"rows": 12}),
            "language": forms.TextInput(attrs={"size": 4}),
        }


def _count(rows: QuerySet[Any], field: str) -> Subquery:
    """How many different values of a field the rows of one lesson have: a subquery, for joins would multiply."""
    counted = rows.filter(lesson=OuterRef("pk")).order_by().values("lesson")
    return Subquery(counted.annotate(n=Count(field, distinct=True)).values("n"), output_field=IntegerField())


@admin.register(Lesson)
class LessonAdmin(admin.ModelAdmin[Lesson]):
    """The workplace of a teacher: write, check, publish, look at it as a learner."""

    form = LessonForm
    inlines = [StageInline, ToolInline]
    list_display = ("title", "stage_count", "latest_version", "learner_count", "audience", "changed_at", "open_page")
    list_filter = ("audience",)
    search_fields = ("title", "summary", "slug")
    prepopulated_fields = {"slug": ("title",)}
    actions = ["publish_selected"]
    save_on_top = True
    change_form_template = "admin/tutor/lesson/change_form.html"
    fieldsets = (
        (None, {"fields": ("title", "slug", "summary", ("language", "voice", "minutes"), "audience")}),
        ("What the tutor is told", {"fields": ("preamble",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lesson]:
        """Add the counts of the list."""
        versions = LessonVersion.objects.filter(lesson=OuterRef("pk"), number__isnull=False).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .annotate(
                stages_there=_count(Stage.objects.all(), "pk"),
                learners_there=_count(Attempt.objects.all(), "learner"),
                latest_number=Subquery(versions.values("number")[:1]),
            )
        )

    def get_urls(self) -> list[URLPattern]:
        """Add checking and publishing to the addresses of a lesson."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/publish/", wrap(require_POST(self.publish)), name="tutor_lesson_publish"),
            path("<int:pk>/check/", wrap(self.check_draft), name="tutor_lesson_check"),
            *super().get_urls(),
        ]

    def view_on_site(self, lesson: Lesson) -> str | None:
        """Where learners see the lesson; nowhere until it is published."""
        is_open = lesson.audience != Audience.NOBODY and authoring.latest_version(lesson) is not None
        return reverse("lesson", args=[lesson.slug]) if is_open else None

    @admin.display(description="stages", ordering="stages_there")
    def stage_count(self, lesson: Any) -> int:
        return lesson.stages_there or 0

    @admin.display(description="learners", ordering="learners_there")
    def learner_count(self, lesson: Any) -> int:
        return lesson.learners_there or 0

    @admin.display(description="published", ordering="latest_number", empty_value="not yet")
    def latest_version(self, lesson: Any) -> str | None:
        return f"version {lesson.latest_number}" if lesson.latest_number else None

    @admin.display(description="page")
    def open_page(self, lesson: Any) -> str:
        if not lesson.latest_number or lesson.audience == Audience.NOBODY:
            return ""
        return format_html('<a href="{}">Open</a>', reverse("lesson", args=[lesson.slug]))

    @admin.action(description="Publish selected lessons", permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Lesson]) -> None:
        """Publish every lesson that can be, and say for each what became of it."""
        for lesson in queryset:
            self._publish(request, lesson)

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish one lesson and go back to its form."""
        lesson = self._lesson(request, pk)
        self._publish(request, lesson)
        return HttpResponseRedirect(reverse("admin:tutor_lesson_change", args=[pk]))

    def check_draft(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what the checks say about the draft."""
        lesson = self._lesson(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Check of “{lesson}”",
            "opts": self.opts,
            "original": lesson,
            "findings": advice_on(lesson),
        }
        return render(request, "admin/tutor/lesson/check.html", context)

    def _lesson(self, request: HttpRequest, pk: int) -> Lesson:
        lesson = self.get_object(request, str(pk))
        if lesson is None:
            raise Http404("There is no such lesson.")
        if not self.has_change_permission(request, lesson):
            raise PermissionDenied
        return lesson

    def _publish(self, request: HttpRequest, lesson: Any) -> None:
        try:
            version = authoring.publish(lesson, by=cast(User, request.user))
        except authoring.FaultyLessonError as error:
            messages.error(request, f"“{lesson}” was not published. Please mend this first:")
            for advice in as_advice(lesson, error.findings):
                messages.error(request, advice.as_html())
            return
        if version.number == lesson.latest_number:
            messages.info(request, f"“{lesson}” has not changed since version {version.number}.")
            return
        messages.success(request, f"“{lesson}” is published as version {version.number}.")
        for advice in advice_on(lesson):
            messages.warning(request, advice.as_html())
