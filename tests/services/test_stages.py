"""One stage change after another: who may move on, what the model is told, and what it may remember."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from django.utils import timezone

from tests import lessons, official
from tests.lessons import PLAN
from tutor.models import Attempt, Connection, Speaker, StageVisit, UtteranceStatus
from tutor.plan import ContextRule, Plan
from tutor.services import attempts, journal, prompts, tool_calls
from tutor.services.journal import UtteranceEntry

CALLS = count(1)


@pytest.fixture
def complete() -> Callable[..., dict]:
    """Call `stage_complete` and return the browser's answer; each call has an id of its own."""

    def call(attempt: Attempt, outcome: str, *evidence: str, summary: str = "Likes tea.", **values: object) -> dict:
        arguments = {"outcome": outcome, "reasoning": "Because.", "summary": summary, "evidence": [*evidence]}
        return tool_calls.answer_tool_call(
            attempt,
            call_id=f"call_{next(CALLS)}",
            name="stage_complete",
            arguments=json.dumps(arguments | values),
        )

    return call


def output_of(answer: dict) -> dict:
    """What the model is told."""
    outputs = [
        json.loads(event["item"]["output"])
        for event in answer["events"]
        if event.get("item", {}).get("type") == "function_call_output"
    ]
    assert len(outputs) == 1
    return outputs[0]


def types_of(answer: dict) -> list[str]:
    return [event["type"] for event in answer["events"]]


def start(plan: Plan, learner) -> Attempt:
    return attempts.start_attempt(lessons.publish(plan), learner=learner)[0]


def with_stage(key: str, **changes: object) -> Plan:
    """The lesson with one stage changed."""
    return replace(PLAN, stages=tuple(replace(s, **changes) if s.key == key else s for s in PLAN.stages))


def untranscribed(attempt: Attempt, item_id: str, status: UtteranceStatus, visit: int = 1) -> None:
    entry = UtteranceEntry(id=item_id, speaker=Speaker.LEARNER, status=status, text="", visit=visit)
    journal.store_entries(attempt, [entry])


def visits(attempt: Attempt) -> list[StageVisit]:
    return list(attempt.visits.order_by("number"))


# --- Moving on -------------------------------------------------------------------------------------------------------


def test_complete_stage_opens_the_next(attempt, said, complete):
    said(attempt, "I like tea.")

    answer = complete(attempt, "understood", "I like tea.")

    first, second = visits(attempt)
    assert (first.outcome, first.reasoning, first.summary, first.evidence, first.flag) == (
        "understood",
        "Because.",
        "Likes tea.",
        ["I like tea."],
        "",
    )
    assert (second.stage_key, second.completed_at, second.entered_at) == ("order", None, first.completed_at)
    assert second.session == prompts.stage_session(PLAN, PLAN.stage("order"))
    assert answer["stage"] == {
        "key": "order",
        "title": "Order",
        "goal": "Order a drink.",
        "visit": 2,
        "position": 2,
        "needs": {"turns": 1, "quotes": 1},
    }
    assert [stage["progress"] for stage in answer["stages"]] == ["done", "current", "ahead"]
    assert answer["ended"] is False


def test_complete_stage_can_visit_a_stage_again(attempt, said, complete):
    said(attempt, "Hm.")

    answer = complete(attempt, "needs-practice")

    assert [(visit.number, visit.stage_key, visit.outcome) for visit in visits(attempt)] == [
        (1, "warm-up", "needs-practice"),
        (2, "warm-up", ""),
    ]
    assert [stage["progress"] for stage in answer["stages"]] == ["current", "ahead", "ahead"]


def test_complete_stage_of_the_last_ends_the_lesson(learner, complete):
    attempt = start(replace(PLAN, stages=PLAN.stages[2:], tools=()), learner)

    answer = complete(attempt, "done")

    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.ended_at) == ("completed", visits(attempt)[0].completed_at)
    assert (answer["stage"], answer["ended"]) == (None, True)
    assert [stage["progress"] for stage in answer["stages"]] == ["done"]
    assert output_of(answer) == {"status": "accepted", "lesson": "complete", "next": prompts.GOODBYE}
    assert types_of(answer) == ["conversation.item.create", "response.create"]
    # The goodbye may not call anything: nobody would answer.
    assert answer["events"][-1]["response"] == {"tool_choice": "none"}


