"""Server events as values; the recorded conversations that the browser's tests read too."""

import json
from dataclasses import fields, is_dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.official import SERVER, check_server_event
from tests.strategies import any_json, any_text, patient
from tutor.realtime.errors import ErrorDetail, RealtimeError
from tutor.realtime.events import (
    _READERS,
    MAX_EVENT,
    ErrorReported,
    FunctionCall,
    Interrupted,
    ItemOfResponse,
    ItemPlaced,
    Other,
    ResponseBegun,
    ResponseDone,
    SessionEcho,
    SoundChanged,
    Speaker,
    TextDelta,
    TextDone,
    TextFailed,
    parse,
    parse_data,
)
from tutor.realtime.usage import Usage

CONVERSATIONS = {path.stem: path for path in (Path(__file__).parents[1] / "fixtures/realtime").glob("*.json")}
LEARNER, TUTOR = Speaker.LEARNER, Speaker.TUTOR


def conversation(name):
    return json.loads(CONVERSATIONS[name].read_text())


# --- recorded conversations


@pytest.mark.parametrize("name", sorted(CONVERSATIONS))
def test_recorded_conversation_is_valid(name):
    problems = {
        f"{number} {event['type']}": check_server_event(event) for number, event in enumerate(conversation(name))
    }
    assert {place: found for place, found in problems.items() if found} == {}


HEARD = Usage(audio_in=26, text_out=8)
ANSWERED = Usage(text_in=180, audio_in=90, cached_text_in=128, text_out=20, audio_out=60)
COMPLETE = FunctionCall(
    "call-1",
    "stage_complete",
    '{"outcome": "understood", "reasoning": "The learner ordered politely without help.", '
    '"summary": "Ordered a coffee with milk using a full sentence.", '
    '"evidence": ["I would like a coffee with milk, please."]}',
)
NOTE = FunctionCall("call-2", "note", '{"text": "Says \'I would like\' without help."}')
ORDERED = TextDone("item-1", LEARNER, "I would like a coffee with milk, please.", HEARD)


def done(number, status="completed", calls=(), usage=ANSWERED):
    return ResponseDone(f"resp-{number}", status, calls, usage, ErrorDetail())


STEPS = (Other, TextDelta, ResponseBegun, ItemOfResponse, SoundChanged)


def spoke(item_id, text):
    return TextDone(item_id, TUTOR, text, aloud=True)


