"""The description of the JSON API is current and whole, and what is answered is as it says."""

import ast
import json
from pathlib import Path

import pytest
import requests
import schemathesis
from django.core.management import call_command
from django.test import Client
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.helpers import OFFER, POSTS, START, STATE, post
from tests.lessons import DOT, WITH_CARDS, publish
from tests.peers import inside
from tutor.api import description, urls
from tutor.management.commands.openapi import FILE, as_text
from tutor.plan.lint import STAGE_COMPLETE
from tutor.services import attempts, errors
from tutor.services.errors import ServiceError

ROOT = Path(description.__file__).parents[2]
SCHEMA = schemathesis.openapi.from_dict(description.document())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What services refuse to staff alone, on pages.
# The first is the base of all.
ON_PAGES = {ServiceError, errors.StillNeededError, errors.ReviewError, errors.NameTakenError, errors.DeskError}
# What makes an error, and which argument is its code.
ERROR_CALLS = {"ApiError": 1, "ProviderError": 0, "error_response": 1, "answer": 2}


def codes_in(source: str) -> set[str]:
    """The codes of errors that Python code makes, as far as they are written out."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [(call, ERROR_CALLS.get(getattr(call.func, "id", getattr(call.func, "attr", "")))) for call in calls]
    arguments = [call.args[place] for call, place in named if place is not None and len(call.args) > place]
    return {one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_file_is_current(capsys):
    assert (ROOT / FILE).read_text() == as_text(), "run manage.py openapi"


def test_command_writes_the_file(settings, tmp_path, capsys):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()

    call_command("openapi")

    assert json.loads((tmp_path / FILE).read_text()) == description.document()
    assert capsys.readouterr().out == f"Written: {FILE}\n"


def test_every_route_is_described_as_it_is():
    routes = {
        pattern.name: "/api/" + str(pattern.pattern).replace("<slug:slug>", "{slug}").replace("<uuid:code>", "{code}")
        for pattern in urls.urlpatterns
    }

    assert {one.route: one.path for one in description.OPERATIONS} == routes


def test_every_code_is_described():
    files = ("api/http.py", "api/inputs.py", "api/lookups.py", "peers/client.py", "pages/errors.py", "pages/views.py")
    written = {code for name in files for code in codes_in((ROOT / "tutor" / name).read_text())}
    refused = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ServiceError) and kind not in ON_PAGES
    }
    described = {one.code for operation in description.OPERATIONS for one in description.refusals(operation)}

    assert len(written) > 25
    # The page of somebody who may not do something; everybody may use the API.
    assert (written | refused) - described == {"forbidden"}


def test_every_rejection_is_described():
    tree = ast.parse((ROOT / "tutor/api/inputs.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_Unfit"]
    written = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}

    assert len(written) > 8
    assert written - set(description.REJECTIONS) == set()


# --- What is answered ------------------------------------------------------------------------------------------------


def check(response, method: str, path: str) -> None:
    """Hold an answer of the test client against the description of one operation."""
    operation = SCHEMA[path][method]
    wrapped = schemathesis.Response(
        status_code=response.status_code,
        headers={name: [value] for name, value in response.headers.items()},
        content=response.content,
        request=requests.Request(method, "http://localhost/").prepare(),
        elapsed=0.0,
        verify=False,
    )
    operation.Case(method=method, path_parameters={"code": "x", "slug": "x"}).validate_response(wrapped, checks=CHECKS)


@pytest.fixture
def call(learner_client):
    """Send a request for an attempt, hold the answer against the description, and return it decoded."""

    def send(attempt, name: str, data=None, *, status: int = 200, client: Client = learner_client):
        one = next(one for one in description.OPERATIONS if one.route == name)
        path = one.path.replace("{code}", str(attempt.code)).replace("{slug}", attempt.lesson.slug)
        response = client.get(path) if one.method == "GET" else post(client, path, data)
        assert response.status_code == status, response.content
        check(response, one.method, one.path)
        return response if one.content != "application/json" else response.json()

    return send


def test_whole_lesson_is_answered_as_described(learner, settings, call):
    settings.REHEARSAL_APP = inside.PATH
    attempt, _ = attempts.start_attempt(publish(WITH_CARDS, slug="cards"), learner=learner)

    call(attempt, "account")
    call(attempt, "start", {})
    call(attempt, "state")
    connection = call(attempt, "connections", {"sdp": OFFER}, status=201)["Location"].split("/")[-2]
    said = {"kind": "utterance", "speaker": "learner", "status": "complete", "text": "I like tea."}
    receipt = call(
        attempt,
        "journal",
        {
            "connection": connection,
            "entries": [
                {"id": "i1", **said},
                {"id": "i2", "kind": "picture", "image": DOT.replace("image/gif", "image/png")},
                {"id": "u1", "kind": "usage", "source": "response", "usage": {"total_tokens": 3}},
                {"id": "f1", "kind": "fault", "code": "x"},
                {"id": "i1", **said, "text": "I like coffee."},
                {"id": "", **said},
                {"id": "i3", **said, "visit": 7},
                None,
            ],
        },
    )
    assert receipt["rejected"] != []
    call(attempt, "corrections", {"id": "00000000-0000-4000-8000-000000000001", "item_id": "i1", "text": "Tea."})
    shown = {"title": "Tea", "math": "a^2"}
    assert call(attempt, "tool_calls", {"call_id": "c1", "name": "card", "arguments": json.dumps(shown)})["card"]
    done = json.dumps({"outcome": "understood", "reasoning": "r", "evidence": []})
    moved = call(attempt, "tool_calls", {"call_id": "c2", "name": STAGE_COMPLETE, "arguments": done})
    assert moved["stage"]["key"] == "order"
    assert call(attempt, "state")["cards"] != []
    call(attempt, "end", {})
    assert call(attempt, "state")["outcome"] == "left"
    call(attempt, "connections", {"sdp": OFFER}, status=409)
    call(attempt, "tool_calls", {"call_id": "c3", "name": "hint", "arguments": "{}"}, status=409)


@pytest.mark.parametrize("endpoint", [*POSTS, STATE], ids=str)
def test_refusals_are_answered_as_described(attempt, learner, learner_client, endpoint):
    path = next(one.path for one in description.OPERATIONS if one.route == endpoint.name)
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(learner)
    ask = endpoint.path(attempt)
    requests = [
        (Client(), endpoint.method, "{}", "application/json", 401),
        (learner_client, "PUT", "{}", "application/json", 405),
    ]
    if endpoint.method == "POST":
        requests += [
            (guarded, "POST", "{}", "application/json", 403),
            (learner_client, "POST", "{}", "text/plain", 415),
            (learner_client, "POST", "[]", "application/json", 400),
            (learner_client, "POST", "x" * (endpoint.limit + 1), "application/json", 413),
        ]
    if endpoint is not START:
        requests.append((learner_client, endpoint.method, "{}", "application/json", 404))

    for client, method, body, kind, status in requests:
        where = ask.replace(str(attempt.code), "00000000-0000-4000-8000-000000000000") if status == 404 else ask
        response = client.generic(method, where, body, kind)
        assert (method, response.status_code) == (method, status)
        check(response, endpoint.method, path)
