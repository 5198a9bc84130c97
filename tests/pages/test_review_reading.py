"""An attempt as a reviewer reads it."""

import html
import re
from datetime import datetime
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tests.walking import complete, finish, show_card, show_picture
from tutor.models import (
    Fault,
    HeardCall,
    SetAside,
    StageVisit,
    Utterance,
)
from tutor.services import attempts
from tutor.services.corrections import correct


def test_transcript_shows_the_words_in_order_by_stage(reviewer_client, attempt, said):
    finish(attempt, said)

    page = reviewer_client.get(f"/review/{attempt.code}/").content.decode()

    order = [
        "Warm-up</span> <span",
        "I like coffee.",
        "Order</span> <span",
        "A &lt;b&gt;large&lt;/b&gt; coffee, please.",
        "Looking back</span> <span",
    ]
    assert [match[0] for match in re.finditer("|".join(map(re.escape, order)), page)][:2] == order[:2]
    assert sorted(order, key=page.index) == order
    assert "<b>large</b>" not in page


def test_transcript_shows_why_the_tutor_went_on(reviewer_client, attempt, said):
    finish(attempt, said)

    response = reviewer_client.get(f"/review/{attempt.code}/")

    assertContains(
        response, "<div><dt>Reasoning of the tutor</dt><dd><bdi>It fits.</bdi></dd></div>", count=3, html=True
    )
    assertContains(response, "<q><bdi>I like coffee.</bdi></q>", html=True)
    assertContains(response, "<strong>stage_complete</strong>", count=3, html=True)


def test_transcript_marks_a_flagged_stay(reviewer_client, attempt):
    StageVisit.objects.update(flag=StageVisit.Flag.UNPROVEN)

    response = reviewer_client.get(f"/review/{attempt.code}/")

    assertContains(response, "completed without the evidence asked for")


def test_transcript_marks_a_refused_call(reviewer_client, attempt):
    complete(attempt, "understood")

    response = reviewer_client.get(f"/review/{attempt.code}/")

    assertContains(response, "refused: too_early")


@pytest.mark.parametrize("ended", [False, True])
def test_transcript_says_where_a_learner_is_or_left(reviewer_client, attempt, ended):
    if ended:
        attempts.end_attempt(attempt)

    response = reviewer_client.get(f"/review/{attempt.code}/")

    assertContains(response, "<dd>left early</dd>" if ended else "still in this stage")


def test_page_takes_the_same_queries_for_one_stay_and_for_three(
    reviewer_client, attempt, said, django_assert_num_queries
):
    said(attempt, "I like coffee.")
    # The first one puts the look down.
    reviewer_client.get(f"/review/{attempt.code}/")
    with django_assert_num_queries(25):
        reviewer_client.get(f"/review/{attempt.code}/")

    finish(attempt, said)
    show_picture(attempt, "said_1")
    show_picture(attempt, "said_2")
    for number in range(3):
        SetAside.objects.create(attempt=attempt, code="x", body="{}", digest=str(number))
    with django_assert_num_queries(25) as queries:
        reviewer_client.get(f"/review/{attempt.code}/")

    assert not any("tutor_picture" in query["sql"] and '"data"' in query["sql"] for query in queries.captured_queries)


def test_a_sentence_adds_little_to_the_page(reviewer_client, attempt, said):
    def weight() -> int:
        return len(reviewer_client.get(f"/review/{attempt.code}/").content)

    said(attempt, "Tea.")
    one = weight()
    said(attempt, *["Tea."] * 10)

    assert weight() - one < 10 * 750


def test_a_sentence_says_who_when_and_how_it_broke_off(reviewer_client, attempt, said):
    said(attempt, "Tea.")
    at = datetime(2026, 11, 3, 9, 5, 7, tzinfo=timezone.get_current_timezone())
    Utterance.objects.update(stored_at=at, status="interrupted")

    response = reviewer_client.get(f"/review/{attempt.code}/")

    time = f'<time datetime="{at.isoformat()}">09:05:07</time>'
    who = f'Learner, interrupted <a class="bubble__time" href="#said_1">{time}</a>'
    assertContains(response, f'<span class="bubble__who">{who}</span>', html=True)


