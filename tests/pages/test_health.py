"""What machines are told."""

import json
import socket
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import AsyncRequestFactory, RequestFactory

from tests.capture import answered, closed_port, hanging
from tutor.models import Alarm
from tutor.pages import health
from tutor.pages.health import healthz, readyz
from tutor.services import switch


@pytest.fixture(autouse=True)
def _provider_not_asked_yet(monkeypatch) -> None:
    monkeypatch.setattr(health, "provider", health._Provider())


async def test_healthz_answers_without_a_database() -> None:
    response = await healthz(AsyncRequestFactory().get("/healthz"))

    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_readyz_is_200_on_a_migrated_database() -> None:
    response = readyz(RequestFactory().get("/readyz"))

    assert (response.status_code, json.loads(response.content)) == (
        200,
        {"ready": True, "problems": [], "warnings": []},
    )


@pytest.mark.django_db
def test_readyz_names_a_missing_migration() -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    response = readyz(RequestFactory().get("/readyz"))

    assert response.status_code == 503
    assert json.loads(response.content) == {
        "ready": False,
        "problems": ["Database migrations are missing: sessions.0001_initial. Run `python manage.py migrate`."],
        "warnings": [],
    }


@pytest.mark.django_db
def test_readyz_is_503_where_no_page_can_be_shown(settings, tmp_path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "tutor.pages.storage.HashedModulesStorage"},
    }

    response = readyz(RequestFactory().get("/readyz"))

    problem = "Scripts and styles are missing. Run `python manage.py collectstatic`, and start this server again."
    assert (response.status_code, json.loads(response.content)) == (
        503,
        {"ready": False, "problems": [problem], "warnings": []},
    )


@pytest.mark.django_db
def test_readyz_is_503_and_tells_no_details_when_the_database_is_gone() -> None:
    def refuse(*arguments: object) -> None:
        raise DatabaseError("could not connect as viva to secret-host")

    with connection.execute_wrapper(refuse):
        response = readyz(RequestFactory().get("/readyz"))

    assert response.status_code == 503
    assert json.loads(response.content) == {
        "ready": False,
        "problems": ["The database does not answer."],
        "warnings": [],
    }


@pytest.mark.django_db
def test_readyz_warns_of_a_redis_that_does_not_answer(settings) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{nobody.getsockname()[1]}"

        response = readyz(RequestFactory().get("/readyz"))

    assert (response.status_code, json.loads(response.content)) == (
        200,
        {"ready": True, "problems": [], "warnings": ["Redis does not answer: pages get no live news."]},
    )


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the database is on another machine")
def test_readyz_is_503_on_a_full_disk(monkeypatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE", 2**62)

    assert health.readiness_problems() == ["The disk of the database is full."]


@pytest.mark.django_db
def test_readyz_is_503_where_nothing_can_be_written(monkeypatch) -> None:
    if connection.vendor == "sqlite":
        monkeypatch.setattr(health.os, "access", lambda *arguments: False)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")

    assert health.readiness_problems() == ["The database cannot be written to."]


@pytest.mark.parametrize("view", [healthz, readyz])
async def test_only_reading_is_allowed(view: object) -> None:
    from asgiref.sync import iscoroutinefunction, sync_to_async

    ask = view if iscoroutinefunction(view) else sync_to_async(view)
    response = await ask(AsyncRequestFactory().post("/healthz"))

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db
def test_readyz_warns_of_calls_that_are_off_and_of_nobody_who_answers() -> None:
    switch.turn(allowed=False)
    Alarm.objects.create(raised_at=datetime(2026, 11, 28, 12, tzinfo=UTC), learners=3, error="provider_quota")

    response = readyz(RequestFactory().get("/readyz"))

    assert response.status_code == 200
    assert json.loads(response.content)["warnings"] == [
        "Calls are switched off.",
        "Nobody answers since 2026-11-28T12:00:00+00:00: provider_quota.",
    ]


# --- The provider --------------------------------------------------------------------------------

warnings = sync_to_async(lambda: health.provider.warnings())


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (answered(200, b'{"data": []}'), []),
        (answered(404), []),
        (answered(401), ["The provider refuses the API key, or does not know the address."]),
        (answered(429), ["The provider is busy."]),
        (answered(500), ["The provider cannot be reached."]),
    ],
)
async def test_readyz_warns_of_a_provider_by_what_it_answers(provider, answer, told) -> None:
    provider.answers.append(answer)

    assert await warnings() == told
    assert provider.requests[0].line == "GET /v1/models HTTP/1.1"


async def test_provider_is_asked_once_in_a_while(provider) -> None:
    provider.answers.extend([answered(401), answered(200)])

    assert [await warnings() for _again in range(3)] == [
        ["The provider refuses the API key, or does not know the address."]
    ] * 3
    health.provider.until = 0.0
    assert await warnings() == []
    assert len(provider.requests) == 2


async def test_provider_that_does_not_answer_is_not_waited_for(provider, monkeypatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    provider.answers.append(hanging)

    assert await warnings() == ["The provider does not answer in time."]


async def test_provider_that_is_not_there_is_a_warning(provider, settings) -> None:
    settings.REALTIME_BASE_URL = f"http://127.0.0.1:{closed_port()}/v1"

    assert await warnings() == ["The provider cannot be reached."]


async def test_rehearsal_inside_the_server_is_not_asked() -> None:
    assert await warnings() == []


async def test_who_comes_while_the_provider_is_asked_is_told_what_was_known(provider) -> None:
    health.provider.known = ["The provider is busy."]
    with health.provider._asking:
        assert await warnings() == ["The provider is busy."]

    assert provider.requests == []
