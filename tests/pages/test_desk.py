"""The pages of staff with lessons in progress."""

import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains

from tests.services.calling import call_in
from tutor.models import Alarm, Intervention, Look, Utterance
from tutor.services import attempts, desk, switch

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


def test_list_says_that_calls_are_switched_off_and_why(reviewer_client, admin_user):
    assertNotContains(reviewer_client.get(LIST), "switched off")

    switch.turn(allowed=False, reason="Costs <b>", by=admin_user)

    for address in (LIST, f"{LIST}?part=1"):
        assertContains(reviewer_client.get(address), "by admin. Nobody can talk to the tutor.")
    assertContains(reviewer_client.get(LIST), "Costs &lt;b&gt;")


def test_list_says_that_nobody_answers(reviewer_client):
    Alarm.objects.create(raised_at=timezone.now(), learners=3, error="provider_quota")

    assertContains(reviewer_client.get(LIST), "Nobody answers: since")
    assertContains(reviewer_client.get(LIST), "provider_quota")


@pytest.mark.parametrize("number", [1, 3])
def test_list_queries(reviewer_client, lesson, said, number, django_assert_num_queries):
    for name in ("anna", "ben", "cleo")[:number]:
        attempt = attempts.start_attempt(lesson, learner=User.objects.create_user(name))[0]
        call_in(attempt)
        said(attempt, "Tea.")
    reviewer_client.get(LIST)

    # The switch and the alarm, which are looked at beside the lessons, are 2 of them.
    with django_assert_num_queries(9):
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


@pytest.mark.parametrize(
    ("status", "is_on", "marks"),
    [("complete", True, 0), ("interrupted", True, 1), ("partial", True, 0), ("partial", False, 1)],
    ids=["whole", "interrupted", "being said", "left unfinished"],
)
def test_a_sentence_that_broke_off_says_so(reviewer_client, talking, status, is_on, marks):
    Utterance.objects.filter(attempt=talking).update(status=status)
    if not is_on:
        talking.connections.update(ended_at=timezone.now())

    response = reviewer_client.get(page_of(talking), {"part": "1"})

    assertContains(response, '<span class="bubble__mark">… (interrupted)</span>', marks)


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
    assertContains(do(reviewer_client, talking, "whisper", text="Slower.", say_now="1"), "on its way to the tutor.")
    assertContains(do(reviewer_client, talking, "move", visit=1, to="order"), "The move is on its way")
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

    assertContains(response, words, status_code=400)
    told = response.content.decode().count("notice--error") + len(response.context["messages"])
    assert told == 1
    assert not Intervention.objects.exists()


@pytest.mark.parametrize(
    ("kind", "field", "fault"),
    [
        ("whisper", "text", "x" * 1001),
        ("move", "reason", None),
        ("pause", "reason", "x" * 1001),
        ("end", "reason", None),
    ],
)
def test_what_was_typed_is_still_there_when_it_is_refused(reviewer_client, talking, kind, field, fault):
    typed = {"text": "Say <i>milk</i>.", "reason": "They <b>know</b>.", "say_now": "1", "visit": 9, "to": "goodbye"}
    if fault:
        typed[field] = fault

    page = do(reviewer_client, talking, kind, **typed | ({} if fault else {"action_id": "none"})).content.decode()

    assert escape(typed[field]) in page
    assert page.count(" autofocus") == 1
    assert '<option value="goodbye" selected>' in page
    assert (" checked>" in page) == (kind == "whisper")
    # What the page looks at again is the page, not the address of the form.
    assert f'"part": "{page_of(talking)}?part=1"' in page
    assert f'name="next" value="{page_of(talking)}"' in page


def test_a_move_is_on_its_way_until_the_room_has_it(reviewer_client, talking):
    def tags() -> list[str]:
        page = reviewer_client.get(page_of(talking)).content.decode()
        return re.findall(r'<span class="tag[^"]*">([^<]+)</span>', page)

    do(reviewer_client, talking, "move", visit=1, to="order")
    assert tags() == ["in the room", "on its way", "on its way"]

    with transaction.atomic():
        desk.for_room(talking, received=1, connection="")
    assert tags() == ["in the room", "done"]


def test_a_message_says_what_it_waits_for(reviewer_client, talking):
    """The page takes it away once the room has that."""

    def tags(response) -> list[str]:
        return [message.tags for message in response.context["messages"]]

    assert tags(do(reviewer_client, talking, "whisper", text="Slower.")) == ["until-1 success"]
    page = do(reviewer_client, talking, "move", visit=1, to="order")
    assert tags(page) == ["until-2 success"]
    assert re.findall(r'data-coming="(\d+)"', page.content.decode()) == ["1", "2"]
    assert tags(do(reviewer_client, talking, "pause")) == ["success"]

    Intervention.objects.update(taken_at=timezone.now())
    assertNotContains(reviewer_client.get(page_of(talking), {"part": "1"}), "data-coming")


def test_a_move_of_a_lesson_without_a_call_is_done(reviewer_client, attempt):
    assertContains(do(reviewer_client, attempt, "move", visit=1, to="order"), "The lesson has been moved.")


def test_page_shows_what_was_said_in_earlier_stages_too(reviewer_client, attempt, said):
    said(attempt, "In the first.")
    do(reviewer_client, attempt, "move", visit=1, to="order")
    said(attempt, "In the second.", visit=2)
    refused = do(reviewer_client, attempt, "whisper")

    for page in (reviewer_client.get(page_of(attempt)), reviewer_client.get(page_of(attempt), {"part": 1}), refused):
        text = page.content.decode()
        order = ["Warm-up</h2>", "In the first.", "moved the lesson", "Order</h2>", "In the second."]
        assert sorted(order, key=text.index) == order
        assert [text.count(words) for words in order] == [1] * 5


def test_what_is_left_out_of_a_very_long_lesson_is_linked(reviewer_client, attempt, said, monkeypatch):
    monkeypatch.setattr("tutor.pages.desk.MOST_LINES", 2)
    said(attempt, "In the first.")
    do(reviewer_client, attempt, "move", visit=1, to="order")
    said(attempt, "One.", "Two.", visit=2)

    response = reviewer_client.get(page_of(attempt))

    assertNotContains(response, "Warm-up</h2>")
    assertContains(response, "Read what was said before")


def test_page_of_a_lesson_that_is_over_says_so_and_leads_to_what_was_said(reviewer_client, talking):
    over, live = '<p id="over-note" tabindex="-1">', '<p class="muted small" id="live-note">'
    assertContains(reviewer_client.get(page_of(talking)), live)
    assertNotContains(reviewer_client.get(page_of(talking)), over)

    attempts.end_attempt(talking)

    response = reviewer_client.get(page_of(talking))
    assertContains(response, over)
    assertContains(response, f'<a href="/review/{talking.code}/">Read all that was said, and judge it</a>', html=True)
    assertNotContains(response, live)
    assertNotContains(response, "What you can do")
    assertContains(reviewer_client.get(page_of(talking), {"part": 1}), "data-over", count=1)


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
