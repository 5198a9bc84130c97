"""Signing in with the school's own account (OpenID Connect): to the provider, and back."""

import logging
from hmac import compare_digest

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tutor.pages.lookups import page_asked_for
from tutor.peers import school_sign_in
from tutor.peers.school_sign_in import Errand, SchoolSignInError
from tutor.services import identities
from tutor.services.identities import NotLetInError

log = logging.getLogger(__name__)

# Where a session keeps what belongs to an errand.
_ERRAND = "school_errand"


@never_cache
@require_safe
def go(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider."""
    _if_there()
    try:
        address, errand = school_sign_in.send_there(_back(request))
    except SchoolSignInError as error:
        return _failed(request, error.reason)
    request.session[_ERRAND] = {**errand.as_data(), "next": page_asked_for(request)}
    return redirect(address)


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Let in who comes back from the provider.

    1. What was remembered is used once, whatever comes of it.
    2. Only this browser's own errand is taken: the state is what it was sent with.
    3. The provider says who it is, and the account is theirs.
    """
    _if_there()
    # 1
    kept = request.session.pop(_ERRAND, None)
    # 2
    state = request.GET.get("state", "")
    if kept is None or not compare_digest(state.encode(errors="replace"), kept["state"].encode()):
        return _failed(request, "another errand, or none")
    code = request.GET.get("code", "")
    if not code:
        return _failed(request, f"the provider said {request.GET.get('error', 'nothing')[:60]!r}")
    # 3
    try:
        errand = Errand(kept["state"], kept["nonce"], kept["verifier"])
        user = identities.account_of(school_sign_in.take_back(code, errand, _back(request)))
    except SchoolSignInError as error:
        return _failed(request, error.reason)
    except NotLetInError as error:
        messages.error(request, error.message)
        return redirect("login")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(kept["next"])


def _if_there() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("school_back"))


def _failed(request: HttpRequest, reason: str) -> HttpResponse:
    log.warning("school sign-in failed: %s", reason)
    messages.error(request, _("Signing in with your school account did not work. Please try again."))
    return redirect("login")
