"""The doors for learning platforms (LTI 1.3): where they send browsers, and what programs of theirs fetch.

A form of another site posts here, so Django's token is not asked for. In its place are a signed state with a cookie of
this browser, the platform's own signature, and for the choice of a lesson a signed ticket. Some of these pages are
shown in frames of the platform; those tell nothing of anybody, and no cookie of ours gives them any power.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tutor import plan as plans
from tutor.pages.wording import language_name
from tutor.services import lti, lti_keys
from tutor.services.lti import LtiRefusedError

# What a platform may say when it begins a launch.
PARAMS = ("iss", "login_hint", "target_link_uri", "client_id", "lti_deployment_id", "lti_message_hint")
ANYWHERE = "*"

View = Callable[..., HttpResponse]


def door(view: View) -> View:
    """A page for platforms: not there unless LTI is on; refusals are told in words, in frames too."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.LTI:
            raise Http404("No learning platform is let in.")
        try:
            return view(request, *args, **kwargs)
        except LtiRefusedError as error:
            page = render(None, "tutor/lti/refused.html", {"message": error.message, "why": error.why}, status=400)
            return framed(page, by=ANYWHERE)

    return csrf_exempt(run)


@door
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Send a browser on to its platform, which tells it back who is there; from a frame by way of a window of its own.

    In frames of other sites browsers keep no cookies of ours: nobody could take a lesson there, or prove to be who set
    out. So the way is only begun in the new window. Only a lesson is chosen in a frame, for that signs nobody in.
    """
    given = request.POST if request.method == "POST" else request.GET
    params = {name: given[name] for name in PARAMS if name in given}
    to_choose = urlsplit(params.get("target_link_uri", "")).path == reverse("lti_deep_link")
    address = reverse("lti_deep_link" if to_choose else "lti_launch")
    out = lti.set_out(params, back_to=request.build_absolute_uri(address), to_choose=to_choose)
    if not to_choose and not _is_window(request):
        again = f"{reverse('lti_begin')}?{urlencode({**params, 'window': '1'})}"
        return framed(render(None, "tutor/lti/new_window.html", {"again": again}), by=ANYWHERE)
    response = redirect(out.url)
    response.set_cookie(
        _cookie(out.state),
        lti.proof_of(out.state),
        max_age=lti.STATE_LIVES,
        # The platform's own form brings the browser back, and to that only such a cookie goes along.
        samesite="None",
        secure=True,
        httponly=True,
    )
    if to_choose:
        _keep_opener(response)
    return response


def _is_window(request: HttpRequest) -> bool:
    """Whether a page is asked for that fills a window. Older browsers do not say; then it is by our own link."""
    kind = request.headers.get("Sec-Fetch-Dest")
    return kind == "document" if kind else "window" in request.GET


def _cookie(state: str) -> str:
    """The name of the cookie for a state: there may be several launches at once."""
    prefix = "" if settings.DEBUG else "__Host-"
    return f"{prefix}viva-lti-{lti.proof_of(state)[:16]}"


@door
@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """Let in whoever a platform sends, and lead them to their lesson; or have a teacher choose one."""
    params = {name: request.POST.get(name, "") for name in ("id_token", "state")}
    cookie = _cookie(params["state"])
    platform, claims = lti.read(params, proof=request.COOKIES.get(cookie))
    if claims.deep_linking is not None:
        return _offer(lti.offer(platform, claims, claims.deep_linking))
    arrival = lti.arrive(platform, claims)
    login(request, arrival.person, backend="django.contrib.auth.backends.ModelBackend")
    response = redirect("lesson", slug=arrival.lesson) if arrival.lesson else redirect("home")
    response.delete_cookie(cookie, samesite="None")
    return response


def _offer(offer: lti.Offer) -> HttpResponse:
    context = {
        "ticket": offer.ticket,
        "lessons": [
            {"slug": one.lesson.slug, "plan": plan, "language": language_name(plan.language)}
            for one in offer.versions
            for plan in [plans.from_stored(one.plan)]
        ],
    }
    page = framed(render(None, "tutor/lti/choose.html", context), by=_origin(offer.return_url))
    return _keep_opener(page)


@door
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Send what was chosen to the platform, by a form that sends itself."""
    token, address = lti.choose(
        request.POST.get("ticket", ""),
        request.POST.get("lesson", ""),
        launch_url=request.build_absolute_uri(reverse("lti_launch")),
    )
    page = render(None, "tutor/lti/return.html", {"token": token, "address": address})
    return _keep_opener(framed(page, by=_origin(address), forms_to=_source(address)))


@door
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Our public keys."""
    return JsonResponse({"keys": lti_keys.published()})


def framed(response: HttpResponse, *, by: str, forms_to: str = "'self'") -> HttpResponse:
    """Let a page be shown in frames of others; it may send forms to one place."""
    policy = settings.CONTENT_SECURITY_POLICY | {"frame-ancestors": by, "form-action": forms_to}
    response["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    response["Cache-Control"] = "no-store"
    return xframe_options_exempt(lambda: response)()


def _keep_opener(response: HttpResponse) -> HttpResponse:
    """Let the platform's own page, which comes after this one, reach the window that it was opened from."""
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return _plain(f"{parts.scheme}://{parts.netloc}")


def _source(url: str) -> str:
    """A URL as a policy names it: without what is asked for there."""
    return _plain(urlsplit(url)._replace(query="").geturl())


def _plain(text: str) -> str:
    """What would end a source in a policy, written otherwise. Spaces are in no URL of ours (`webhook_hosts`)."""
    return text.replace(";", "%3B").replace(",", "%2C")
