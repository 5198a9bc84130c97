"""The judge finds what must not be, and nothing else: a soak that cannot fail proves nothing."""

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.judge import Call, Charge, Stored, Utterance, Visit, judge

WAYS = {("warm-up", "understood"): "order", ("order", "ordered"): None}
ARGUMENTS = '{"outcome": "understood"}'
ACCEPTED = {"status": "accepted"}


def item(item_id: str, speaker: str, text: str, *, stage: str, **more: Any) -> dict[str, Any]:
    """One utterance as learner.js tells of it."""
    plain = {"isCut": False, "isTorn": False, "least": "", "isWhole": True, "call": 1}
    return {"id": item_id, "speaker": speaker, "text": text, "stage": stage, **plain, **more}


TRUTH = {
    "lesson": 7,
    "stuck": "",
    "rejected": [],
    "isOverlapping": False,
    "items": [
        item("i1", "tutor", "Hello! ", stage="warm-up"),
        item("i2", "learner", "Tea, please.", stage="warm-up"),
        item("i3", "tutor", "What can I get you?", stage="order", call=2),
        item("i4", "learner", "", stage="order", call=2),
    ],
    "calls": [
        {"id": "c1", "name": "stage_complete", "arguments": ARGUMENTS},
        {"id": "c2", "name": "stage_complete", "arguments": ARGUMENTS},
    ],
    "outputs": [{"call": 1, "call_id": "c1", "data": ACCEPTED}],
    "typed": [],
}
STORED = Stored(
    ended=True,
    utterances=[
        Utterance("i1", "tutor", "complete", "Hello!", 1),
        Utterance("i2", "learner", "complete", "Tea, please.", 1),
        Utterance("i3", "tutor", "interrupted", "What can I get you?", 2),
    ],
    visits=[Visit(1, "warm-up", "understood", False), Visit(2, "order", "ordered", False)],
    calls=[
        Call("c1", "stage_complete", ARGUMENTS, "", ACCEPTED, 1),
        Call("c2", "stage_complete", ARGUMENTS, "", ACCEPTED, 2),
    ],
    ways=WAYS,
)


def kinds(truth: dict[str, Any] = TRUTH, stored: Stored = STORED) -> list[str]:
    return [charge.kind for charge in judge(truth, stored)]


def with_utterance(index: int, **changes: Any) -> Stored:
    utterances = list(STORED.utterances)
    utterances[index] = replace(utterances[index], **changes)
    return replace(STORED, utterances=utterances)


def test_a_record_that_holds_what_was_said_is_charged_with_nothing():
    assert judge(TRUTH, STORED) == []


@pytest.mark.parametrize("is_certain", [True, False])
def test_a_typed_sentence_that_reached_no_tutor_may_be_kept(is_certain):
    truth = {**TRUTH, "typed": [{"text": "Milk?", "isCertain": is_certain}]}
    typed = Utterance("typed_1", "learner", "complete", "Milk?", 2)

    assert judge(truth, replace(STORED, utterances=[*STORED.utterances, typed])) == []


def test_a_typed_sentence_must_be_kept_while_its_page_lives():
    truth = {**TRUTH, "typed": [{"text": "Milk?", "isCertain": True}, {"text": "Sugar?", "isCertain": False}]}

    assert judge(truth, STORED) == [Charge("lost", 7, "learner typed 'Milk?'")]


def test_words_of_a_tutor_that_the_learner_typed_are_words_nobody_said():
    truth = {**TRUTH, "typed": [{"text": "Milk?", "isCertain": False}]}
    typed = Utterance("typed_1", "tutor", "complete", "Milk?", 2)

    assert kinds(truth, replace(STORED, utterances=[*STORED.utterances, typed])) == ["invented"]


