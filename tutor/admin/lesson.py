"""Lessons: the one page where a lesson is written, and what else can be done with it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tutor.admin.access import AuthoredAdmin, person
from tutor.admin.lesson_form import LessonForm, StageInline
from tutor.admin.tool import ToolInline
from tutor.admin.wording import lesson_picture
from tutor.admin.workbench import LessonWorkbench
from tutor.admin.workbench.trials import begin_trial
from tutor.models import Attempt, Audience, Lesson, LessonVersion, Stage
from tutor.plan import Level, Plan
from tutor.plan.lint.lesson import reachable
from tutor.services import access, authoring, drafting

PUBLISHED = gettext_lazy(
    "It has been published, and what was said in it refers to it, so it cannot be deleted. "
    "Let nobody find it instead: that is at “Who finds it”, below."
)
TRIED = gettext_lazy("Throw away its trials first, then it can be deleted.")


def _count(rows: QuerySet[Any], field: str) -> Subquery:
    """How many different values of a field the rows of one lesson have: a subquery, for joins would multiply."""
    counted = rows.filter(lesson=OuterRef("pk")).order_by().values("lesson")
    return Subquery(counted.annotate(n=Count(field, distinct=True)).values("n"), output_field=IntegerField())


@admin.register(Lesson)
class LessonAdmin(AuthoredAdmin[Lesson], LessonWorkbench):
    """The workplace of a teacher: write, look at it as a whole, and from there to every page of the workbench."""

    lesson_path = "pk"
    form = LessonForm
    inlines = [StageInline, ToolInline]
    list_display = (
        "title_and_address",
        "whose",
        "stage_count",
        "latest_version",
        "learner_count",
        "audience",
        "changed_at",
    )
    list_filter = ("audience", "is_shared")
    list_select_related = ("owner",)
    search_fields = ("title", "summary", "slug")
    actions = ["publish_selected"]
    # What a reader sees at “Belongs to” where nobody owns the lesson; nothing else can be empty.
    empty_value_display = gettext_lazy("all teachers")
    change_form_template = "admin/tutor/lesson/change_form.html"
    fieldsets = (
        (gettext_lazy("About the lesson"), {"fields": ("title", "summary", ("language", "voice", "minutes"))}),
        (gettext_lazy("What the tutor is told in every stage"), {"fields": ("preamble",)}),
        (gettext_lazy("Who finds it, who writes it"), {"fields": ("audience", "slug", "is_shared", "owner")}),
    )

    class Media:
        css = {"all": ["tutor/css/lesson_map.css", "tutor/css/admin_lesson.css"]}
        js = [Script("tutor/js/admin/lesson.js", type="module")]

    # --- Lists ---------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lesson]:
        """Add the counts of the list."""
        versions = LessonVersion.objects.filter(lesson=OuterRef("pk"), number__isnull=False).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .annotate(
                stages_there=_count(Stage.objects.all(), "pk"),
                learners_there=_count(Attempt.objects.filter(is_trial=False), "learner"),
                latest_number=Subquery(versions.values("number")[:1]),
            )
        )

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def title_and_address(self, lesson: Lesson) -> str:
        return format_html('{}<span class="list-address">{}</span>', lesson.title, lesson.slug)

    @admin.display(description=gettext_lazy("stages"), ordering="stages_there")
    def stage_count(self, lesson: Any) -> int:
        return lesson.stages_there or 0

    @admin.display(description=gettext_lazy("learners"), ordering="learners_there")
    def learner_count(self, lesson: Any) -> int:
        return lesson.learners_there or 0

    @admin.display(description=gettext_lazy("published"), ordering="latest_number")
    def latest_version(self, lesson: Any) -> str:
        if lesson.latest_number is None:
            return _("not yet")
        url = self.view_on_site(lesson)
        page = format_html(' <a href="{}">{}</a>', url, _("Open")) if url else ""
        return format_html("{}{}", _("version %(number)s") % {"number": lesson.latest_number}, page)

    @admin.display(description=gettext_lazy("belongs to"), ordering="owner__username")
    def whose(self, lesson: Lesson) -> str | None:
        if lesson.owner is None:
            return None
        return _("%(owner)s, shared") % {"owner": lesson.owner} if lesson.is_shared else str(lesson.owner)

    def view_on_site(self, lesson: Any) -> str | None:
        """Where learners see the lesson; nowhere until it is published."""
        is_open = lesson.audience != Audience.NOBODY and lesson.latest_number is not None
        return reverse("lesson", args=[lesson.slug]) if is_open else None

    @admin.action(description=gettext_lazy("Publish selected lessons"), permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Lesson]) -> None:
        """Publish every lesson that can be, and say for each what became of it."""
        for lesson in queryset:
            self.publish_draft(request, lesson)

    # --- The page of a lesson ------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Lesson | None = None) -> Any:
        """Ask only for what a new lesson needs."""
        return super().get_fieldsets(request, obj) if obj else self.fieldsets[:1]

    def get_inlines(self, request: HttpRequest, obj: Lesson | None) -> list[Any]:
        """Leave tools for when there are stages to use them in."""
        return self.inlines if obj else [StageInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Lesson | None = None) -> tuple[str, ...]:
        """Let only its owner hand a lesson over or share it."""
        owns = person(request).is_superuser or (obj is not None and obj.owner_id == person(request).pk)
        return () if obj is None or owns else ("is_shared", "owner")

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Lesson | None = None,
    ) -> HttpResponse:
        """Add the picture of the lesson and how many findings there are."""
        if obj is not None:
            rows = context["inline_admin_formsets"][0].formset.initial_forms
            context |= _workplace(obj, {row.instance.key: row.instance.pk for row in rows})
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say what a new order of the stages has done, whichever button or field made it."""
        lesson = self.get_object(request, object_id) if request.method == "POST" else None
        before = authoring.compile_plan(lesson) if lesson else None
        response = super().change_view(request, object_id, form_url, extra_context)
        if lesson and before:
            _say_beginning(request, before, authoring.compile_plan(lesson))
        return response

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out deleting many at once: a lesson's own page says what goes with it, and what has to go first."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def save_model(self, request: HttpRequest, obj: Lesson, form: Any, change: bool) -> None:
        """Give a new lesson to whoever made it."""
        if not change:
            obj.owner = person(request)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Lesson, post_url_continue: str | None = None) -> HttpResponse:
        """Go on with writing."""
        text = (
            _("“%(lesson)s” is there. Open its stages one by one, and say what happens in them.")
            if obj.stages.exists()
            else _("“%(lesson)s” is there. Add its first stage below.")
        )
        messages.success(request, text % {"lesson": obj})
        return HttpResponseRedirect(_url(obj))

    def response_change(self, request: HttpRequest, obj: Lesson) -> HttpResponse:
        """Do what the button asks for, once everything is saved; leave a lesson that was handed over."""
        if not access.authored_by(person(request)).filter(pk=obj.pk).exists():
            text = _("“%(lesson)s” now belongs to %(owner)s.") % {"lesson": obj, "owner": obj.owner}
            messages.success(request, text)
            return HttpResponseRedirect(reverse("admin:tutor_lesson_changelist"))
        if "_try" in request.POST:
            return begin_trial(request, obj, stage_key=request.POST["_try"])
        anchor = self._do_with_stage(request, obj)
        if anchor is None:
            return super().response_change(request, obj)
        return HttpResponseRedirect(_url(obj) + anchor)

    def _do_with_stage(self, request: HttpRequest, lesson: Lesson) -> str | None:
        """Move or copy the stage that a button named; return where on the page to go on, None if none was pressed."""
        for name in ("_up", "_down", "_duplicate"):
            wanted = request.POST.get(name, "")
            stage = lesson.stages.filter(pk=wanted).first() if wanted.isdecimal() else None
            if stage is not None and name == "_duplicate":
                copy = drafting.duplicate_stage(stage)
                text = _("“%(stage)s” was copied as “%(copy)s”.") % {"stage": stage, "copy": copy}
                messages.success(request, text)
                return f"#stage-{copy.pk}"
            if stage is not None:
                drafting.move_stage(stage, by=-1 if name == "_up" else 1)
                return f"#stage-{stage.pk}"
        return None

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say what to do instead where a lesson has to stay."""
        lesson = self.get_object(request, object_id)
        if lesson is not None and lesson.versions.exists():
            reason = PUBLISHED if authoring.latest_version(lesson) else TRIED
            messages.error(request, _("“%(lesson)s” stays. %(reason)s") % {"lesson": lesson, "reason": reason})
            return HttpResponseRedirect(_url(lesson))
        return super().delete_view(request, object_id, extra_context)


def _url(lesson: Lesson) -> str:
    return reverse("admin:tutor_lesson_change", args=[lesson.pk])


def _say_beginning(request: HttpRequest, before: Plan, after: Plan) -> None:
    """Where another stage has become the first, name it, and the stages that nobody comes to because of that."""
    if not before.stages or not after.stages or after.start.key == before.start.key:
        return
    messages.info(request, _("The lesson now begins with “%(stage)s”.") % {"stage": after.start.title})
    lost = reachable(before) - reachable(after)
    titles = [stage.title for stage in after.stages if stage.key in lost]
    if titles:
        said = ngettext(
            "Learners no longer come to this stage: %(stages)s.",
            "Learners no longer come to these stages: %(stages)s.",
            len(titles),
        )
        messages.warning(request, said % {"stages": ", ".join(titles)})


def _workplace(lesson: Lesson, stages: dict[str, int]) -> dict[str, Any]:
    """What the page of a lesson shows besides its form; `stages` are the ids of its stages by their keys."""
    plan = authoring.compile_plan(lesson)
    findings = authoring.findings(plan)
    errors = sum(finding.level is Level.ERROR for finding in findings)
    return {
        "picture": _picture(plan, stages),
        "errors_to_mend": errors,
        "warnings_to_mend": len(findings) - errors,
    }


def _picture(plan: Plan, stages: dict[str, int]) -> str:
    links = {key: reverse("admin:tutor_stage_change", args=[pk]) for key, pk in stages.items()}
    return lesson_picture(plan, links=links)
