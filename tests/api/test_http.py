"""What every JSON endpoint does alike with requests that nobody should send; `test_malformed` has their bodies."""

import json
import uuid
from contextlib import contextmanager

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection, connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.helpers import CALL_TOOL, CONNECT, ENDPOINTS, OF_ATTEMPTS, POSTS, REPORT, STATE, post
from tests.lessons import PLAN, publish
from tests.rows import row_counts
from tutor.services import limits

JSON = "application/json"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"}


def send(client, endpoint, attempt, **extra):
    return client.generic(endpoint.method, endpoint.path(attempt), json.dumps(endpoint.body), JSON, **extra)


@pytest.fixture
def stranger_client(other_learner) -> Client:
    client = Client()
    client.force_login(other_learner)
    return client


# --- Who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_endpoint_needs_login(attempt, endpoint):
    before = row_counts()

    response = send(Client(), endpoint, attempt)

    assert (response.status_code, response.json()) == (
        401,
        {"error": "signed_out", "message": "You are signed out. Please sign in again."},
    )
    assert row_counts() == before


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_endpoint_refuses_a_deactivated_learner(attempt, learner, learner_client, endpoint):
    learner.is_active = False
    learner.save()

    assert send(learner_client, endpoint, attempt).status_code == 401


@pytest.mark.parametrize("endpoint", OF_ATTEMPTS, ids=str)
def test_endpoint_answers_for_anothers_attempt_as_for_none(attempt, stranger_client, endpoint):
    before = row_counts()

    foreign = send(stranger_client, endpoint, attempt)
    attempt.code = uuid.uuid4()
    unknown = send(stranger_client, endpoint, attempt)

    assert foreign.status_code == 404
    assert foreign.json() == {"error": "unknown_attempt", "message": "There is no such lesson of yours."}
    # The id of a request is a new one each time.
    assert foreign.headers.pop("X-Request-ID") != unknown.headers.pop("X-Request-ID")
    assert (foreign.content, foreign.headers) == (unknown.content, unknown.headers)
    assert row_counts() == before


@pytest.mark.parametrize("endpoint", POSTS, ids=str)
@pytest.mark.parametrize("token", [None, "x" * 32, ""])
def test_endpoint_needs_a_csrf_token(attempt, learner, endpoint, token):
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    client.cookies["csrftoken"] = "a" * 32
    before = row_counts()

    response = send(client, endpoint, attempt, **({} if token is None else {"HTTP_X_CSRFTOKEN": token}))

    assert (response.status_code, response["Content-Type"]) == (403, JSON)
    assert set(response.json()) == {"error", "message"}
    assert row_counts() == before


# --- How -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_endpoint_knows_one_method(attempt, learner_client, endpoint):
    before = row_counts()

    for method in sorted(METHODS - {endpoint.method}):
        response = learner_client.generic(method, endpoint.path(attempt), "{}", JSON)
        assert (method, response.status_code, response["Allow"]) == (method, 405, endpoint.method)
        if method != "HEAD":
            assert response.json()["error"] == "method_not_allowed"

    assert row_counts() == before


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_endpoint_lets_no_other_site_in(attempt, learner_client, endpoint):
    response = learner_client.options(endpoint.path(attempt), HTTP_ORIGIN="https://evil.example")

    assert [name for name in response.headers if name.lower().startswith("access-control-")] == []


@pytest.mark.parametrize(
    "content_type",
    [JSON, "application/json; charset=utf-8", 'application/json;charset="UTF-8"', "Application/JSON ; x=1"],
)
def test_endpoint_takes_json_however_it_is_written(attempt, learner_client, content_type):
    response = learner_client.generic("POST", REPORT.path(attempt), '{"entries": []}', content_type)

    assert response.status_code == 200


@pytest.mark.parametrize("endpoint", POSTS, ids=str)
def test_endpoint_refuses_a_body_above_its_limit(attempt, learner_client, endpoint):
    before = row_counts()
    for size in (endpoint.limit + 1, 1024 * 1024 + 1):
        body = b'{"a": "' + b"x" * (size - 9) + b'"}'

        response = learner_client.generic("POST", endpoint.path(attempt), body, JSON)

        assert (len(body), response.status_code, response.json()) == (
            size,
            413,
            {"error": "body_too_large", "message": f"The request is larger than {endpoint.limit} bytes."},
        )
    assert row_counts() == before


