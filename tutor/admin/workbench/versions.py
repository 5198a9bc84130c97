"""The versions of a lesson: read one, compare two, bring one back."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from tutor import plan as plans
from tutor.admin.workbench.base import Bench, user_of
from tutor.models import Lesson, LessonVersion
from tutor.plan import Plan, picture
from tutor.plan.diff import diff
from tutor.services import authoring

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Edition:
    """A version or the draft, as it is chosen on a page: `value` is its number, or “draft”."""

    value: str
    name: str
    plan: Plan

    @property
    def number(self) -> int | None:
        """The number of a version; the draft has none."""
        return None if self.value == DRAFT else int(self.value)


class Versions(Bench):
    """The pages Versions, one version, Compare, and Restore."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages to the addresses of a lesson."""
        one = "<int:pk>/versions/<int:number>/"
        return [
            self.bench_url("<int:pk>/versions/", require_safe(self.versions), "versions"),
            self.bench_url(one, require_safe(self.version), "version"),
            self.bench_url(f"{one}restore/", require_POST(self.restore), "restore"),
            self.bench_url("<int:pk>/compare/", require_safe(self.compare), "compare"),
            *super().get_urls(),
        ]

    def versions(self, request: HttpRequest, pk: int) -> HttpResponse:
        """List what was published, latest first, and say how far the draft has gone on from it."""
        lesson = self.authored(request, pk)
        published = lesson.versions.filter(number__isnull=False).select_related("published_by")
        rows = list(published.annotate(attempts_made=Count("attempts")).order_by("-number"))
        changes = diff(plans.from_data(rows[0].plan), authoring.compile_plan(lesson)) if rows else ()
        return self.page(
            request, "versions", lesson=lesson, title=f"Versions of “{lesson}”", versions=rows, changes=changes
        )

    def version(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Show one version as a page to read, with its picture."""
        lesson = self.authored(request, pk)
        version = _version(lesson, number)
        plan = plans.from_data(version.plan)
        drawn = picture.layout(plan)
        return self.page(
            request,
            "version",
            lesson=lesson,
            title=f"“{plan.title}”, version {number}",
            version=version,
            attempts_made=version.attempts.count(),
            plan=plan,
            stages=[(stage, _ways_out(plan, stage)) for stage in plan.stages],
            # The drawing escapes every text in it.
            picture=mark_safe(picture.svg(drawn, links={s.key: f"#stage-{s.key}" for s in plan.stages})),  # noqa: S308
        )

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show in words what is different between two versions, or between one and the draft."""
        lesson = self.authored(request, pk)
        numbers = list(lesson.versions.filter(number__isnull=False).values_list("number", flat=True))
        if not numbers:
            raise Http404("Nothing has been published yet.")
        old = edition(lesson, request.GET.get("old") or str(numbers[0]))
        new = edition(lesson, request.GET.get("new") or DRAFT)
        return self.page(
            request,
            "compare",
            lesson=lesson,
            title=f"“{lesson}”: {old.name} and {new.name}",
            old=old,
            new=new,
            choices=[(DRAFT, "the draft"), *((str(number), f"version {number}") for number in numbers)],
            changes=diff(old.plan, new.plan),
        )

    def restore(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Make a version the draft again, and go to its form."""
        lesson = self.authored(request, pk)
        authoring.restore(_version(lesson, number), by=user_of(request))
        self.log_change(request, lesson, f"Made version {number} the draft.")
        messages.success(request, f"The draft is version {number} again. Learners notice nothing until you publish it.")
        return HttpResponseRedirect(reverse("admin:tutor_lesson_change", args=[pk]))


def _version(lesson: Lesson, number: int) -> LessonVersion:
    return get_object_or_404(lesson.versions.select_related("published_by", "lesson"), number=number)


def edition(lesson: Lesson, value: str) -> Edition:
    """Return the draft, or the version with this number. Raises Http404."""
    if value == DRAFT:
        return Edition(DRAFT, "the draft", authoring.compile_plan(lesson))
    # More digits than any version's number has would not fit into the query.
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Http404("There is no such version.")
    return Edition(value, f"version {int(value)}", plans.from_data(_version(lesson, int(value)).plan))


def _ways_out(plan: Plan, stage: plans.Stage) -> list[tuple[plans.Outcome, str]]:
    """Pairs of an outcome and the title of the stage that follows; empty where the lesson ends."""
    return [(outcome, plan.stage(outcome.next).title if outcome.next else "") for outcome in stage.outcomes]
