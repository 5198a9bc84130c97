"""Trying a draft as a learner would meet it, and throwing the trials away."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tutor import plan as plans
from tutor.admin.workbench.base import Bench, user_of
from tutor.models import Attempt, Lesson, StageVisit
from tutor.services import authoring, trials


class Trials(Bench):
    """The button “Try it”, the page Trials, and the ways from one."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages to the addresses of a lesson."""
        one = "<int:pk>/trials/<uuid:code>/"
        throw_away = require_http_methods(["GET", "HEAD", "POST"])(self.throw_away)
        return [
            self.bench_url("<int:pk>/try/", require_POST(self.try_draft), "try"),
            self.bench_url("<int:pk>/trials/", require_safe(self.trials), "trials"),
            self.bench_url(one, require_safe(self.trial), "trial"),
            self.bench_url(f"{one}throw-away/", throw_away, "throw_away"),
            *super().get_urls(),
        ]

    def try_draft(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Begin a trial in the stage that was asked for, or in the first, and enter the room."""
        voice = trials.Voice.REHEARSAL if "rehearsal" in request.POST else trials.Voice.BEST_ALLOWED
        return begin_trial(request, self.authored(request, pk), stage_key=request.POST.get("stage", ""), voice=voice)

    def trials(self, request: HttpRequest, pk: int) -> HttpResponse:
        """List the user's own trials of a lesson, and offer another from any stage."""
        lesson = self.authored(request, pk)
        user = user_of(request)
        return self.page(
            request,
            "trials",
            lesson=lesson,
            title=_("Trials of “%(lesson)s”") % {"lesson": lesson},
            trials=[(trial, _begun_in(trial)) for trial in _listed(_own(request, lesson))],
            stages=lesson.stages.all(),
            may_choose=not settings.REHEARSAL and trials.may_spend(user),
            must_rehearse=not settings.REHEARSAL and not trials.may_spend(user),
        )

    def trial(self, request: HttpRequest, pk: int, code: str) -> HttpResponse:
        """Lead on from a trial: into it, to what was said in it, to its card, and away with it."""
        lesson = self.authored(request, pk)
        attempt = get_object_or_404(_own(request, lesson).select_related("version"), code=code)
        title = _("A trial of “%(title)s”") % {"title": plans.from_data(attempt.version.plan).title}
        return self.page(request, "trial", lesson=lesson, title=title, trial=attempt)

    def throw_away(self, request: HttpRequest, pk: int, code: str) -> HttpResponse:
        """Ask first and, on POST, delete a trial and all that was said in it."""
        lesson = self.authored(request, pk)
        trial = get_object_or_404(_listed(_own(request, lesson)), code=code)
        if request.method != "POST":
            title = _("Throw this trial away?")
            return self.page(request, "throw_away", lesson=lesson, title=title, trial=trial, begun_in=_begun_in(trial))
        trials.throw_away(trial)
        messages.success(request, _("The trial is thrown away, with all that was said in it."))
        return HttpResponseRedirect(reverse("admin:tutor_lesson_trials", args=[pk]))


def begin_trial(
    request: HttpRequest, lesson: Lesson, *, stage_key: str, voice: trials.Voice = trials.Voice.BEST_ALLOWED
) -> HttpResponse:
    """Lead into the room of a new trial, or to what there is to mend first. Raises Http404 for an unknown stage."""
    try:
        attempt = trials.start_trial(lesson, teacher=user_of(request), stage_key=stage_key, voice=voice)
    except authoring.FaultyLessonError:
        text = _("“%(lesson)s” cannot be tried yet. Please mend the errors first.")
        messages.error(request, text % {"lesson": lesson})
        return HttpResponseRedirect(reverse("admin:tutor_lesson_check", args=[lesson.pk]))
    except KeyError as error:
        raise Http404("There is no such stage.") from error
    return redirect("room", code=attempt.code)


def _own(request: HttpRequest, lesson: Lesson) -> QuerySet[Attempt]:
    return Attempt.objects.filter(lesson=lesson, learner=user_of(request), is_trial=True)


def _listed(rows: QuerySet[Attempt]) -> QuerySet[Any]:
    """Trials, latest first, with what a list says of each."""
    first = StageVisit.objects.filter(attempt=OuterRef("pk")).order_by("number").values("stage_key")[:1]
    counted = rows.annotate(sentences=Count("utterances"), first_stage=Subquery(first))
    return counted.select_related("version").order_by("-id")


def _begun_in(trial: Any) -> str:
    """The title, as it was then, of the stage that a listed trial began in."""
    return plans.from_data(trial.version.plan).stage(trial.first_stage).title
