"""What machines are told."""

import json

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import AsyncRequestFactory, RequestFactory

from tutor.pages.health import healthz, readyz


async def test_healthz_answers_without_a_database() -> None:
    response = await healthz(AsyncRequestFactory().get("/healthz"))

    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_readyz_is_200_on_a_migrated_database() -> None:
    response = readyz(RequestFactory().get("/readyz"))

    assert (response.status_code, json.loads(response.content)) == (200, {"ready": True, "problems": []})


@pytest.mark.django_db
def test_readyz_names_a_missing_migration() -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    response = readyz(RequestFactory().get("/readyz"))

    assert response.status_code == 503
    assert json.loads(response.content) == {
        "ready": False,
        "problems": ["Database migrations are missing: sessions.0001_initial. Run `python manage.py migrate`."],
    }


@pytest.mark.django_db
def test_readyz_is_503_and_tells_no_details_when_the_database_is_gone() -> None:
    def refuse(*arguments: object) -> None:
        raise DatabaseError("could not connect as viva to secret-host")

    with connection.execute_wrapper(refuse):
        response = readyz(RequestFactory().get("/readyz"))

    assert response.status_code == 503
    assert json.loads(response.content) == {"ready": False, "problems": ["The database does not answer."]}


@pytest.mark.parametrize("view", [healthz, readyz])
async def test_only_reading_is_allowed(view: object) -> None:
    from asgiref.sync import iscoroutinefunction, sync_to_async

    ask = view if iscoroutinefunction(view) else sync_to_async(view)
    response = await ask(AsyncRequestFactory().post("/healthz"))

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
