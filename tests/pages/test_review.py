"""The pages of those who read what was said."""

import html
import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.walking import complete, finish, show_picture
from tutor.models import Assignment, Classroom, Connection, Look, Note, NoteKind, Reading, Ruling, Sign, WatchWord
from tutor.services import attempts, corrections, digests, review, stages


@pytest.fixture
def done(attempt, said):
    """A lesson that was completed."""
    finish(attempt, said)
    digests.refresh(attempt)
    return attempt


def test_find_lists_attempts_with_what_stands_out(reviewer_client, attempt, said):
    WatchWord.objects.create(words="hate")
    said(attempt, "I hate <b>tea</b>.")
    digests.refresh(attempt)

    response = reviewer_client.get("/review/", {"text": "hat"})

    assertContains(response, f"/review/{attempt.code}/?back=text%3Dhat#said_1")
    assertContains(response, "<bdi>I <mark>hate</mark> &lt;b&gt;tea&lt;/b&gt;.</bdi>", html=False)
    assertContains(response, "a word the school watches for")
    assertContains(response, "1 attempt</p>")


def test_find_says_what_it_cannot_read_and_finds_nothing_until_that_is_mended(reviewer_client, done):
    response = reviewer_client.get("/review/", {"shortest": "x", "since": "no", "lesson": "nope"})

    assertContains(response, '<li class="error">At least so many minutes: Enter a whole number.</li>')
    assertContains(response, '<li class="error">From: Enter a valid date.</li>')
    assertContains(response, "0 attempts</p>")


def test_a_fact_is_one_chip_in_the_list(reviewer_client, attempt):
    for number in range(2):
        Sign.objects.create(attempt=attempt, rule="unproven", weight=40, detail="")
        Sign.objects.create(attempt=attempt, rule="fault", weight=10, detail=f"code_{number}")
    Sign.objects.create(attempt=attempt, rule="quit", weight=20)
    attempts.end_attempt(attempt)

    for address, begin, end in (
        ("/review/", '<ul class="found">', "</main>"),
        (f"/review/{attempt.code}/", "<h1>", "stay-"),
    ):
        head = reviewer_client.get(address).content.decode().partition(begin)[2].partition(end)[0]
        chips = re.findall(r'<li class="sign [^>]*>(.*?)</li>', head)
        assert [re.sub("<[^>]+>", "", chip) for chip in chips] == [
            "a stage was passed without the evidence asked for",
            "something broke code_0",
            "something broke code_1",
        ]
        assert head.count("Left early") == 1


@pytest.mark.parametrize("times", [1, 3])
def test_find_takes_as_many_queries_for_one_as_for_three(
    reviewer_client, lesson, django_user_model, django_assert_num_queries, said, times
):
    for number in range(times):
        one, _ = attempts.start_attempt(lesson, learner=django_user_model.objects.create_user(f"pupil{number}"))
        said(one, "I like tea.")
        digests.refresh(one)
    # The first one puts the looks down.
    reviewer_client.get("/review/", {"text": "tea"})

    with django_assert_num_queries(14):
        response = reviewer_client.get("/review/", {"text": "tea"})
    assert len(response.context["page"].object_list) == times


def test_find_by_the_stage_that_was_left_not_by_one_that_staff_moved_on_from(reviewer_client, attempt):
    stages.move_to(attempt, attempt.visits.get(), "order", reasoning="They know it.")
    attempts.end_attempt(attempt)

    found = {
        stage: reviewer_client.get("/review/", {"stage": f"cafe/{stage}", "way_out": "left"}).context["page"]
        for stage in ("warm-up", "order")
    }

    assert {stage: page.paginator.count for stage, page in found.items()} == {"warm-up": 0, "order": 1}


def test_find_by_the_stage_in_which_learners_gave_up(reviewer_client, attempt):
    attempts.end_attempt(attempt)

    there = reviewer_client.get("/review/", {"stage": "cafe/warm-up", "way_out": "left"})
    elsewhere = reviewer_client.get("/review/", {"stage": "cafe/order", "way_out": "left"})

    assertContains(there, f"/review/{attempt.code}/?back=stage%3Dcafe%252Fwarm-up%26way_out%3Dleft#stay-1")
    assertNotContains(elsewhere, str(attempt.code))


