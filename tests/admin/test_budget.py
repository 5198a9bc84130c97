"""Superusers set budgets and switch calls off; nobody else finds any of it."""

from datetime import timedelta

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.services.calling import call_in
from tutor.models import Alarm, Attempt, Budget, Switch
from tutor.services import switch

LIST, ADD = "/admin/tutor/budget/", "/admin/tutor/budget/add/"
SWITCHES = "/admin/tutor/switch/"


def faults(response) -> list[str]:
    return [sentence for sentences in response.context["adminform"].form.errors.values() for sentence in sentences]


@pytest.mark.parametrize("subject", [None, "lesson", "learner"])
def test_superuser_sets_a_budget(admin_client, attempt, subject):
    scope = subject or "everyone"
    named = {} if subject is None else {subject: getattr(attempt, subject).pk}

    response = admin_client.post(ADD, {"scope": scope, "period": "day", "minutes": "60", "usd": "2.50"} | named)

    assertRedirects(response, LIST)
    budget = Budget.objects.get()
    assert (budget.scope, budget.minutes, float(budget.usd)) == (scope, 60, 2.5)
    assert budget.lesson_id == named.get("lesson")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"scope": "lesson"}, "Choose the class, the lesson or the learner it is for, and nothing else."),
        ({"minutes": ""}, "Fill in minutes, or money, or both."),
        ({"usd": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"scope": "each"}, "There is such a budget already: change that one."),
    ],
)
def test_an_impossible_budget_is_refused_in_a_sentence(admin_client, values, fault):
    Budget.objects.create(scope="each", minutes=5)

    response = admin_client.post(ADD, {"scope": "everyone", "period": "day", "minutes": "60"} | values)

    assert fault in faults(response)
    assert Budget.objects.count() == 1


def test_list_says_what_was_used(admin_client, attempt):
    Attempt.objects.update(is_rehearsal=False)
    Budget.objects.create(scope="everyone", minutes=60, usd=1)
    Budget.objects.create(scope="each", minutes=10)
    call_in(attempt, answered=timedelta(minutes=7, seconds=30))

    response = admin_client.get(LIST)

    assertContains(response, "7 min, ")
    assertContains(response, "each learner’s own")


@pytest.mark.parametrize("name", ["budget", "switch", "alarm"])
def test_nobody_else_finds_any_of_it(teacher_client, reviewer_client, name):
    for client in (teacher_client, reviewer_client):
        assert client.get(f"/admin/tutor/{name}/").status_code == 404
        assert client.get(f"/admin/tutor/{name}/add/").status_code == 404
        assertNotContains(client.get("/admin/"), f"/admin/tutor/{name}/")


def test_switching_calls_off_puts_down_who_did(admin_client, admin_user):
    admin_client.post(f"{SWITCHES}add/", {"reason": "Costs"})

    found = switch.off()
    assert (found.reason, found.changed_by) == ("Costs", admin_user)
    assertContains(admin_client.get("/admin/"), "by admin. Nobody can talk to the tutor.")

    # There is one: adding it again is changing it.
    change = f"{SWITCHES}{found.pk}/change/"
    assertRedirects(admin_client.get(f"{SWITCHES}add/"), change)
    admin_client.post(change, {"allowed": "on", "reason": ""})
    assert switch.off() is None
    assert Switch.objects.count() == 1
    assertNotContains(admin_client.get("/admin/"), "Nobody can talk")


def test_the_switch_cannot_be_deleted(admin_client):
    switch.turn(allowed=False)

    assert admin_client.post(f"{SWITCHES}1/delete/", {"post": "yes"}).status_code == 404
    assert switch.off() is not None


def test_alarms_are_read_and_not_written(admin_client, attempt):
    alarm = Alarm.objects.create(raised_at=attempt.started_at, learners=4, error="provider_quota")

    assertContains(admin_client.get("/admin/tutor/alarm/"), "provider_quota")
    assert admin_client.post(f"/admin/tutor/alarm/{alarm.pk}/change/", {"learners": 1}).status_code == 404
