"""All that was said, for its learner to read."""

from uuid import UUID

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from tests.walking import finish
from tutor.models import Speaker, Utterance, UtteranceStatus
from tutor.services.corrections import correct


def bubble(words: str) -> str:
    return f'<p class="bubble bubble--learner"><span class="bubble__who" lang="en">You</span> {words}</p>'


def test_transcript_has_both_voices_by_stage_and_nothing_of_the_tutors_thoughts(learner_client, attempt, said):
    said(attempt, "Hello!", speaker=Speaker.TUTOR)
    finish(attempt, said)

    response = learner_client.get(f"/attempts/{attempt.code}/transcript/")

    page = response.content.decode()
    order = ["Warm-up</h2>", "Hello!", "I like coffee.", "Order</h2>", "A &lt;b&gt;large&lt;/b&gt; coffee, please."]
    assert sorted(order, key=page.index) == order
    for secret in ("It fits.", "You are the waiter.", "<b>large</b>"):
        assertNotContains(response, secret)


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (
            UtteranceStatus.INTERRUPTED,
            "Good",
            '<bdi>Good</bdi> … <span class="bubble__mark" lang="en">(interrupted)</span>',
        ),
        (UtteranceStatus.UNTRANSCRIBED, "", '<em lang="en">(spoken, but not written down)</em>'),
        (UtteranceStatus.COMPLETE, "a \u202eb", "<bdi>a \u202eb</bdi>"),
    ],
)
def test_transcript_says_what_is_missing_of_an_utterance(learner_client, attempt, said, status, text, expected):
    said(attempt, "Hello.")
    Utterance.objects.update(status=status, text=text)

    response = learner_client.get(f"/attempts/{attempt.code}/transcript/")

    assertContains(response, bubble(expected), html=True)


def test_transcript_marks_a_correction_and_keeps_what_was_heard(learner_client, attempt, said):
    said(attempt, "I like toffee.")
    correct(attempt, correction_id=UUID(int=1), item_id="said_1", text="<script>alert(1)</script>")

    response = learner_client.get(f"/attempts/{attempt.code}/transcript/")

    assertContains(response, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>")
    assertContains(response, "Corrected by you. Understood at first: <bdi>“I like toffee.”</bdi>")
    assertNotContains(response, "<script>alert")


def test_transcript_is_its_learners_alone(client, attempt, other_learner, reviewer):
    path = f"/attempts/{attempt.code}/transcript/"

    assert client.get(path).status_code == 302
    for user in (other_learner, reviewer):
        client.force_login(user)
        assert client.get(path).status_code == 404


def test_transcript_takes_the_same_queries_for_one_stage_and_for_three(
    learner_client, attempt, said, django_assert_num_queries
):
    said(attempt, "Hello.")
    # login, user, attempt; corrections, utterances, visits; time spent; the way back
    with django_assert_num_queries(8):
        learner_client.get(f"/attempts/{attempt.code}/transcript/")

    finish(attempt, said)
    with django_assert_num_queries(8):
        learner_client.get(f"/attempts/{attempt.code}/transcript/")