@pytest.mark.parametrize("times", [1, 3])
def test_find_by_stage_takes_as_many_queries_for_one_as_for_three(
    reviewer_client, lesson, django_user_model, django_assert_num_queries, said, times
):
    for number in range(times):
        one, _ = attempts.start_attempt(lesson, learner=django_user_model.objects.create_user(f"pupil{number}"))
        said(one, "I like green tea.", visit=1)
        complete(one, "understood")

    with django_assert_num_queries(13):
        response = reviewer_client.get("/review/", {"stage": "cafe/order"})
    assert set(response.context["places"].values()) == {"stay-2"}
    assert len(response.context["page"].object_list) == times


def test_a_stage_that_should_not_have_been_left_says_so_in_the_language_of_the_page(reviewer_client, reviewer, done):
    review.rule(done, reviewer, visit=1, outcome="not-yet", reason="A guess.")

    for language, words in (("en", "Not yet"), ("de", "Noch nicht")):
        page = reviewer_client.get(f"/review/{done.code}/", headers={"accept-language": language})
        assertContains(page, f"<s>Understood</s> <strong>{words}</strong>")
        assertContains(page, f'<option value="not-yet">{words}</option>')


def test_a_call_that_broke_is_explained_in_words(reviewer_client, attempt):
    now = timezone.now()
    for error in ("silent", "provider_busy", "something_new"):
        Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={}, ended_at=now, error=error)

    page = reviewer_client.get(f"/review/{attempt.code}/")

    for words in ("the room was not heard of any more", "provider busy", "something_new"):
        assertContains(page, f'<span class="tag">{words}</span>')


def test_words_shown_where_they_were_found_are_a_look(reviewer_client, attempt, said):
    said(attempt, "I like tea.")

    for term in ("tea", "tea", "coffee", ""):
        reviewer_client.get("/review/", {"text": term})

    assert list(Look.objects.values_list("attempt", "viewer__username", "kind")) == [(attempt.pk, "rita", "search")]


def test_the_queue_is_empty_where_nothing_stands_out(reviewer_client, done):
    assertContains(reviewer_client.get("/review/", {"view": "queue"}), "Nothing needs your eyes")


def test_read_shows_all_of_it_and_puts_the_look_down(reviewer_client, reviewer, done, said):
    item_id = done.utterances.first().item_id
    corrections.correct(done, correction_id=uuid.uuid4(), item_id=item_id, text="I like <i>cocoa</i>.")
    picture = show_picture(done, item_id)
    review.add_note(done, reviewer, note_id=uuid.uuid4(), kind=NoteKind.PRAISE, text="<u>Fine</u>", item_id=item_id)

    response = reviewer_client.get(f"/review/{done.code}/")

    assertContains(response, "A &lt;b&gt;large&lt;/b&gt; coffee, please.")
    assertContains(response, "I like &lt;i&gt;cocoa&lt;/i&gt;.")
    assertContains(response, "&lt;u&gt;Fine&lt;/u&gt;")
    assertContains(response, picture)
    assertContains(response, f'href="#{item_id}"')
    assertContains(response, "Quoted as evidence", count=2)
    assert list(Look.objects.values_list("viewer__username", "kind")) == [("rita", "read")]


@pytest.mark.parametrize("times", [1, 3])
def test_read_takes_as_many_queries_for_one_sentence_as_for_three(
    reviewer_client, attempt, said, django_assert_num_queries, times
):
    said(attempt, *["I like tea."] * times)
    reviewer_client.get(f"/review/{attempt.code}/")

    with django_assert_num_queries(25):
        reviewer_client.get(f"/review/{attempt.code}/")


@pytest.mark.parametrize("page", ["review/", "review/{code}/"])
def test_nobody_else_finds_anything_there(client, learner_client, attempt, page):
    address = "/" + page.format(code=attempt.code)

    assert learner_client.get(address).status_code == 404
    assertRedirects(client.get(address), f"/accounts/login/?next={address}")


def test_a_teacher_reads_only_their_class(teacher_client, teacher, learner, lesson, attempt):
    hidden = show_picture(attempt, "item_0")
    assert teacher_client.get("/review/").status_code == 200
    assert teacher_client.get(hidden).status_code == 404
    assert teacher_client.get(f"/review/{attempt.code}/").status_code == 404
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    Assignment.objects.create(classroom=classroom, lesson=lesson)

    address = show_picture(attempt, "item_1")
    assert [teacher_client.get(path).status_code for path in (f"/review/{attempt.code}/", address)] == [200, 200]


