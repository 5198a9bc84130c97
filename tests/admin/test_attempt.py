"""Reading an attempt as a reviewer."""

import re
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tests.walking import complete, finish, show_card, show_picture
from tutor.models import Attempt, SetAside, StageVisit
from tutor.services import attempts
from tutor.services.corrections import correct


def found(client, **query: str) -> list[Attempt]:
    """The attempts that a search or a filter finds."""
    return list(client.get("/admin/tutor/attempt/", query).context["cl"].result_list)


def test_transcript_shows_the_words_in_order_by_stage(reviewer_client, attempt, said):
    finish(attempt, said)

    page = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/").content.decode()

    order = [
        "1. Warm-up",
        "I like coffee.",
        "2. Order",
        "A &lt;b&gt;large&lt;/b&gt; coffee, please.",
        "3. Looking back",
    ]
    assert [match[0] for match in re.finditer("|".join(map(re.escape, order)), page)][:2] == order[:2]
    assert sorted(order, key=page.index) == order
    assert "<b>large</b>" not in page


def test_transcript_shows_why_the_tutor_went_on(reviewer_client, attempt, said):
    finish(attempt, said)

    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assertContains(response, "<div><dt>Reasoning</dt><dd>It fits.</dd></div>", count=3, html=True)
    assertContains(response, "<div><dt>Evidence</dt><dd>“I like coffee.”</dd></div>", html=True)
    assertContains(response, "<strong>stage_complete</strong>", count=3, html=True)


def test_transcript_marks_a_flagged_stay(reviewer_client, attempt):
    StageVisit.objects.update(flag=StageVisit.Flag.UNPROVEN)

    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assertContains(response, "completed without the evidence asked for")


def test_transcript_marks_a_refused_call(reviewer_client, attempt):
    complete(attempt, "understood")

    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assertContains(response, "refused: too_early")


@pytest.mark.parametrize("ended", [False, True])
def test_transcript_says_where_a_learner_is_or_left(reviewer_client, attempt, ended):
    if ended:
        attempts.end_attempt(attempt)

    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assertContains(response, "left here" if ended else "still in this stage")


def test_page_takes_the_same_queries_for_one_stay_and_for_three(
    reviewer_client, attempt, said, django_assert_num_queries
):
    said(attempt, "I like coffee.")
    # Django keeps the content types once it has looked them up.
    reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")
    # login, user, two for rights; attempt, learner, lesson, version; words, corrections, pictures, calls, visits,
    # what was kept apart
    with django_assert_num_queries(14):
        reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    finish(attempt, said)
    show_picture(attempt, "said_1")
    show_picture(attempt, "said_2")
    for number in range(3):
        SetAside.objects.create(attempt=attempt, code="x", body="{}", digest=str(number))
    with django_assert_num_queries(14) as queries:
        reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assert not any("tutor_picture" in query["sql"] and '"data"' in query["sql"] for query in queries.captured_queries)


def test_transcript_shows_pictures_with_the_words_they_belong_to(reviewer_client, attempt, said):
    [first, second] = said(attempt, "Look! (a picture)", "And?")
    address = show_picture(attempt, first)

    page = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/").content.decode()

    assert page.index("Look!") < page.index(f'<a class="bubble__picture" href="{address}"') < page.index("And?")
    assert page.count(f'<img src="{address}" alt="Picture the learner showed the tutor"') == 1
    assert second not in page
    assert "(a picture)" not in page


def test_transcript_tells_of_a_picture_that_is_lost(reviewer_client, attempt, said):
    said(attempt, "Look! (a picture)")

    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/", headers={"Accept-Language": "de"})

    assertContains(response, "<bdi>Look!</bdi> <em>(ein Bild)</em>", html=True)


