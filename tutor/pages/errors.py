"""When something is not there, not allowed or broken: JSON for the API, a page in plain words for everybody else."""

import logging
import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from tutor import database, logs

log = logging.getLogger(__name__)

STALE_FORM = gettext_lazy(
    "This page has been open too long, or cookies are switched off. "
    "Go back, load the page again, and repeat what you did."
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handler for status 400."""
    return answer(request, 400, "bad_request", _("The server did not understand this request."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handler for status 403."""
    return answer(request, 403, "forbidden", _("Your account is not allowed to do this."))


def page_not_found(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    """Handler for status 404. It says the same about what is not there and what belongs to somebody else."""
    return answer(request, 404, "not_found", _("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Handler for status 500. The page is rendered without the request: whatever broke may break again.

    A database that is away is 503 here too: it may have failed the middleware, of which nobody else hears.
    """
    error = sys.exc_info()[1]
    if isinstance(error, database.AWAY):
        return database_away(request, error)
    message = _("Something went wrong on our side. What you said so far is saved. Please try again.")
    return answer(request, 500, "server_error", message, bare=True)


def database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer for a database that cannot serve, with status 503 and when to come back; without a look at the request."""
    log.error("database refused path=%s error=%s", request.path, error)
    message = _("We cannot save at the moment. Please try again in a few seconds.")
    response = answer(request, 503, "database_busy", message, bare=True)
    response["Retry-After"] = str(database.RETRY_AFTER)
    return response


def answer(
    request: HttpRequest, status: int, code: str, message: StrOrPromise, *, template: str = "", bare: bool = False
) -> HttpResponse:
    """Return an error as JSON under /api/ and as a page elsewhere; `bare` leaves out all that depends on the request.

    `template` is `<status>.html` unless given.
    """
    if request.path.startswith("/api/"):
        return JsonResponse({"error": code, "message": str(message)}, status=status)
    name = template or f"{status}.html"
    return render(None if bare else request, name, {"message": message, "request_id": logs.request_id()}, status=status)
