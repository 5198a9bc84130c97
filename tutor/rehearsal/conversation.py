"""The items of a conversation, in order."""

import copy
from dataclasses import dataclass, field
from typing import Any

from tutor.rehearsal.shapes import Refused

Item = dict[str, Any]
ROOT = "root"


@dataclass(slots=True)
class Conversation:
    """Items by id, in conversation order, and how much sound each of them holds (milliseconds)."""

    items: dict[str, Item] = field(default_factory=dict)
    audio_ms: dict[str, int] = field(default_factory=dict)

    @property
    def last_id(self) -> str | None:
        """Return the id of the last item, None when there is none."""
        return next(reversed(self.items), None)

    def add(self, item: Item, *, after: str | None = None) -> str | None:
        """Insert an item after another, at the start for "root", at the end for None; return the id before it.

        Raises Refused for an unknown place or an id already taken.
        """
        if item["id"] in self.items:
            raise Refused("invalid_value", f"An item with id '{item['id']}' already exists.", "item.id")
        order = list(self.items)
        place = len(order) if after is None else 0 if after == ROOT else self._place(after) + 1
        order.insert(place, item["id"])
        self.items[item["id"]] = item
        self.items = {item_id: self.items[item_id] for item_id in order}
        return order[place - 1] if place else None

    def _place(self, item_id: str) -> int:
        if item_id not in self.items:
            raise Refused(
                "item_create_invalid_previous_item_id",
                f"Error creating item: previous item with id '{item_id}' does not exist.",
                "previous_item_id",
            )
        return list(self.items).index(item_id)

    def before(self, item_id: str) -> str | None:
        """Return the id of the item before this one, None for the first."""
        order = list(self.items)
        place = order.index(item_id)
        return order[place - 1] if place else None

    def get(self, item_id: str, *, verb: str) -> Item:
        """Return an item. Raises Refused with the code of the verb: retrieve, delete or truncate (section 9)."""
        if item_id not in self.items:
            noun = {"retrieve": "retrieving", "delete": "deleting", "truncate": "truncating"}[verb]
            raise Refused(
                f"item_{verb}_invalid_item_id",
                f"Error {noun} item: the item with id '{item_id}' does not exist.",
                "item_id",
            )
        return self.items[item_id]

    def remove(self, item_id: str) -> None:
        """Forget an item. Raises Refused when it is unknown."""
        self.get(item_id, verb="delete")
        del self.items[item_id]
        self.audio_ms.pop(item_id, None)

    def truncate(self, item_id: str, *, audio_end_ms: int) -> None:
        """Forget the sound of a tutor's item after this point, and its text, as the provider does (section 7).

        Raises Refused when the item is unknown or is not a tutor's spoken message.
        """
        item = self.get(item_id, verb="truncate")
        if item.get("role") != "assistant" or item_id not in self.audio_ms:
            raise Refused("invalid_value", "Only an assistant's audio message can be truncated.", "item_id")
        if audio_end_ms > self.audio_ms[item_id]:
            raise Refused(
                "invalid_value",
                f"Audio content of {self.audio_ms[item_id]} ms is already shorter than {audio_end_ms} ms.",
                "audio_end_ms",
            )
        self.audio_ms[item_id] = audio_end_ms
        item["content"] = [
            {key: value for key, value in part.items() if key != "transcript"} for part in item["content"]
        ]

    def tool_named_in_call(self, call_id: str) -> str:
        """Return the name of the tool of a function call. Raises Refused when no item made that call."""
        for item in self.items.values():
            if item["type"] == "function_call" and item.get("call_id") == call_id:
                return str(item["name"])
        raise Refused("invalid_tool_call_id", f"Tool call ID '{call_id}' not found in conversation.", "item.call_id")


def without_bytes(item: Item) -> Item:
    """Return a copy for an event: sound and pictures are not sent back over the data channel."""
    shown = copy.deepcopy(item)
    for part in shown.get("content", ()):
        part.pop("audio", None)
        part.pop("image_url", None)
    return shown
