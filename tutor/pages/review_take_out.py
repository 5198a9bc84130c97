"""Taking out what was said: a learner their own, reviewers what they may read."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.choices import flatten_choices
from django.views.decorators.http import require_safe

from tutor.models import Attempt, Look
from tutor.pages.lookups import SignedInRequest, let_in_readers, own_attempt
from tutor.pages.review_forms import FindForm
from tutor.pages.streams import download
from tutor.services import access, exports, review
from tutor.services.exports import MEDIA_TYPES, Many, One


@login_required
@require_safe
def own(request: SignedInRequest, code: str, form: str) -> HttpResponse:
    """One conversation of the learner's own as a file."""
    return _one(own_attempt(request.user, code), form, for_staff=False)


@login_required
@require_safe
def one(request: SignedInRequest, code: str, form: str) -> HttpResponse:
    """One conversation as a file, for staff who may read it; that it was taken out is put down."""
    rows = access.reviewed_by(request.user).select_related("learner", "lesson")
    attempt = get_object_or_404(rows, code=code)
    if form in One:
        review.note_looks([attempt], request.user, Look.Kind.TAKEN)
    return _one(attempt, form, for_staff=True)


def _one(attempt: Attempt, form: str, *, for_staff: bool) -> HttpResponse:
    if form not in One:
        raise Http404("There is no such format.")
    kind = One(form)
    text = exports.take_out_one(attempt, kind, for_staff=for_staff)
    name = exports.name_of(attempt, kind.value)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(text, content_type=MEDIA_TYPES[kind], headers=headers)


@login_required
@require_safe
def choose(request: SignedInRequest) -> HttpResponse:
    """What there is to take out of what was looked for, and in which formats."""
    form, found = _found(request)
    query = request.GET.copy()
    query.pop("page", None)
    amount = exports.amount(found)
    context = {
        "form": form,
        "amount": amount,
        "ways": [(way, reverse("review_take_out_many", args=[way.value]), amount.lines(way)) for way in Many],
        "query": query.urlencode(),
        "asked_for": [(field.label, _in_words(field)) for field in form if field.value() not in (None, "", False)],
    }
    return render(request, "tutor/review/take_out.html", context)


def _in_words(field: BoundField) -> str:
    """What somebody has chosen or typed, as they saw it."""
    value = str(field.value())
    choices: Iterable[tuple[Any, Any]] = flatten_choices(getattr(field.field, "choices", ()))
    return next((str(words) for key, words in choices if str(key) == value), value)


@login_required
@require_safe
def many(request: SignedInRequest, form: str) -> HttpResponseBase:
    """All that was looked for as one file, sent while it is made."""
    if form not in Many:
        raise Http404("There is no such format.")
    wanted, found = _found(request)
    if wanted.errors:
        return redirect(f"{reverse('review_take_out')}?{request.GET.urlencode()}")
    kind = Many(form)
    chunks = exports.take_out_many(found, kind, user=request.user, home=_home(request))
    name = f"viva-{timezone.localtime():%Y-%m-%d}-{kind.value}"
    return download(request, chunks, name=name, media_type=MEDIA_TYPES[kind])


def _found(request: SignedInRequest) -> tuple[FindForm, QuerySet[Attempt]]:
    """The attempts that the page of reviewers finds with the same query. Raises Http404 for who reads nobody's."""
    let_in_readers(request.user)
    form = FindForm(request.user, request.GET)
    if not form.is_valid():
        # Never more than was meant.
        return form, Attempt.objects.none()
    look_for = review.queue if request.GET.get("view") == "queue" else review.find
    return form, look_for(request.user, form.criteria)


def _home(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("home"))
