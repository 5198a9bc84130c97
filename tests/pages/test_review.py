"""The pages of those who read what was said."""

import uuid

import pytest
from django.contrib.auth.models import User
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.walking import finish, show_picture
from tutor.models import Assignment, Classroom, Look, Note, NoteKind, Reading, Ruling, WatchWord
from tutor.services import attempts, corrections, digests, review


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

    assertContains(response, f"/review/{attempt.code}/#said_1")
    assertContains(response, "<bdi>I <mark>hate</mark> &lt;b&gt;tea&lt;/b&gt;.</bdi>", html=False)
    assertContains(response, "a word the school watches for")
    assertContains(response, "1 attempt</p>")


def test_find_says_what_it_cannot_read_and_forgets_only_that(reviewer_client, done):
    response = reviewer_client.get("/review/", {"shortest": "x", "since": "no", "lesson": "nope", "text": "zebra"})

    assertContains(response, "Enter a whole number.")
    assertContains(response, "Enter a valid date.")
    assertContains(response, "Nothing found")


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


def test_find_by_the_stage_in_which_learners_gave_up(reviewer_client, attempt):
    attempts.end_attempt(attempt)

    there = reviewer_client.get("/review/", {"stage": "cafe/warm-up", "way_out": "left"})
    elsewhere = reviewer_client.get("/review/", {"stage": "cafe/order", "way_out": "left"})

    assertContains(there, str(attempt.code))
    assertNotContains(elsewhere, str(attempt.code))


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

    with django_assert_num_queries(24):
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
    reviewer_client.post(f"/review/{attempt.code}/notes/{note['note_id']}/remove/")
    assert not Note.objects.exists()


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
    response = reviewer_client.post(f"/review/{attempt.code}/notes/", note, follow=True)

    assert response.status_code == 200
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert not Note.objects.exists()


def test_a_stage_is_ruled_on(reviewer_client, done):
    ruling = {"visit": 1, "outcome": "needs-practice", "reason": "It was a guess."}

    answer = reviewer_client.post(f"/review/{done.code}/rulings/", ruling)

    assertRedirects(answer, f"/review/{done.code}/#stay-1")
    assert Ruling.objects.get().reason == "It was a guess."
    assertContains(reviewer_client.get(f"/review/{done.code}/"), "<s>Understood</s> <strong>Needs practice</strong>")


@pytest.mark.parametrize(
    "ruling", [{}, {"visit": 1, "outcome": "x", "reason": "y"}, {"visit": 1, "outcome": "understood"}]
)
def test_a_ruling_that_makes_no_sense_is_told(reviewer_client, done, ruling):
    response = reviewer_client.post(f"/review/{done.code}/rulings/", ruling, follow=True)

    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert not Ruling.objects.exists()


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
    assertContains(reviewer_client.get("/review/"), '<a href="?text=tea">Tea</a>')
    reviewer_client.post("/review/searches/", {"name": "Tea", "query": "text=tea", "forget": "1"})
    assertNotContains(reviewer_client.get("/review/"), "Tea</a>")


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