def test_complete_stage_bears_a_clock_that_was_set_back(attempt, said, complete):
    said(attempt, "I like tea.")
    entered_at = attempt.visits.get().entered_at

    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        complete(attempt, "understood")

    assert [visit.entered_at for visit in visits(attempt)] == [entered_at, entered_at]


def test_complete_stage_keeps_long_texts_within_bounds(attempt, said, complete):
    said(attempt, "I like tea.")

    complete(attempt, "understood", *["q" * 9000] * 30, summary="s" * 9000, reasoning="r" * 9000)

    first = visits(attempt)[0]
    assert (len(first.summary), len(first.reasoning)) == (4000, 4000)
    assert [len(quote) for quote in first.evidence] == [4000] * 10


# --- Refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outcome": "unknown"}, "unknown_outcome"),
        ({"outcome": ""}, "invalid_arguments"),
        ({"outcome": None}, "invalid_arguments"),
        ({"outcome": ["understood"]}, "invalid_arguments"),
        ({"reasoning": ""}, "invalid_arguments"),
        ({"reasoning": 1}, "invalid_arguments"),
        ({"summary": None}, "invalid_arguments"),
        ({"evidence": None}, "invalid_arguments"),
        ({"evidence": "I like tea."}, "invalid_arguments"),
        ({"evidence": [1]}, "invalid_arguments"),
        ({"evidence": {"0": "I like tea."}}, "invalid_arguments"),
    ],
)
def test_complete_stage_refuses_wrong_arguments(attempt, said, complete, change, code):
    said(attempt, "I like tea.")

    answer = complete(attempt, **({"outcome": "understood"} | change))

    output = output_of(answer)
    assert (output["status"], output["error"]) == ("refused", code)
    assert output["message"].endswith(".")
    assert types_of(answer) == ["conversation.item.create", "response.create"]
    assert (answer["stage"]["key"], answer["ended"]) == ("warm-up", False)
    assert (visits(attempt)[0].refusals, attempt.tool_calls.get().refusal) == (0, code)


def test_complete_stage_names_the_outcomes_there_are(attempt, said, complete):
    said(attempt, "I like tea.")

    answer = complete(attempt, "unknown")

    assert output_of(answer)["message"] == (
        "Stage “Warm-up” has no outcome “unknown”; choose one of: understood, needs-practice."
    )


def test_complete_stage_is_too_early_before_the_learner_has_spoken(attempt, said, complete):
    said(attempt, "Hello, I am your tutor.", speaker=Speaker.TUTOR)

    answer = complete(attempt, "understood")

    assert output_of(answer) == {
        "status": "refused",
        "error": "too_early",
        "message": "The learner has spoken 0 of 1 times in this stage. Go on with it.",
    }
    assert visits(attempt)[0].refusals == 1


def test_complete_stage_counts_no_coughs(attempt, complete):
    untranscribed(attempt, "cough", UtteranceStatus.COMPLETE)

    assert output_of(complete(attempt, "understood"))["error"] == "too_early"


@pytest.mark.parametrize("status", [UtteranceStatus.PARTIAL, UtteranceStatus.UNTRANSCRIBED])
def test_complete_stage_counts_what_has_no_text_yet(attempt, complete, status):
    untranscribed(attempt, "mumbled", status)

    assert output_of(complete(attempt, "understood"))["status"] == "accepted"
    assert visits(attempt)[0].flag == ""


def ordering(learner) -> Attempt:
    """An attempt at a stage that asks for a quote."""
    return start(replace(with_stage("order", context=ContextRule.KEEP), stages=PLAN.stages[1:], tools=()), learner)


