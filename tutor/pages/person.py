"""All that is kept of one person, for those who run the site: look it up, hand it over, delete it for good."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tutor.models import Attempt, Look
from tutor.pages.lookups import SignedInRequest
from tutor.pages.streams import download
from tutor.services import persons, retention, review
from tutor.services.errors import StillNeededError


@login_required
@require_safe
def person(request: SignedInRequest) -> HttpResponse:
    """What there is of a person, by kind, and what can be done with it."""
    _let_in(request)
    name = request.GET.get("username", "").strip()
    found = User.objects.filter(username=name).first() if name else None
    context = {
        "name": name,
        "person": found,
        "kept": persons.report(found) if found else [],
        "needed": persons.work_for_others(found) if found else [],
    }
    return render(request, "tutor/review/person.html", context)


@login_required
@require_safe
def export(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """All of it as one ZIP, sent while it is made. That somebody took it out is put down."""
    _let_in(request)
    found = get_object_or_404(User, pk=pk)
    review.note_looks(Attempt.objects.filter(learner=found).only("learner_id"), request.user, Look.Kind.TAKEN)
    return download(request, persons.dossier(found), name=f"viva-account-{found.pk}.zip", media_type="application/zip")


@login_required
@require_POST
def erase(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete all of it for good, where the name was typed once more."""
    _let_in(request)
    found = get_object_or_404(User, pk=pk)
    name = found.get_username()
    if request.POST.get("confirm", "") != name:
        messages.error(request, _("That is not the username: nothing was deleted."))
        return _back(name)
    if found == request.user:
        messages.error(request, _("Nobody erases their own account: another superuser can."))
        return _back(name)
    try:
        gone = persons.erase(found)
    except StillNeededError as error:
        messages.error(request, error.message)
        return _back(name)
    retention.scrub()
    rows = sum(kept.count for kept in gone)
    said = _("%(count)s rows were deleted for good. Backups made before still have them.")
    messages.success(request, said % {"count": rows})
    return redirect("review_person")


def _back(name: str) -> HttpResponse:
    return redirect(f"{reverse('review_person')}?{urlencode({'username': name})}")


def _let_in(request: SignedInRequest) -> None:
    """Raises Http404 for everybody but superusers."""
    if not (request.user.is_active and request.user.is_superuser):
        raise Http404("There is nothing at this address.")