# What each conversation comes to, its ids numbered in the order in which they appear.
STORIES = {
    "voice_turn": [
        ItemPlaced("item-1", "", TUTOR),
        spoke("item-1", "Hello! What would you like to drink?"),
        done(1),
        ItemPlaced("item-2", "item-1", LEARNER),
        ItemPlaced("item-2", "item-1", LEARNER),
        TextDone("item-2", LEARNER, "I would like a coffee with milk, please.", HEARD),
        ItemPlaced("item-3", "item-2", TUTOR),
        spoke("item-3", "With pleasure. Anything to eat?"),
        done(2, usage=Usage(text_in=240, audio_in=130, cached_text_in=192, text_out=20, audio_out=60)),
    ],
    "late_transcript": [
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-2", "item-1", TUTOR),
        spoke("item-2", "Good. And how do you say the price?"),
        done(1),
        TextDone("item-1", LEARNER, "One tea, please.", HEARD),
    ],
    "empty_transcript": [
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-2", "item-1", TUTOR),
        spoke("item-2", "Good. And how do you say the price?"),
        done(1),
        TextDone("item-1", LEARNER, "", HEARD),
    ],
    "words_before_item": [
        ItemPlaced("item-1", "item-2", TUTOR),
        spoke("item-1", "Good. And how do you say the price?"),
        done(1),
        TextDone("item-2", LEARNER, "One tea, please.", HEARD),
        ItemPlaced("item-2", "", LEARNER),
        ItemPlaced("item-2", "", LEARNER),
    ],
    "interruption": [
        ItemPlaced("item-1", "", TUTOR),
        Interrupted("item-1", 1_450),
        spoke("item-1", "Let me tell you about the past tense, which is"),
        done(1, "cancelled", usage=Usage(text_in=160, audio_in=40, cached_text_in=128, text_out=12, audio_out=40)),
        ItemPlaced("item-2", "item-1", LEARNER),
        ItemPlaced("item-2", "item-1", LEARNER),
        TextDone("item-2", LEARNER, "Wait, I have a question.", HEARD),
        ItemPlaced("item-3", "item-2", TUTOR),
        spoke("item-3", "Of course. What is it?"),
        done(2),
        Interrupted("item-3", 700),
    ],
    "function_call": [
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-1", "", LEARNER),
        ORDERED,
        ItemPlaced("item-2", "item-1", TUTOR),
        spoke("item-2", "Very good! Let us move on."),
        ItemPlaced("item-3", "item-2", None),
        done(1, calls=(COMPLETE,)),
    ],
    "same_call_twice": [
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-1", "", LEARNER),
        ORDERED,
        ItemPlaced("item-2", "item-1", TUTOR),
        spoke("item-2", "Very good! Let us move on."),
        ItemPlaced("item-3", "item-2", None),
        done(1, calls=(COMPLETE,)),
        done(1, calls=(COMPLETE,)),
    ],
    "refused_update": [
        ErrorReported(
            ErrorDetail(
                "invalid_request_error",
                "unknown_parameter",
                "Unknown parameter: 'session.voice'.",
                param="session.voice",
                event_id="stage-2",
            )
        ),
    ],
    "two_function_calls": [
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-1", "", LEARNER),
        ORDERED,
        ItemPlaced("item-2", "item-1", None),
        ItemPlaced("item-3", "item-2", None),
        done(1, calls=(COMPLETE, NOTE)),
    ],
    "cancelled_function_call": [
        ItemPlaced("item-1", "", TUTOR),
        spoke("item-1", "Well done, so"),
        ItemPlaced("item-2", "item-1", None),
        Interrupted("item-1", 600),
        done(1, "cancelled", usage=Usage(text_in=150, audio_in=30, cached_text_in=128, text_out=18, audio_out=22)),
        ItemPlaced("item-3", "item-2", LEARNER),
        ItemPlaced("item-3", "item-2", LEARNER),
        TextDone("item-3", LEARNER, "No, once more, please.", HEARD),
    ],
    "transcription_failed": [
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-1", "", LEARNER),
        TextFailed("item-1", ErrorDetail("server_error", "server_error", "The audio could not be transcribed.")),
        ItemPlaced("item-2", "item-1", TUTOR),
        spoke("item-2", "Could you say that again?"),
        done(1),
    ],
    "text_mode": [
        ItemPlaced("item-1", "", None),
        ItemPlaced("msg-1", "item-1", LEARNER, ("How do I order tea?",)),
        ItemPlaced("item-2", "msg-1", TUTOR),
        TextDone("item-2", TUTOR, "You could say: a tea, please."),
        done(1, usage=Usage(text_in=210, cached_text_in=128, text_out=16)),
    ],
    "error_active_response": [
        ItemPlaced("item-1", "", LEARNER),
        ItemPlaced("item-1", "", LEARNER),
        ErrorReported(
            ErrorDetail(
                "invalid_request_error",
                "conversation_already_has_active_response",
                "Conversation already has an active response in progress. "
                "Wait until the response is finished before creating a new one.",
                event_id="event_create_1",
            )
        ),
        ItemPlaced("item-2", "item-1", TUTOR),
        spoke("item-2", "One moment."),
        done(1),
        TextDone("item-1", LEARNER, "And a cake.", HEARD),
    ],
}


def test_every_recorded_conversation_has_its_story():
    assert sorted(STORIES) == sorted(CONVERSATIONS)


@pytest.mark.parametrize("name", STORIES)
def test_recorded_conversation_is_read_exactly(name):
    # The steps on the way to a text, the sound, and the second word of an item's place are told by test_listening.py.
    events = [event for event in conversation(name) if event["type"] != "conversation.item.done"]
    values = [parse(json.dumps(event)) for event in events]
    assert renumbered([value for value in values if not isinstance(value, STEPS)]) == STORIES[name]


def renumbered(values):
    """The same values with ids such as `item_5c1f20171a3d` as `item-1`, so that a story can be read."""
    numbers, names = {prefix: count(1) for prefix in ("item", "resp", "msg", "call")}, {}

    def renamed(value):
        if is_dataclass(value):
            return type(value)(**{field.name: renamed(getattr(value, field.name)) for field in fields(value)})
        if isinstance(value, tuple):
            return tuple(renamed(part) for part in value)
        prefix, _, tail = value.partition("_") if isinstance(value, str) else ("", "", "")
        if prefix not in numbers or not tail.isalnum():
            return value
        if value not in names:
            names[value] = f"{prefix}-{next(numbers[prefix])}"
        return names[value]

    return [renamed(value) for value in values]


# --- single events


def test_every_event_we_read_is_an_official_one():
    assert set(_READERS) <= set(SERVER)