def test_complete_stage_finds_the_evidence(learner, said, complete):
    attempt = ordering(learner)
    said(attempt, "Er, could I have a cup of tea, please?")

    answer = complete(attempt, "ordered", "could i have a cup of tea please")

    assert output_of(answer)["status"] == "accepted"
    assert (visits(attempt)[0].flag, visits(attempt)[0].refusals) == ("", 0)


def test_complete_stage_accepts_missing_evidence_at_the_third_time_and_flags_it(learner, said, complete):
    attempt = ordering(learner)
    said(attempt, "Hm.")

    answers = [complete(attempt, "ordered", "I would like coffee") for _ in range(3)]

    assert [output_of(answer).get("error", "accepted") for answer in answers] == [
        "evidence_missing",
        "evidence_missing",
        "accepted",
    ]
    assert output_of(answers[0])["message"] == (
        "Quote 1 of the learner's own sentences from this stage, word for word, or ask for more first."
    )
    assert (visits(attempt)[0].flag, visits(attempt)[0].refusals) == ("unproven", 2)


def test_complete_stage_takes_no_evidence_from_another_stage(attempt, said, complete):
    said(attempt, "I like tea.")
    complete(attempt, "understood")
    said(attempt, "Hm.", visit=2)

    assert output_of(complete(attempt, "ordered", "I like tea."))["error"] == "evidence_missing"


def test_complete_stage_takes_no_evidence_from_the_tutor(learner, said, complete):
    attempt = ordering(learner)
    said(attempt, "Say: a tea, please.", speaker=Speaker.TUTOR)
    said(attempt, "Hm.")

    assert output_of(complete(attempt, "ordered", "a tea, please"))["error"] == "evidence_missing"


def test_complete_stage_does_not_blame_the_learner_for_what_was_not_transcribed(learner, complete):
    attempt = ordering(learner)
    untranscribed(attempt, "mumbled", UtteranceStatus.UNTRANSCRIBED)

    assert output_of(complete(attempt, "ordered", "a tea, please"))["status"] == "accepted"
    assert visits(attempt)[0].flag == "unproven"


def test_complete_stage_never_traps_a_silent_learner(attempt, complete):
    answers = [complete(attempt, "understood") for _ in range(3)]

    assert [output_of(answer)["status"] for answer in answers] == ["refused", "refused", "accepted"]
    assert visits(attempt)[0].flag == "unproven"


# --- What the model may remember -------------------------------------------------------------------------------------


def call_of(attempt: Attempt) -> str:
    """A connection of the attempt; its code."""
    visit = attempt.visits.get(completed_at__isnull=True)
    return str(Connection.objects.create(attempt=attempt, visit=visit, config={}).code)


def hear(attempt: Attempt, item_id: str, *, connection: str, visit: int, after: str = "") -> None:
    entry = UtteranceEntry(
        id=item_id,
        speaker=Speaker.LEARNER,
        status=UtteranceStatus.COMPLETE,
        text="A tea, please.",
        previous_item_id=after,
        visit=visit,
        connection=connection,
    )
    journal.store_entries(attempt, [entry])


def accepted_output(call_id: str, output: dict) -> dict:
    item = {
        "type": "function_call_output",
        "call_id": call_id,
        "output": json.dumps(output, ensure_ascii=False),
    }
    return {"type": "conversation.item.create", "item": item}


ORDER_OUTPUT = {
    "status": "accepted",
    "stage": "Order",
    "next": "You are now in the stage “Order”. Begin it at once, in your own words, without a farewell. "
    "Open it like this: What can I get you?",
}
SUMMARY_NOTE = {
    "type": "conversation.item.create",
    "item": {
        "id": "summary-2",
        "type": "message",
        "role": "system",
        "content": [
            {
                "type": "input_text",
                "text": "What the learner did in the stages before:\n- Warm-up: Likes tea.",
            }
        ],
    },
}
DELETES = [{"type": "conversation.item.delete", "item_id": item_id} for item_id in ("resume-1", "item_1", "item_2")]