@pytest.mark.parametrize("code", ["1", "x" * 36, "{0}", "urn:uuid:{0}", "{{{0}}}", "{0}%00", "../{0}"])
def test_endpoint_is_not_found_under_a_code_that_is_none(attempt, learner_client, code):
    # Upper case, with prefix, in braces: there is one spelling of an address.
    spelled = code.format(str(attempt.code).upper())

    assert learner_client.get(f"/api/attempts/{spelled}/").status_code == 404


@pytest.mark.parametrize("endpoint", [CALL_TOOL, REPORT], ids=str)
@pytest.mark.parametrize("extra", [{"unknown": 1}, {"constructor": {"prototype": None}}])
def test_endpoint_ignores_fields_it_does_not_know(attempt, learner_client, endpoint, extra):
    assert post(learner_client, endpoint.path(attempt), {**endpoint.body, **extra}).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_answers_are_not_kept_in_any_cache(attempt, endpoint):
    assert send(Client(), endpoint, attempt)["Cache-Control"] == "no-store"


# --- A database that does not answer ---------------------------------------------------------------------------------


@contextmanager
def database_held(attempt):
    """Another program holds the lock that the request needs, for longer than it is willing to wait."""
    impatient = {"sqlite": "PRAGMA busy_timeout = 20", "postgresql": "SET lock_timeout = '20ms'"}
    patient = {"sqlite": "PRAGMA busy_timeout = 20000", "postgresql": "SET lock_timeout = 0"}
    begin = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}
    lock = {
        "sqlite": "UPDATE tutor_attempt SET outcome = outcome",
        "postgresql": "SELECT 1 FROM tutor_attempt FOR UPDATE",
    }
    holder = connections["default"].copy()
    with connection.cursor() as cursor, holder.cursor() as other:
        cursor.execute(impatient[connection.vendor])
        other.execute(begin[connection.vendor])
        other.execute(lock[connection.vendor])
        yield
        other.execute("ROLLBACK")
        cursor.execute(patient[connection.vendor])
    holder.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("endpoint", [CALL_TOOL, REPORT, CONNECT], ids=str)
def test_endpoint_says_when_to_come_back_while_the_database_is_locked(attempt, learner_client, endpoint):
    with database_held(attempt):
        response = send(learner_client, endpoint, attempt)

    assert (response.status_code, response["Retry-After"], response.json()) == (
        503,
        "2",
        {"error": "database_busy", "message": "We cannot save at the moment. Please try again in a few seconds."},
    )


