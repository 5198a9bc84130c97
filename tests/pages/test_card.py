"""The card a learner takes home."""

import uuid
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tests import lessons
from tests.walking import complete, finish, show_card, show_picture
from tutor import plan as plans
from tutor.models import Audience, Connection, Lesson, Utterance
from tutor.pages import record
from tutor.services import attempts, desk, trials
from tutor.services.corrections import correct


def test_card_shows_how_each_stage_went_in_the_learners_words(learner_client, attempt, said):
    finish(attempt, said)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, '<span class="tag tag--ok">Understood</span>', html=True)
    assertContains(response, "You named a drink.")
    assertContains(response, '<blockquote dir="auto" lang="en">“I like coffee.”</blockquote>', html=True)
    assertContains(response, "completed")


def test_card_shows_words_as_they_were_said_not_as_markup(learner_client, attempt, said):
    finish(attempt, said)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, "A &lt;b&gt;large&lt;/b&gt; coffee, please.", count=1)
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

    assertContains(response, "left early")
    assertContains(response, '<span class="tag">Left early</span>', html=True)


def stages_of(attempt):
    return record.card_stages(attempt, plans.from_data(attempt.version.plan), record.stays(attempt))


def test_card_tells_of_a_stage_once_however_often_it_was_taken(attempt, said):
    said(attempt, "Coffee is what I like.", visit=1)
    complete(attempt, "needs-practice", summary="You tried.")
    said(attempt, "Tea.", visit=2)
    complete(attempt, "understood", summary="You named a drink.")

    first, second = stages_of(attempt)

    assert (first.title, first.way_out, first.times) == ("Warm-up", "Understood", 2)
    assert first.summaries == ("You tried.", "You named a drink.")
    assert (second.title, second.way_out, second.is_open) == ("Order", "still in this stage", True)


def test_card_quotes_only_what_the_learner_said(attempt, said):
    said(attempt, "I like coffee.", "Mostly in the morning, with milk.")
    complete(attempt, "understood", evidence=("I like coffee.", "Tutors are wonderful people."))

    assert stages_of(attempt)[0].quotes == ("I like coffee.",)


def test_card_quotes_a_good_sentence_where_the_tutor_quoted_none(attempt, said):
    said(attempt, "Yes.", "Mostly in the morning, with milk.", "word " * 31)
    complete(attempt, "understood")

    assert stages_of(attempt)[0].quotes == ("Mostly in the morning, with milk.",)


def test_card_quotes_what_was_meant_and_tells_what_was_put_right(learner_client, attempt, said):
    said(attempt, "I like toffee.")
    complete(attempt, "understood", evidence=("I like toffee.",))
    correct(attempt, correction_id=UUID(int=1), item_id="said_1", text="I like <b>coffee</b>.")

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(
        response, '<blockquote dir="auto" lang="en">“I like &lt;b&gt;coffee&lt;/b&gt;.”</blockquote>', html=True
    )
    assertContains(response, "What you put right")
    assertContains(response, "“I like toffee.”", count=1)


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("Said: “I like coffee”, “Tea.”. Sent a picture.", ("Sent a picture.",)),
        ("Said: “I like coffee”.", ()),
        ('You named a drink: "Tea." You were quick.', ("You were quick.",)),
        # It says more than the quotes below it.
        ("You said “Tea” with a smile.", ("You said “Tea” with a smile.",)),
        ("Said: “Milk is white”.", ("Said: “Milk is white”.",)),
    ],
)
def test_card_does_not_say_again_what_it_quotes(attempt, said, summary, shown):
    said(attempt, "I like coffee.", "Tea.", "Milk is white.")
    complete(attempt, "understood", summary=summary, evidence=("I like coffee.", "Tea."))

    assert stages_of(attempt)[0].summaries == shown


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("Said: “I like toffee”.", ()),
        ("Said: “I like toffee”, “Milk is white”.", ("Said: “I like coffee.”, “Milk is white”.",)),
        ("You told me: I like toffee.", ("You told me: I like coffee.",)),
    ],
)
def test_card_tells_what_was_meant_where_it_was_misheard(attempt, said, summary, shown):
    said(attempt, "I like toffee.", "Milk is white.")
    complete(attempt, "understood", summary=summary, evidence=("I like toffee.",))
    correct(attempt, correction_id=UUID(int=1), item_id="said_1", text="I like coffee.")

    assert stages_of(attempt)[0].summaries == shown
    assert stages_of(attempt)[0].quotes == ("I like coffee.",)


def test_card_keeps_a_summary_of_words_where_it_quotes_none(attempt, said):
    said(attempt, "Tea.")
    complete(attempt, "understood", summary="Said: “Tea.”")

    [stage, _order] = stages_of(attempt)
    assert (stage.summaries, stage.quotes) == (("Said: “Tea.”",), ())


