"""Requests that arrive at the same moment, each in a thread with a database connection of its own."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import lessons
from tests.api.helpers import post
from tutor.models import Attempt, Connection, Utterance
from tutor.services import attempts

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Call `work` with 0, 1, 2 … in twelve threads that all wait for the last of them; return what it returned."""
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> Any:
        try:
            barrier.wait(timeout=10)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.fixture
def clients(learner) -> list[Client]:
    """Twelve browsers in which the same learner is signed in."""
    made = [Client() for _ in range(THREADS)]
    for client in made:
        client.force_login(learner)
    return made


def completion(call_id: str) -> dict[str, Any]:
    arguments = json.dumps({"outcome": "understood", "reasoning": "r", "summary": "s", "evidence": []})
    return {"call_id": call_id, "name": "stage_complete", "arguments": arguments, "visit": 1}


def test_the_same_completion_twelve_times_moves_on_once(attempt, clients, said):
    said(attempt, "I like tea.")
    path = reverse("api:tool_calls", args=[attempt.code])

    responses = at_once(lambda number: post(clients[number], path, completion("call_1")))

    assert [response.status_code for response in responses] == [200] * THREADS
    answers = [response.json() for response in responses]
    assert answers[0]["stage"]["key"] == "order"
    assert all(answer == answers[0] for answer in answers)
    assert [(visit.number, visit.stage_key) for visit in attempt.visits.order_by("number")] == [
        (1, "warm-up"),
        (2, "order"),
    ]
    assert attempt.tool_calls.count() == 1


def test_twelve_completions_of_one_visit_move_on_once(attempt, clients, said):
    said(attempt, "I like tea.")
    path = reverse("api:tool_calls", args=[attempt.code])

    responses = at_once(lambda number: post(clients[number], path, completion(f"call_{number}")))

    assert [response.status_code for response in responses] == [200] * THREADS
    assert sorted(attempt.tool_calls.values_list("refusal", flat=True)) == ["", *["stage_over"] * (THREADS - 1)]
    assert attempt.visits.count() == 2
    assert attempt.visits.filter(completed_at__isnull=True).count() == 1


def test_the_same_correction_twelve_times_is_made_once(attempt, clients, said):
    Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
    said(attempt, "I like toffee.")
    path = reverse("api:corrections", args=[attempt.code])
    body = {"id": "00000000-0000-4000-8000-000000000001", "item_id": "said_1", "text": "I like coffee."}

    responses = at_once(lambda number: post(clients[number], path, body))

    assert [response.status_code for response in responses] == [200] * THREADS
    assert all(response.json() == responses[0].json() for response in responses)
    assert list(attempt.corrections.values_list("note_id", flat=True)) == ["correction-1"]


def test_twelve_corrections_of_one_sentence_are_numbered_without_a_gap(attempt, clients, said):
    Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
    said(attempt, "I like toffee.")
    path = reverse("api:corrections", args=[attempt.code])
    body = {"item_id": "said_1", "id": "00000000-0000-4000-8000-0000000000"}

    responses = at_once(
        lambda number: post(clients[number], path, {**body, "id": f"{body['id']}{number:02}", "text": f"Tea {number}."})
    )

    assert [response.status_code for response in responses] == [200] * THREADS
    notes = list(attempt.corrections.order_by("id").values_list("note_id", flat=True))
    assert notes == [f"correction-{number}" for number in range(1, THREADS + 1)]


def test_twelve_starts_begin_one_attempt(lesson, clients):
    responses = at_once(lambda number: post(clients[number], "/api/lessons/cafe/attempts/", {}))

    assert sorted(response.status_code for response in responses) == [*[200] * (THREADS - 1), 201]
    attempt = Attempt.objects.get()
    assert {response.json()["code"] for response in responses} == {str(attempt.code)}
    assert attempt.visits.count() == 1


def test_twelve_journals_lose_nothing(attempt, clients):
    path = reverse("api:journal", args=[attempt.code])

    def entries(number: int) -> list[dict[str, Any]]:
        """Each thread sends a sentence of its own, and one that all others send too."""
        chain = [("shared", None), (f"own_{number}", "shared")]
        return [
            {
                "id": item_id,
                "kind": "utterance",
                "previous_item_id": previous,
                "speaker": "learner",
                "status": "complete",
                "text": item_id,
                "visit": 1,
            }
            for item_id, previous in chain
        ]

    responses = at_once(lambda number: post(clients[number], path, {"entries": entries(number)}))

    receipts = [response.json() for response in responses]
    assert sum(receipt["stored"].count("shared") for receipt in receipts) == 1
    assert sum(receipt["duplicate"].count("shared") for receipt in receipts) == THREADS - 1
    assert sorted(Utterance.objects.values_list("position", flat=True)) == list(range(1, THREADS + 2))


def test_twelve_beats_of_a_stalled_stage_take_one_step(learner, clients):
    stage = replace(lessons.PLAN.start, stall_minutes=1, fallback="understood")
    plan = replace(lessons.PLAN, stages=(stage, *lessons.PLAN.stages[1:]))
    attempt = attempts.start_attempt(lessons.publish(plan), learner=learner)[0]
    Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
    path = reverse("api:journal", args=[attempt.code])
    offers = []

    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        for received in (None, "stall-1-1", "stall-1-2"):
            body = {"entries": [], "received": received}
            responses = at_once(lambda number, body=body: post(clients[number], path, body))
            answers = [response.json() for response in responses]
            assert all(answer == answers[0] for answer in answers)
            offers.append(answers[0]["rescue"]["id"])

    assert offers == ["stall-1-1", "stall-1-2", "stall-1-3"]
    assert [(visit.stage_key, visit.stall_step, visit.flag) for visit in attempt.visits.order_by("number")] == [
        ("warm-up", 3, "stalled"),
        ("order", 0, ""),
    ]


def test_twelve_ends_end_once(attempt, clients):
    path = reverse("api:end", args=[attempt.code])

    responses = at_once(lambda number: post(clients[number], path, {}))

    assert [response.status_code for response in responses] == [200] * THREADS
    assert all(response.json() == responses[0].json() for response in responses)


def test_ending_and_completing_never_leave_an_open_visit_behind(attempt, clients, said):
    said(attempt, "I like tea.")
    calls, end = (reverse(f"api:{name}", args=[attempt.code]) for name in ("tool_calls", "end"))

    responses = at_once(
        lambda number: post(clients[number], *((calls, completion("call_1")) if number % 2 else (end, {})))
    )

    attempt.refresh_from_db()
    assert {response.status_code for response in responses} <= {200, 409}
    assert attempt.outcome == "left"
    assert attempt.visits.filter(completed_at__isnull=True).count() == 0
