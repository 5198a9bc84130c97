"""What every JSON endpoint does around its own work: method, login, type, size, strict JSON, errors as JSON."""

import json
import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, NoReturn

from asgiref.sync import iscoroutinefunction
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.translation import gettext as _

from tutor import database
from tutor.peers.client import ProviderError
from tutor.services import limits
from tutor.services.errors import (
    AttemptClosedError,
    BudgetSpentError,
    CallsOffError,
    ConsentNeededError,
    NotPublishedError,
    ServiceError,
    TooManyError,
    UnknownUtteranceError,
)

log = logging.getLogger(__name__)


class ApiError(Exception):
    """A request that is the browser's to mend: an HTTP status, a code for programs, a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(code)


class ApiRequest(HttpRequest):
    """A request as an endpoint's own code sees it: signed in, and with its body decoded."""

    user: User
    data: dict[str, Any]


# What may come out of an endpoint's own code and still be answered. The last are a database that cannot serve: the
# browser tries again, and everything it sends may be sent twice.
REFUSALS = (ApiError, ServiceError, ProviderError, *database.AWAY)
# Times that a request is carried out in all when the database sacrifices it to another.
TRIES = 3
_STATUS = {
    ConsentNeededError: 403,
    NotPublishedError: 404,
    UnknownUtteranceError: 404,
    AttemptClosedError: 410,
    BudgetSpentError: 429,
    TooManyError: 429,
    CallsOffError: 503,
}


def endpoint(method: str, *, limit: int = 64 * 1024) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a view (sync or async) a JSON endpoint for one method; `limit` is the largest body in bytes.

    The view gets an ApiRequest, returns a response, and may raise what is in REFUSALS.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        if iscoroutinefunction(view):
            return _async_endpoint(view, method, limit)
        return _sync_endpoint(view, method, limit)

    return decorate


def _sync_endpoint(view: Callable[..., HttpResponse], method: str, limit: int) -> Callable[..., HttpResponse]:
    @wraps(view)
    def run(request: ApiRequest, **kwargs: Any) -> HttpResponse:
        try:
            _admit(request, request.user, method, limit)
            return _stubbornly(view, request, kwargs)
        except REFUSALS as error:
            return _answer(error, method)

    return run


def _stubbornly(view: Callable[..., HttpResponse], request: ApiRequest, kwargs: dict[str, Any]) -> HttpResponse:
    """Run a view; anew, where the database broke its transaction off for another's sake: nothing of it was stored."""
    for _again in range(TRIES - 1):
        try:
            return view(request, **kwargs)
        except OperationalError as error:
            if not database.was_sacrificed(error):
                raise
            log.warning("database sacrificed a request, trying again path=%s error=%s", request.path, error)
    return view(request, **kwargs)


def _async_endpoint(
    view: Callable[..., Awaitable[HttpResponse]], method: str, limit: int
) -> Callable[..., Awaitable[HttpResponse]]:
    @wraps(view)
    async def run(request: ApiRequest, **kwargs: Any) -> HttpResponse:
        try:
            _admit(request, await request.auser(), method, limit)
            return await view(request, **kwargs)
        except REFUSALS as error:
            return _answer(error, method)

    return run


def _admit(request: ApiRequest, user: User | AnonymousUser, method: str, limit: int) -> None:
    """Refuse what no endpoint wants to see, and decode the body."""
    if request.method != method:
        raise ApiError(405, "method_not_allowed", _("Only %(method)s is possible here.") % {"method": method})
    if not user.is_authenticated:
        raise ApiError(401, "signed_out", _("You are signed out. Please sign in again."))
    limits.flood.take(user.pk)
    if method == "POST":
        request.data = _decode(request, limit)


def _decode(request: HttpRequest, limit: int) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise ApiError(415, "not_json", _("The request must have the content type application/json."))
    if request.content_params and request.content_params.get("charset", "utf-8").lower() != "utf-8":
        raise ApiError(415, "not_utf8", _("The request must be written in UTF-8."))
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise ApiError(
            413, "body_too_large", _("The request is larger than %(limit)s bytes.") % {"limit": limit}
        ) from error
    except UnreadablePostError as error:
        raise ApiError(400, "body_unreadable", _("The request broke off.")) from error
    if len(body) > limit:
        raise ApiError(413, "body_too_large", _("The request is larger than %(limit)s bytes.") % {"limit": limit})
    return parse_object(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body, read strictly: UTF-8, no name twice, no NaN."""
    try:
        data = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "bad_json", _("The request is not valid JSON.")) from error
    if not isinstance(data, dict):
        raise ApiError(400, "not_an_object", _("The request must be a JSON object."))
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("duplicate names")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _answer(
    error: ApiError | ServiceError | ProviderError | OperationalError | InterfaceError | InternalError, method: str
) -> HttpResponse:
    """The one place where a refusal becomes a response."""
    if isinstance(error, database.AWAY):
        return _database_away(error)
    status = status_of(type(error)) if isinstance(error, ServiceError) else error.status
    response = error_response(status, error.code, error.message)
    if status == 405:
        response["Allow"] = method
    if not isinstance(error, ApiError) and error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def _database_away(error: OperationalError | InterfaceError | InternalError) -> HttpResponse:
    log.error("database refused error=%s", error)
    code = "storage_full" if database.is_full(error) else "database_busy"
    response = error_response(503, code, _("We cannot save at the moment. Please try again in a few seconds."))
    response["Retry-After"] = str(database.RETRY_AFTER)
    return response


def status_of(kind: type[ServiceError]) -> int:
    """Return the HTTP status for what a service refuses."""
    return _STATUS.get(kind, 409)


def error_response(status: int, code: str, message: str) -> JsonResponse:
    """An error of ours as JSON."""
    return JsonResponse({"error": code, "message": message}, status=status)
