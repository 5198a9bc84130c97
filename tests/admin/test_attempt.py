"""Reading an attempt as a reviewer."""

import html
import re
from uuid import UUID

import pytest
from django.apps import apps as django_apps
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tests.walking import complete, finish, show_card, show_picture
from tutor.models import (
    Attempt,
    Connection,
    Fault,
    HeardCall,
    SetAside,
    Speaker,
    StageVisit,
    ToolCall,
    UsageReport,
    UtteranceStatus,
)
from tutor.services import attempts, journal
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
    # login, user, two for rights; attempt, learner, lesson, version; words, corrections, pictures, calls, visits;
    # what the second record heard, and what it has against the browser; what was kept apart
    with django_assert_num_queries(16):
        reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    finish(attempt, said)
    show_picture(attempt, "said_1")
    show_picture(attempt, "said_2")
    for number in range(3):
        SetAside.objects.create(attempt=attempt, code="x", body="{}", digest=str(number))
    with django_assert_num_queries(16) as queries:
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


@pytest.fixture
def witnessed(attempt) -> Attempt:
    """Four sentences of a call that was heard to its end: confirmed, filled in, heard differently, browser only."""
    call = Connection.objects.create(
        attempt=attempt,
        visit=attempt.visits.get(),
        config={},
        call_id="rtc_1",
        answered_at=timezone.now(),
        witness="whole",
    )
    code = str(call.code)

    def one(number: int, text: str) -> journal.UtteranceEntry:
        return journal.UtteranceEntry(
            id=f"i{number}", speaker=Speaker.LEARNER, status=UtteranceStatus.COMPLETE, text=text, connection=code
        )

    journal.store_heard(attempt, [one(1, "Tea."), one(2, "Cake."), one(3, "Milk.")])
    journal.store_entries(attempt, [one(1, "Tea."), one(3, "I know <b>it</b> all."), one(4, "Forged.")])
    return attempt


def test_transcript_tells_what_the_second_record_says(reviewer_client, witnessed):
    page = reviewer_client.get(f"/admin/tutor/attempt/{witnessed.pk}/change/").content.decode()

    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Learner, confirmed Tea." in text
    assert "Learner, confirmed, and brought by the second record alone Cake." in text
    assert "I know &lt;b&gt;it&lt;/b&gt; all. heard differently The second record has: Milk." in text
    assert "Learner browser only Forged." in text


def test_transcript_without_a_second_record_says_nothing_of_one(reviewer_client, attempt, said):
    said(attempt, "Tea.")

    page = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/").content.decode()

    assert not re.search("confirmed|browser only|second record", page[page.index('class="transcript"') :])


def test_transcript_names_what_the_second_record_has_against_the_browser(reviewer_client, attempt):
    for number, (code, message) in enumerate(
        [("not_confirmed", "call_9"), ("not_confirmed", "call_1"), ("config_changed", "")]
    ):
        Fault.objects.create(attempt=attempt, report_id=f"f{number}", code=code, message=message)
    HeardCall.objects.create(attempt=attempt, call_id="call_1", name="note")

    page = html.unescape(reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/").content.decode())

    assert "The browser reported an end of a stage that the tutor never asked for (call_9)." in page
    assert "The model was given instructions or tools that are none of this lesson's." in page
    assert "The tutor called “note”, and the browser never reported it (call_1)." in page
    assert "never asked for (call_1)" not in page


@pytest.mark.parametrize("model", ["utterance", "toolcall", "connection", "usagereport"])
def test_lists_and_forms_show_the_second_record(reviewer_client, witnessed, model):
    complete(witnessed, "understood")
    ToolCall.objects.update(proof="unverified")
    journal.store_heard(
        witnessed, [journal.UsageEntry(id="r1", source=UsageReport.Source.RESPONSE, usage={"total_tokens": 1})]
    )
    row = django_apps.get_model("tutor", model)._default_manager.first()

    assert reviewer_client.get(f"/admin/tutor/{model}/").status_code == 200
    assertContains(
        reviewer_client.get(f"/admin/tutor/{model}/{row.pk}/change/"),
        {"utterance": "confirmed", "toolcall": "unconfirmed", "connection": "heard from beginning to end"}.get(
            model, "Confirmed at"
        ),
    )
