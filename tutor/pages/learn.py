"""The pages that say how lessons go: all lessons, and one lesson stage by stage."""

from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from tutor import plan as plans
from tutor.models import Classroom, Lesson, LessonVersion
from tutor.pages import learn_figures
from tutor.pages.learn_figures import MEASURE_BY_KEY, MEASURES, Version
from tutor.pages.lookups import SignedInRequest, let_in_readers
from tutor.pages.periods import PeriodForm
from tutor.services import access, learning
from tutor.services.learning import ONLY, WITH, Figures, Which

PER_PAGE = 50


class WhichForm(PeriodForm):
    """Which attempts to count. Everything may stay empty; what cannot be read is said beside its field."""

    classroom = forms.ModelChoiceField(Classroom.objects.none(), label=_("Class"), required=False, empty_label=_("any"))
    rehearsals = forms.ChoiceField(
        label=_("Rehearsals"),
        required=False,
        choices=[("", _("only if there is nothing else")), (WITH, _("count too")), (ONLY, _("count only these"))],
    )

    def __init__(self, user: User, *args: Any) -> None:
        super().__init__(*args)
        field = cast("forms.ModelChoiceField[Classroom]", self.fields["classroom"])
        field.queryset = access.classes_read_by(user)

    @property
    def which(self) -> Which:
        """The attempts asked for, without what could not be read. Call it after `is_valid`."""
        since, until = self.days()
        found = self.cleaned_data
        return Which(
            since=since,
            until=until,
            classroom=found.get("classroom"),
            rehearsals=found.get("rehearsals") or "",
        )


class LessonForm(WhichForm):
    """The same for one lesson, with one version of it or two to compare."""

    version = forms.TypedChoiceField(label=_("Version"), required=False, coerce=int, empty_value=None)
    against = forms.TypedChoiceField(label=_("Compare with version"), required=False, coerce=int, empty_value=None)
    measure = forms.ChoiceField(
        required=False, choices=[(one.key, one.name) for one in MEASURES], widget=forms.HiddenInput
    )
    first = ("period", "version", "against")
    field_order = ["period", "since", "until", "classroom", "version", "against", "rehearsals"]

    def __init__(self, user: User, versions: Sequence[LessonVersion], *args: Any) -> None:
        super().__init__(user, *args)
        numbers = [(str(one.number), str(one.number)) for one in versions]
        for name, nothing in (("version", _("all together")), ("against", _("none"))):
            cast(forms.ChoiceField, self.fields[name]).choices = [("", nothing), *numbers]


@login_required
@require_safe
def lessons(request: SignedInRequest) -> HttpResponse:
    """All lessons whose figures the user may see."""
    let_in_readers(request.user)
    form = WhichForm(request.user, request.GET)
    form.is_valid()
    page = Paginator(learning.lessons_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    figures = learning.overview(request.user, list(page.object_list), form.which)
    context = {
        "form": form,
        "page": page,
        "rows": [(one, figures.get(one.pk, Figures())) for one in page],
        "query": _query(request),
    }
    return render(request, "tutor/review/lessons.html", context)


@login_required
@require_safe
def lesson(request: SignedInRequest, slug: str) -> HttpResponse:
    """One lesson, stage by stage; two versions of it side by side, if asked for."""
    let_in_readers(request.user)
    found = get_object_or_404(learning.lessons_of(request.user), slug=slug)
    versions = learning.versions_of(found)
    form = LessonForm(request.user, versions, request.GET)
    form.is_valid()
    chosen = [form.cleaned_data.get(name) for name in ("version", "against")]
    picked = [one for number in dict.fromkeys(chosen) for one in versions if one.number == number]
    drawn = picked[0] if picked else versions[0]
    plan = plans.from_stored(LessonVersion.objects.values_list("plan", flat=True).get(pk=drawn.pk))
    compared = _compared(request.user, found, picked, form.which)
    measure = MEASURE_BY_KEY.get(form.cleaned_data.get("measure") or "", MEASURES[0])
    context = {
        "lesson": found,
        "plan": plan,
        "form": form,
        "versions": compared,
        "drawn": drawn,
        "measure": measure,
        "measures": [(one, _query(request, measure=one.key)) for one in MEASURES],
        "picture": learn_figures.heat_map(plan, compared[0].figures, measure),
        "rows": learn_figures.rows_of(found, plan, compared),
        "query": _query(request),
        "fewest": learning.FEWEST,
        "may_author": access.authored_by(request.user).filter(pk=found.pk).exists(),
    }
    return render(request, "tutor/review/lesson.html", context)


def _compared(user: User, lesson: Lesson, picked: Sequence[LessonVersion], which: Which) -> list[Version]:
    """The figures of the versions that were picked, or those of all together."""
    if not picked:
        figures = learning.of_lesson(user, lesson, which)
        return [Version(gettext("all versions"), figures, _criteria(which, figures, None))]
    return [
        Version(gettext("version %(number)s") % {"number": one.number}, figures, _criteria(which, figures, one))
        for one, figures in zip(picked, learning.of_versions(user, picked, which), strict=True)
    ]


def _criteria(which: Which, figures: Figures, version: LessonVersion | None) -> dict[str, str]:
    """What the search has to be asked for to find the attempts that were counted."""
    rehearsal = "yes" if figures.rehearsed else "" if which.rehearsals == WITH else "no"
    asked = {
        "version": version and version.number,
        "since": which.since,
        "until": which.until,
        "classroom": which.classroom and which.classroom.pk,
        "rehearsal": rehearsal,
    }
    return {name: str(value) for name, value in asked.items() if value}


def _query(request: SignedInRequest, **changes: str) -> str:
    """The query of the page, with changes and without the number of a page."""
    kept = {name: value for name, value in request.GET.items() if name != "page" and value}
    return urlencode(kept | changes)
