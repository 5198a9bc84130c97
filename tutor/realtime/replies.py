"""Client events the server composes and the browser only forwards (protocol reference, sections 4, 6.4 and 11.1)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Event = dict[str, Any]


def numbered(prefix: str, events: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Give each event an `event_id`, `<prefix>-1`, `<prefix>-2` …, so that an `error` can be matched to it."""
    return [{**event, "event_id": f"{prefix}-{number}"} for number, event in enumerate(events, start=1)]


def response_create(*, tools: bool = True) -> Event:
    """Ask the model to speak; `tools=False` keeps it from calling a function in this one response."""
    return {"type": "response.create"} if tools else {"type": "response.create", "response": {"tool_choice": "none"}}


def function_output(call_id: str, output: Mapping[str, Any]) -> Event:
    """Answer a function call. The wire wants a string, so `output` goes as JSON text."""
    return {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": call_id, "output": json.dumps(output, ensure_ascii=False)},
    }


def system_note(text: str, *, item_id: str = "") -> Event:
    """Put a note into the conversation that only the model sees; one with an id of ours can be taken out again."""
    item = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": text}]}
    return {"type": "conversation.item.create", "item": {"id": item_id, **item} if item_id else item}


def item_delete(item_id: str) -> Event:
    """Take one item out of the model's memory. The transcript keeps it."""
    return {"type": "conversation.item.delete", "item_id": item_id}


def opening() -> list[Event]:
    """What to send when the channel of the very first call opens: the session is configured, the tutor begins."""
    return [response_create()]


def restoring(note: str, *, item_id: str = "") -> list[Event]:
    """What to send when a later call opens: what went before as one system item (section 11.1), then go on.

    One item and not the turns themselves: many assistant text items can make the model answer in text.
    """
    return [system_note(note, item_id=item_id), response_create()]
