"""A call as one hears it: server events in, records out, as the room's `transcript.js` and `records.js` do it.

Both come to the same records from the same events (`tests/realtime/test_listening.py` compares them). What is said of
the order of items, and of when a sentence is complete, is said in `transcript.js`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tutor.realtime.errors import RealtimeError
from tutor.realtime.events import (
    MAX_EVENT,
    Interrupted,
    ItemOfResponse,
    ItemPlaced,
    ResponseBegun,
    ResponseDone,
    SessionEcho,
    Sound,
    SoundChanged,
    Speaker,
    TextDelta,
    TextDone,
    TextFailed,
    parse_data,
)


class Status(StrEnum):
    """How much of an utterance there is."""

    PARTIAL = "partial"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    UNTRANSCRIBED = "untranscribed"


@dataclass(frozen=True, slots=True)
class UtteranceRecord:
    """What is known of one spoken or typed item. `visit` is the number of the stage visit in which it began."""

    item_id: str
    previous_item_id: str
    speaker: Speaker
    status: Status
    text: str
    visit: int


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A function call that the model has made to its end; `arguments` is its JSON text, untouched."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """Tokens of a response or a transcription as the provider reports them; `source` is one of these two words."""

    report_id: str
    source: str
    usage: dict[str, Any]


# A SessionEcho is passed on as it is: only who knows the lesson can say what it means.
Record = UtteranceRecord | CallRecord | UsageRecord | SessionEcho


@dataclass(frozen=True, slots=True)
class Known:
    """An utterance that was stored before somebody began to listen."""

    item_id: str
    speaker: Speaker
    status: Status
    text: str
    visit: int


@dataclass(slots=True)
class _Item:
    id: str
    # None: part of the chain, but not speech.
    speaker: Speaker | None
    visit: int
    status: Status = Status.PARTIAL
    parts: list[str] = field(default_factory=list)
    # No more text will come.
    written: bool = False
    # The tutor speaks it aloud.
    voiced: bool = False
    # False while its place in the chain is only a guess.
    placed: bool = False
    response: str = ""
    # Stored before, and not heard of since.
    is_old: bool = False

    @property
    def text(self) -> str:
        return " ".join(part for part in self.parts if part).strip()

    def write(self, part: int, text: str) -> None:
        self.parts += [""] * (part + 1 - len(self.parts))
        self.parts[part] = text


@dataclass(slots=True)
class _Response:
    # Empty while it runs.
    status: str = ""
    sound: Sound = Sound.NONE


class Listening:
    """One call while it is listened to.

    `visit` is the number of the stage visit the model is in: whoever listens keeps it right. `known` is what the
    attempt's earlier calls, or earlier listeners, have brought, in conversation order.
    """

    def __init__(self, *, visit: int, known: Iterable[Known] = ()) -> None:
        self.visit = visit
        self._items = [_old(utterance) for utterance in known]
        self._by_id = {item.id: item for item in self._items}
        # Each call's chain begins after what was there.
        self._root = self._items[-1].id if self._items else ""
        self._responses: dict[str, _Response] = {}
        # What was last told of an item: status and text.
        self._told: dict[str, tuple[Status, str]] = {}
        self._calls: set[str] = set()

    def hear(self, message: str | bytes) -> list[Record]:
        """Return what a message adds to the record. Raises RealtimeError, and nothing else, for what is no event."""
        if len(message) > MAX_EVENT:
            raise RealtimeError(f"A server event of length {len(message)} is longer than a data channel carries.")
        try:
            data = json.loads(message)
        except (ValueError, RecursionError) as error:
            raise RealtimeError("A server event is not JSON.") from error
        event = parse_data(data)
        if isinstance(event, SessionEcho):
            return [event]
        handle = _HANDLERS.get(type(event))
        touched = handle(self, event) if handle else []
        return [*self._utterances(touched), *self._calls_of(event), *_usage(data)]

    def end(self) -> list[Record]:
        """The call is over: give every unfinished item its final status."""
        heard = [item for item in self._items if not item.is_old]
        # Of a response that has just begun nothing may be known but its first words.
        for begun in (item.response for item in heard if item.response):
            self._responses.setdefault(begun, _Response())
        for response in self._responses.values():
            response.status = response.status or "cancelled"
        for item in heard:
            if item.status is Status.PARTIAL:
                item.status, item.written = self._end_of(item), True
        return self._utterances(heard)

    def _end_of(self, item: _Item) -> Status:
        response = self._response(item.response)
        whole = response.status == "completed" and response.sound is not Sound.PLAYING
        if item.speaker is Speaker.TUTOR and whole:
            return Status.COMPLETE
        return _unfinished(item.speaker, item.text)

    # --- Events: each handler returns the items it has touched ------------------------------------

    def _place(self, event: ItemPlaced) -> list[_Item]:
        item = self._by_id.get(event.item_id)
        if item is None or not item.placed:
            item = item or self._new(event.item_id, event.speaker)
            if event.typed is not None:
                # What was typed belongs to the stage in which the model gets it.
                item.visit = self.visit
            if item in self._items:
                self._items.remove(item)
            self._items.insert(self._index_after(event.previous_item_id), item)
            item.placed = True
        if event.typed is not None:
            item.parts, item.status, item.written, item.is_old = list(event.typed), Status.COMPLETE, True, False
        return [item]

    def _index_after(self, previous: str) -> int:
        """Empty is the start of this call, an unknown one the end."""
        after = previous or self._root
        for index, item in enumerate(self._items):
            if item.id == after:
                return index + 1
        return 0 if not after else len(self._items)

    def _add_text(self, event: TextDelta) -> list[_Item]:
        item = self._touch(event.item_id, event.speaker)
        if event.speaker is Speaker.TUTOR or item.status is Status.PARTIAL:
            so_far = item.parts[event.part] if event.part < len(item.parts) else ""
            item.write(event.part, so_far + event.text)
        item.voiced = item.voiced or event.aloud
        return [item]

    def _finish_text(self, event: TextDone) -> list[_Item]:
        if event.speaker is Speaker.LEARNER:
            return self._understand(event.item_id, event.text)
        item = self._touch(event.item_id, Speaker.TUTOR)
        item.write(event.part, event.text)
        item.written, item.voiced = True, item.voiced or event.aloud
        return [item]

    def _fail_text(self, event: TextFailed) -> list[_Item]:
        return self._understand(event.item_id, "")

    def _understand(self, item_id: str, text: str) -> list[_Item]:
        """The final word of the transcription model. Noise is transcribed as nothing."""
        item = self._touch(item_id, Speaker.LEARNER)
        if item.status is Status.PARTIAL:
            item.parts, item.written = [text], True
            item.status = Status.COMPLETE if text.strip() else Status.UNTRANSCRIBED
        return [item]

    def _interrupt(self, event: Interrupted) -> list[_Item]:
        item = self._touch(event.item_id, Speaker.TUTOR)
        if item.status is Status.PARTIAL:
            item.status = Status.INTERRUPTED
        return [item]

    def _begin_response(self, event: ResponseBegun) -> list[_Item]:
        """A response that was finished and never sounded will not sound any more once the next one begins."""
        silent = [item for item in self._items if item.status is Status.PARTIAL and self._is_silent(item.response)]
        for item in silent:
            item.status = Status.COMPLETE
        return silent

    def _is_silent(self, response_id: str) -> bool:
        return self._response(response_id) == _Response("completed", Sound.NONE)

    def _join_response(self, event: ItemOfResponse) -> list[_Item]:
        item = self._touch(event.item_id, event.speaker)
        item.response = event.response_id
        return [item]

    def _change_sound(self, event: SoundChanged) -> list[_Item]:
        return self._learn(event.response_id, sound=event.sound)

    def _end_response(self, event: ResponseDone) -> list[_Item]:
        return self._learn(event.response_id, status=event.status or "completed")

    def _learn(self, response_id: str, *, status: str = "", sound: Sound | None = None) -> list[_Item]:
        """Note a fact of a response, and what follows from it for its items."""
        if not response_id:
            return []
        facts = self._responses.setdefault(response_id, _Response())
        facts.status, facts.sound = status or facts.status, sound or facts.sound
        items = [item for item in self._items if item.response == response_id]
        for item in items:
            if item.status is Status.PARTIAL:
                _conclude(item, facts)
        return items

    # --- What becomes of them ---------------------------------------------------------------------

    def _new(self, item_id: str, speaker: Speaker | None) -> _Item:
        """An item nobody knew; at the end, for its text must not be lost, until it finds its place."""
        item = self._by_id[item_id] = _Item(item_id, speaker, self.visit)
        self._items.append(item)
        return item

    def _touch(self, item_id: str, speaker: Speaker | None) -> _Item:
        item = self._by_id.get(item_id) or self._new(item_id, speaker)
        item.is_old = False
        return item

    def _response(self, response_id: str) -> _Response:
        return self._responses.get(response_id, _Response())

    def _utterances(self, touched: Iterable[_Item]) -> list[Record]:
        """The records of items that have changed, in conversation order."""
        news = {item.id: told for item in touched if (told := self._record(item)) and self._told.get(item.id) != told}
        records: list[Record] = []
        previous = ""
        for item in self._items if news else ():
            if item.speaker is None:
                continue
            if item.id in news:
                self._told[item.id] = news[item.id]
                records.append(UtteranceRecord(item.id, previous, item.speaker, *news[item.id], item.visit))
            if item.placed:
                previous = item.id
        return records

    def _record(self, item: _Item) -> tuple[Status, str] | None:
        """What should be told of an item. A final status only when the text is final too: after an interruption the
        last written words still follow."""
        if item.speaker is None or not item.placed or item.is_old:
            return None
        answering = item.response and not self._response(item.response).status
        if item.status is Status.PARTIAL or answering:
            return Status.PARTIAL, item.text if item.written else ""
        return item.status, "" if item.status is Status.UNTRANSCRIBED else item.text

    def _calls_of(self, event: object) -> list[Record]:
        calls = event.calls if isinstance(event, ResponseDone) else ()
        new = [call for call in calls if call.call_id not in self._calls]
        self._calls.update(call.call_id for call in new)
        return [CallRecord(call.call_id, call.name, call.arguments) for call in new]


def _old(utterance: Known) -> _Item:
    return _Item(
        utterance.item_id,
        utterance.speaker,
        utterance.visit,
        status=utterance.status,
        parts=[utterance.text],
        placed=True,
        is_old=True,
    )


def _unfinished(speaker: Speaker | None, text: str) -> Status:
    return Status.UNTRANSCRIBED if speaker is Speaker.LEARNER and not text else Status.INTERRUPTED


def _conclude(item: _Item, facts: _Response) -> None:
    """Give an unfinished item the status that its response has earned it."""
    if facts.sound is Sound.CUT or facts.status not in ("", "completed"):
        item.status = Status.INTERRUPTED
    elif facts.status == "completed" and (facts.sound is Sound.PLAYED or not item.voiced):
        item.status, item.written = Status.COMPLETE, True


def _usage(data: Mapping[str, Any]) -> list[Record]:
    if data["type"] == "response.done":
        response = data["response"]
        return _usage_record(response.get("id"), "response", response.get("usage"))
    if data["type"] == "conversation.item.input_audio_transcription.completed":
        return _usage_record(data["item_id"], "transcription", data.get("usage"))
    return []


def _usage_record(report_id: object, source: str, usage: object) -> list[Record]:
    if not isinstance(report_id, str) or not report_id or not isinstance(usage, dict):
        return []
    return [UsageRecord(report_id, source, usage)]


_HANDLERS: dict[type, Callable[[Listening, Any], list[_Item]]] = {
    ItemPlaced: Listening._place,
    TextDelta: Listening._add_text,
    TextDone: Listening._finish_text,
    TextFailed: Listening._fail_text,
    Interrupted: Listening._interrupt,
    ResponseBegun: Listening._begin_response,
    ItemOfResponse: Listening._join_response,
    SoundChanged: Listening._change_sound,
    ResponseDone: Listening._end_response,
}
