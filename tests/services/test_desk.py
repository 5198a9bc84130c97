"""The hand of staff in a lesson that is going on: done once, put down, and brought to the room."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from tests import official
from tests.services.calling import call_in
from tutor.models import Attempt, AttemptOutcome, Connection, Intervention, StageVisit
from tutor.services import attempts, connections, desk, journal, stalls
from tutor.services.desk import Action
from tutor.services.errors import AttemptPausedError, DeskError

OFFER = b"v=0"


@pytest.fixture
def action(teacher) -> Callable[..., Action]:
    return lambda reason="They are stuck.": Action(uuid.uuid4(), teacher, reason)


@pytest.fixture
def talking(attempt) -> Attempt:
    """An attempt with a call."""
    call_in(attempt)
    return attempt


def beat(attempt: Attempt, received: int = 0, connection: str = "") -> dict[str, Any] | None:
    return journal.store_entries(attempt, [], from_desk=received, connection=connection).desk


def numbers(told: dict[str, Any] | None) -> list[int]:
    assert told is not None
    return [offer["number"] for offer in told["offers"]]


def types(offer: dict[str, Any]) -> list[str]:
    return [event["type"] for event in offer["events"]]


def code(attempt: Attempt) -> str:
    return str(attempt.connections.order_by("-id")[0].code)


# --- Whisper -----------------------------------------------------------------------------------------------------


def test_whisper_is_offered_until_the_room_has_it(talking, action, teacher):
    made = desk.whisper(talking, action(""), text=" Ask about milk. ")

    told = beat(talking)
    assert numbers(told) == [1]
    (offer,) = told["offers"]
    assert (offer["id"], types(offer), offer["stage"]["key"]) == ("desk-1", ["conversation.item.create"], "warm-up")
    item = offer["events"][0]["item"]
    assert (item["id"], item["role"]) == ("desk-1", "system")
    assert "“Ask about milk.”" not in item["content"][0]["text"]
    assert '"Ask about milk."' in item["content"][0]["text"]
    assert numbers(beat(talking)) == [1]
    assert numbers(beat(talking, received=1)) == []
    made.refresh_from_db()
    assert (made.author, made.text, made.visit.number, made.taken_at is not None) == (
        teacher,
        "Ask about milk.",
        1,
        True,
    )


def test_whisper_may_make_the_tutor_speak_at_once(talking, action):
    desk.whisper(talking, action(""), text="Slower.", say_now=True)

    assert types(beat(talking)["offers"][0]) == ["conversation.item.create", "response.create"]


def test_a_new_call_is_told_too_and_not_asked_to_speak(talking, action):
    desk.whisper(talking, action(""), text="Slower.", say_now=True)
    beat(talking, received=1)
    call_in(talking)

    assert types(beat(talking)["offers"][0]) == ["conversation.item.create"]


def test_whispers_come_in_order_and_each_once(talking, action):
    for text in ("One.", "Two.", "Three."):
        desk.whisper(talking, action(""), text=text)

    assert numbers(beat(talking)) == [1, 2, 3]
    assert numbers(beat(talking, received=2)) == [3]


def test_what_was_whispered_and_heard_in_an_earlier_stage_is_over(talking, action):
    desk.whisper(talking, action(""), text="One.")
    beat(talking, received=1)
    desk.whisper(talking, action(""), text="Two.")
    desk.move(talking, action(), visit=1, to="order")

    # The second one was never heard.
    assert numbers(beat(talking)) == [2, 3]


def test_nobody_can_be_told_anything_in_an_empty_room(attempt, action):
    with pytest.raises(DeskError, match="Nobody is in the room"):
        desk.whisper(attempt, action(""), text="Hello.")
    call_in(attempt)
    Connection.objects.update(ended_at=timezone.now())
    with pytest.raises(DeskError, match="Nobody is in the room"):
        desk.whisper(attempt, action(""), text="Hello.")
    assert not Intervention.objects.exists()


def test_whisper_without_words_is_refused(talking, action):
    with pytest.raises(DeskError, match="Write what you want"):
        desk.whisper(talking, action(""), text=" \n")


# --- Move --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["order", "goodbye"])
def test_move_closes_the_visit_without_an_outcome_and_opens_the_next(talking, action, teacher, to):
    made = desk.move(talking, action("Too easy."), visit=1, to=to)

    first, second = talking.visits.order_by("number")
    assert (first.outcome, first.flag, first.reasoning) == ("", StageVisit.Flag.MOVED, "Too easy.")
    assert (second.stage_key, second.completed_at, second.entered_at) == (to, None, first.completed_at)
    assert (made.visit, made.to_visit, made.author, made.reason) == (first, second, teacher, "Too easy.")


def test_move_goes_back_too(talking, action):
    desk.move(talking, action(), visit=1, to="goodbye")
    desk.move(talking, action(), visit=2, to="warm-up")

    assert list(talking.visits.order_by("number").values_list("stage_key", flat=True)) == [
        "warm-up",
        "goodbye",
        "warm-up",
    ]


def test_the_model_gets_exactly_what_a_stage_change_gives_it(talking, action, said):
    said(talking, "Tea.")
    desk.move(talking, action(), visit=1, to="order")

    told = beat(talking)

    (offer,) = told["offers"]
    assert types(offer)[0] == "session.update"
    assert types(offer)[-2:] == ["conversation.item.create", "response.create"]
    assert offer["events"][0]["session"] == talking.visits.get(number=2).session | {"type": "realtime"}
    assert (offer["stage"]["key"], offer["stage"]["visit"], offer["ended"]) == ("order", 2, False)
    for event in offer["events"]:
        assert official.check_client_event(event) == []
    assert numbers(beat(talking, received=1)) == []


def test_only_the_latest_move_is_brought(talking, action):
    desk.move(talking, action(), visit=1, to="order")
    desk.move(talking, action(), visit=2, to="goodbye")

    assert numbers(beat(talking)) == [2]


def test_a_call_that_begins_in_the_new_stage_needs_no_move(attempt, action):
    made = desk.move(attempt, action(), visit=1, to="order")
    call_in(attempt)

    assert numbers(beat(attempt, connection=code(attempt))) == []
    made.refresh_from_db()
    assert made.taken_at is not None


def test_move_is_refused_where_the_lesson_has_moved_on(talking, action):
    desk.move(talking, action(), visit=1, to="order")

    with pytest.raises(DeskError, match="has moved on meanwhile"):
        desk.move(talking, action(), visit=1, to="goodbye")
    assert talking.visits.count() == 2


@pytest.mark.parametrize("to", ["warm-up", "no-such", ""])
def test_move_is_refused_to_what_is_no_other_stage(talking, action, to):
    with pytest.raises(DeskError, match="Choose another stage"):
        desk.move(talking, action(), visit=1, to=to)
    assert talking.visits.count() == 1


def test_the_same_form_sent_twice_moves_once(talking, action):
    once = action()

    assert desk.move(talking, once, visit=1, to="order") == desk.move(talking, once, visit=1, to="order")
    assert talking.visits.count() == 2


def test_a_form_of_somebody_else_is_refused(talking, action, reviewer):
    once = action()
    desk.move(talking, once, visit=1, to="order")

    with pytest.raises(DeskError, match="has been used before"):
        desk.move(talking, Action(once.id, reviewer, "Why."), visit=2, to="goodbye")


# --- Pause and go on ---------------------------------------------------------------------------------------------


def test_pause_ends_the_call_and_lets_no_other_be_made(talking, action):
    desk.pause(talking, action("Fire drill."))

    call = talking.connections.get()
    assert (call.ended_at is not None, call.hang_up_at is not None) == (True, True)
    assert attempts.state(talking)["paused"]["by"] == "tess"
    told = beat(talking)
    assert (told["number"], told["paused"]["by"], told["offers"]) == (1, "tess", [])
    with pytest.raises(AttemptPausedError):
        connections._request(talking)


def test_a_pause_over_lets_calls_be_made_again(talking, action):
    desk.pause(talking, action())
    desk.resume(talking, action(""))

    assert attempts.state(talking)["paused"] is None
    assert beat(talking) == {"number": 2, "paused": None, "offers": []}
    assert connections._request(talking).visit.number == 1


def test_pause_and_resume_are_refused_where_they_change_nothing(talking, action):
    with pytest.raises(DeskError, match="is not paused"):
        desk.resume(talking, action(""))
    desk.pause(talking, action())
    with pytest.raises(DeskError, match="paused already"):
        desk.pause(talking, action())


def test_the_journal_goes_on_in_a_pause(talking, action, said):
    desk.pause(talking, action())

    said(talking, "My last words.")

    assert talking.utterances.get().text == "My last words."


# --- End ---------------------------------------------------------------------------------------------------------


def test_end_ends_the_attempt_and_what_comes_late_is_kept(talking, action, said):
    made = desk.end(talking, action("The hour is over."))

    talking.refresh_from_db()
    assert (talking.outcome, talking.ended_at is not None) == (AttemptOutcome.STOPPED, True)
    said(talking, "My last words.")
    assert talking.utterances.get().text == "My last words."
    assert made.visit.number == 1
    assert beat(talking) == {"number": 1, "paused": None, "offers": []}


def test_the_room_is_told_who_ended_a_lesson_and_why(talking, action):
    state = attempts.state(talking)
    assert (state["ended_by"], state["ended_why"]) == (None, None)

    desk.end(talking, action("The hour is over."))

    talking.refresh_from_db()
    state = attempts.state(talking)
    assert (state["ended_by"], state["ended_why"]) == ("tess", "The hour is over.")


@pytest.mark.parametrize("what", ["whisper", "move", "pause", "resume", "end"])
def test_nothing_can_be_done_once_a_lesson_is_over(talking, action, what):
    attempts.end_attempt(talking)
    more = {"whisper": {"text": "x"}, "move": {"visit": 1, "to": "order"}}

    with pytest.raises(DeskError, match="has already ended"):
        getattr(desk, what)(talking, action(), **more.get(what, {}))


@pytest.mark.parametrize("what", ["move", "pause", "end"])
def test_nothing_that_the_learner_notices_is_done_without_a_reason(talking, action, what):
    more = {"move": {"visit": 1, "to": "order"}}

    with pytest.raises(DeskError, match="Say why"):
        getattr(desk, what)(talking, action(" "), **more.get(what, {}))
    assert not Intervention.objects.exists()


def test_there_is_an_end_to_what_can_be_done(talking, action, monkeypatch):
    monkeypatch.setattr(desk, "MOST", 2)
    desk.whisper(talking, action(""), text="One.")
    desk.whisper(talking, action(""), text="Two.")

    with pytest.raises(DeskError, match="no more can be"):
        desk.whisper(talking, action(""), text="Three.")


# --- Cost --------------------------------------------------------------------------------------------------------


def test_a_lesson_nobody_has_a_hand_in_costs_one_query(talking, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert desk.for_room(talking, received=0, connection="") is None


@pytest.mark.parametrize("times", [1, 3])
def test_offers_cost_as_much_however_many(talking, action, times, django_assert_num_queries):
    for _ in range(times):
        desk.whisper(talking, action(""), text="Slower.")

    with django_assert_num_queries(5):
        told = desk.for_room(talking, received=0, connection="")
    assert len(numbers(told)) == times


def test_a_stalling_stage_and_the_desk_do_not_get_in_each_others_way(talking, action):
    desk.move(talking, action(), visit=1, to="order")

    assert stalls.rescue(attempts.lock(talking)) is None
