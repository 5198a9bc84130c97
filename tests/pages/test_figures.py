"""The page for Prometheus, and the id and the count of every request."""

import logging
import re

import pytest
from django.db import DatabaseError
from django.test import AsyncClient
from django.urls import reverse

from tutor import metrics
from tutor.models import Attempt
from tutor.pages import figures

TOKEN = "metrics-TESTSENTINEL-0123456789"


@pytest.fixture
def token(settings) -> str:
    settings.METRICS_TOKEN = TOKEN
    figures.lookup.until = float("-inf")
    return TOKEN


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    "header", ["", TOKEN, f"Basic {TOKEN}", "Bearer ", f"Bearer {TOKEN}x", "Bearer ü\udc80", "Bearer"]
)
async def test_metrics_are_not_there_for_who_does_not_know_the_token(token, header: str) -> None:
    assert not figures.may_see(header)


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", ""])
def test_metrics_are_there_for_nobody_without_a_token(settings, header: str) -> None:
    settings.METRICS_TOKEN = ""

    assert not figures.may_see(header)


async def test_refusal_is_that_of_any_address_without_a_page(token, async_client: AsyncClient) -> None:
    refused = await async_client.get("/metrics", headers={"Authorization": "Bearer no"})
    nothing = await async_client.get("/nothing-here/")

    assert (refused.status_code, nothing.status_code) == (404, 404)
    heading = re.compile(rb"<h1>.*</h1>")
    assert heading.findall(refused.content) == heading.findall(nothing.content) != []
    assert b"viva_" not in refused.content


@pytest.mark.django_db(transaction=True)
async def test_metrics_tell_what_goes_on_in_the_site(token, attempt, async_client: AsyncClient) -> None:
    await make_call(attempt)

    response = await async_client.get("/metrics", headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    text = response.content.decode()
    assert "\nviva_database_up 1.0\n" in text
    assert "\nviva_calls_open 1.0\n" in text
    assert '\nviva_waiting{queue="hang_ups"} 0.0\n' in text
    assert "\nprocess_open_fds " in text
    assert str(attempt.code) not in text


@pytest.mark.django_db(transaction=True)
async def test_scrapes_ask_the_database_once_in_a_while(token, attempt, async_client: AsyncClient, monkeypatch) -> None:
    asked = []
    standing = figures.operating.standing
    monkeypatch.setattr(figures.operating, "standing", lambda: asked.append(1) or standing())

    for _again in range(3):
        response = await async_client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 200

    assert len(asked) == 1


async def test_metrics_are_told_without_the_database(token, async_client: AsyncClient, monkeypatch) -> None:
    def refuse() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(figures.operating, "standing", refuse)
    response = await async_client.get("/metrics", headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 200
    assert b"\nviva_database_up 0.0\n" in response.content
    assert b"\nviva_calls_open NaN\n" in response.content


async def make_call(attempt: Attempt) -> None:
    from django.utils import timezone

    now = timezone.now()
    await attempt.connections.acreate(
        visit=await attempt.visits.aget(), config={}, call_id="rtc_1", answered_at=now, heard_at=now
    )


# --- Every request -------------------------------------------------------------------------------


async def test_answer_names_the_request(async_client: AsyncClient) -> None:
    first, second = [await async_client.get("/healthz") for _again in range(2)]

    assert re.fullmatch("[0-9a-f]{16}", first["X-Request-ID"])
    assert first["X-Request-ID"] != second["X-Request-ID"]


@pytest.mark.parametrize(("behind", "kept"), [(True, True), (False, False)])
async def test_name_that_comes_along_is_believed_from_a_proxy_only(settings, async_client, behind, kept) -> None:
    settings.BEHIND_PROXY = behind

    response = await async_client.get("/healthz", headers={"X-Request-ID": "from-the-proxy-1"})

    assert (response["X-Request-ID"] == "from-the-proxy-1") is kept


async def test_name_from_a_proxy_cannot_forge_a_line(settings, async_client: AsyncClient) -> None:
    settings.BEHIND_PROXY = True

    response = await async_client.get("/healthz", headers={"X-Request-ID": "abcdefgh ERROR forged"})

    assert re.fullmatch("[0-9a-f]{16}", response["X-Request-ID"])


@pytest.mark.django_db
def test_what_is_logged_in_a_request_names_it_and_its_attempt(client, learner, attempt, monkeypatch) -> None:
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]
    from tutor.logs import LineFormatter

    formatter = LineFormatter("%(message)s")
    logger = logging.getLogger("tutor.services.stages")
    logger.addHandler(handler)
    try:
        client.force_login(learner)
        response = client.post(f"/api/attempts/{attempt.code}/end/", {}, content_type="application/json")
    finally:
        logger.removeHandler(handler)

    assert response.status_code == 200
    assert lines == [f"attempt ended attempt={attempt.code} outcome=left request={response['X-Request-ID']}"]


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_address(client, learner, attempt) -> None:
    client.force_login(learner)
    labels = {"route": "api:attempt", "method": "GET", "status": "200"}
    labels["route"] = "api:state"
    before = value("viva_requests_total", **labels)

    assert client.get(reverse("api:state", args=[attempt.code])).status_code == 200

    assert value("viva_requests_total", **labels) == before + 1


def test_address_without_a_page_is_counted_as_none(client) -> None:
    before = value("viva_requests_total", route="none", method="GET", status="404")

    client.get("/nothing-here-at-all.php")

    assert value("viva_requests_total", route="none", method="GET", status="404") == before + 1


@pytest.mark.django_db(transaction=True)
def test_journal_and_tokens_are_counted(client, learner, attempt) -> None:
    client.force_login(learner)
    entry = {
        "id": "resp_1",
        "kind": "usage",
        "source": "response",
        "usage": {"input_token_details": {"text_tokens": 7}, "output_token_details": {"audio_tokens": 5}},
    }
    names = [
        ("viva_journal_entries_total", {"result": "stored"}),
        ("viva_journal_entries_total", {"result": "duplicate"}),
    ]
    names += [("viva_tokens_total", {"kind": "text_in"}), ("viva_tokens_total", {"kind": "audio_out"})]
    before = [value(name, **labels) for name, labels in names]

    for _again in range(2):
        response = client.post(
            f"/api/attempts/{attempt.code}/journal/", {"entries": [entry]}, content_type="application/json"
        )
        assert response.status_code == 200

    after = [value(name, **labels) for name, labels in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 7, 5]


@pytest.mark.django_db(transaction=True)
def test_tool_calls_are_counted_once(client, learner, attempt) -> None:
    client.force_login(learner)
    before = value("viva_tool_calls_total", result="unknown_tool")
    call = {"call_id": "call_1", "name": "no_such_tool", "arguments": "{}"}

    for _again in range(2):
        response = client.post(f"/api/attempts/{attempt.code}/tool-calls/", call, content_type="application/json")
        assert response.status_code == 200

    assert value("viva_tool_calls_total", result="unknown_tool") == before + 1


def test_broken_page_tells_its_number(client, monkeypatch) -> None:
    from tutor.pages import health

    def fail() -> list[str]:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(health, "readiness_problems", fail)
    client.raise_request_exception = False

    response = client.get("/readyz", headers={"Accept": "text/html"})

    assert response.status_code == 500
    if b"Traceback" not in response.content:  # with DEBUG it is Django's page
        assert response["X-Request-ID"].encode() in response.content
