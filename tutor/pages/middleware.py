"""What every answer tells the browser about safety; and the static files."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import markcoroutinefunction
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.cache import has_vary_header
from servestatic.middleware import ServeStaticMiddleware
from servestatic.responders import MissingFileError

from tutor import database
from tutor.pages.errors import database_away, page_not_found
from tutor.pages.sign_in import locked_out
from tutor.services.sign_ins import LockedOutError

# What a browser does in the admin. Django's own pages of it take every other method for GET.
ADMIN_METHODS = ("GET", "HEAD", "POST")

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class SecurityHeadersMiddleware:
    """Adds the headers of the security policy, and keeps personal answers out of every cache.

    Goes first, so that the answers of all other middleware carry the headers too.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.headers = {
            "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in settings.CONTENT_SECURITY_POLICY.items()),
            "Permissions-Policy": settings.PERMISSIONS_POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        answer = self.get_response(request)
        return self._secure(request, answer) if isinstance(answer, HttpResponseBase) else self._later(request, answer)

    async def _later(self, request: HttpRequest, answer: Awaitable[HttpResponseBase]) -> HttpResponseBase:
        return self._secure(request, await answer)

    def _secure(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        if is_personal(request, response):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class Bystander:
    """Middleware that lets requests and answers pass, in threads and in the event loop alike, and only has hooks."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request)


class DatabaseAwayMiddleware(Bystander):
    """A page whose database is locked, full or away asks people to come back, instead of blaming us with status 500."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view whose database cannot serve; leave every other exception alone."""
        return database_away(request, exception) if isinstance(exception, database.AWAY) else None


class PlainNotFoundMiddleware(Bystander):
    """On a laptop, too, "not found" is our own page: Django's technical one lists addresses and breaks the policy.

    Only installed while DEBUG is on; otherwise Django asks our handler by itself.
    """

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that found nothing; leave every other exception to the technical page."""
        return page_not_found(request, exception) if isinstance(exception, Http404) else None


class AdminDoorMiddleware(Bystander):
    """In the admin, too, what somebody may not do is not there, and what no browser does is refused."""

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """Refuse other methods, before anybody is asked to sign in."""
        is_odd = _is_of_admin(request) and request.method not in ADMIN_METHODS
        return HttpResponseNotAllowed(ADMIN_METHODS) if is_odd else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer as for an address that leads nowhere: 403 here and 404 there would tell which rows there are."""
        is_refused = isinstance(exception, PermissionDenied) and _is_of_admin(request)
        return page_not_found(request, exception) if is_refused else None


class LockoutMiddleware(Bystander):
    """Whoever has tried too many passwords is told when the next one is looked at, by whichever form they tried."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a form of signing in; leave every other exception alone."""
        return locked_out(request, exception) if isinstance(exception, LockedOutError) else None


def _is_of_admin(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.namespace == "admin"


def is_personal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the answer belongs to one person: it depends on the cookie, or comes from the API."""
    return has_vary_header(response, "Cookie") or request.path.startswith("/api/")


class StaticFilesMiddleware(ServeStaticMiddleware):  # type: ignore[misc]  # ServeStatic is untyped for us
    """Static files; one that is not there is 404 on a laptop as well, where ServeStatic fails instead."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = await super().__call__(request)
        except MissingFileError as error:
            raise Http404 from error
        return response
