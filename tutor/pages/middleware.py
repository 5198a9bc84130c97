"""What every answer tells the browser about safety; and the static files."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction

from asgiref.sync import markcoroutinefunction
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import has_vary_header
from servestatic.middleware import ServeStaticMiddleware
from servestatic.responders import MissingFileError

from tutor import database
from tutor.pages.errors import database_away, page_not_found

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


class DatabaseAwayMiddleware:
    """A page whose database is locked, full or away asks people to come back, instead of blaming us with status 500."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view whose database cannot serve; leave every other exception alone."""
        return database_away(request, exception) if isinstance(exception, database.AWAY) else None


class PlainNotFoundMiddleware:
    """On a laptop, too, "not found" is our own page: Django's technical one lists addresses and breaks the policy.

    Only installed while DEBUG is on; otherwise Django asks our handler by itself.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that found nothing; leave every other exception to the technical page."""
        return page_not_found(request, exception) if isinstance(exception, Http404) else None


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
