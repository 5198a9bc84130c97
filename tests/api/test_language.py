"""What the API says to people is in their language; what it tells the model is not."""

import json

import pytest

from tests.api.helpers import OFFER, post
from tests.capture import Capture, answered

GERMAN = {"Accept-Language": "de"}


def test_refusal_is_in_the_learner_s_language(client, attempt):
    response = client.get(f"/api/attempts/{attempt.code}/", headers=GERMAN)

    assert response.status_code == 401
    assert response.json() == {"error": "signed_out", "message": "Du bist abgemeldet. Bitte melde dich wieder an."}


def test_refusal_is_in_the_language_that_was_chosen(learner_client):
    learner_client.cookies["django_language"] = "de"

    response = post(learner_client, "/api/lessons/nothing/attempts/", {})

    assert response.json() == {"error": "unknown_lesson", "message": "Es gibt keine solche Lektion."}


def test_refusal_of_a_service_is_in_the_learner_s_language(learner_client, attempt):
    post(learner_client, f"/api/attempts/{attempt.code}/end/", {})

    response = learner_client.post(
        f"/api/attempts/{attempt.code}/tool-calls/",
        {"call_id": "call_1", "name": "hint", "arguments": "{}"},
        content_type="application/json",
        headers=GERMAN,
    )

    assert response.json() == {"error": "attempt_ended", "message": "Diese Lektion ist schon zu Ende."}


@pytest.mark.django_db(transaction=True)
async def test_refusal_of_the_provider_is_in_the_learner_s_language(provider: Capture, learner_async_client, attempt):
    provider.answers.append(answered(429))

    response = await learner_async_client.post(
        f"/api/attempts/{attempt.code}/connections/",
        {"sdp": OFFER},
        content_type="application/json",
        headers=GERMAN,
    )

    assert response.status_code == 503
    assert response.json()["message"].startswith("Der Tutor ist gerade beschäftigt.")


def test_the_model_is_told_the_same_whatever_the_learner_s_language(learner_client, attempt):
    address = f"/api/attempts/{attempt.code}/"
    german = learner_client.get(address, headers=GERMAN).json()
    english = learner_client.get(address).json()

    assert german["opening"] == english["opening"]

    def told(call_id: str, **headers) -> str:
        body = {"call_id": call_id, "name": "nothing_like_it", "arguments": "{}"}
        path = f"{address}tool-calls/"
        response = learner_client.post(path, json.dumps(body), content_type="application/json", **headers)
        return json.dumps(response.json()["events"]).replace(call_id, "…")

    assert told("call_de", headers=GERMAN) == told("call_en")
