"""The operator's page: for superusers alone, the same from every process."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tutor.models import Fault, Pulse


@pytest.fixture
def operator_client(client, db):
    client.force_login(User.objects.create_superuser("op", password="secret-op"))
    return client


@pytest.mark.parametrize("who", ["nobody", "learner", "teacher", "reviewer"])
def test_for_all_but_superusers_it_is_not_there(request, client, db, who) -> None:
    if who != "nobody":
        client.force_login(request.getfixturevalue(who))

    assert client.get("/operator/").status_code == 404


def test_nothing_can_be_sent_to_it(operator_client) -> None:
    assert operator_client.post("/operator/").status_code == 405


def test_fresh_site_has_a_page(operator_client) -> None:
    response = operator_client.get("/operator/")

    assertContains(response, "0 calls go on")
    assertContains(response, "Nobody tends")
    assertContains(response, "No process has said yet that it is there.")
    assertNotContains(response, "<svg")
    assert response["Cache-Control"].startswith("max-age=0")


@pytest.mark.parametrize(("age", "is_told"), [(5, False), (120, True)])
def test_nobody_tends_is_told_once_there_was_time_to(operator_client, age: int, is_told: bool) -> None:
    now = timezone.now()
    facts = {"name": "p", "role": "server", "host": "web", "pid": 1, "version": "1", "seen_at": now}
    Pulse.objects.create(**facts, started_at=now - timedelta(seconds=age))

    assert ("Nobody tends" in operator_client.get("/operator/").content.decode()) is is_told


def make_calls(attempt, count: int) -> None:
    now = timezone.now()
    visit = attempt.visits.get()
    for number in range(count):
        error = "provider_busy" if number % 3 == 0 else ""
        call = attempt.connections.create(visit=visit, config={}, error=error, ended_at=now)
        call.requested_at = now - timedelta(minutes=number)
        call.answered_at = None if error else call.requested_at + timedelta(seconds=1)
        call.save()
        Pulse.objects.create(
            name=f"p{number}",
            role="server",
            host="<b>web</b>",
            pid=number,
            version="1",
            started_at=now,
            seen_at=now,
            tended_at=now,
        )


def test_calls_errors_and_processes_are_shown(operator_client, attempt) -> None:
    make_calls(attempt, 4)
    Pulse.objects.filter(name="p0").update(seen_at=timezone.now() - timedelta(minutes=5))
    Fault.objects.create(attempt=attempt, report_id="f", code="<script>", message="I like tea")

    response = operator_client.get("/operator/")

    assertContains(response, "4 calls were asked for, 2 were not made.")
    assertContains(response, "Half of them were answered within 1.0 s, 19 of 20 within 1.0 s.")
    assertContains(response, '<th scope="row"><code>provider_busy</code></th><td>Calls</td><td>2</td>', html=True)
    assertContains(response, "&lt;script&gt;")
    assertContains(response, "<strong>Missing</strong>", count=1)
    assertContains(response, "&lt;b&gt;web&lt;/b&gt;", count=4)
    assertContains(response, "spent__column--bad", count=3)
    assertNotContains(response, "Nobody tends")
    assertNotContains(response, "tea")
    assertNotContains(response, str(attempt.code))


def test_queries_do_not_grow_with_calls(operator_client, attempt) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert operator_client.get("/operator/").status_code == 200
        return len(captured)

    operator_client.get("/operator/")
    without = queries()
    make_calls(attempt, 3)

    assert queries() == without


def test_superusers_are_led_to_it_and_others_are_not(operator_client, client, reviewer) -> None:
    assertContains(operator_client.get("/review/"), 'href="/operator/"')

    client.force_login(reviewer)
    assertNotContains(client.get("/review/"), 'href="/operator/"')
