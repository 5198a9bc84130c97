"""What machines are told."""

import json
import socket

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import AsyncRequestFactory, RequestFactory

from tutor.pages import health
from tutor.pages.health import healthz, readyz


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
