"""POST /api/attempts/<code>/corrections/: what a learner says of a caption."""

from uuid import UUID

import pytest
from django.urls import reverse

from tests.api.helpers import post
from tutor.models import Connection, Correction, Speaker
from tutor.services import attempts

ID = "00000000-0000-4000-8000-000000000001"


def send(client, attempt, **changes):
    body = {"id": ID, "item_id": "said_1", "text": "I like coffee."} | changes
    return post(client, reverse("api:corrections", args=[attempt.code]), body)


def test_a_correction_is_answered_with_what_to_forward_and_how_the_sentence_reads_now(attempt, learner_client, said):
    Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
    said(attempt, "I like toffee.")

    response = send(learner_client, attempt)

    assert response.status_code == 200
    assert [event["type"] for event in response.json()["events"]] == ["conversation.item.create", "response.create"]
    assert response.json()["utterance"]["corrected"] == "I like coffee."
    assert send(learner_client, attempt).json() == response.json()
    [made] = Correction.objects.all()
    assert (made.correction_id, made.text) == (UUID(ID), "I like coffee.")


def test_line_breaks_and_spaces_are_evened_out_and_marks_of_direction_stay(attempt, learner_client, said):
    said(attempt, "?")

    response = send(learner_client, attempt, text="  <script>\n\talert(1)  \u200fשלום ")

    assert response.json()["utterance"]["corrected"] == "<script> alert(1) \u200fשלום"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "1"}, "id_invalid"),
        ({"id": None}, "id_invalid"),
        ({"id": ID.replace("-", "")}, "id_invalid"),
        ({"item_id": ""}, "item_id_invalid"),
        ({"item_id": ["said_1"]}, "item_id_invalid"),
        ({"text": 5}, "text_invalid"),
        ({"text": ""}, "text_missing"),
        ({"text": " \n\u200f\u200b"}, "text_missing"),
        ({"text": "x" * 2_001}, "text_too_long"),
        ({"text": "a\u0000b"}, "not_storable"),
    ],
)
def test_what_is_no_correction_is_refused_with_a_sentence(attempt, learner_client, said, changes, code):
    said(attempt, "I like toffee.")

    response = send(learner_client, attempt, **changes)

    assert (response.status_code, response.json()["error"]) == (400, code)
    assert response.json()["message"].endswith(".")
    assert Correction.objects.count() == 0


def test_the_longest_correction_fits(attempt, learner_client, said):
    said(attempt, "I like toffee.")

    assert send(learner_client, attempt, text="ü" * 2_000).status_code == 200


def test_the_same_id_with_other_words_is_a_conflict(attempt, learner_client, said):
    said(attempt, "I like toffee.")
    send(learner_client, attempt)

    response = send(learner_client, attempt, text="I like tea.")

    assert (response.status_code, response.json()["error"]) == (409, "correction_conflict")


def test_a_sentence_that_is_not_the_learners_is_not_there(attempt, learner_client, said):
    said(attempt, "Hello!", speaker=Speaker.TUTOR)

    for item_id in ("said_1", "said_9"):
        response = send(learner_client, attempt, item_id=item_id)
        assert (response.status_code, response.json()["error"]) == (404, "unknown_utterance")


def test_a_lesson_that_is_over_takes_corrections(attempt, learner_client, said):
    said(attempt, "I like toffee.")
    attempts.end_attempt(attempt)

    response = send(learner_client, attempt)

    assert (response.status_code, response.json()["events"]) == (200, [])


@pytest.mark.parametrize("size", [1, 3])
def test_correction_queries(attempt, learner_client, said, django_assert_num_queries, size):
    Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
    said(attempt, *["I like toffee."] * size)

    # The login 2, the attempt 1; within a transaction (2): lock 1, sentence 1, repeat 1, corrections 1, visit 1,
    # call 1, later visits 1, their number 1, the learner's last words 1, insert 1, how it reads now 1,
    # figures out of date 1.
    with django_assert_num_queries(17):
        assert send(learner_client, attempt, item_id=f"said_{size}").status_code == 200