def test_transcript_shows_pictures_with_the_words_they_belong_to(reviewer_client, attempt, said):
    [first, _second] = said(attempt, "Look! (a picture)", "And?")
    address = show_picture(attempt, first)

    page = reviewer_client.get(f"/review/{attempt.code}/").content.decode()

    assert page.index("Look!") < page.index(f'<a class="bubble__picture" href="{address}"') < page.index("And?")
    assert page.count(f'<img src="{address}" alt="Picture the learner showed the tutor"') == 1
    assert "/pictures/said_2/" not in page
    assert "(a picture)" not in page


def test_transcript_tells_of_a_picture_that_is_lost(reviewer_client, attempt, said):
    said(attempt, "Look! (a picture)")

    response = reviewer_client.get(f"/review/{attempt.code}/", headers={"Accept-Language": "de"})

    assertContains(response, '<bdi lang="en">Look!</bdi> <em>(ein Bild)</em>', html=True)


def test_transcript_shows_cards_where_they_were_shown(reviewer_client, attempt_with_cards, said):
    said(attempt_with_cards, "Hello.")
    show_card(attempt_with_cards, title="A half", math=r"\frac{1}{2}")
    said(attempt_with_cards, "Coffee.")

    page = reviewer_client.get(f"/review/{attempt_with_cards.code}/").content.decode()

    order = ["Hello.", '<article class="shown"', "A half</p>", "<mfrac>", "Coffee."]
    assert sorted(order, key=page.index) == order


def test_transcript_shows_what_was_heard_and_what_was_meant(reviewer_client, attempt, said):
    said(attempt, "I like toffee.")
    correct(attempt, correction_id=UUID(int=1), item_id="said_1", text="I like <i>coffee</i>.")

    response = reviewer_client.get(f"/review/{attempt.code}/")

    assertContains(response, '<bdi lang="en">I like toffee.</bdi>', html=True)
    assertContains(response, 'Corrected by the learner: <bdi lang="en">I like &lt;i&gt;coffee&lt;/i&gt;.</bdi>')


def test_page_shows_what_was_kept_apart(reviewer_client, attempt):
    SetAside.objects.create(attempt=attempt, code="text_too_long", body='{"text": "<b>Hm</b>"}', digest="d")

    response = reviewer_client.get(f"/review/{attempt.code}/")

    assertContains(response, "<summary>Kept apart: 1</summary>", count=1, html=True)
    assertContains(
        response, "<code>text_too_long</code><pre>{&quot;text&quot;: &quot;&lt;b&gt;Hm&lt;/b&gt;&quot;}</pre>"
    )


def test_page_says_nothing_of_what_is_not_there(reviewer_client, attempt):
    assertNotContains(reviewer_client.get(f"/review/{attempt.code}/"), "Kept apart")


def test_page_is_headed_by_whose_attempt_it_is(reviewer_client, attempt):
    assertContains(reviewer_client.get(f"/review/{attempt.code}/"), "<h1>lea</h1>", count=1, html=True)


def test_transcript_tells_what_the_second_record_says(reviewer_client, witnessed):
    page = reviewer_client.get(f"/review/{witnessed.code}/").content.decode()

    text = " ".join(re.sub(r"<[^>]+>|\d\d:\d\d:\d\d", " ", page).split())
    assert "Learner, confirmed Tea." in text
    assert "Learner, confirmed, and brought by the second record alone Cake." in text
    assert "I know &lt;b&gt;it&lt;/b&gt; all. heard differently The second record has: Milk." in text
    assert "Learner browser only Forged." in text


def test_transcript_without_a_second_record_says_nothing_of_one(reviewer_client, attempt, said):
    said(attempt, "Tea.")

    page = reviewer_client.get(f"/review/{attempt.code}/").content.decode()

    assert not re.search("confirmed|browser only|second record", page[page.index('class="reading"') :])


def test_transcript_names_what_the_second_record_has_against_the_browser(reviewer_client, attempt):
    for number, (code, message) in enumerate(
        [("not_confirmed", "call_9"), ("not_confirmed", "call_1"), ("config_changed", "")]
    ):
        Fault.objects.create(attempt=attempt, report_id=f"f{number}", code=code, message=message)
    HeardCall.objects.create(attempt=attempt, call_id="call_1", name="note")

    page = html.unescape(reviewer_client.get(f"/review/{attempt.code}/").content.decode())

    assert "The browser reported an end of a stage that the tutor never asked for (call_9)." in page
    assert "The model was given instructions or tools that are none of this lesson's." in page
    assert "The tutor called “note”, and the browser never reported it (call_1)." in page
    assert "never asked for (call_1)" not in page
