"""The pages of those who read what was said: find, read, judge."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tutor import plan as plans
from tutor.models import Attempt, Look, NoteKind, Reading, Sign
from tutor.pages import review_reading
from tutor.pages.lookups import SignedInRequest, let_in_readers
from tutor.pages.review_forms import FindForm, NoteForm, RulingForm, SearchForm
from tutor.services import access, review, words
from tutor.services.errors import ReviewError

PER_PAGE = 25


@login_required
@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    """The attempts a reviewer may read, by all that can be looked for; or those that need eyes first.

    Whose words are shown where they were found, of them a look is put down.
    """
    let_in_readers(request.user)
    form = FindForm(request.user, request.GET)
    form.is_valid()
    is_queue = request.GET.get("view") == "queue"
    look_for = review.queue if is_queue else review.find
    rows = look_for(request.user, form.criteria).select_related("learner", "lesson", "version", "digest")
    page = Paginator(rows.prefetch_related(_SIGNS, _READINGS), PER_PAGE).get_page(request.GET.get("page"))
    hits = words.hits(page.object_list, form.criteria.text)
    review.note_looks((one for one in page if one.pk in hits), request.user, Look.Kind.SEARCH)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "is_queue": is_queue,
        "hits": hits,
        "query": query.urlencode(),
        "saved": request.user.saved_searches.all(),
        "views": _views(query),
    }
    return render(request, "tutor/review/find.html", context)


_SIGNS = Prefetch("signs", Sign.objects.order_by("-weight", "id"))
_READINGS = Prefetch("readings", Reading.objects.select_related("reviewer"))


def _views(query: QueryDict) -> dict[str, str]:
    """The addresses of the list and of the queue with the same criteria."""
    criteria = [(key, value) for key, value in query.items() if key != "view"]
    return {"all": "?" + urlencode(criteria), "queue": "?" + urlencode([*criteria, ("view", "queue")])}


@login_required
@require_safe
def read(request: SignedInRequest, code: str) -> HttpResponse:
    """One attempt as it happened. That it was looked at is put down, for its learner to see."""
    attempt = _attempt(request, code)
    review.note_looks([attempt], request.user, Look.Kind.READ)
    plan = plans.from_data(attempt.version.plan)
    context = {
        "attempt": attempt,
        "plan": plan,
        "reading": review_reading.read(attempt),
        "readings": list(attempt.readings.select_related("reviewer")),
        "is_reviewed": attempt.readings.filter(reviewer=request.user).exists(),
        "kinds": NoteKind.choices,
        "new_id": uuid.uuid4,
    }
    return render(request, "tutor/review/attempt.html", context)


@login_required
@require_POST
def add_note(request: SignedInRequest, code: str) -> HttpResponse:
    """Keep a note; what is wrong with it is said on the page."""
    attempt, form = _attempt(request, code), NoteForm(request.POST)
    place = ""
    if form.is_valid():
        try:
            note = review.add_note(attempt, request.user, **form.cleaned_data)
            place = f"#note-{note.note_id}"
        except ReviewError as error:
            messages.error(request, error.message)
    else:
        messages.error(request, _first_fault(form))
    return redirect(reverse("review_attempt", args=[code]) + place)


@login_required
@require_POST
def remove_note(request: SignedInRequest, code: str, note_id: uuid.UUID) -> HttpResponse:
    """Take back a note of one's own."""
    review.remove_note(_attempt(request, code), request.user, note_id)
    return redirect("review_attempt", code=code)


@login_required
@require_POST
def rule(request: SignedInRequest, code: str) -> HttpResponse:
    """Say how a stage should have been left."""
    attempt, form = _attempt(request, code), RulingForm(request.POST)
    place = ""
    if form.is_valid():
        try:
            review.rule(attempt, request.user, **form.cleaned_data)
            place = f"#stay-{form.cleaned_data['visit']}"
        except ReviewError as error:
            messages.error(request, error.message)
    else:
        messages.error(request, _first_fault(form))
    return redirect(reverse("review_attempt", args=[code]) + place)


@login_required
@require_POST
def mark(request: SignedInRequest, code: str) -> HttpResponse:
    """Say that one has done with an attempt, or has not after all."""
    attempt = _attempt(request, code)
    review.mark_reviewed(attempt, request.user, done=request.POST.get("done") == "yes")
    return redirect("review_attempt", code=code)


@login_required
@require_POST
def save_search(request: SignedInRequest) -> HttpResponse:
    """Keep the present search under a name, or forget one."""
    let_in_readers(request.user)
    form = SearchForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_fault(form))
        return redirect("review")
    name, query = form.cleaned_data["name"], form.cleaned_data["query"]
    if request.POST.get("forget"):
        review.forget_search(request.user, name)
        return redirect("review")
    try:
        review.save_search(request.user, name=name, query=query)
    except ReviewError as error:
        messages.error(request, error.message)
    return redirect(f"{reverse('review')}?{query}")


def _attempt(request: SignedInRequest, code: str) -> Attempt:
    """An attempt that the user may read; for one that is not there and for one that is not theirs to read, Http404."""
    rows = access.reviewed_by(request.user).select_related("learner", "lesson", "version")
    return get_object_or_404(rows, code=code)


def _first_fault(form: "NoteForm | RulingForm | SearchForm") -> str:
    """What is wrong with a form, in one sentence."""
    field, faults = next(iter(form.errors.items()))
    return _("%(field)s: %(fault)s") % {"field": form.fields[field].label or field, "fault": faults[0]}
