"""Client events, against the official types."""

import json

import pytest
from hypothesis import given

from tests.official import check_client_event
from tests.strategies import json_values, patient, texts
from tutor.realtime import replies

NOTE = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Remember."}]},
}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (replies.response_create(), {"type": "response.create"}),
        (replies.response_create(tools=False), {"type": "response.create", "response": {"tool_choice": "none"}}),
        (
            replies.function_output("call_1", {"status": "ok", "hint": "Thé"}),
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "function_call_output",
                    "call_id": "call_1",
                    "output": '{"status": "ok", "hint": "Thé"}',
                },
            },
        ),
        (replies.system_note("Remember."), NOTE),
        (replies.system_note("Remember.", item_id="note-1"), {**NOTE, "item": {"id": "note-1", **NOTE["item"]}}),
        (replies.item_delete("item_1"), {"type": "conversation.item.delete", "item_id": "item_1"}),
    ],
)
def test_event_is_exactly_what_the_wire_wants(event, expected):
    assert event == expected
    assert check_client_event(event) == []


def test_opening_lets_the_tutor_begin():
    assert replies.opening() == [{"type": "response.create"}]


def test_restoring_tells_what_went_before_and_goes_on():
    assert replies.restoring("Remember.") == [NOTE, {"type": "response.create"}]
    assert replies.restoring("Remember.", item_id="resume-1")[0]["item"]["id"] == "resume-1"


def test_events_are_numbered_for_errors_to_name_them():
    events = replies.numbered("call_1", [replies.item_delete("item_1"), replies.response_create()])
    assert events == [
        {"type": "conversation.item.delete", "item_id": "item_1", "event_id": "call_1-1"},
        {"type": "response.create", "event_id": "call_1-2"},
    ]
    assert [check_client_event(event) for event in events] == [[], []]


def test_numbering_leaves_the_given_events_alone():
    event = replies.response_create()
    replies.numbered("x", [event])
    assert event == {"type": "response.create"}


@patient
@given(texts, json_values)
def test_any_output_is_a_string_on_the_wire(call_id, value):
    event = replies.function_output(call_id, {"value": value})
    assert check_client_event(event) == []
    assert json.loads(event["item"]["output"]) == {"value": value}


@patient
@given(texts)
def test_any_note_is_valid(text):
    assert check_client_event(replies.system_note(text)) == []
