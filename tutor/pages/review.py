"""The pages of those who read what was said: find, read, judge."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from tutor import plan as plans
from tutor.models import Attempt, Look, Note, NoteKind, Reading, Sign
from tutor.pages import review_reading
from tutor.pages.lookups import SignedInRequest, form_on, let_in_readers
from tutor.pages.review_forms import FindForm, NoteForm, RulingForm, SearchForm
from tutor.services import access, review, words
from tutor.services.errors import NameTakenError, ReviewError

PER_PAGE = 25
# Characters of a search that is carried along: more than the form makes.
MOST_BACK = 2_000


@login_required
@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    """The attempts a reviewer may read, by all that can be looked for; or those that need eyes first.

    Whose words are shown where they were found, of them a look is put down.
    """
    let_in_readers(request.user)
    return _list(request, request.GET)


@dataclass(frozen=True, slots=True)
class Unkept:
    """A name under which a search could not be kept, why, and whether another search has it."""

    name: str
    fault: str
    is_taken: bool


def _list(request: SignedInRequest, asked: QueryDict, unkept: Unkept | None = None) -> HttpResponse:
    """The page of a search, be it that it could not be kept."""
    form = FindForm(request.user, asked)
    is_queue = asked.get("view") == "queue"
    found: Any = []
    if form.is_valid():
        look_for = review.queue if is_queue else review.find
        found = look_for(request.user, form.criteria).values_list("pk", flat=True)
    if form.criteria.text:
        # Looked for once: counting what is found and finding it cost the same.
        found = list(found)
    page = Paginator(found, PER_PAGE).get_page(asked.get("page"))
    page.object_list = _shown(list(page.object_list))
    hits = words.hits(page.object_list, form.criteria.text)
    places = {key: f"stay-{number}" for key, number in review.stays_found(page.object_list, form.criteria).items()}
    places |= {key: hit.item_id for key, hit in hits.items()}
    review.note_looks((one for one in page if one.pk in hits), request.user, Look.Kind.SEARCH)
    query = asked.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "is_queue": is_queue,
        "hits": hits,
        "places": places,
        "query": query.urlencode(),
        "saved": request.user.saved_searches.all(),
        "views": _views(query),
        "back": asked.urlencode(),
        "unkept": unkept,
    }
    return render(request, "tutor/review/find.html", context, status=400 if unkept else 200)


def _shown(keys: Sequence[int]) -> list[Attempt]:
    """The attempts of a page, in the order of their keys. What is sorted before are keys alone, for rows are wide."""
    rows = Attempt.objects.select_related("learner", "lesson", "version", "digest")
    by_key = rows.prefetch_related(_SIGNS, _READINGS).in_bulk(keys)
    return [by_key[key] for key in keys if key in by_key]


_SIGNS = Prefetch("signs", Sign.objects.order_by("-weight", "id"))
_READINGS = Prefetch("readings", Reading.objects.select_related("reviewer"))


def _views(query: QueryDict) -> dict[str, str]:
    """The addresses of the list and of the queue with the same criteria."""
    criteria = [(key, value) for key, value in query.items() if key != "view"]
    address = reverse("review") + "?"
    return {"all": address + urlencode(criteria), "queue": address + urlencode([*criteria, ("view", "queue")])}


@login_required
@require_safe
@gzip_page
def read(request: SignedInRequest, code: str) -> HttpResponse:
    """One attempt as it happened. That it was looked at is put down, for its learner to see.

    `?note=ITEM` has the form for a note on that utterance open: what a browser without scripts follows.
    """
    attempt = _attempt(request, code)
    review.note_looks([attempt], request.user, Look.Kind.READ)
    item_id = request.GET.get("note", "")
    return _page(request, attempt, Draft({"item_id": item_id}) if item_id else None)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody writes on the page of an attempt, a note or a ruling by its fields, and what is wrong with it."""

    values: Mapping[str, str]
    fault: str = ""
    is_ruling: bool = False

    def is_at(self, *, visit: int | None = None, item_id: str = "", is_ruling: bool = False) -> bool:
        """Whether it is about this visit, this utterance, or, for neither, the attempt."""
        place = (self.values.get("visit", ""), self.values.get("item_id", ""), self.is_ruling)
        return place == (str(visit or ""), item_id, is_ruling)


def _page(request: SignedInRequest, attempt: Attempt, draft: Draft | None) -> HttpResponse:
    """The page of an attempt, with a form as it was filled in if there is a draft with a place on it."""
    reading = review_reading.read(attempt)
    is_refused = draft is not None and draft.fault != ""
    if draft is not None and not _has_place(reading, draft):
        if is_refused:
            messages.error(request, draft.fault)
        draft = None
    here = _address(request, attempt)
    context = {
        "attempt": attempt,
        "plan": plans.from_stored(attempt.version.plan),
        "reading": reading,
        "readings": list(attempt.readings.select_related("reviewer")),
        "is_reviewed": attempt.readings.filter(reviewer=request.user).exists(),
        "kinds": NoteKind.choices,
        "draft": draft,
        "back": _back(request),
        "carried": _carried(request),
        "here": here,
        "note_way": f"{here}{'&' if '?' in here else '?'}note=",
    }
    return render(request, "tutor/review/attempt.html", context, status=400 if is_refused else 200)


