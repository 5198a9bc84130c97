"""GET /api/attempts/<code>/: where an attempt stands."""

import json

import pytest
from django.urls import reverse
from django.utils.timezone import now

from tests.rows import row_counts
from tutor.models import Attempt, Connection, PictureType
from tutor.services import journal, tool_calls


def advance(attempt: Attempt, call_id: str, outcome: str) -> None:
    """End the current stage with an outcome."""
    arguments = json.dumps({"outcome": outcome, "reasoning": "r", "summary": "Likes tea.", "evidence": []})
    tool_calls.answer_tool_call(attempt, call_id=call_id, name="stage_complete", arguments=arguments)


def test_state_shows_progress_and_transcript_in_order(attempt, learner_client, said):
    said(attempt, "Tea, please.")
    advance(attempt, "call_1", "understood")
    said(attempt, "A tea!", visit=2)

    state = learner_client.get(reverse("api:state", args=[attempt.code])).json()

    assert state["stage"]["key"] == "order"
    assert (state["stage"]["visit"], state["stage"]["position"]) == (2, 2)
    assert state["stage"]["needs"] == {"turns": 1, "quotes": 1}
    assert state["time"] == {"minutes": 5, "limit": 60, "spent": 0, "left": None}
    assert [stage["progress"] for stage in state["stages"]] == ["done", "current", "ahead"]
    assert state["transcript"] == [
        {
            "item_id": "said_1",
            "speaker": "learner",
            "status": "complete",
            "text": "Tea, please.",
            "corrected": None,
            "visit": 1,
            "stage": "warm-up",
            "picture": None,
        },
        {
            "item_id": "said_2",
            "speaker": "learner",
            "status": "complete",
            "text": "A tea!",
            "corrected": None,
            "visit": 2,
            "stage": "order",
            "picture": None,
        },
    ]
    note = (
        "What the learner did in the stages before:\n- Warm-up: Likes tea.\n\n"
        "This stage has already begun. The conversation in it so far:\nlearner: A tea!\n\n"
        "The connection was lost and is back. Do not greet again: answer what the learner said last."
    )
    assert state["opening"] == [
        {
            "type": "conversation.item.create",
            "item": {
                "id": "resume-2",
                "type": "message",
                "role": "system",
                "content": [{"type": "input_text", "text": note}],
            },
            "event_id": "open-2-2-1",
        },
        {"type": "response.create", "event_id": "open-2-2-2"},
    ]


def test_state_says_where_a_picture_is_to_be_seen(attempt, learner_client, said):
    [item_id] = said(attempt, "(a picture)")
    entry = journal.PictureEntry(id=item_id, media_type=PictureType.PNG, data=b"x")
    journal.store_entries(attempt, [entry])

    state = learner_client.get(reverse("api:state", args=[attempt.code])).json()

    assert [each["picture"] for each in state["transcript"]] == [f"/attempts/{attempt.code}/pictures/{item_id}/"]
    assert "learner: (a picture)" in state["opening"][0]["item"]["content"][0]["text"]


def test_state_of_a_later_stage_never_opens_as_a_first_call(attempt, learner_client, said):
    said(attempt, "Tea.")
    advance(attempt, "call_1", "understood")
    attempt.utterances.all().delete()

    opening = learner_client.get(reverse("api:state", args=[attempt.code])).json()["opening"]

    assert [event["type"] for event in opening] == ["conversation.item.create", "response.create"]


@pytest.mark.parametrize("size", [1, 3])
def test_state_queries(attempt, learner_client, said, django_assert_num_queries, size):
    for number in range(1, size):
        said(attempt, "Tea.", visit=number)
        advance(attempt, f"call_{number}", "needs-practice")
    said(attempt, *["Tea, please."] * size, visit=size)
    for _ in range(size):
        Connection.objects.create(attempt=attempt, visit=attempt.visits.get(number=1), config={}, answered_at=now())
    before = row_counts()

    # The login 2, the attempt 1, its visits 1, its utterances 1, their corrections 1, its pictures 1, its cards 1, its
    # calls 1, a pause 1, a call in another lesson 1, the switch 1.
    with django_assert_num_queries(12) as queries:
        state = learner_client.get(reverse("api:state", args=[attempt.code])).json()

    assert state["stage"]["visit"] == size
    assert not any('"data"' in query["sql"] for query in queries.captured_queries)
    assert row_counts() == before