@pytest.mark.parametrize(
    ("outcomes", "ahead"),
    [
        ((), ["Warm-up", "Order", "Looking back"]),
        (("needs-practice",), ["Warm-up", "Order", "Looking back"]),
        (("understood", "ordered"), ["Looking back"]),
    ],
)
def test_card_begins_what_is_ahead_with_the_stage_that_was_left(attempt, said, outcomes, ahead):
    for visit, outcome in enumerate(outcomes, start=1):
        said(attempt, "Coffee.", visit=visit)
        complete(attempt, outcome, evidence=("Coffee.",))
    attempts.end_attempt(attempt)

    assert record.still_ahead(plans.from_data(attempt.version.plan), record.stays(attempt)) == ahead


def test_card_has_nothing_ahead_that_staff_passed_over(attempt, teacher):
    desk.move(attempt, desk.Action(uuid.uuid4(), teacher, "Too easy."), visit=1, to="goodbye")
    attempts.end_attempt(attempt)

    assert record.still_ahead(plans.from_data(attempt.version.plan), record.stays(attempt)) == ["Looking back"]


def test_card_of_a_lesson_left_says_how_far_it_went_and_what_is_ahead(learner_client, attempt, said):
    said(attempt, "Coffee.")
    complete(attempt, "understood")
    attempts.end_attempt(attempt)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, 'You came as far as “<span lang="en">Order</span>”.')
    assertContains(response, 'Not finished yet: <span lang="en">Order, Looking back</span>.')
    assertContains(response, "Take it again")


def test_card_names_the_next_lesson_that_is_not_done(learner_client, attempt, said):
    lessons.publish(replace(lessons.PLAN, title="At the market"), slug="market")
    finish(attempt, said)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, '<a href="/lessons/market/" lang="en">At the market</a>', html=True)
    assertContains(response, 'action="/lessons/cafe/start/"')


def test_card_of_a_lesson_left_offers_it_again_before_the_next_one(learner_client, attempt):
    lessons.publish(replace(lessons.PLAN, title="At the market", language="fr"), slug="market")
    attempts.end_attempt(attempt)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    page = response.content.decode()
    order = ["Take this lesson again", "Take it again</button>", 'Then comes: <a href="/lessons/market/" lang="fr">']
    assert sorted(order, key=page.index) == order
    assertContains(response, '<button class="button" type="submit">Take it again</button>', html=True)


def test_card_of_a_lesson_left_that_is_not_open_any_more_names_the_next_one(learner_client, attempt):
    lessons.publish(replace(lessons.PLAN, title="At the market"), slug="market")
    attempts.end_attempt(attempt)
    Lesson.objects.filter(slug="cafe").update(audience=Audience.NOBODY)

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertNotContains(response, "Take this lesson again")
    assertContains(response, 'Your next lesson: <a href="/lessons/market/"')


def test_card_says_in_which_language_its_words_are(client, learner, said):
    plan = replace(lessons.PLAN, title="Au café", language="fr")
    attempt = attempts.start_attempt(lessons.publish(plan, slug="cafe-fr"), learner=learner)[0]
    said(attempt, "J'aime le toffee.")
    complete(attempt, "understood", summary="Il aime le café.", evidence=("J'aime le toffee.",))
    correct(attempt, correction_id=UUID(int=1), item_id="said_1", text="J'aime le café.")
    client.force_login(learner)

    page = client.get(f"/attempts/{attempt.code}/card/").content.decode()

    for words in (
        'lang="fr">Au café</a>',
        '<h3 lang="fr">Warm-up</h3>',
        '<p class="muted" lang="fr">Say what you like to drink.</p>',
        '<p lang="fr"><bdi>Il aime le café.</bdi></p>',
        '<blockquote dir="auto" lang="fr">',
        '<dd dir="auto" lang="fr">“J&#x27;aime le café.”</dd>',
        '<span lang="fr">“J&#x27;aime le toffee.”</span>',
    ):
        assert page.count(words) == 1, words


def test_card_of_a_lesson_that_is_not_open_any_more_does_not_offer_it_again(learner_client, attempt, said):
    finish(attempt, said)
    Lesson.objects.update(audience=Audience.NOBODY)

    assertNotContains(learner_client.get(f"/attempts/{attempt.code}/card/"), "Take it again")


def test_card_leads_to_the_open_attempt_instead_of_beginning_another(learner_client, attempt, learner, lesson):
    attempts.end_attempt(attempt)
    again = attempts.start_attempt(lesson, learner=learner)[0]

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    assertContains(response, f'href="/attempts/{again.code}/"')
    assertNotContains(response, "Take it again")


