"""The second factor: the page that asks for its code, and the one where staff set it up; and who is not let in.

There is one door: whoever is half in, by whatever form they signed in, is nobody to every view.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tutor import database
from tutor.pages.errors import database_away
from tutor.pages.lookups import SignedInRequest, page_asked_for
from tutor.pages.middleware import Bystander
from tutor.services import second_factors, sign_ins
from tutor.services.second_factors import SecretLostError, WrongCodeError
from tutor.services.sign_ins import Proof

log = logging.getLogger(__name__)

# What is the same for everybody, whoever they are: nobody is looked up, and no database is needed.
FOR_ALL = frozenset({"healthz", "readyz", "metrics", "words", "lti_keys"})
# What somebody half in may go to, as nobody or as themselves; a program is told by the API that it is signed out. A
# learning platform may send somebody else.
OPEN = frozenset(
    {"second_factor_code", "second_factor", "logout", "set_language", "lti_begin", "lti_launch", "lti_deep_link"}
)
# A recovery code with its dashes and some blanks.
MAX_CODE = 40


@receiver(user_logged_in)
def _on_sign_in(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if request is not None:
        second_factors.begin_session(user, request.session)


class SecondFactorMiddleware(Bystander):
    """Nobody who is half in is anybody: views see a visitor, and pages lead to where the code is asked for.

    `request.half_in` is who they will be.
    """

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """Look at the session, where there is one."""
        request.half_in = None  # type: ignore[attr-defined]
        match = request.resolver_match
        if match is None or match.url_name in FOR_ALL:
            return None
        try:
            user = _half_in(request)
        except database.AWAY as error:
            # No middleware hears of it that is asked when a view fails.
            return database_away(request, error)
        if user is None:
            return None
        request.half_in, request.user = user, AnonymousUser()  # type: ignore[attr-defined]
        request.auser = partial(_the_same, request.user)
        if match.url_name in OPEN or match.namespace == "api":
            return None
        here = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("home")
        return redirect(_with_next(reverse("second_factor_code"), here))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code_page(request: SignedInRequest) -> HttpResponse:
    """Ask for the code of the app, or for a recovery code, and let them in."""
    user, there = _half_in_of(request), page_asked_for(request)
    if user is None:
        return redirect(there if request.user.is_authenticated else _with_next(reverse("login"), there))
    if not second_factors.is_set_up(user):
        # It may have been removed since they signed in.
        second_factors.begin_session(user, request.session)
        return redirect(_with_next(reverse("second_factor"), there) if second_factors.must_have_one(user) else there)
    fault = ""
    if request.method == "POST":
        try:
            left = _give(request, user)
        except (WrongCodeError, SecretLostError) as error:
            fault = error.message
        else:
            if left is not None:
                messages.warning(request, _left(left))
            return redirect(there)
    context = {"next": there, "fault": fault, "person": user}
    return render(request, "registration/code.html", context, status=400 if fault else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up_page(request: SignedInRequest) -> HttpResponse:
    """Set up an app; or, where that is done, take it back with a last code. For staff."""
    user = _half_in_of(request) or request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not (user.is_staff or user.is_superuser):
        raise Http404
    if second_factors.is_set_up(user):
        return _set_up(request, user)
    context: dict[str, Any] = {"next": page_asked_for(request), "is_required": second_factors.must_have_one(user)}
    if request.method == "POST":
        try:
            context["codes"] = _confirm(request, user)
        except (WrongCodeError, SecretLostError) as error:
            context["fault"] = error.message
        else:
            return render(request, "registration/recovery_codes.html", context)
    secret = second_factors.propose(request.session)
    context |= {"secret": _in_groups(secret), "picture": _picture(second_factors.address_for_app(user, secret))}
    return render(request, "registration/second_factor.html", context, status=400 if "fault" in context else 200)


def _set_up(request: SignedInRequest, user: User) -> HttpResponse:
    """The page of somebody whose app is set up."""
    if _half_in_of(request) is not None:
        return redirect(_with_next(reverse("second_factor_code"), page_asked_for(request)))
    is_required = second_factors.must_have_one(user)
    fault = ""
    if request.method == "POST" and not is_required:
        try:
            _give(request, user)
        except (WrongCodeError, SecretLostError) as error:
            fault = error.message
        else:
            second_factors.remove(user)
            messages.success(request, _("From now on your password alone lets you in."))
            return redirect("home")
    context = {"is_required": is_required, "fault": fault, "left": second_factors.codes_left(user)}
    return render(request, "registration/second_factor_set_up.html", context, status=400 if fault else 200)


def _give(request: SignedInRequest, user: User) -> int | None:
    """See the code that was typed; a wrong one counts as a wrong password does. Raises WrongCodeError."""
    with _counted(request, user) as code:
        left = second_factors.give(user, code, request.session)
    request.session.cycle_key()
    return left


def _confirm(request: SignedInRequest, user: User) -> list[str]:
    with _counted(request, user) as code:
        codes = second_factors.confirm(user, code, request.session)
    request.session.cycle_key()
    log.info("second factor set up user=%s", user.pk)
    return codes


@contextmanager
def _counted(request: SignedInRequest, user: User) -> Iterator[str]:
    """Count a try at somebody's code, wherever it comes from: who knows the password may have many addresses.

    Raises LockedOutError, which `LockoutMiddleware` answers.
    """
    name = second_factors.tries_of(user)
    sign_ins.take_try(name, name, proof=Proof.CODE)
    try:
        yield request.POST.get("code", "")[:MAX_CODE]
    except WrongCodeError:
        sign_ins.note_wrong(name, name, proof=Proof.CODE, user=user.pk)
        raise
    sign_ins.note_right(name, name)


def _half_in_of(request: HttpRequest) -> User | None:
    found: User | None = getattr(request, "half_in", None)
    return found


def _half_in(request: HttpRequest) -> User | None:
    """Who is behind a session but not let in yet. Without a session nothing is looked up."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not second_factors.may_be_half_in(request.session):
        return None
    user = request.user
    # Or it would be looked up once more.
    request.auser = partial(_the_same, user)
    if isinstance(user, User) and second_factors.is_half_in(user, request.session):
        return user
    return None


async def _the_same(user: User | AnonymousUser) -> User | AnonymousUser:
    return user


def _with_next(page: str, there: str) -> str:
    return f"{page}?{urlencode({'next': there})}"


def _left(count: int) -> str:
    if count == 0:
        return _("That was your last recovery code. Remove your second factor and set it up anew, to get new ones.")
    text = ngettext(
        "You have %(count)s recovery code left. Each works once.",
        "You have %(count)s recovery codes left. Each works once.",
        count,
    )
    return text % {"count": count}


def _in_groups(secret: str) -> str:
    """The secret as one types it without mistakes."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _picture(text: str) -> str:
    """A QR code as SVG, without a style, which our policy would refuse."""
    return mark_safe(segno.make(text, error="m").svg_inline(scale=5, dark="#000", light="#fff", omitsize=True))  # noqa: S308 # drawn by us
