"""Every request has an id, in the log and in its answer, and is counted."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from inspect import iscoroutinefunction
from uuid import UUID

from asgiref.sync import markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tutor import logs, metrics, tracing

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]

HEADER = "X-Request-ID"


class OccasionMiddleware:
    """Gives a request its id, and counts it. Goes first: what others log and take the time for is in.

    An id that comes with the request is believed only from a proxy of ours.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if iscoroutinefunction(self.get_response):
            return self._later(request)
        started = self._begin(request)
        try:
            with _span(request) as span:
                answer = self.get_response(request)
                assert isinstance(answer, HttpResponseBase)  # noqa: S101 # it is no coroutine function
                return self._end(request, answer, started, span)
        finally:
            # The thread serves others. A task, on the other side, ends with its request, and what Django logs about
            # the answer comes after us.
            logs.begin(None)

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        started = self._begin(request)
        with _span(request) as span:
            answer = self.get_response(request)
            assert not isinstance(answer, HttpResponseBase)  # noqa: S101 # it is a coroutine function
            return self._end(request, await answer, started, span)

    def _begin(self, request: HttpRequest) -> float:
        given = request.headers.get(HEADER, "") if settings.BEHIND_PROXY else ""
        logs.begin(logs.Occasion(logs.new_request_id(given), lambda: attempt_of(request)))
        return time.perf_counter()

    def _end(
        self, request: HttpRequest, response: HttpResponseBase, started: float, span: tracing.Span
    ) -> HttpResponseBase:
        response.headers[HEADER] = logs.request_id()
        route, method, status = route_of(request), request.method or "", response.status_code
        metrics.count_request(route=route, method=method, status=status, seconds=time.perf_counter() - started)
        facts = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        span.say(
            facts | {"viva.request": logs.request_id(), "viva.attempt": attempt_of(request)}, name=f"{method} {route}"
        )
        return response


def _span(request: HttpRequest) -> AbstractContextManager[tracing.Span]:
    return tracing.span("request", "server", headers=request.headers if settings.BEHIND_PROXY else None)


def route_of(request: HttpRequest) -> str:
    """Return the name of the address that was asked for, `none` if there is none, `static` for files."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name or "none"
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def attempt_of(request: HttpRequest) -> str:
    """Return the code in the address, where it is that of an attempt: no other is a UUID."""
    code = request.resolver_match.kwargs.get("code") if request.resolver_match else None
    return str(code) if isinstance(code, UUID) else ""
