"""The second line of a call: what it hears, and what it may say."""

import asyncio
import json
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from tests.official import check_server_event
from tests.rehearsal.caller import Caller, samples_of
from tests.rehearsal.helpers import WARM_UP, posted
from tutor.rehearsal import sideband
from tutor.rehearsal.app import Rehearsal
from tutor.rehearsal.sideband import Listener

PATIENCE = 10


class Ear:
    """A listener to a call; every event is checked against the official types."""

    def __init__(self, application: Rehearsal, call_id: str) -> None:
        self._socket = WebsocketCommunicator(application, f"/v1/realtime?call_id={call_id}")
        self.events: list[dict[str, Any]] = []

    async def join(self) -> "Ear":
        assert await self._socket.connect(PATIENCE) == (True, None)
        await self.until("session.created")
        return self

    async def until(self, kind: str) -> dict[str, Any]:
        """Listen until an event of this type has come."""
        while not self.events or self.events[-1]["type"] != kind:
            event = json.loads(await self._socket.receive_from(PATIENCE))
            assert check_server_event(event) == []
            self.events.append(event)
        return self.events[-1]

    async def say(self, text: str) -> None:
        await self._socket.send_to(text)

    async def closed(self) -> int:
        """Listen until the line is closed; return the code."""
        while (message := await self._socket.receive_output(PATIENCE))["type"] == "websocket.send":
            self.events.append(json.loads(message["text"]))
        return message["code"]

    async def leave(self) -> None:
        await self._socket.disconnect(timeout=PATIENCE)


@pytest.fixture
async def ear(rehearsal: Rehearsal, caller: Caller) -> Ear:
    """A listener to the caller's call."""
    await caller.call()
    return await Ear(rehearsal, caller.location.rpartition("/")[2]).join()


async def test_listener_is_told_the_config_and_then_hears_all_that_the_browser_hears(caller: Caller, ear: Ear):
    heard_before = len(caller.events)
    caller.type_text("A plant needs light.")

    await ear.until("response.done")
    await caller.event("response.done")

    assert ear.events[0]["session"]["instructions"] == posted()["instructions"]
    both = [caller.events[heard_before:], ear.events[1:]]
    shortest = min(map(len, both))
    assert both[0][:shortest] == both[1][:shortest]
    await ear.leave()


async def test_listener_may_speak_to_the_model_and_all_hear_what_follows(caller: Caller, ear: Ear):
    await ear.say(json.dumps({"type": "response.create"}))
    assert (await caller.event("response.output_audio_transcript.done"))["transcript"] == WARM_UP.opening

    update = {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
    await ear.say(json.dumps(update))
    assert (await caller.event("session.updated"))["session"]["instructions"] == "Be brief."
    assert (await ear.until("session.updated"))["session"]["instructions"] == "Be brief."

    await ear.say("no event at all")
    assert (await ear.until("error"))["error"]["code"] == "invalid_json"
    await ear.leave()


async def test_line_ends_with_the_call(rehearsal: Rehearsal, caller: Caller, ear: Ear):
    answer = await caller.http.post(f"{caller.location.removeprefix('/v1')}/hangup")

    assert answer.status_code == 200
    assert await ear.closed() == 1000


async def test_line_of_a_call_that_expires_says_so(rehearsal: Rehearsal, caller: Caller, ear: Ear):
    [call] = rehearsal.calls.values()

    call._expire()

    assert await ear.closed() == 1001
    assert ear.events[-1]["error"]["code"] == "session_expired"


async def test_listener_who_leaves_is_forgotten(rehearsal: Rehearsal, caller: Caller, ear: Ear):
    [call] = rehearsal.calls.values()
    await ear.leave()

    assert call._listeners == set()
    caller.type_text("A plant needs light.")
    await caller.event("response.done")


@pytest.mark.parametrize("query", ["?call_id=rtc_unknown", "?model=gpt-realtime-2.1", ""])
async def test_unknown_call_is_refused(rehearsal: Rehearsal, query: str):
    socket = WebsocketCommunicator(rehearsal, f"/v1/realtime{query}")
    await socket.send_input({"type": "websocket.connect"})
    assert await socket.receive_output(PATIENCE) == {"type": "websocket.close"}


async def test_unknown_call_is_refused_with_the_provider_s_answer_where_the_server_can_give_one(rehearsal: Rehearsal):
    socket = WebsocketCommunicator(rehearsal, "/v1/realtime?call_id=rtc_unknown")
    socket.scope["extensions"] = {"websocket.http.response": {}}
    await socket.send_input({"type": "websocket.connect"})

    start, body = await socket.receive_output(PATIENCE), await socket.receive_output(PATIENCE)

    assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
    assert json.loads(body["body"])["error"]["code"] == "call_id_not_found"


async def test_listener_who_reads_too_slowly_is_sent_away(monkeypatch):
    monkeypatch.setattr(sideband, "MOST_WAITING", 2)
    sent: list[dict[str, Any]] = []
    listener = Listener()

    class Call:
        def join(self, listener: Listener) -> None:
            for number in range(4):
                listener.tell(str(number))

        def leave(self, listener: Listener) -> None:
            sent.append({"type": "left"})

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await listener.serve(Call(), receive, send)

    assert sent == [
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "0"},
        {"type": "websocket.send", "text": "1"},
        {"type": "websocket.close", "code": 1008},
        {"type": "left"},
    ]


async def test_sentence_whose_sound_breaks_off_is_still_heard(rehearsal: Rehearsal, caller: Caller, ear: Ear):
    """As when a browser is killed while its learner speaks: nothing more comes, not even silence."""
    sound = await rehearsal.speech.speak("A plant needs light.", language="en", voice="marin", speed=1.0)
    caller.microphone.say(samples_of(sound), silence=0)
    await ear.until("input_audio_buffer.speech_started")
    await caller.until(lambda: not caller.microphone._frames)
    caller.microphone.stop()

    heard = await ear.until("conversation.item.input_audio_transcription.completed")

    assert "plant" in heard["transcript"].lower()
    await ear.leave()
