"""What people and programs are told when something is not there, not allowed or broken."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.test import Client, RequestFactory
from pytest_django.asserts import assertContains, assertTemplateUsed

from tutor.pages import errors


def test_unknown_page_has_a_way_on(learner_client):
    response = learner_client.get("/nowhere/")

    assertTemplateUsed(response, "404.html")
    assertContains(response, '<a class="button" href="/">To the lessons</a>', status_code=404, html=True)


def test_unknown_api_address_answers_in_json(learner_client):
    response = learner_client.get("/api/nowhere/")

    assert response.status_code == 404
    assert response.json() == {"error": "not_found", "message": "There is nothing at this address."}


def test_stale_form_answers_with_a_page(learner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)

    response = client.post("/lessons/cafe/start/")

    assertTemplateUsed(response, "403_csrf.html")
    assertContains(response, "Please try that again", status_code=403)


def test_stale_form_at_the_api_answers_in_json(learner, attempt):
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)

    response = client.post(f"/api/attempts/{attempt.code}/end/", {}, content_type="application/json")

    assert response.status_code == 403
    assert response.json() == {"error": "csrf_failed", "message": errors.STALE_FORM}


CASES = [
    (errors.bad_request, SuspiciousOperation(), 400, "bad_request"),
    (errors.permission_denied, PermissionDenied(), 403, "forbidden"),
    (errors.page_not_found, LookupError(), 404, "not_found"),
]


@pytest.mark.parametrize(("handler", "exception", "status", "code"), CASES)
def test_handlers_answer_the_api_in_json(handler, exception, status, code):
    response = handler(RequestFactory().get("/api/x/"), exception)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert f'"error": "{code}"' in response.content.decode()


@pytest.mark.parametrize(("handler", "exception", "status", "code"), CASES)
def test_handlers_answer_people_with_a_page(handler, exception, status, code, db):
    response = handler(RequestFactory().get("/x/"), exception)

    assert response.status_code == status
    assertContains(response, '<a class="button" href="/">To the lessons</a>', status_code=status, html=True)


def test_server_error_page_needs_neither_request_nor_database():
    response = errors.server_error(RequestFactory().get("/x/"))

    assertContains(response, "What you said so far is saved.", status_code=500)


def test_server_error_at_the_api_answers_in_json():
    response = errors.server_error(RequestFactory().get("/api/x/"))

    assert response.status_code == 500
    assert '"error": "server_error"' in response.content.decode()


AWAY = [OperationalError("secret-host is away"), InterfaceError("secret"), InternalError("secret")]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/login/"])
def test_pages_ask_to_come_back_while_the_database_is_away(learner_client, error, path):
    def refuse(*arguments: object) -> None:
        raise error

    with connection.execute_wrapper(refuse):
        response = learner_client.get(path)

    assertTemplateUsed(response, "503.html")
    assertContains(response, "Please try again in a few seconds.", status_code=503)
    assert response["Retry-After"] == "2"
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_server_error_of_a_database_that_is_away_is_503(error):
    try:
        raise error
    except type(error):
        response = errors.server_error(RequestFactory().get("/"))

    assert (response.status_code, response["Retry-After"]) == (503, "2")