@pytest.mark.parametrize(("minutes", "words"), [(0, "less than a minute"), (1, "1 minute"), (12, "12 minutes")])
def test_card_says_how_long_it_took(learner_client, attempt, said, minutes, words):
    begun = timezone.now() - timedelta(days=2)
    call = Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={}, answered_at=begun)
    said(attempt, "Hello.")
    Utterance.objects.update(connection=call, stored_at=begun + timedelta(minutes=minutes))

    assertContains(learner_client.get(f"/attempts/{attempt.code}/card/"), f" · {words} ·")


def test_card_is_its_learners_alone(client, attempt, other_learner, reviewer):
    path = f"/attempts/{attempt.code}/card/"

    assert client.get(path).status_code == 302
    for user in (other_learner, reviewer):
        client.force_login(user)
        assert client.get(path).status_code == 404


def test_card_takes_the_same_queries_for_one_stage_and_for_three(
    learner_client, attempt, said, django_assert_num_queries
):
    said(attempt, "Hello.")
    # login, user, attempt; corrections, pictures, utterances, cards, visits; time spent; the
    # shelf 4, the open attempt, the way back
    with django_assert_num_queries(15):
        learner_client.get(f"/attempts/{attempt.code}/card/")

    finish(attempt, said)
    with django_assert_num_queries(15):
        learner_client.get(f"/attempts/{attempt.code}/card/")


@pytest.mark.parametrize("number", [1, 3])
def test_card_takes_the_same_queries_for_one_picture_and_card_and_for_three(
    learner_client, attempt_with_cards, said, django_assert_num_queries, number
):
    for time in range(number):
        [item_id] = said(attempt_with_cards, "Look! (a picture)")
        show_picture(attempt_with_cards, item_id)
        show_card(attempt_with_cards, title=f"Tea {time}")

    with django_assert_num_queries(15):
        response = learner_client.get(f"/attempts/{attempt_with_cards.code}/card/")

    assertContains(response, 'loading="lazy"', count=number)
    assertContains(response, 'class="shown"', count=number)


def test_card_keeps_what_the_tutor_showed_in_its_stage(learner_client, attempt_with_cards, said):
    attempt = attempt_with_cards
    show_card(attempt, title="A half", text="Or 50 %.", math=r"\frac{1}{2}")
    said(attempt, "Coffee.")
    complete(attempt, "understood")

    response = learner_client.get(f"/attempts/{attempt.code}/card/")

    page = response.content.decode()
    order = ["Warm-up</h3>", "A half</p>", "Or 50 %.", "<mfrac>", "Order</h3>"]
    assert sorted(order, key=page.index) == order


def test_card_shows_once_what_was_shown_again_and_no_task_to_draw(attempt_with_cards, said):
    attempt = attempt_with_cards
    show_card(attempt, title="Tea")
    said(attempt, "Tea.")
    show_card(attempt, name="draw", task="Draw a cup.")
    complete(attempt, "needs-practice")
    show_card(attempt, title="Tea")
    show_card(attempt, title="Coffee")

    assert [card.title for card in stages_of(attempt)[0].cards] == ["Tea", "Coffee"]


def test_card_shows_the_pictures_of_a_stage(learner_client, attempt, said):
    [first, second, _third] = said(attempt, "(a picture)", "This is my drawing (a picture)", "Tea.")
    addresses = show_picture(attempt, first), show_picture(attempt, second)

    assert stages_of(attempt)[0].pictures == addresses
    response = learner_client.get(f"/attempts/{attempt.code}/card/")
    assertContains(response, f'<a class="bubble__picture" href="{addresses[0]}" target="_blank" lang="en">')
    # It is quoted without what stands for the picture.
    assertContains(response, "“This is my drawing”", count=1)


WAY_BACK = '<a href="/lessons/cafe/" lang="en">Ordering in a café</a>'


def test_card_leads_back_to_a_lesson_that_is_open_and_only_to_that(learner_client, attempt):
    path = f"/attempts/{attempt.code}/card/"
    assertContains(learner_client.get(path), WAY_BACK, html=True)

    Lesson.objects.update(audience=Audience.CLASSES)
    assertNotContains(learner_client.get(path), "/lessons/cafe/")


def test_card_of_a_trial_leads_back_to_where_the_lesson_is_written(client, teacher, lesson):
    trial = trials.start_trial(lesson, teacher=teacher)
    client.force_login(teacher)

    assertContains(client.get(f"/attempts/{trial.code}/card/"), f'href="/admin/tutor/lesson/{lesson.pk}/change/"')
