"""All that was said, for its learner to read."""

from uuid import UUID

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from tests import lessons
from tests.walking import complete, finish, show_card, show_picture
from tutor.models import Look, Speaker, Utterance, UtteranceStatus
from tutor.services import review
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
        # The page was closed while it was spoken.
        (
            UtteranceStatus.PARTIAL,
            "Good",
            '<bdi>Good</bdi> … <span class="bubble__mark" lang="en">(interrupted)</span>',
        ),
        (UtteranceStatus.PARTIAL, "", '<em lang="en">(spoken, but not written down)</em>'),
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
    assertContains(response, 'Corrected by you. Understood at first: <bdi lang="en">“I like toffee.”</bdi>')
    assertNotContains(response, "<script>alert")


def test_transcript_is_its_learners_alone(client, attempt, other_learner, reviewer):
    path = f"/attempts/{attempt.code}/transcript/"

    assert client.get(path).status_code == 302
    for user in (other_learner, reviewer):
        client.force_login(user)
        assert client.get(path).status_code == 404


def test_transcript_shows_pictures_with_the_words_they_belong_to(learner_client, attempt, said):
    [first, second, _third] = said(attempt, "Look! (a picture)", "(a picture)", "And?")
    addresses = [show_picture(attempt, first), show_picture(attempt, second)]

    response = learner_client.get(f"/attempts/{attempt.code}/transcript/")

    for words, address in zip(("<bdi>Look!</bdi>", ""), addresses, strict=True):
        image = f'<img src="{address}" alt="Picture you showed the tutor" loading="lazy">'
        link = f'<a class="bubble__picture" href="{address}" target="_blank" lang="en">{image}</a>'
        assertContains(response, bubble(f"{words}{link}"), html=True)
    assertNotContains(response, "(a picture)")
    assertNotContains(response, "not written down")


@pytest.mark.parametrize(("language", "words"), [("en", "(a picture)"), ("de", "(ein Bild)")])
def test_transcript_tells_of_a_picture_that_is_lost_in_the_readers_language(
    learner_client, attempt, said, language, words
):
    said(attempt, "Look! (a picture)")

    response = learner_client.get(f"/attempts/{attempt.code}/transcript/", headers={"Accept-Language": language})

    assertContains(response, f'<bdi>Look!</bdi> <em lang="{language}">{words}</em>', html=True)


def test_transcript_shows_cards_where_they_were_shown(learner_client, attempt_with_cards, said):
    attempt = attempt_with_cards
    show_card(attempt, title="First of all")
    said(attempt, "Hello.")
    show_card(attempt, title="A <b>half</b>", text="Or 50 %.", math=r"\frac{1}{2}")
    show_card(attempt, name="cup")
    said(attempt, "Coffee.")
    complete(attempt, "understood")

    response = learner_client.get(f"/attempts/{attempt.code}/transcript/")

    page = response.content.decode()
    order = [
        "First of all</p>",
        "Hello.",
        "A &lt;b&gt;half&lt;/b&gt;</p>",
        "<mfrac>",
        lessons.DOT,
        "Coffee.",
        "Order</h2>",
    ]
    assert sorted(order, key=page.index) == order
    assertContains(response, '<article class="shown" lang="en" aria-label="A &lt;b&gt;half&lt;/b&gt;">')
    assertContains(response, f'<img class="shown__image" src="{lessons.DOT}" alt="A &lt;cup&gt;">', html=True)
    assertNotContains(response, "<b>half")


def test_transcript_lets_no_markup_out_of_a_stored_formula(learner_client, attempt_with_cards):
    show_card(attempt_with_cards, title="Half", math="x")
    call = attempt_with_cards.tool_calls.get()
    call.card["math"] = call.card["math"].replace("<mi>x</mi>", "<script>alert(1)</script>")
    call.save()

    response = learner_client.get(f"/attempts/{attempt_with_cards.code}/transcript/")

    assertContains(response, "Half")
    assertNotContains(response, "<script>alert")


def test_transcript_takes_the_same_queries_for_one_stage_and_for_three(
    learner_client, attempt, said, django_assert_num_queries
):
    said(attempt, "Hello.")
    # login, user, attempt; corrections, pictures, utterances, cards, visits, acts; time spent; the way back
    with django_assert_num_queries(12):
        learner_client.get(f"/attempts/{attempt.code}/transcript/")

    finish(attempt, said)
    with django_assert_num_queries(12):
        learner_client.get(f"/attempts/{attempt.code}/transcript/")


@pytest.mark.parametrize("number", [1, 3])
def test_transcript_takes_the_same_queries_for_one_picture_and_card_and_for_three(
    learner_client, attempt_with_cards, said, django_assert_num_queries, number
):
    for _time in range(number):
        [item_id] = said(attempt_with_cards, "Look! (a picture)")
        show_picture(attempt_with_cards, item_id)
        show_card(attempt_with_cards, title="Tea", math="x")

    with django_assert_num_queries(12) as queries:
        response = learner_client.get(f"/attempts/{attempt_with_cards.code}/transcript/")

    assertContains(response, 'loading="lazy"', count=number)
    assertContains(response, 'class="shown"', count=number)
    assert not any("tutor_picture" in query["sql"] and '"data"' in query["sql"] for query in queries.captured_queries)


def test_transcript_says_who_else_has_looked(learner_client, attempt, reviewer):
    review.note_looks([attempt], reviewer, Look.Kind.READ)

    assertContains(learner_client.get(f"/attempts/{attempt.code}/transcript/"), "rita")