def test_a_charge_names_the_lesson_and_the_words():
    stored = replace(STORED, utterances=STORED.utterances[:2])

    assert judge(TRUTH, stored) == [Charge("lost", 7, "tutor said 'What can I get you?' (i3)")]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (with_utterance(1, text=""), ["lost"]),
        (with_utterance(1, text="Tea"), ["altered"]),
        (with_utterance(1, speaker="tutor"), ["altered"]),
        (with_utterance(1, status="partial"), ["unfinished"]),
        (with_utterance(1, visit=2), ["misplaced"]),
        (replace(STORED, utterances=[STORED.utterances[index] for index in (1, 0, 2)]), ["disordered"]),
        (
            replace(STORED, utterances=[*STORED.utterances, Utterance("i9", "tutor", "complete", "Hello!", 2)]),
            ["invented", "duplicate"],
        ),
        (replace(STORED, ended=False), ["stuck"]),
        (replace(STORED, visits=[STORED.visits[0], replace(STORED.visits[1], is_open=True)]), ["stuck"]),
        (replace(STORED, visits=[STORED.visits[0], replace(STORED.visits[1], number=3)]), ["misplaced", "double"]),
        (replace(STORED, visits=[STORED.visits[0], replace(STORED.visits[1], stage="warm-up")]), ["misplaced"]),
        (replace(STORED, calls=[*STORED.calls[:1], replace(STORED.calls[1], visit=1)]), ["double"]),
        (replace(STORED, calls=[replace(STORED.calls[0], arguments="{}"), STORED.calls[1]]), ["phantom"]),
        (replace(STORED, calls=[replace(STORED.calls[0], output={}), STORED.calls[1]]), ["inconsistent"]),
    ],
)
def test_what_must_not_be_is_found(stored, expected):
    found = [kind for kind in kinds(stored=stored) if kind != "astray"]

    assert found == expected


@pytest.mark.parametrize(
    "visits",
    [
        [STORED.visits[0], replace(STORED.visits[1], number=3)],
        [STORED.visits[0], replace(STORED.visits[1], stage="warm-up")],
        [replace(STORED.visits[0], outcome="ordered"), STORED.visits[1]],
    ],
)
def test_a_stage_that_does_not_follow_is_found(visits):
    stored = replace(STORED, visits=visits, utterances=[replace(one, visit=1) for one in STORED.utterances])

    assert "astray" in kinds(stored=stored)


def test_of_a_sentence_a_crash_cut_off_the_last_second_may_be_missing():
    torn = item("i2", "learner", "Tea, please. And milk", stage="warm-up", isCut=True, isTorn=True, least="Tea, ")
    truth = {**TRUTH, "items": [TRUTH["items"][0], torn, *TRUTH["items"][2:]]}

    assert kinds(truth, with_utterance(1, text="Tea, please.", status="partial")) == []
    assert kinds(truth, with_utterance(1, text="Tea, please. And milk", status="complete")) == []
    assert kinds(truth, with_utterance(1, text="Te", status="partial")) == ["altered"]
    assert kinds(truth, with_utterance(1, text="Tea, milk")) == ["altered"]


def test_how_a_sentence_ended_is_not_told_when_the_page_crashed_in_its_call():
    cut = item("i2", "learner", "Tea, please.", stage="warm-up", isCut=True)
    truth = {**TRUTH, "items": [TRUTH["items"][0], cut, *TRUTH["items"][2:]]}

    assert kinds(truth, with_utterance(1, status="partial")) == []
    assert kinds(truth, with_utterance(1, status="partial", text="Tea")) == ["altered"]


def test_of_calls_that_went_on_at_the_same_time_only_their_own_order_counts():
    turned = replace(STORED, utterances=[STORED.utterances[index] for index in (2, 0, 1)])

    assert kinds(stored=turned) == ["disordered"]
    assert kinds({**TRUTH, "isOverlapping": True}, turned) == []


def test_what_the_rooms_report_is_charged():
    truth = {**TRUTH, "stuck": "status saving", "rejected": [{"id": "i2", "code": "bad_json"}]}

    assert kinds(truth) == ["stuck", "refused"]


def test_a_function_call_that_the_model_is_told_of_twice_is_found():
    assert kinds({**TRUTH, "outputs": TRUTH["outputs"] * 2}) == ["inconsistent"]