def test_a_note_is_added_once_and_removed(reviewer_client, attempt, said):
    [item_id] = said(attempt, "Hello.")
    note = {"note_id": str(uuid.uuid4()), "kind": "safety", "text": "Look here.", "item_id": item_id, "visit": ""}

    for _ in range(2):
        answer = reviewer_client.post(f"/review/{attempt.code}/notes/", note)
        assertRedirects(answer, f"/review/{attempt.code}/#note-{note['note_id']}")
    assert list(Note.objects.values_list("kind", "text")) == [("safety", "Look here.")]
    gone = reviewer_client.post(f"/review/{attempt.code}/notes/{note['note_id']}/remove/")
    assertRedirects(gone, f"/review/{attempt.code}/#{item_id}")
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/review/?text=tea", "/review/%3Ftext%3Dtea"),
        ("https://elsewhere.example/review/", "/"),
        ("", "/"),
    ],
)
def test_who_was_signed_out_while_writing_comes_back_to_the_page_of_the_form(client, attempt, page, back):
    answer = client.post(f"/review/{attempt.code}/notes/", {"text": "x"}, headers={"Referer": page})

    assertRedirects(answer, f"/accounts/login/?next={back}")


def test_a_stage_that_was_left_shows_how_it_should_have_been(reviewer_client, attempt):
    attempts.end_attempt(attempt)
    ruling = {"visit": 1, "outcome": "needs-practice", "reason": "They knew it."}

    reviewer_client.post(f"/review/{attempt.code}/rulings/", ruling)

    page = reviewer_client.get(f"/review/{attempt.code}/")
    assertContains(page, "<s>left early</s> <strong>Needs practice</strong>")
    assertContains(page, "<dt>Ruling</dt><dd><strong>Needs practice</strong> · ")


@pytest.mark.parametrize(
    "note",
    [
        {},
        {"note_id": "x", "kind": "note", "text": "y"},
        {"note_id": str(uuid.uuid4()), "kind": "nonsense", "text": "y"},
        {"note_id": str(uuid.uuid4()), "kind": "note", "text": ""},
        {"note_id": str(uuid.uuid4()), "kind": "note", "text": "x" * 4001},
        {"note_id": str(uuid.uuid4()), "kind": "note", "text": "a\x00b"},
        {"note_id": str(uuid.uuid4()), "kind": "note", "text": "y", "visit": "99999999999999999999"},
        {"note_id": str(uuid.uuid4()), "kind": "note", "text": "y", "item_id": "z"},
    ],
)
def test_a_note_that_cannot_be_read_is_told(reviewer_client, attempt, note):
    response = reviewer_client.post(f"/review/{attempt.code}/notes/", note)

    assert times_told(response) == 1
    assert not Note.objects.exists()


def times_told(response) -> int:
    """How often a page says what is wrong with what was sent: beside it, or at its top where it has no place."""
    assert response.status_code == 400
    return response.content.decode().count("notice--error") + len(response.context["messages"])


@pytest.mark.parametrize("place", [{}, {"visit": "1"}, {"item_id": "said"}])
def test_a_note_that_is_refused_stays_where_it_was_written(reviewer_client, attempt, said, place):
    [item_id] = said(attempt, "Hello.")
    place = {"item_id": item_id} if "item_id" in place else place
    note = {"note_id": "no id", "kind": "safety", "text": "</textarea>Look here."}

    response = reviewer_client.post(f"/review/{attempt.code}/notes/", note | place)

    written = "&lt;/textarea&gt;Look here.</textarea>"
    assertContains(response, written, count=1, status_code=400)
    form = response.content.decode().partition(written)[0].rpartition("<form")[2]
    assert '<option value="safety" selected>' in form
    assert f'name="item_id" value="{place.get("item_id", "")}"' in form
    assert f'name="visit" value="{place.get("visit", "")}"' in form
    assert "autofocus" in form