@pytest.mark.parametrize(
    ("rule", "between"),
    [
        (ContextRule.KEEP, []),
        (ContextRule.SUMMARY, [*DELETES, SUMMARY_NOTE]),
        (ContextRule.FRESH, DELETES),
    ],
)
def test_stage_change_sends_exactly_these_events(learner, complete, rule, between):
    attempt = start(with_stage("order", context=rule), learner)
    earlier, connection = call_of(attempt), call_of(attempt)
    hear(attempt, "item_0", connection=earlier, visit=1)
    hear(attempt, "item_2", connection=connection, visit=1, after="item_1")
    hear(attempt, "item_1", connection=connection, visit=1)

    answer = complete(attempt, "understood")

    call_id = attempt.tool_calls.get().call_id
    events = [
        {"type": "session.update", "session": visits(attempt)[1].session},
        *between,
        accepted_output(call_id, ORDER_OUTPUT),
        {"type": "response.create"},
    ]
    assert answer["events"] == [
        {**event, "event_id": f"{call_id}-{number}"} for number, event in enumerate(events, start=1)
    ]
    assert [problem for event in answer["events"] for problem in official.check_client_event(event)] == []


def test_stage_change_forgets_nothing_twice(attempt, complete):
    connection = call_of(attempt)
    hear(attempt, "item_1", connection=connection, visit=1)
    complete(attempt, "understood")
    hear(attempt, "item_2", connection=connection, visit=2, after="item_1")

    answer = complete(attempt, "ordered", "A tea, please.")

    deleted = [event["item_id"] for event in answer["events"] if event["type"] == "conversation.item.delete"]
    assert deleted == ["summary-2", "item_2"]


def test_stage_change_to_a_summary_without_summaries_adds_no_note(attempt, said, complete):
    said(attempt, "I like tea.")

    assert types_of(complete(attempt, "understood", summary="")) == [
        "session.update",
        "conversation.item.create",
        "response.create",
    ]


def test_stage_change_never_outgrows_the_data_channel(attempt, said, complete):
    for number in range(1, 21):
        said(attempt, "Hm.", visit=number)
        complete(attempt, "needs-practice", summary="語" * 4000)
    said(attempt, "Tea.", visit=21)

    answer = complete(attempt, "understood", summary="語" * 4000)

    assert types_of(answer)[:2] == ["session.update", "conversation.item.create"]
    assert max(len(json.dumps(event, ensure_ascii=False).encode()) for event in answer["events"]) < 60_000


# --- A whole lesson --------------------------------------------------------------------------------------------------


def resume(attempt: Attempt) -> list[dict]:
    return attempts.state(Attempt.objects.get(pk=attempt.pk))["opening"]


def test_every_event_of_a_whole_lesson_is_official(attempt, complete):
    connection = call_of(attempt)
    sent: list[dict] = [*resume(attempt)]
    way = ["needs-practice", "understood", "ordered", "done"]
    for number, outcome in enumerate(way, start=1):
        sent += complete(attempt, "no-such-outcome")["events"]
        hear(attempt, f"item_{number}", connection=connection, visit=number)
        sent += tool_calls.answer_tool_call(attempt, call_id=f"hint_{number}", name="hint", arguments="")["events"]
        sent += resume(attempt)
        sent += complete(attempt, outcome, "A tea, please.")["events"]
        sent += resume(attempt)

    assert [visit.stage_key for visit in visits(attempt)] == ["warm-up", "warm-up", "order", "goodbye"]
    assert [problem for event in sent for problem in official.check_client_event(event)] == []
    ids = [event["event_id"] for event in sent if not event["event_id"].startswith("open-")]
    assert len(set(ids)) == len(ids)
    assert all(1 <= len(event["event_id"]) <= 512 for event in sent)
    assert {event["type"] for event in sent} == {
        "response.create",
        "session.update",
        "conversation.item.create",
        "conversation.item.delete",
    }
    assert resume(attempt) == []


def test_every_call_of_a_whole_lesson_is_official(attempt):
    for stage in PLAN.stages:
        config = prompts.call_session(
            PLAN, prompts.stage_session(PLAN, stage), model="gpt-realtime-2.1", transcription_model="gpt-transcribe"
        )
        assert official.check_session(config) == []