class Cause(Exception):
    """What a driver raises, with the code of the standard."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@contextmanager
def failing_to_store(error, *, times):
    """The database refuses to store a function call, so many times."""
    left = [error] * times

    def execute(run, sql, params, many, context):
        if left and sql.startswith('INSERT INTO "tutor_toolcall"'):
            raise left.pop()
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield left


def caused_by(sqlstate: str) -> OperationalError:
    error = OperationalError("broken off")
    error.__cause__ = Cause(sqlstate)
    return error


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
@pytest.mark.parametrize(("times", "status"), [(1, 200), (2, 200), (3, 503)])
def test_endpoint_tries_three_times_where_the_database_sacrificed_it(
    attempt, learner_client, said, sqlstate, times, status
):
    said(attempt, "I like tea.")
    arguments = json.dumps({"outcome": "understood", "reasoning": "r", "summary": "s", "evidence": []})
    call = {"call_id": "call_1", "name": "stage_complete", "arguments": arguments}

    with failing_to_store(caused_by(sqlstate), times=times) as left:
        response = post(learner_client, CALL_TOOL.path(attempt), call)

    assert (response.status_code, left) == (status, [])
    # Whole or not at all.
    moved = int(status == 200)
    assert (attempt.visits.count(), attempt.tool_calls.count()) == (1 + moved, moved)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationalError("database or disk is full"), "storage_full"),
        (caused_by("53100"), "storage_full"),
        (OperationalError("attempt to write a readonly database"), "database_busy"),
        (InternalError("cannot execute INSERT in a read-only transaction"), "database_busy"),
        (InterfaceError("connection already closed"), "database_busy"),
    ],
)
def test_endpoint_tries_once_where_the_database_cannot_serve(attempt, learner_client, error, code):
    with failing_to_store(error, times=2) as left:
        response = send(learner_client, CALL_TOOL, attempt)

    assert (response.status_code, response["Retry-After"], response.json()["error"]) == (503, "2", code)
    assert len(left) == 1


# What makes the database of each kind refuse to write for real, and ends that.
UNWRITABLE = {
    "sqlite": [
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000", "storage_full"),
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF", "database_busy"),
    ],
    "postgresql": [
        (
            "SET default_transaction_read_only = on",
            "SET default_transaction_read_only = off",
            "database_busy",
        )
    ],
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("before", "after", "code"), UNWRITABLE[connection.vendor])
def test_what_cannot_be_written_now_can_be_read_and_is_written_later(attempt, learner_client, before, after, code):
    # Longer than a page of the file, so that it needs another one.
    texts = ["x" * 8000] * 4
    entries = [
        {"id": f"i{number}", "kind": "utterance", "speaker": "learner", "status": "complete", "text": text}
        for number, text in enumerate(texts)
    ]
    with connection.cursor() as cursor:
        cursor.execute(before)
        refused = post(learner_client, REPORT.path(attempt), {"entries": entries})
        state = learner_client.get(STATE.path(attempt))
        cursor.execute(after)
    stored = post(learner_client, REPORT.path(attempt), {"entries": entries})

    assert (refused.status_code, refused.json()["error"]) == (503, code)
    assert (state.status_code, state.json()["transcript"]) == (200, [])
    assert stored.json()["stored"] == ["i0", "i1", "i2", "i3"]


# --- Anything at all -------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["item_1", "item_2", ""]) | anything,
        "kind": st.sampled_from(["utterance", "usage", "fault"]) | anything,
        "speaker": st.sampled_from(["learner", "tutor", "system"]) | anything,
        "status": st.sampled_from(["partial", "complete", "interrupted", "untranscribed"]) | anything,
        "source": st.sampled_from(["response", "transcription"]) | anything,
        "text": st.text(max_size=30) | anything,
        "previous_item_id": st.sampled_from(["item_1", "item_2", None]) | anything,
        "visit": st.sampled_from([1, 2, None, 2**31, 2**63]) | anything,
        "usage": st.dictionaries(st.text(max_size=8), anything, max_size=3) | anything,
        "code": anything,
        "message": anything,
        "param": anything,
        "connection": st.uuids().map(str) | anything,
    },
)
journals = st.fixed_dictionaries({"entries": st.lists(entries | anything, max_size=6) | anything})
calls = st.fixed_dictionaries(
    {
        "call_id": st.sampled_from(["call_1", "call_2", "", "x" * 65]) | anything,
        "name": st.sampled_from(["stage_complete", "hint", "note"]) | anything,
        "arguments": anything.map(json.dumps) | st.text(max_size=30) | anything,
    },
    optional={"visit": st.sampled_from([0, 1, 2, 2**63]) | anything},
)
many = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@many
@given(body=journals)
def test_journal_survives_anything(attempt, learner_client, body):
    response = learner_client.generic("POST", REPORT.path(attempt), json.dumps(body), JSON)

    assert response.status_code in (200, 400)
    assert learner_client.get(STATE.path(attempt)).status_code == 200


@many
@given(body=calls)
def test_tool_calls_survive_anything(attempt, learner_client, body):
    response = learner_client.generic("POST", CALL_TOOL.path(attempt), json.dumps(body), JSON)

    assert response.status_code in (200, 400, 409)


def test_a_good_request_after_all_that(learner_client, learner):
    publish(PLAN, slug="after")

    response = post(learner_client, "/api/lessons/after/attempts/", {})

    assert response.status_code == 201


# --- A flood ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def flooded(learner, monkeypatch) -> None:
    """The learner has sent as much as anybody may, at this moment, which lasts."""
    flood = limits.Flood(limits.FLOOD, clock=lambda: 0.0)
    monkeypatch.setattr(limits, "flood", flood)
    for _ in range(limits.FLOOD.tokens):
        flood.take(learner.pk)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_endpoint_holds_back_a_flood_without_a_query_more_and_says_when_to_come_back(
    flooded, attempt, learner_client, stranger_client, endpoint, django_assert_num_queries
):
    before = row_counts()

    # Who it is 2.
    with django_assert_num_queries(2):
        response = send(learner_client, endpoint, attempt)

    assert (response.status_code, response.json()["error"], response["Retry-After"]) == (429, "too_many", "1")
    assert row_counts() == before
    assert send(stranger_client, endpoint, attempt).status_code != 429


def test_what_a_flood_brought_is_stored_when_it_is_sent_again(flooded, attempt, learner_client, monkeypatch):
    entry = {"id": "i1", "kind": "utterance", "speaker": "learner", "status": "complete", "text": "Tea."}
    assert post(learner_client, REPORT.path(attempt), {"entries": [entry]}).status_code == 429

    monkeypatch.setattr(limits.flood, "_clock", lambda: 1.0)

    assert post(learner_client, REPORT.path(attempt), {"entries": [entry]}).json()["stored"] == ["i1"]