def test_the_page_holds_no_form_for_each_sentence_but_a_way_to_it(reviewer_client, attempt, said):
    address = f"/review/{attempt.code}/"
    before = reviewer_client.get(address).content.decode().count("<form")
    first, *_others = said(attempt, "Hello.", "Tea?", "Yes.")

    page = reviewer_client.get(address)
    there = reviewer_client.get(address, {"note": first})

    assert page.content.decode().count("<form") == before
    assertContains(page, f'href="{address}?note={first}"', count=1)
    assertContains(there, f'name="item_id" value="{first}"', count=1)
    assertContains(reviewer_client.get(address, {"note": "nobody-said-it"}), "data-note", count=3)


def test_a_stage_is_ruled_on(reviewer_client, done):
    ruling = {"visit": 1, "outcome": "needs-practice", "reason": "It was a guess."}

    answer = reviewer_client.post(f"/review/{done.code}/rulings/", ruling)

    assertRedirects(answer, f"/review/{done.code}/#verdict-1")
    assert Ruling.objects.get().reason == "It was a guess."
    assertContains(reviewer_client.get(f"/review/{done.code}/"), "<s>Understood</s> <strong>Needs practice</strong>")


@pytest.mark.parametrize(
    "ruling", [{}, {"visit": 1, "outcome": "x", "reason": "y"}, {"visit": 1, "outcome": "understood"}]
)
def test_a_ruling_that_makes_no_sense_is_told(reviewer_client, done, ruling):
    response = reviewer_client.post(f"/review/{done.code}/rulings/", ruling)

    assert times_told(response) == 1
    assert not Ruling.objects.exists()


def test_a_ruling_that_is_refused_stays_where_it_was_written(reviewer_client, done):
    ruling = {"visit": "1", "outcome": "x", "reason": "It was <i>a guess</i>."}

    response = reviewer_client.post(f"/review/{done.code}/rulings/", ruling)

    assertContains(response, ">It was &lt;i&gt;a guess&lt;/i&gt;.</textarea>", count=1, status_code=400)


def test_an_attempt_is_marked_as_reviewed_and_not_after_all(reviewer_client, done):
    for _ in range(2):
        reviewer_client.post(f"/review/{done.code}/mark/", {"done": "yes"})
    assert Reading.objects.count() == 1
    assertContains(reviewer_client.get(f"/review/{done.code}/"), "Not reviewed after all")
    reviewer_client.post(f"/review/{done.code}/mark/", {"done": "no"})
    assert not Reading.objects.exists()


def test_a_search_is_saved_offered_and_forgotten(reviewer_client):
    answer = reviewer_client.post("/review/searches/", {"name": "Tea", "query": "text=tea"})

    assertRedirects(answer, "/review/?text=tea")
    assertContains(reviewer_client.get("/review/"), '<a href="/review/?text=tea">Tea</a>')
    reviewer_client.post("/review/searches/", {"name": "Tea", "query": "text=tea", "forget": "1"})
    assertNotContains(reviewer_client.get("/review/"), "Tea</a>")


def test_a_search_of_the_same_name_is_replaced_only_if_asked_to(reviewer_client):
    reviewer_client.post("/review/searches/", {"name": "Tea", "query": "text=tea"})

    refused = reviewer_client.post("/review/searches/", {"name": "Tea", "query": "text=coffee"})

    assertContains(refused, 'name="replace" value="1"', status_code=400)
    assertContains(refused, '<a href="/review/?text=tea">Tea</a>', status_code=400)
    answer = reviewer_client.post("/review/searches/", {"name": "Tea", "query": "text=coffee", "replace": "1"})
    assertRedirects(answer, "/review/?text=coffee")
    assertContains(reviewer_client.get("/review/"), '<a href="/review/?text=coffee">Tea</a>')


@pytest.mark.parametrize("name", ["x" * 61, "", "One <b>too</b> many"])
def test_a_search_that_cannot_be_kept_is_still_there_with_its_name(reviewer_client, done, monkeypatch, name):
    monkeypatch.setattr(review, "MOST_SAVED", 0)

    response = reviewer_client.post("/review/searches/", {"name": name, "query": "text=coffee&page=1"})

    assertContains(response, f'value="{escape(name)}" autofocus aria-invalid="true"', status_code=400)
    assertContains(response, 'name="text" value="coffee"', status_code=400)
    assertContains(response, "notice--error", count=1, status_code=400)
    # Nothing on this page leads to where only forms go.
    page = response.content.decode()
    assert re.findall(r'(?:href|action)="(?:\?|/review/searches/\?)', page) == []
    assert 'name="next" value="/review/?text=coffee&amp;page=1"' in page


