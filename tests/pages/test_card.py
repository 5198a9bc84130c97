"""The card a learner takes home."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from tests.walking import complete, finish
from tutor.models import Audience, Lesson, Speaker, Utterance, UtteranceStatus
from tutor.pages.contents import card_stages
from tutor.services import attempts, trials


def test_card_shows_how_each_stage_went_in_the_learners_words(learner_client, attempt, said):
    finish(attempt, said)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, '<span class="tag tag--ok">Understood</span>', html=True)
    assertContains(response, "You named a drink.")
    assertContains(response, "<blockquote>“I like coffee.”</blockquote>", html=True)
    assertContains(response, "completed")


def test_card_shows_words_as_they_were_said_not_as_markup(learner_client, attempt, said):
    finish(attempt, said)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, "A &lt;b&gt;large&lt;/b&gt; coffee, please.", count=2)
    assertNotContains(response, "<b>large</b>")


def test_card_keeps_the_tutors_reasoning_to_itself(learner_client, attempt, said):
    finish(attempt, said)

    assertNotContains(learner_client.get(f"/attempts/{attempt.code}/card/"), "It fits.")


def test_card_of_an_open_attempt_leads_back_to_the_room(learner_client, attempt):
    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, "not finished yet")
    assertContains(response, f'<a class="button" href="/attempts/{attempt.code}/">Continue lesson</a>', html=True)


def test_card_says_where_an_attempt_was_left(learner_client, attempt):
    attempts.end_attempt(attempt)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, "stopped early")
    assertContains(response, '<span class="tag">Stopped here</span>', html=True)


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (UtteranceStatus.INTERRUPTED, "Good morn", "Good morn …"),
        (UtteranceStatus.UNTRANSCRIBED, "", "<em>(spoken, but not written down)</em>"),
    ],
)
def test_card_says_what_is_missing_of_an_utterance(learner_client, attempt, said, status, text, expected):
    said(attempt, "Hello.")
    Utterance.objects.update(status=status, text=text)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(
        response, f'<p class="bubble bubble--learner"><span class="bubble__who">You</span> {expected}</p>', html=True
    )


def test_card_stages_keep_the_order_of_visits_and_words(attempt, said):
    said(attempt, "Hello!", visit=1, speaker=Speaker.TUTOR)
    said(attempt, "Coffee.", visit=1)
    complete(attempt, "needs-practice")
    said(attempt, "Tea.", visit=2)

    first, second = card_stages(attempt)

    assert [utterance.text for utterance in first.utterances] == ["Hello!", "Coffee."]
    assert (first.title, first.way_out, first.is_open) == ("Warm-up", "Needs practice", False)
    assert [utterance.text for utterance in second.utterances] == ["Tea."]
    assert (second.title, second.way_out, second.is_open) == ("Warm-up", "", True)


def test_card_takes_the_same_queries_for_one_stage_and_for_three(
    learner_client, attempt, said, django_assert_num_queries
):
    said(attempt, "Hello.")
    with django_assert_num_queries(6):  # login, user, attempt, utterances, visits, lesson
        learner_client.get(f"/attempts/{attempt.code}/card/")

    finish(attempt, said)
    with django_assert_num_queries(6):
        learner_client.get(f"/attempts/{attempt.code}/card/")


WAY_BACK = '<a href="/lessons/cafe/">Ordering in a café</a>'


def test_card_leads_back_to_a_lesson_that_is_open_and_only_to_that(learner_client, attempt):
    path = f"/attempts/{attempt.code}/card/"
    assertContains(learner_client.get(path), WAY_BACK, html=True)

    Lesson.objects.update(audience=Audience.CLASSES)
    assertNotContains(learner_client.get(path), "/lessons/cafe/")


def test_card_of_a_trial_leads_back_to_where_the_lesson_is_written(client, teacher, lesson):
    trial = trials.start_trial(lesson, teacher=teacher)
    client.force_login(teacher)

    assertContains(client.get(f"/attempts/{trial.code}/card/"), f'href="/admin/tutor/lesson/{lesson.pk}/change/"')
