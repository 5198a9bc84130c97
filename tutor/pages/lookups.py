"""Find and authorise in one step: what is not yours, or not published, is not there."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from tutor.models import Attempt, Classroom, LessonVersion, Picture
from tutor.services import access


class SignedInRequest(HttpRequest):
    """A request as a view behind the login sees it."""

    user: User


def form_on(name: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let those who are signed in post a form of the page with this name; all others sign in, and come back to it.

    A form that was refused is shown at the address it was sent to. Whoever loads that one gets the page.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def run(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if request.method == "POST" and request.user.is_authenticated:
                return view(request, **kwargs)
            if request.method == "POST":
                return redirect_to_login(_page_posted_from(request))
            page = reverse(name, kwargs={key: value for key, value in kwargs.items() if key == "code"})
            query = request.GET.urlencode()
            return HttpResponseRedirect(f"{page}?{query}" if query else page)

        return run

    return decorate


def _page_posted_from(request: HttpRequest) -> str:
    """The page of ours that a form was on, as far as the browser says."""
    page = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return urlsplit(page)._replace(scheme="", netloc="", fragment="").geturl() if is_ours else reverse("home")


def page_asked_for(request: HttpRequest) -> str:
    """Return the page of ours that somebody was on their way to (`next`); the first one if that leads elsewhere."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if is_ours else reverse("home")


def let_in_readers(user: User) -> None:
    """Raises Http404 for everybody who reads nobody's words but their own."""
    if not access.reads_others(user):
        raise Http404("There is nothing at this address.")


def latest_versions() -> QuerySet[LessonVersion]:
    """The version of every published lesson that learners get now."""
    newer = LessonVersion.objects.filter(lesson=OuterRef("lesson"), number__gt=OuterRef("number"))
    return LessonVersion.objects.filter(~Exists(newer), number__isnull=False)


def version_of(user: User, slug: str) -> LessonVersion:
    """Return the latest version of a lesson that the user may start or go on with. Raises Http404."""
    mine = latest_versions().filter(lesson__in=access.visible_to(user))
    version = mine.filter(lesson__slug=slug).select_related("lesson").first()
    if version is None:
        raise Http404("There is no such lesson.")
    return version


def own_attempt(user: User, code: str) -> Attempt:
    """Return the user's own attempt; for one that is not there and for another's alike, raise Http404."""
    attempt = Attempt.objects.select_related("version", "lesson", "learner").filter(code=code, learner=user).first()
    if attempt is None:
        raise Http404("There is no such lesson of yours.")
    return attempt


def picture_of(user: User | AnonymousUser, code: str, item_id: str) -> Picture:
    """Return a picture of the user's own attempt, or of one they may read; for every other raise Http404."""
    pictures = Picture.objects.select_related("attempt").filter(attempt__code=code, item_id=item_id)
    if not isinstance(user, User):
        raise Http404("There is no such picture.")
    picture = pictures.filter(Q(attempt__learner=user) | Q(attempt__in=access.reviewed_by(user))).first()
    if picture is None:
        raise Http404("There is no such picture of yours.")
    return picture


def own_classroom(user: User, join_code: str) -> Classroom:
    """Return the class with this code that the user is in; for any other raise Http404."""
    classroom = Classroom.objects.filter(join_code=join_code, learners=user).first()
    if classroom is None:
        raise Http404("There is no such class of yours.")
    return classroom
