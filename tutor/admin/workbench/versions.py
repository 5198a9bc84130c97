"""The versions of a lesson: read one, compare two, bring one back."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tutor import plan as plans
from tutor.admin.wording import changes, lesson_picture
from tutor.admin.workbench.base import Bench, user_of
from tutor.models import Lesson, LessonVersion
from tutor.plan import Plan
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
        made = changes(plans.from_data(rows[0].plan), authoring.compile_plan(lesson)) if rows else ()
        title = _("Versions of “%(lesson)s”") % {"lesson": lesson}
        return self.page(request, "versions", lesson=lesson, title=title, versions=rows, changes=made)

    def version(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Show one version as a page to read, with its picture."""
        lesson = self.authored(request, pk)
        version = _version(lesson, number)
        plan = plans.from_data(version.plan)
        return self.page(
            request,
            "version",
            lesson=lesson,
            title=_("“%(title)s”, version %(number)s") % {"title": plan.title, "number": number},
            version=version,
            attempts_made=version.attempts.count(),
            plan=plan,
            stages=[(stage, _ways_out(plan, stage)) for stage in plan.stages],
            picture=lesson_picture(plan, links={stage.key: f"#stage-{stage.key}" for stage in plan.stages}),
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
            title=_("“%(lesson)s”: %(old)s and %(new)s") % {"lesson": lesson, "old": old.name, "new": new.name},
            old=old,
            new=new,
            choices=[(DRAFT, _("the draft")), *((str(number), _version_name(number)) for number in numbers)],
            changes=changes(old.plan, new.plan),
        )

    def restore(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Make a version the draft again, and go to its form."""
        lesson = self.authored(request, pk)
        authoring.restore(_version(lesson, number), by=user_of(request))
        self.log_change(request, lesson, _("Made version %(number)s the draft.") % {"number": number})
        text = _("The draft is version %(number)s again. Learners notice nothing until you publish it.")
        messages.success(request, text % {"number": number})
        return HttpResponseRedirect(reverse("admin:tutor_lesson_change", args=[pk]))


def _version_name(number: int | None) -> str:
    return _("version %(number)s") % {"number": number}


def _version(lesson: Lesson, number: int) -> LessonVersion:
    return get_object_or_404(lesson.versions.select_related("published_by", "lesson"), number=number)


def edition(lesson: Lesson, value: str) -> Edition:
    """Return the draft, or the version with this number. Raises Http404."""
    if value == DRAFT:
        return Edition(DRAFT, _("the draft"), authoring.compile_plan(lesson))
    # More digits than any version's number has would not fit into the query.
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Http404("There is no such version.")
    return Edition(value, _version_name(int(value)), plans.from_data(_version(lesson, int(value)).plan))


def _ways_out(plan: Plan, stage: plans.Stage) -> list[tuple[plans.Outcome, str]]:
    """Pairs of an outcome and the title of the stage that follows; empty where the lesson ends."""
    return [(outcome, plan.stage(outcome.next).title if outcome.next else "") for outcome in stage.outcomes]
