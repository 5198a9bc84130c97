"""POST /api/attempts/<code>/tool-calls/: what the browser may get wrong, and what the model may."""

import json
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.api.helpers import CALL, post
from tests.rows import row_counts
from tutor.models import ToolCall
from tutor.services import attempts, witness


@pytest.fixture
def path(attempt) -> str:
    return reverse("api:tool_calls", args=[attempt.code])


def test_call_tool_answers_with_events_and_progress(attempt, learner_client, path):
    response = post(learner_client, path, CALL)

    output = {"status": "ok", "hint": "Think of a hot drink.", "left": 1}
    progress = attempts.progress(attempt)
    assert response.status_code == 200
    assert response.json() == {
        "events": [
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "function_call_output",
                    "call_id": "call_1",
                    "output": json.dumps(output, ensure_ascii=False),
                },
                "event_id": "call_1-1",
            },
            {"type": "response.create", "event_id": "call_1-2"},
        ],
        "card": None,
        **progress,
    }


def test_call_tool_answers_a_repeat_with_the_stored_answer(learner_client, path):
    first = post(learner_client, path, CALL)
    before = row_counts()

    again = post(learner_client, path, {**CALL, "arguments": "something else", "visit": 7})

    assert again.json() == first.json()
    assert row_counts() == before


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"call_id": None}, "call_id_invalid"),
        ({"call_id": ""}, "call_id_invalid"),
        ({"call_id": 1}, "call_id_invalid"),
        ({"call_id": "x" * 65}, "call_id_invalid"),
        ({"call_id": "a b"}, "call_id_invalid"),
        ({"connection": "conn-1"}, "connection_invalid"),
        ({"connection": 1}, "connection_invalid"),
        ({"call_id": "../x"}, "call_id_invalid"),
        ({"call_id": "a\n"}, "call_id_invalid"),
        ({"call_id": "ä"}, "call_id_invalid"),
        ({"name": None}, "name_invalid"),
        ({"name": ""}, "name_invalid"),
        ({"name": []}, "name_invalid"),
        ({"name": "x" * 201}, "name_invalid"),
        ({"name": "a\x00"}, "not_storable"),
        ({"arguments": None}, "arguments_invalid"),
        ({"arguments": {}}, "arguments_invalid"),
        ({"arguments": "x" * 32769}, "arguments_invalid"),
        ({"arguments": "\ud800"}, "not_storable"),
        ({"visit": 0}, "visit_invalid"),
        ({"visit": -1}, "visit_invalid"),
        ({"visit": 1.0}, "visit_invalid"),
        ({"visit": "1"}, "visit_invalid"),
        ({"visit": True}, "visit_invalid"),
        ({"visit": 2**31}, "visit_invalid"),
        ({"visit": 2**64}, "not_storable"),
    ],
)
def test_call_tool_refuses_what_the_browser_got_wrong(learner_client, path, change, error):
    before = row_counts()

    response = post(learner_client, path, {**CALL, **change})

    assert (response.status_code, response.json()["error"]) == (400, error)
    assert response.json()["message"].endswith(".")
    assert row_counts() == before


@pytest.mark.parametrize("missing", ["call_id", "name"])
def test_call_tool_needs_each_field(learner_client, path, missing):
    response = post(learner_client, path, {name: value for name, value in CALL.items() if name != missing})

    assert (response.status_code, response.json()["error"]) == (400, f"{missing}_invalid")


def test_call_tool_refuses_a_number_that_is_none(learner_client, path):
    response = learner_client.generic(
        "POST", path, b'{"call_id": "c", "name": "hint", "visit": 1e400}', "application/json"
    )

    assert (response.status_code, response.json()["error"]) == (400, "not_storable")


def test_call_tool_takes_the_longest_arguments(learner_client, path):
    response = post(learner_client, path, {**CALL, "arguments": "é" * 32768})

    assert response.status_code == 200
    assert ToolCall.objects.get().arguments == "é" * 32768


def test_call_tool_scopes_call_ids_to_the_attempt(lesson, other_learner, learner_client, path):
    other = attempts.start_attempt(lesson, learner=other_learner)[0]
    ToolCall.objects.create(attempt=other, visit=other.visits.get(), call_id="call_1", name="x", output={}, answer={})

    response = post(learner_client, path, CALL)

    assert [event["type"] for event in response.json()["events"]] == ["conversation.item.create", "response.create"]
    assert ToolCall.objects.count() == 2


def test_call_tool_refuses_an_ended_attempt(attempt, learner_client, path):
    attempts.end_attempt(attempt)

    response = post(learner_client, path, CALL)

    assert (response.status_code, response.json()) == (
        409,
        {"error": "attempt_ended", "message": "This lesson has already ended."},
    )


def test_call_tool_answers_a_repeat_even_after_the_end(attempt, learner_client, path):
    first = post(learner_client, path, CALL)
    attempts.end_attempt(attempt)

    assert post(learner_client, path, CALL).json() == first.json()


@pytest.mark.parametrize("learner_turns", [1, 3])
def test_call_tool_queries(attempt, learner_client, path, django_assert_num_queries, learner_turns, said):
    said(attempt, *["I like tea."] * learner_turns)
    arguments = json.dumps({"outcome": "understood", "reasoning": "r", "summary": "s", "evidence": []})
    call = {"call_id": "call_1", "name": "stage_complete", "arguments": arguments, "visit": 1}
    call["connection"] = str(uuid.uuid4())

    # The login 2, the attempt 1, the room's call 1, a savepoint 2, the lock 1, known calls 1, the visit 1,
    # what was said 1, and corrected 1, its closing 1, a count and the next visit 2, latest call's items 2,
    # progress 1, the call 1.
    with django_assert_num_queries(19):
        assert post(learner_client, path, call).json()["stage"]["key"] == "order"


def test_completion_the_provider_never_asked_for_is_refused(attempt, learner_client, path, said, settings, monkeypatch):
    settings.SIDEBAND = "server"
    monkeypatch.setattr(witness, "PATIENCE", 0.0)
    now = timezone.now()
    attempt.connections.create(
        visit=attempt.visits.get(),
        config={},
        call_id="rtc_1",
        answered_at=now,
        witness="listening",
        witness_seen_at=now,
        witness_heard_at=now,
    )
    said(attempt, "I would like some tea, please.", "A cup of tea.", "Thank you.")
    forged = {"call_id": "call_9", "name": "stage_complete", "arguments": "{}", "visit": 1}

    response = post(learner_client, path, forged)

    assert (response.status_code, response.json()) == (
        409,
        {"error": "not_confirmed", "message": "The tutor has not ended this stage, so it goes on."},
    )