def test_what_is_looked_for_stays_in_the_form_whatever_is_wrong_with_it(reviewer_client):
    asked = {"text": "tea <i>", "person": "Lea", "shortest": "x", "since": "1800-01-01", "dearest": "-1"}

    for address in ("/review/", "/review/?view=queue"):
        page = reviewer_client.get(address, asked).content.decode()
        shown = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in asked}
        assert {name: found and html.unescape(found[1]) for name, found in shown.items()} == asked


SEARCH = "text=tea&view=queue&page=2"
CARRIED = "?back=text%3Dtea%26view%3Dqueue%26page%3D2"


def test_a_transcript_leads_back_to_the_search_it_was_found_by(reviewer_client, reviewer, attempt, said):
    [item_id] = said(attempt, "I like tea.")
    address = f"/review/{attempt.code}/"
    review.add_note(attempt, reviewer, note_id=uuid.UUID(int=1), kind=NoteKind.PRAISE, text="", item_id=item_id)

    assertContains(reviewer_client.get("/review/?text=tea"), f'href="{address}?back=text%3Dtea#{item_id}"')
    page = reviewer_client.get(address + CARRIED)

    assertContains(page, '<a href="/review/?text=tea&amp;view=queue&amp;page=2">Review</a>', html=True)
    forms = re.findall(rf'action="({address}[^"]*)"', page.content.decode())
    assert len(forms) == 5
    assert {form.partition("?")[2] for form in forms} == {CARRIED[1:]}
    assertContains(page, f'href="{address}{CARRIED}&amp;note={item_id}"')
    note = {"note_id": uuid.UUID(int=2), "kind": "praise"}
    for path, data, place in (
        ("notes/", note, f"#note-{uuid.UUID(int=2)}"),
        (f"notes/{uuid.UUID(int=2)}/remove/", {}, "#whole-title"),
        ("mark/", {"done": "yes"}, ""),
    ):
        answer = reviewer_client.post(f"{address}{path}{CARRIED}", data)
        assertRedirects(answer, f"{address}{CARRIED}{place}", fetch_redirect_response=False)
    refused = reviewer_client.post(f"{address}notes/{CARRIED}", {})
    assertContains(refused, f'name="next" value="{address}{CARRIED}"', status_code=400)


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("https://elsewhere.example/", "/review/?https%3A%2F%2Felsewhere.example%2F="),
        ("//elsewhere.example", "/review/?%2F%2Felsewhere.example="),
        ('"><script>', "/review/?%22%3E%3Cscript%3E="),
        ("", "/review/"),
        ("text=" + "x" * 5000, "/review/?text=" + "x" * 1995),
    ],
)
def test_a_way_back_leads_to_no_other_page(reviewer_client, attempt, back, leads_to):
    page = reviewer_client.get(f"/review/{attempt.code}/", {"back": back})

    assertContains(page, f'<a href="{leads_to}">Review</a>', html=True)


@pytest.mark.parametrize("path", ["notes/", f"notes/{uuid.uuid4()}/remove/", "rulings/", "mark/"])
def test_nobody_else_writes_there(learner_client, teacher_client, attempt, path):
    for stranger in (learner_client, teacher_client):
        assert stranger.post(f"/review/{attempt.code}/{path}", {"done": "yes"}).status_code == 404
    assert not Reading.objects.exists()


AREAS = ("/review/", "/review/live/", "/review/lessons/", "/review/costs/", "/review/take-out/")


def test_staff_named_in_a_class_find_the_way_to_what_it_said(client, teacher, learner, lesson, attempt):
    nora = User.objects.create_user("nora", is_staff=True)
    client.force_login(nora)
    assert {client.get(area).status_code for area in AREAS} == {404}
    assertNotContains(client.get("/"), "/review/")
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    classroom.reviewers.add(nora)
    Assignment.objects.create(classroom=classroom, lesson=lesson)

    assertContains(client.get("/"), "/review/")
    assertContains(client.get("/review/"), str(attempt.code))
    assert {client.get(area).status_code for area in AREAS} == {200}
    assertContains(client.get("/review/lessons/"), f"/review/lessons/{lesson.slug}/")
    assert client.get(f"/review/{attempt.code}/").status_code == 200
    assert client.get(f"/review/live/{attempt.code}/").status_code == 200