def test_transcript_shows_cards_where_they_were_shown(reviewer_client, attempt_with_cards, said):
    said(attempt_with_cards, "Hello.")
    show_card(attempt_with_cards, title="A half", math=r"\frac{1}{2}")
    said(attempt_with_cards, "Coffee.")

    page = reviewer_client.get(f"/admin/tutor/attempt/{attempt_with_cards.pk}/change/").content.decode()

    order = ["Hello.", '<article class="shown"', "A half</p>", "<mfrac>", "Coffee."]
    assert sorted(order, key=page.index) == order


def test_transcript_shows_what_was_heard_and_what_was_meant(reviewer_client, attempt, said):
    said(attempt, "I like toffee.")
    correct(attempt, correction_id=UUID(int=1), item_id="said_1", text="I like <i>coffee</i>.")

    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assertContains(response, "<bdi>I like toffee.</bdi>", html=True)
    assertContains(response, "Corrected by the learner: <bdi>I like &lt;i&gt;coffee&lt;/i&gt;.</bdi>")


def test_page_shows_what_was_kept_apart(reviewer_client, attempt):
    kept = SetAside.objects.create(attempt=attempt, code="text_too_long", body='{"text": "<b>Hm</b>"}', digest="d")

    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assertContains(response, "<h3>Kept apart</h3>", count=1, html=True)
    assertContains(response, f'<a href="/admin/tutor/setaside/{kept.pk}/change/">text_too_long</a>', html=True)
    assertContains(response, "<code>{&quot;text&quot;: &quot;&lt;b&gt;Hm&lt;/b&gt;&quot;}</code>")


def test_page_says_nothing_of_what_is_not_there(reviewer_client, attempt):
    assertNotContains(reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/"), "Kept apart")


def test_search_finds_what_was_meant(reviewer_client, attempt, said):
    said(attempt, "I like toffee.")
    correct(attempt, correction_id=UUID(int=1), item_id="said_1", text="I like coffee.")

    assert found(reviewer_client, q="coffee") == found(reviewer_client, q="toffee") == [attempt]


def test_search_finds_by_learner_code_and_words(reviewer_client, attempt, said):
    said(attempt, "I like coffee.", "And more coffee.")

    assert found(reviewer_client, q="lea") == [attempt]
    assert found(reviewer_client, q=str(attempt.code)) == [attempt]
    assert found(reviewer_client, q="LIKE COFFEE") == [attempt]
    assert found(reviewer_client, q="coffee") == [attempt]
    assert found(reviewer_client, q="tea") == []


@pytest.mark.parametrize("standing", ["open", "left", "completed"])
def test_filter_finds_attempts_by_how_they_stand(reviewer_client, lesson, learner, attempt, standing):
    if standing != "open":
        Attempt.objects.update(outcome=standing, ended_at=timezone.now())

    kinds = ("open", "left", "completed")
    assert [bool(found(reviewer_client, standing=kind)) for kind in kinds] == [kind == standing for kind in kinds]


def test_visit_page_shows_quotes_and_what_the_model_was_told(reviewer_client, attempt, said):
    finish(attempt, said)
    visit = attempt.visits.get(number=1)

    response = reviewer_client.get(f"/admin/tutor/stagevisit/{visit.pk}/change/")

    assertContains(response, "“I like coffee.”")
    assertContains(response, "&quot;instructions&quot;")


def test_attempt_page_does_not_lead_reviewers_to_pages_they_may_not_see(reviewer_client, attempt):
    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assertNotContains(response, "/admin/tutor/lesson/")
    assertNotContains(response, "/admin/auth/user/")


def test_page_is_headed_by_whose_attempt_of_which_lesson_it_is(reviewer_client, attempt):
    response = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    name = attempt.learner.get_full_name() or attempt.learner.get_username()
    assertContains(response, f"<h1>{name}: {attempt.lesson}</h1>", count=1, html=True)
    # Its code is where somebody looks for it: among what is known of the attempt, and in nothing that names the page.
    head = response.content.decode().partition("<form")[0]
    assert str(attempt.code) not in head