def _back(request: SignedInRequest) -> str:
    """The search that somebody came from, as the query of the list of attempts; it can lead to no other page."""
    return QueryDict(request.GET.get("back", "")[:MOST_BACK]).urlencode()


def _carried(request: SignedInRequest) -> str:
    """That search as addresses of an attempt carry it; empty if there was none."""
    back = _back(request)
    return f"?{urlencode({'back': back})}" if back else ""


def _address(request: SignedInRequest, attempt: Attempt, place: str = "") -> str:
    """The address of an attempt, or of a place on its page, with the search that somebody came from."""
    return reverse("review_attempt", args=[attempt.code]) + _carried(request) + place


def _has_place(reading: review_reading.Reading, draft: Draft) -> bool:
    if draft.is_at():
        return True
    visits = [stay.visit.number for stay in reading.stays]
    if draft.is_ruling:
        return any(draft.is_at(visit=visit, is_ruling=True) for visit in visits)
    lines = [entry for stay in reading.stays for entry in stay.entries if isinstance(entry, review_reading.Line)]
    items = [line.utterance.item_id for line in lines]
    return any(draft.is_at(visit=visit) for visit in visits) or any(draft.is_at(item_id=item) for item in items)


@form_on("review_attempt")
def add_note(request: SignedInRequest, code: str) -> HttpResponse:
    """Keep a note; what is wrong with it is said on the page, where it can be put right."""
    attempt, form = _attempt(request, code), NoteForm(request.POST)
    try:
        note = review.add_note(attempt, request.user, **_valid(form))
    except ReviewError as error:
        return _page(request, attempt, Draft(request.POST.dict(), error.message))
    return redirect(_address(request, attempt, f"#note-{note.note_id}"))


@form_on("review_attempt")
def remove_note(request: SignedInRequest, code: str, note_id: uuid.UUID) -> HttpResponse:
    """Take back a note of one's own."""
    attempt = _attempt(request, code)
    note = review.remove_note(attempt, request.user, note_id)
    return redirect(_address(request, attempt, f"#{_place_of(note)}" if note else ""))


def _place_of(note: Note) -> str:
    """Where on the page that is what a note is about."""
    if note.utterance:
        return quote(note.utterance.item_id)
    return f"verdict-{note.visit.number}" if note.visit else "whole-title"


@form_on("review_attempt")
def rule(request: SignedInRequest, code: str) -> HttpResponse:
    """Say how a stage should have been left; what is wrong with it is said on the page, as with a note."""
    attempt, form = _attempt(request, code), RulingForm(request.POST)
    try:
        review.rule(attempt, request.user, **_valid(form))
    except ReviewError as error:
        return _page(request, attempt, Draft(request.POST.dict(), error.message, is_ruling=True))
    return redirect(_address(request, attempt, f"#verdict-{form.cleaned_data['visit']}"))


@form_on("review_attempt")
def mark(request: SignedInRequest, code: str) -> HttpResponse:
    """Say that one has done with an attempt, or has not after all."""
    attempt = _attempt(request, code)
    review.mark_reviewed(attempt, request.user, done=request.POST.get("done") == "yes")
    return redirect(_address(request, attempt))


@form_on("review")
def save_search(request: SignedInRequest) -> HttpResponse:
    """Keep the present search under a name, or forget one; what is wrong with the name is said beside it."""
    let_in_readers(request.user)
    form = SearchForm(request.POST)
    try:
        given = _valid(form)
        if request.POST.get("forget"):
            review.forget_search(request.user, given["name"])
            return redirect("review")
        replace = bool(request.POST.get("replace"))
        review.save_search(request.user, name=given["name"], query=given["query"], replace=replace)
    except ReviewError as error:
        asked = QueryDict(request.POST.get("query", "")[:MOST_BACK])
        is_taken = isinstance(error, NameTakenError)
        return _list(request, asked, Unkept(request.POST.get("name", ""), error.message, is_taken))
    return redirect(f"{reverse('review')}?{given['query']}")


def _attempt(request: SignedInRequest, code: str) -> Attempt:
    """An attempt that the user may read; for one that is not there and for one that is not theirs to read, Http404."""
    rows = access.reviewed_by(request.user).select_related("learner", "lesson", "version")
    return get_object_or_404(rows, code=code)


def _valid(form: "NoteForm | RulingForm | SearchForm") -> dict[str, Any]:
    """What a form says. Raises ReviewError where it cannot be read."""
    if not form.is_valid():
        raise ReviewError(_first_fault(form))
    return form.cleaned_data


def _first_fault(form: "NoteForm | RulingForm | SearchForm") -> str:
    """What is wrong with a form, in one sentence."""
    field, faults = next(iter(form.errors.items()))
    return _("%(field)s: %(fault)s") % {"field": form.fields[field].label or field, "fault": faults[0]}
