"""What a listener writes down of a call, compared with what the room writes down of the same events."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.realtime.test_events import CONVERSATIONS, conversation
from tutor.realtime.errors import RealtimeError
from tutor.realtime.events import MAX_EVENT, SessionEcho, Speaker
from tutor.realtime.listening import CallRecord, Known, Listening, Status, UsageRecord, UtteranceRecord

ROOM = Path(__file__).parents[1] / "js/fakes/heard.js"
LEARNER, TUTOR = Speaker.LEARNER, Speaker.TUTOR
# What an earlier call has left behind.
KNOWN = [
    {"item_id": "old_1", "speaker": "tutor", "status": "complete", "text": "Hello!", "visit": 1},
    {"item_id": "old_2", "speaker": "learner", "status": "interrupted", "text": "Well, I", "visit": 1},
]

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="no node here, which runs the room's side")


def known(utterances):
    return [
        Known(one["item_id"], Speaker(one["speaker"]), Status(one["status"]), one["text"], one["visit"])
        for one in utterances
    ]


def journal(scenario):
    """What the listener writes down, as the room words it."""
    listening = Listening(visit=scenario["visit"], known=known(scenario["known"]))
    records = []
    for event in scenario["events"]:
        records += listening.hear(json.dumps(event))
    return [entry for record in [*records, *listening.end()] if (entry := as_entry(record))]


def as_entry(record):
    if isinstance(record, UtteranceRecord):
        return {
            "id": record.item_id,
            "kind": "utterance",
            "previous_item_id": record.previous_item_id or None,
            "speaker": record.speaker,
            "status": record.status,
            "text": record.text,
            "visit": record.visit,
            "connection": None,
        }
    if isinstance(record, UsageRecord):
        fields = {"id": record.report_id, "kind": "usage", "source": record.source, "usage": record.usage}
        return {**fields, "connection": None}
    return None


def room_s_journals(scenarios):
    done = subprocess.run(["node", ROOM], input=json.dumps(scenarios), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@needs_node
@pytest.mark.parametrize("before", [[], KNOWN], ids=["first call", "later call"])
def test_listener_and_room_write_down_the_same(before):
    scenarios = {name: {"events": conversation(name), "known": before, "visit": 2} for name in CONVERSATIONS}

    rooms = dict(zip(scenarios, room_s_journals(list(scenarios.values())), strict=True))

    assert {name: journal(scenario) for name, scenario in scenarios.items()} == rooms
    assert all(rooms[name] for name in rooms if name != "refused_update")


@needs_node
def test_listener_and_room_write_down_the_same_of_events_in_any_order():
    """Events dropped, doubled and out of order, as no provider sends them: 200 times."""
    draw = random.Random(20261128)
    scenarios = []
    for number in range(200):
        events = [event for name in draw.sample(sorted(CONVERSATIONS), 2) for event in conversation(name)]
        events = [event for event in events if draw.random() > 0.1]
        events += draw.sample(events, 3)
        for _ in range(draw.choice([0, 3, 60])):
            at = draw.randrange(len(events) - 1)
            events[at], events[at + 1] = events[at + 1], events[at]
        scenarios.append({"events": events, "known": KNOWN if number % 2 else [], "visit": 1})

    assert [journal(scenario) for scenario in scenarios] == room_s_journals(scenarios)


def test_calls_are_written_down_once():
    listening = Listening(visit=1)
    records = [record for event in conversation("same_call_twice") for record in listening.hear(json.dumps(event))]

    [call] = [record for record in records if isinstance(record, CallRecord)]

    assert call.name == "stage_complete"
    assert json.loads(call.arguments)["outcome"] == "understood"


def test_half_a_call_is_not_written_down():
    listening = Listening(visit=1)
    records = [
        record for event in conversation("cancelled_function_call") for record in listening.hear(json.dumps(event))
    ]
    assert [record for record in records if isinstance(record, CallRecord)] == []


def test_config_in_force_is_passed_on():
    event = {"type": "session.updated", "session": {"instructions": "Be brief.", "tools": []}}
    assert Listening(visit=1).hear(json.dumps(event)) == [SessionEcho("Be brief.", (), 0)]


def test_item_begins_in_the_visit_in_force():
    listening = Listening(visit=1)
    item = {"id": "item_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Tea."}]}
    placed = {"type": "conversation.item.added", "previous_item_id": None, "item": item}
    listening.visit = 2
    assert listening.hear(json.dumps(placed)) == [UtteranceRecord("item_1", "", LEARNER, Status.COMPLETE, "Tea.", 2)]


def test_sentence_begun_before_somebody_listened_is_finished():
    """As when another listener takes over: only what is heard from then on is told."""
    begun = [
        Known("item_1", TUTOR, Status.COMPLETE, "What would you like?", 1),
        Known("item_2", LEARNER, Status.PARTIAL, "", 1),
        Known("item_3", LEARNER, Status.PARTIAL, "", 1),
    ]
    listening = Listening(visit=1, known=begun)
    words = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "item_2",
        "content_index": 0,
        "transcript": "Tea, please.",
    }
    assert listening.hear(json.dumps(words)) == [
        UtteranceRecord("item_2", "item_1", LEARNER, Status.COMPLETE, "Tea, please.", 1)
    ]
    assert listening.end() == []


@pytest.mark.parametrize(
    "message", ["", b"\xff", "[]", "{}", "x" * (MAX_EVENT + 1), '{"type": "response.done"}', "[" * 100_000]
)
def test_garbage_is_refused(message):
    with pytest.raises(RealtimeError):
        Listening(visit=1).hear(message)


def test_odd_numbers_and_shapes_do_no_harm():
    listening = Listening(visit=1)
    odd = [
        {"type": "response.output_text.delta", "item_id": "item_1", "content_index": 10**9, "delta": "Hi."},
        {"type": "response.done", "response": {"id": 7, "usage": [], "output": {}, "status": []}},
        {"type": "conversation.item.added", "item": {"id": "item_1", "type": "message", "role": "assistant"}},
    ]
    assert [listening.hear(json.dumps(event)) for event in odd] == [
        [],
        [],
        [UtteranceRecord("item_1", "", TUTOR, Status.PARTIAL, "", 1)],
    ]
