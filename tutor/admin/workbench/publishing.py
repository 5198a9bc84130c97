"""Checking a draft, and making it what learners run."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tutor import plan as plans
from tutor.admin.findings import advice_on_plan
from tutor.admin.wording import changes
from tutor.admin.workbench.base import Bench, user_of
from tutor.models import Attempt, Audience, Lesson
from tutor.services import authoring


class Publishing(Bench):
    """The pages Check and Publish."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages to the addresses of a lesson."""
        publish = require_http_methods(["GET", "HEAD", "POST"])(self.publish)
        return [
            self.bench_url("<int:pk>/check/", require_safe(self.check_draft), "check"),
            self.bench_url("<int:pk>/publish/", publish, "publish"),
            *super().get_urls(),
        ]

    def check_draft(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what the checks say about the draft."""
        lesson = self.authored(request, pk)
        findings = advice_on_plan(lesson, authoring.compile_plan(lesson))
        title = _("Check of “%(lesson)s”") % {"lesson": lesson}
        return self.page(request, "check", lesson=lesson, title=title, findings=findings)

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what publishing would change and, on POST, publish what was shown."""
        lesson = self.authored(request, pk)
        if request.method != "POST":
            return self._before_publishing(request, lesson)
        if self.publish_draft(request, lesson, seen=request.POST.get("seen", "")):
            return HttpResponseRedirect(reverse("admin:tutor_lesson_change", args=[pk]))
        return HttpResponseRedirect(reverse("admin:tutor_lesson_publish", args=[pk]))

    def publish_draft(self, request: HttpRequest, lesson: Lesson, *, seen: str = "") -> bool:
        """Publish a lesson and leave a message that says what came of it; return whether nothing is left to publish.

        `seen` is the checksum of the draft that the teacher was shown, empty if they were shown none.
        """
        before = authoring.latest_version(lesson)
        try:
            version = authoring.publish(lesson, by=user_of(request), seen=seen)
        except authoring.FaultyLessonError:
            text = _("“%(lesson)s” was not published. Please mend the errors first.")
            messages.error(request, text % {"lesson": lesson})
            return False
        except authoring.DraftChangedError as error:
            messages.warning(request, error.message)
            return False
        words = {"lesson": lesson, "number": version.number}
        if version == before:
            messages.info(request, _("“%(lesson)s” has not changed since version %(number)s.") % words)
            return True
        self.log_change(request, lesson, _("Published version %(number)s.") % words)
        published = _("“%(lesson)s” is published as version %(number)s.") % words
        messages.success(request, f"{published} {_who_gets_it(lesson)}")
        return True

    def _before_publishing(self, request: HttpRequest, lesson: Lesson) -> HttpResponse:
        draft, latest = authoring.compile_plan(lesson), authoring.latest_version(lesson)
        findings = advice_on_plan(lesson, draft)
        return self.page(
            request,
            "publish",
            lesson=lesson,
            title=_("Publish “%(lesson)s”") % {"lesson": lesson},
            latest=latest,
            next_number=1 if latest is None or latest.number is None else latest.number + 1,
            changes=changes(plans.from_data(latest.plan) if latest else None, draft),
            errors=[advice for advice in findings if advice.is_error],
            warnings=[advice for advice in findings if not advice.is_error],
            under_way=_under_way(lesson),
            seen=authoring.checksum(draft),
        )


def _under_way(lesson: Lesson) -> int:
    return Attempt.objects.filter(lesson=lesson, is_trial=False, ended_at__isnull=True).count()


def _who_gets_it(lesson: Lesson) -> str:
    count = _under_way(lesson)
    if lesson.audience == Audience.NOBODY:
        begun = _("Nobody finds the lesson yet: change that at “Who finds it” on its page.")
    else:
        begun = _("Who begins from now on gets it.") if count else _("Everybody who begins from now on gets it.")
    if not count:
        return begun
    running = ngettext(
        "One lesson is under way and stays on the version begun with.",
        "%(count)s lessons are under way and stay on the version begun with.",
        count,
    )
    return f"{begun} {running % {'count': count}}"
