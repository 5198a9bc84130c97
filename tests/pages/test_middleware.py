"""The headers of the security policy."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory
from django.utils.cache import patch_vary_headers

from tutor.pages.middleware import PlainNotFoundMiddleware, SecurityHeadersMiddleware

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse("for everybody")


def personal(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("for you")
    patch_vary_headers(response, ["Cookie"])
    return response


def test_every_answer_has_the_policy() -> None:
    response = SecurityHeadersMiddleware(public)(RequestFactory().get("/"))

    assert response.headers == {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": POLICY,
        "Permissions-Policy": (
            "microphone=(self), camera=(self), geolocation=(), display-capture=(), payment=(), usb=()"
        ),
        "Cross-Origin-Resource-Policy": "same-origin",
    }


async def test_async_answers_have_the_same_headers_without_a_thread() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return public(request)

    sync = SecurityHeadersMiddleware(public)(RequestFactory().get("/"))
    response = await SecurityHeadersMiddleware(view)(AsyncRequestFactory().get("/"))

    assert response.headers == sync.headers


def test_answer_that_depends_on_the_cookie_is_not_stored() -> None:
    response = SecurityHeadersMiddleware(personal)(RequestFactory().get("/"))

    assert response["Cache-Control"] == "no-store"


def test_answer_of_the_api_is_not_stored() -> None:
    response = SecurityHeadersMiddleware(public)(RequestFactory().get("/api/attempts/1/"))

    assert response["Cache-Control"] == "no-store"


def test_answer_keeps_headers_of_its_own() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        response = personal(request)
        response["Cache-Control"] = "private, max-age=60"
        response["Content-Security-Policy"] = "default-src 'none'"
        return response

    response = SecurityHeadersMiddleware(view)(RequestFactory().get("/"))

    assert response["Cache-Control"] == "private, max-age=60"
    assert response["Content-Security-Policy"] == "default-src 'none'"


def test_policy_allows_nothing_inline_and_no_other_host(settings) -> None:
    words = {word for value in settings.CONTENT_SECURITY_POLICY.values() for word in value.split()}

    assert words == {"'none'", "'self'", "data:", "blob:"}


@pytest.mark.parametrize("path", ["/static/tutor/css/nothing.css", "/static/%2e%2e/%2e%2e/manage.py", "/static/../x"])
@pytest.mark.parametrize("debug", [True, False])
def test_missing_static_file_is_404(settings, debug: bool, path: str) -> None:
    settings.DEBUG = debug

    assert Client().get(path).status_code == 404


def test_what_is_not_found_is_our_own_page_on_a_laptop_too() -> None:
    middleware = PlainNotFoundMiddleware(public)
    request = RequestFactory().get("/nowhere/")
    request.user = AnonymousUser()

    answer = middleware.process_exception(request, Http404("secret detail"))

    assert answer is not None
    assert answer.status_code == 404
    assert "<h1>There is nothing here</h1>" in answer.content.decode()
    assert "secret detail" not in answer.content.decode()
    assert middleware.process_exception(request, ValueError("a mistake")) is None
