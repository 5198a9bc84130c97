"""What happens with a learner's words, to read and to agree to."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tutor.pages.lookups import SignedInRequest
from tutor.services import consents


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: SignedInRequest) -> HttpResponse:
    """Show the text and when the learner agreed to it; on POST keep that they do, and go on to where they came from."""
    latest = request.user.consents.select_related("text").first()
    text = consents.in_force() or (latest and latest.text)
    if not text:
        raise Http404("Nobody is asked to agree.")
    given = latest if latest and latest.text == text else None
    if request.method != "POST":
        context = {"text": text, "given": given, "next": _next(request, request.GET.get("next"))}
        return render(request, "tutor/consent.html", context)
    chosen = request.POST.get("text", "")
    if chosen.isdecimal() and consents.agree(request.user, text_id=int(chosen)):
        messages.success(request, _("Thank you. You find this text again under “What you did”."))
        return redirect(_next(request, request.POST.get("next")))
    messages.error(request, _("This text has changed. Please read it again."))
    return redirect(address(_next(request, request.POST.get("next"))))


def address(next_page: str) -> str:
    """Return where to agree and go on from there."""
    return f"{reverse('consent')}?{urlencode({'next': next_page})}"


def _next(request: SignedInRequest, wanted: str | None) -> str:
    """A page of this site; the first one unless another was wanted."""
    is_ours = wanted and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and is_ours else reverse("home")
