"""A stage that stalls: who is told what, when, how often, and where the lesson goes in the end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests import lessons, official
from tests.lessons import PLAN
from tutor.models import Attempt, Connection, Speaker, StageVisit, UtteranceStatus
from tutor.plan import ContextRule, Plan
from tutor.services import attempts, journal, prompts, tool_calls
from tutor.services.journal import UtteranceEntry

FIRST = PLAN.stages[0]


def stalling(**changes: object) -> Plan:
    """The lesson whose first stage stalls."""
    first = replace(FIRST, **{"stall_turns": 2, "fallback": "understood", **changes})
    return replace(PLAN, stages=(first, *PLAN.stages[1:]))


def start(learner, plan: Plan) -> Attempt:
    """An attempt with a call."""
    attempt = attempts.start_attempt(lessons.publish(plan), learner=learner)[0]
    call(attempt)
    return attempt


def call(attempt: Attempt) -> Connection:
    visit = attempt.visits.get(completed_at__isnull=True)
    return Connection.objects.create(attempt=attempt, visit=visit, config={})


@pytest.fixture
def stalled(learner) -> Attempt:
    return start(learner, stalling())


@pytest.fixture
def turn(said) -> Callable[..., None]:
    """The learner says something, and the tutor answers, unless told otherwise."""

    def take(attempt: Attempt, *, times: int = 1, answered: bool = True, visit: int = 1) -> None:
        for _ in range(times):
            said(attempt, "Hm.", visit=visit)
            if answered:
                said(attempt, "Try again.", visit=visit, speaker=Speaker.TUTOR)

    return take


def beat(attempt: Attempt, received: str = "") -> dict | None:
    return journal.store_entries(attempt, [], received=received).rescue


def follow(attempt: Attempt, *, times: int) -> list[dict | None]:
    """Beats of a browser that forwards whatever it gets at once."""
    rescues: list[dict | None] = []
    received = ""
    for _ in range(times):
        rescues.append(beat(attempt, received))
        received = rescues[-1]["id"] if rescues[-1] else received
    return rescues


def ids(rescues: list[dict | None]) -> list[str | None]:
    return [rescue and rescue["id"] for rescue in rescues]


def note(rescue: dict | None) -> dict:
    """The one item of a rescue."""
    assert rescue is not None
    (item,) = [event["item"] for event in rescue["events"] if event["type"] == "conversation.item.create"]
    return item


def text_of(rescue: dict | None) -> str:
    return note(rescue)["content"][0]["text"]


def types_of(rescue: dict | None) -> list[str]:
    assert rescue is not None
    return [event["type"] for event in rescue["events"]]


def first_visit(attempt: Attempt) -> StageVisit:
    return attempt.visits.get(number=1)


def in_minutes(minutes: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes))


# --- When --------------------------------------------------------------------------------------------------------


def test_stage_that_may_not_stall_gets_no_help(attempt, turn):
    call(attempt)
    turn(attempt, times=50)

    with in_minutes(600):
        assert follow(attempt, times=3) == [None, None, None]
    assert first_visit(attempt).stall_step == 0


def test_utterance_that_makes_the_stage_stall_brings_the_nudge_with_its_receipt(stalled, turn):
    turn(stalled)
    entry = UtteranceEntry(id="hm", speaker=Speaker.LEARNER, status=UtteranceStatus.COMPLETE, text="Hm.", visit=1)

    receipt = journal.store_entries(stalled, [entry])

    assert (receipt.stored, receipt.rescue and receipt.rescue["id"]) == (["hm"], "stall-1-1")
    assert first_visit(stalled).stall_step == 1


def test_steps_follow_after_as_many_turns_again(stalled, turn):
    seen = []
    received = ""
    for _ in range(6):
        turn(stalled)
        rescue = beat(stalled, received)
        received = rescue["id"] if rescue else received
        seen.append(rescue and rescue["id"])

    assert seen == [None, "stall-1-1", None, "stall-1-2", None, "stall-1-3"]


def test_steps_follow_after_as_many_minutes_again(learner):
    attempt = start(learner, stalling(stall_turns=0, stall_minutes=5))
    seen = []
    received = ""
    for minutes in (4.9, 5.1, 9.9, 10.1, 14.9, 15.1):
        with in_minutes(minutes):
            rescue = beat(attempt, received)
        received = rescue["id"] if rescue else received
        seen.append(rescue and rescue["id"])

    assert seen == [None, "stall-1-1", None, "stall-1-2", None, "stall-1-3"]


def test_whichever_comes_first_counts(learner, turn):
    attempt = start(learner, stalling(stall_turns=1, stall_minutes=5))

    with in_minutes(6):
        assert ids(follow(attempt, times=2)) == ["stall-1-1", None]
    turn(attempt, times=2)
    assert beat(attempt, "stall-1-1")["id"] == "stall-1-2"


def test_coughs_are_no_turns(stalled, said):
    said(stalled, "", "", "", "Hm.")

    assert beat(stalled) is None


def test_turns_of_another_visit_do_not_count(learner, turn):
    attempt = start(learner, stalling())
    turn(attempt)
    arguments = '{"outcome": "needs-practice", "reasoning": "Because.", "summary": "", "evidence": []}'
    tool_calls.answer_tool_call(attempt, call_id="c", name="stage_complete", arguments=arguments)
    turn(attempt, visit=2)

    assert beat(attempt) is None
    turn(attempt, visit=2)
    assert beat(attempt)["id"] == "stall-2-1"


def test_last_resort_waits_for_the_tutor_to_answer_the_latest_words(stalled, turn, said):
    turn(stalled, times=5)
    turn(stalled, answered=False)
    partial = UtteranceEntry(id="answer", speaker=Speaker.TUTOR, status=UtteranceStatus.PARTIAL, text="", visit=1)
    # It follows what was said last.
    last = stalled.utterances.order_by("-position").first()
    partial = replace(partial, previous_item_id=last.item_id)
    journal.store_entries(stalled, [partial])

    assert ids(follow(stalled, times=4)) == ["stall-1-1", "stall-1-2", None, None]
    answer = replace(partial, status=UtteranceStatus.COMPLETE, text="Not yet.")
    assert journal.store_entries(stalled, [answer], received="stall-1-2").rescue["id"] == "stall-1-3"


def test_without_a_last_resort_the_stage_goes_on(learner, turn):
    attempt = start(learner, stalling(fallback=None))
    turn(attempt, times=20)

    assert ids(follow(attempt, times=5)) == ["stall-1-1", "stall-1-2", None, None, None]
    assert (first_visit(attempt).stall_step, attempt.visits.count()) == (2, 1)


def test_minutes_between_two_calls_do_not_count(learner):
    attempt = start(learner, stalling(stall_turns=0, stall_minutes=5))

    with in_minutes(24 * 60):
        call(attempt)
        assert beat(attempt) is None
    with in_minutes(24 * 60 + 6):
        assert beat(attempt)["id"] == "stall-1-1"


def test_nobody_is_helped_before_there_is_a_call(learner, turn):
    attempt = attempts.start_attempt(lessons.publish(stalling()), learner=learner)[0]
    turn(attempt, times=10)

    assert beat(attempt) is None


# --- Delivery ----------------------------------------------------------------------------------------------------


def test_step_is_offered_in_the_same_words_until_it_is_received(stalled, turn):
    turn(stalled, times=20)

    offers = [beat(stalled) for _ in range(3)]

    assert offers[0] == offers[1] == offers[2]
    assert (offers[0]["id"], first_visit(stalled).stall_step) == ("stall-1-1", 1)
    assert beat(stalled, "stall-1-1")["id"] == "stall-1-2"


def test_new_call_hears_the_step_that_is_in_force(stalled, turn):
    turn(stalled, times=4)
    assert ids(follow(stalled, times=3)) == ["stall-1-1", "stall-1-2", None]

    call(stalled)

    assert ids(follow(stalled, times=2)) == ["stall-1-2", None]


def test_last_resort_is_offered_until_it_is_received(stalled, turn):
    turn(stalled, times=6)
    *_, moved = follow(stalled, times=3)

    assert [beat(stalled, received) for received in ("stall-1-2", "", "stall-1-1")] == [moved] * 3
    assert beat(stalled, "stall-1-3") is None


def test_last_resort_is_not_offered_to_a_call_made_after_it(stalled, turn):
    turn(stalled, times=6)
    follow(stalled, times=3)

    call(stalled)

    assert beat(stalled) is None


def test_call_that_began_before_the_last_resort_hears_of_it_before_the_next_nudge(learner, turn):
    attempt = start(learner, stalling(fallback="needs-practice"))
    turn(attempt, times=6)
    follow(attempt, times=3)
    turn(attempt, times=2, visit=2)

    assert beat(attempt)["id"] == "stall-1-3"
    assert beat(attempt, "stall-1-3")["id"] == "stall-2-1"
    assert beat(attempt)["id"] == "stall-2-1"


@pytest.mark.parametrize("received", ["resp_1", "stall", "stall-0-1", "stall-1-4", "stall-1-1-1"])
def test_received_that_names_no_step_counts_as_none(stalled, turn, received):
    turn(stalled, times=2)

    assert beat(stalled, received)["id"] == "stall-1-1"


def test_stage_left_in_the_ordinary_way_is_not_helped_any_more(stalled, turn):
    turn(stalled, times=2)
    assert beat(stalled)["id"] == "stall-1-1"
    arguments = '{"outcome": "understood", "reasoning": "Because.", "summary": "", "evidence": []}'
    tool_calls.answer_tool_call(stalled, call_id="c", name="stage_complete", arguments=arguments)

    assert beat(stalled) is None


def test_ended_attempt_is_not_helped_any_more(stalled, turn):
    turn(stalled, times=2)
    beat(stalled)
    attempts.end_attempt(stalled)

    assert beat(stalled) is None


# --- What --------------------------------------------------------------------------------------------------------


def test_nudge_asks_for_an_end_and_names_the_goal(stalled, turn):
    turn(stalled, times=2)

    rescue = beat(stalled)

    assert rescue == {
        "id": "stall-1-1",
        "events": [
            {
                "type": "conversation.item.create",
                "item": {
                    "id": "stall-1-1",
                    "type": "message",
                    "role": "system",
                    "content": [
                        {
                            "type": "input_text",
                            "text": "The stage “Warm-up” is taking long. Wrap it up. Its goal is: Say what you like to "
                            "drink. If one of its ways out fits what the learner has shown, call stage_complete now. "
                            "If something is still missing, name that one thing in plain words and ask the learner for "
                            "it. Do not mention this note.",
                        }
                    ],
                },
                "event_id": "stall-1-1-1",
            }
        ],
        **attempts.progress(stalled),
    }


def test_nudge_by_the_clock_makes_the_tutor_speak(learner, turn):
    attempt = start(learner, stalling(stall_minutes=5))

    with in_minutes(6):
        assert types_of(beat(attempt)) == ["conversation.item.create", "response.create"]
        # Meanwhile the learner has spoken twice: the next answer will have it in mind.
        turn(attempt, times=2)
        assert types_of(beat(attempt)) == ["conversation.item.create"]


def hint_call(attempt: Attempt, call_id: str) -> dict:
    tool_calls.answer_tool_call(attempt, call_id=call_id, name="hint", arguments="{}")
    return attempt.tool_calls.get(call_id=call_id).output


def test_hint_is_the_first_one(stalled, turn):
    turn(stalled, times=4)

    _, hint = follow(stalled, times=2)

    assert text_of(hint) == prompts.hint_note(FIRST, "Think of a hot drink.")
    assert "Give this hint in your own words" in text_of(hint)


def test_hint_is_the_next_after_those_the_tutor_asked_for(stalled, turn):
    hint_call(stalled, "h")
    turn(stalled, times=4)

    _, hint = follow(stalled, times=2)

    assert text_of(hint) == prompts.hint_note(FIRST, "It grows on a bush.")


def test_hint_tool_does_not_repeat_the_hint_of_the_stall(stalled, turn):
    turn(stalled, times=4)
    follow(stalled, times=2)

    assert hint_call(stalled, "h") == {"status": "ok", "hint": "It grows on a bush.", "left": 0}


@pytest.mark.parametrize("hints", [(), ("Only one.",)])
def test_hint_without_a_hint_left_is_the_tutors_own_help(learner, turn, hints):
    attempt = start(learner, stalling(hints=hints))
    if hints:
        hint_call(attempt, "h")
    turn(attempt, times=4)

    _, hint = follow(attempt, times=2)

    assert text_of(hint) == prompts.hint_note(FIRST, "")
    assert prompts.OWN_HELP in text_of(hint)


@pytest.mark.parametrize("rule", ContextRule)
def test_last_resort_moves_on_like_a_stage_change(learner, turn, rule):
    second = replace(PLAN.stages[1], context=rule)
    attempt = start(learner, replace(stalling(), stages=(stalling().stages[0], second, PLAN.stages[2])))
    connection = attempt.connections.get()
    turn(attempt, times=6)
    attempt.utterances.update(connection=connection)

    *_, moved = follow(attempt, times=3)

    spoken = attempt.utterances.order_by("position").values_list("item_id", flat=True)
    gone = [] if rule is ContextRule.KEEP else ["stall-1-1", "stall-1-2", *spoken]
    item = {
        "id": "stall-1-3",
        "type": "message",
        "role": "system",
        "content": [{"type": "input_text", "text": prompts.moved_on_note(FIRST, second)}],
    }
    events = [
        {"type": "session.update", "session": attempt.visits.get(number=2).session},
        *({"type": "conversation.item.delete", "item_id": item_id} for item_id in gone),
        {"type": "conversation.item.create", "item": item},
        {"type": "response.create"},
    ]
    assert moved == {
        "id": "stall-1-3",
        "events": [{**event, "event_id": f"stall-1-3-{number}"} for number, event in enumerate(events, start=1)],
        **attempts.progress(attempt),
    }
    assert moved["stage"]["key"] == "order"


def test_last_resort_is_flagged_and_says_why(stalled, turn):
    turn(stalled, times=6)

    follow(stalled, times=3)

    first, second = stalled.visits.order_by("number")
    assert (first.stall_step, first.outcome, first.flag, first.summary, first.evidence) == (
        3,
        "understood",
        StageVisit.Flag.STALLED,
        "",
        [],
    )
    assert first.reasoning == (
        "The stage stalled: after 6 learner turns and 0 minutes, a nudge and a hint the tutor had still not chosen a "
        "way out, so the lesson went on by the last resort."
    )
    assert (second.stage_key, second.entered_at, second.stall_step) == ("order", first.completed_at, 0)


def test_last_resort_of_the_last_stage_says_goodbye(learner, turn):
    last = replace(PLAN.stages[2], stall_turns=1, fallback="done")
    attempt = start(learner, replace(PLAN, stages=(last,), tools=()))
    turn(attempt, times=3)

    *_, goodbye = follow(attempt, times=3)

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.visits.get().flag) == ("completed", "stalled")
    assert (goodbye["stage"], goodbye["ended"], types_of(goodbye)) == (
        None,
        True,
        ["conversation.item.create", "response.create"],
    )
    assert text_of(goodbye) == prompts.moved_on_note(last, None)
    assert goodbye["events"][-1]["response"] == {"tool_choice": "none"}
    assert beat(attempt, "stall-1-2") == goodbye
    assert beat(attempt, "stall-1-3") is None


def test_late_stage_complete_of_a_stalled_stage_changes_nothing(stalled, turn):
    turn(stalled, times=6)
    follow(stalled, times=3)
    arguments = '{"outcome": "understood", "reasoning": "Because.", "summary": "", "evidence": []}'

    answer = tool_calls.answer_tool_call(stalled, call_id="late", name="stage_complete", arguments=arguments, visit=1)

    assert (answer["stage"]["visit"], stalled.tool_calls.get().refusal) == (2, "stage_over")
    assert stalled.visits.count() == 2


@pytest.mark.parametrize("rule", ContextRule)
def test_every_event_of_every_step_is_official(learner, turn, rule):
    plan = stalling(stall_minutes=1)
    attempt = start(
        learner, replace(plan, stages=(plan.stages[0], replace(PLAN.stages[1], context=rule), PLAN.stages[2]))
    )
    with in_minutes(10):
        turn(attempt)
        attempt.utterances.update(connection=attempt.connections.get())
        rescues = follow(attempt, times=3)

    events = [event for rescue in rescues for event in rescue["events"]]
    assert ids(rescues) == ["stall-1-1", "stall-1-2", "stall-1-3"]
    assert [problem for event in events for problem in official.check_client_event(event)] == []
    assert len({event["event_id"] for event in events}) == len(events)
    # Longer ids of items are refused by some providers.
    assert all(len(note(rescue)["id"]) <= 32 for rescue in rescues)


# --- What it costs -------------------------------------------------------------------------------------------------


def test_beat_queries(stalled, django_assert_num_queries):
    # A savepoint 2, the lock 1, the visits 1, the call 1, the turns 1, the hand of staff 1.
    with django_assert_num_queries(7):
        assert beat(stalled) is None
