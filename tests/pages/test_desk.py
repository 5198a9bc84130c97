"""The pages of staff with lessons in progress."""

import uuid

import pytest
from django.contrib.auth.models import User
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.services.calling import call_in
from tutor.models import Intervention, Look, Utterance
from tutor.services import attempts

LIST = "/review/live/"


@pytest.fixture
def talking(attempt, said):
    call_in(attempt)
    said(attempt, "I like <b>tea</b>.")
    return attempt


def page_of(attempt) -> str:
    return f"/review/live/{attempt.code}/"


def do(client, attempt, kind: str, **more: object):
    form = {"action_id": uuid.uuid4(), "kind": kind, "reason": "They are stuck.", **more}
    return client.post(f"{page_of(attempt)}act/", form, follow=True)


def test_list_shows_what_is_in_progress(reviewer_client, talking):
    response = reviewer_client.get(LIST)

    assertContains(response, "lea")
    assertContains(response, "I like &lt;b&gt;tea&lt;/b&gt;.")
    assertContains(response, "in the room")
    assertContains(response, "stage 1 of 3")


def test_list_shows_nobody_who_is_not_there(reviewer_client, attempt):
    assertContains(reviewer_client.get(LIST), "Nobody is in a lesson just now")
    call_in(attempt)
    attempts.end_attempt(attempt)
    assertContains(reviewer_client.get(LIST), "Nobody is in a lesson just now")


def test_list_is_for_staff(learner_client, teacher_client, talking):
    assert learner_client.get(LIST).status_code == 404
    # Not of their class.
    assertNotContains(teacher_client.get(LIST), "I like")


@pytest.mark.parametrize("number", [1, 3])
def test_list_queries(reviewer_client, lesson, said, number, django_assert_num_queries):
    for name in ("anna", "ben", "cleo")[:number]:
        attempt = attempts.start_attempt(lesson, learner=User.objects.create_user(name))[0]
        call_in(attempt)
        said(attempt, "Tea.")
    reviewer_client.get(LIST)

    with django_assert_num_queries(7):
        response = reviewer_client.get(LIST)
    assert response.content.count(b"live__one") == number


def test_reading_along_shows_words_and_is_put_down(reviewer_client, talking, reviewer):
    response = reviewer_client.get(page_of(talking))

    assertContains(response, "I like &lt;b&gt;tea&lt;/b&gt;.")
    assert [(look.viewer, look.kind) for look in Look.objects.all()] == [(reviewer, "watched")]


@pytest.mark.parametrize(
    ("status", "sign"), [("untranscribed", "(spoken, but not written down)"), ("partial", "…")], ids=["none", "awaited"]
)
def test_a_sentence_without_words_says_so(reviewer_client, talking, status, sign):
    Utterance.objects.filter(attempt=talking).update(text="", status=status)

    response = reviewer_client.get(page_of(talking))

    assertContains(response, f'<em class="bubble__none">{sign}</em>', html=True)


@pytest.mark.parametrize("number", [1, 3])
def test_reading_along_queries(reviewer_client, talking, said, number, django_assert_num_queries):
    said(talking, *["Tea."] * number)
    for _ in range(number):
        do(reviewer_client, talking, "whisper", text="Slower.")

    with django_assert_num_queries(14):
        reviewer_client.get(page_of(talking))


def test_part_is_the_part_alone(reviewer_client, talking):
    response = reviewer_client.get(page_of(talking), {"part": "1"})

    assertContains(response, "I like")
    assertNotContains(response, "<html")


@pytest.mark.parametrize("who", ["learner_client", "teacher_client"])
def test_strangers_find_nothing(request, who, talking):
    client = request.getfixturevalue(who)

    assert client.get(page_of(talking)).status_code == 404
    assert do(client, talking, "end").status_code == 404
    talking.refresh_from_db()
    assert talking.ended_at is None


def test_everything_can_be_done(reviewer_client, talking):
    assertContains(do(reviewer_client, talking, "whisper", text="Slower.", say_now="1"), "The tutor will be told.")
    assertContains(do(reviewer_client, talking, "move", visit=1, to="order"), "The lesson has been moved.")
    assertContains(do(reviewer_client, talking, "pause"), "The lesson is paused.")
    assertContains(do(reviewer_client, talking, "resume"), "The lesson goes on.")
    assertContains(do(reviewer_client, talking, "end"), "The lesson has been ended.")

    kinds = Intervention.objects.order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["whisper", "move", "pause", "resume", "end"]


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("whisper", {}, "Write what you want to tell the tutor."),
        ("whisper", {"text": "x" * 1001}, "at most 1000 characters"),
        ("move", {"visit": 9, "to": "order"}, "has moved on meanwhile"),
        ("move", {"to": "order"}, "has moved on meanwhile"),
        ("move", {"visit": 1, "to": "nowhere"}, "Choose another stage"),
        ("pause", {"reason": " "}, "Say why"),
        ("resume", {}, "is not paused"),
        ("dance", {}, "dance"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(reviewer_client, talking, kind, more, words):
    response = do(reviewer_client, talking, kind, **more)

    assertRedirects(response, page_of(talking))
    assertContains(response, words)
    assert not Intervention.objects.exists()


def test_the_same_form_twice_does_one_thing(reviewer_client, talking):
    once = uuid.uuid4()
    for _ in range(2):
        do(reviewer_client, talking, "move", visit=1, to="order", action_id=once)

    assert Intervention.objects.count() == 1


def test_learner_reads_what_was_done_and_the_whisper_once_it_is_over(reviewer_client, learner_client, talking):
    do(reviewer_client, talking, "whisper", text="Say it is <i>milk</i>.", reason="")
    do(reviewer_client, talking, "pause")
    transcript = f"/attempts/{talking.code}/transcript/"

    response = learner_client.get(transcript)
    assertContains(response, "gave the tutor a hint")
    assertContains(response, "They are stuck.")
    assertNotContains(response, "milk")

    attempts.end_attempt(talking)
    assertContains(learner_client.get(transcript), "Say it is &lt;i&gt;milk&lt;/i&gt;.")


def test_reviewer_reads_what_was_done_in_its_place(reviewer_client, talking, said):
    do(reviewer_client, talking, "whisper", text="Milk.")
    said(talking, "And milk.")

    page = reviewer_client.get(f"/review/{talking.code}/").content.decode()

    places = [page.index(text) for text in ("I like &lt;b&gt;tea", "gave the tutor a hint", "And milk.")]
    assert places == sorted(places)