@pytest.mark.parametrize("kind", ["session.created", "session.updated"])
def test_session_echo_tells_what_is_in_force(kind):
    session = {
        "type": "realtime",
        "id": "sess_1",
        "object": "realtime.session",
        "expires_at": 1_795_000_000,
        "instructions": "Speak slowly.",
        "tools": [{"type": "function", "name": "note"}, {"type": "mcp", "server_label": "x"}],
    }
    event = {"type": kind, "event_id": "event_1", "session": session}
    assert parse_data(event) == SessionEcho("Speak slowly.", ("note", ""), 1_795_000_000)


def test_session_echo_may_leave_everything_out():
    assert parse_data({"type": "session.updated", "session": {}}) == SessionEcho("", (), 0)


def test_failed_response_tells_why():
    response = {"id": "resp_1", "status": "failed", "status_details": {"error": {"code": "insufficient_quota"}}}
    event = {"type": "response.done", "event_id": "event_1", "response": response}
    expected = ResponseDone("resp_1", "failed", (), Usage(), ErrorDetail(code="insufficient_quota"))
    assert parse_data(event) == expected


@pytest.mark.parametrize("status", ["cancelled", "failed", "incomplete", "in_progress", None])
def test_calls_of_a_response_that_did_not_complete_are_not_acted_on(status):
    call = {"type": "function_call", "call_id": "call_1", "name": "note", "arguments": '{"dri'}
    event = {"type": "response.done", "response": {"id": "resp_1", "status": status, "output": [call]}}
    assert parse_data(event).calls == ()


def test_call_without_arguments_has_empty_ones():
    call = {"type": "function_call", "call_id": "call_1", "name": "hint"}
    event = {"type": "response.done", "response": {"status": "completed", "output": [call, None, {"type": "message"}]}}
    assert parse_data(event).calls == (FunctionCall("call_1", "hint", ""),)


def test_system_item_has_no_speaker():
    item = {"id": "item_1", "type": "message", "role": "system", "content": []}
    event = {"type": "conversation.item.added", "previous_item_id": None, "item": item}
    assert parse_data(event) == ItemPlaced("item_1", "", None)


def test_event_of_a_new_kind_asks_nothing():
    assert parse_data({"type": "response.telepathy.done", "thought": 1}) == Other("response.telepathy.done")


def test_error_without_an_id_is_read():
    event = {"type": "error", "event_id": None, "error": {"type": "server_error", "message": "Oops."}}
    assert parse_data(event) == ErrorReported(ErrorDetail("server_error", message="Oops."))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "A server event has no type."),
        ([], "A server event has no type."),
        ({}, "A server event has no type."),
        ({"type": 7}, "A server event has no type."),
        ({"type": "session.created"}, "A session.created event has no session."),
        ({"type": "conversation.item.added", "item": []}, "A conversation.item.added event has no item."),
        ({"type": "conversation.item.added", "item": {}}, "A server event lacks the text id."),
        ({"type": "response.done"}, "A response.done event has no response."),
        ({"type": "response.output_text.done", "item_id": "item_1"}, "A server event lacks the text text."),
        ({"type": "input_audio_buffer.committed", "item_id": None}, "A server event lacks the text item_id."),
    ],
)
def test_event_that_is_none_is_refused(data, message):
    with pytest.raises(RealtimeError, match=rf"\A{message}\Z"):
        parse_data(data)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "A server event is not JSON."),
        (b"\xff", "A server event is not JSON."),
        ("[" * 100_000, "A server event is not JSON."),
        ("9" * 5_000, "A server event is not JSON."),
        (" " * (MAX_EVENT + 1), "A server event of length 262145 is longer than a data channel carries."),
        ("NaN", "A server event has no type."),
    ],
)
def test_message_that_is_no_event_is_refused(raw, message):
    with pytest.raises(RealtimeError, match=rf"\A{message}\Z"):
        parse(raw)


# --- anything at all

any_event = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(_READERS))},
    optional={
        name: any_json
        | st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "status", "output", "usage"), any_json))
        for name in ("item_id", "item", "session", "response", "transcript", "usage", "error", "previous_item_id")
    },
)


@patient
@given(any_json | any_event)
def test_any_json_is_an_event_or_refused(data):
    _parse_or_refuse(parse_data, data)


@patient
@given(any_text | st.binary(max_size=80) | any_event.map(json.dumps))
def test_any_message_is_an_event_or_refused(raw):
    _parse_or_refuse(parse, raw)


def _parse_or_refuse(reader, raw):
    try:
        value = reader(raw)
    except RealtimeError:
        return
    assert is_dataclass(value)
