"""The peer over its HTTP face, with a WebRTC client in the same event loop."""

import asyncio
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.rehearsal.caller import BASE_URL, Caller, samples_of
from tests.rehearsal.helpers import SECOND, WARM_UP, posted
from tutor.realtime.briefing import write
from tutor.rehearsal import app, peer
from tutor.rehearsal.app import LONGEST_BODY, MOST_CALLS


@pytest.fixture
async def http(rehearsal):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=rehearsal), base_url=BASE_URL) as client:
        yield client


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and param of an error answer."""
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return answer.status_code, error["code"], error["param"]


async def test_call_is_made_and_ends_when_the_browser_leaves(rehearsal, caller: Caller):
    await caller.call()
    assert caller.location.startswith("/v1/realtime/calls/rtc_")
    assert caller.events[0]["session"]["instructions"] == posted()["instructions"]
    [call] = rehearsal.calls.values()
    await caller.connection.close()
    await call.ended.wait()
    assert rehearsal.calls == {}
    assert [thread.name for thread in threading.enumerate() if "decoder" in thread.name] == []


@pytest.mark.parametrize(
    ("browser", "named", "expected"),
    [
        ("-", "", {"127.0.0.1"}),
        # Which never sends anything to the loopback address.
        ("mozilla...THIS_IS_SDPARTA-99.0", "", {"127.0.0.1", "127.0.0.2"}),
        ("mozilla...THIS_IS_SDPARTA-99.0", "127.0.0.3", {"127.0.0.3"}),
        ("-", "127.0.0.3, 127.0.0.4", {"127.0.0.3", "127.0.0.4"}),
        ("-", "all", {"127.0.0.2"}),
    ],
)
async def test_call_is_taken_at_this_machine_where_the_browser_looks(
    caller: Caller, monkeypatch, browser, named, expected
):
    monkeypatch.setenv("REHEARSAL_HOST", named)
    monkeypatch.setattr(peer, "_every_address", lambda use_ipv4, use_ipv6: ["127.0.0.2"])
    offer = (await caller.offer()).replace("o=- ", f"o={browser} ")

    answer = await caller.post(offer, posted())

    assert {line.split()[4] for line in answer.text.splitlines() if line.startswith("a=candidate:")} == expected


async def test_tutor_is_heard(caller: Caller):
    await caller.call()
    caller.send(type="response.create")
    await caller.event("output_audio_buffer.started")
    await caller.until(lambda: caller.loudest > 1_000)
    done = await caller.event("response.output_audio_transcript.done")
    assert done["transcript"] == WARM_UP.opening
    await caller.event("output_audio_buffer.stopped")


async def test_learner_is_heard_and_answered(rehearsal, caller: Caller):
    await caller.call()
    # Its sound is cut short, so that the test does not take as long as the opening.
    caller.send(type="response.create")
    await caller.event("response.done")
    sound = await rehearsal.speech.speak("It needs practice.", language="en", voice="marin", speed=1.0)
    caller.microphone.say(samples_of(sound))
    heard = await caller.event("conversation.item.input_audio_transcription.completed")
    assert heard["transcript"] == "it needs practice"
    await caller.event("output_audio_buffer.started", number=2)
    answer = await caller.event("response.output_audio_transcript.done", number=2)
    assert answer["transcript"].startswith("You said: it needs practice.")


async def test_learner_interrupts_the_tutor(rehearsal, caller: Caller):
    await caller.call()
    caller.send(type="response.create")
    await caller.event("output_audio_buffer.started")
    sound = await rehearsal.speech.speak("Next please.", language="en", voice="marin", speed=1.0)
    caller.microphone.say(samples_of(sound))
    await caller.event("output_audio_buffer.cleared")
    truncated = await caller.event("conversation.item.truncated")
    assert 0 <= truncated["audio_end_ms"] < 2_500
    arguments = await caller.event("response.function_call_arguments.done")
    assert arguments["name"] == "stage_complete"


async def test_lesson_is_typed_through_a_stage_change(caller: Caller):
    await caller.call(posted(output_modalities=["text"]))
    caller.type_text("Hello")
    await caller.event("response.done")
    caller.type_text("next")
    done = await caller.event("response.done", number=2)
    call = done["response"]["output"][-1]
    caller.send(type="session.update", session={"type": "realtime", "instructions": write(SECOND)})
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"status": "accepted"}'}
    caller.send(type="conversation.item.create", item=output)
    caller.send(type="response.create")
    await caller.event("response.done", number=3)
    said = await caller.event("response.output_text.done", number=3)
    assert said["text"] == SECOND.opening


async def test_hang_up_ends_the_call(rehearsal, caller: Caller):
    await caller.call()
    path = caller.location.removeprefix("/v1")
    answer = await caller.http.post(f"{path}/hangup")
    assert (answer.status_code, answer.content, rehearsal.calls) == (200, b"", {})
    assert refusal(await caller.http.post(f"{path}/hangup")) == (404, "call_id_not_found", None)


async def test_call_that_is_too_old_is_told_so_and_ends(rehearsal, caller: Caller):
    await caller.call()
    [call] = rehearsal.calls.values()
    call._expire()
    assert (await caller.event("error"))["error"]["code"] == "session_expired"
    await call.ended.wait()
    assert rehearsal.calls == {}


async def test_call_in_another_language_asks_the_learner_to_type(rehearsal, caller: Caller):
    session = posted()
    session["audio"]["input"]["transcription"]["language"] = "de"
    await caller.call(session)
    sound = await rehearsal.speech.speak("Guten Tag", language="de", voice="marin", speed=1.0)
    caller.microphone.say(samples_of(sound))
    failed = await caller.event("conversation.item.input_audio_transcription.failed")
    assert failed["error"]["code"] == "unsupported_language"
    assert "Please type" in failed["error"]["message"]


async def test_picture_as_large_as_a_message_may_be_is_seen(caller: Caller):
    await caller.call()
    caller.send(type="response.create")
    await caller.event("response.done")
    content = [{"type": "input_image", "image_url": "data:image/jpeg;base64,/9j/" + "A" * 250_000}]
    caller.send(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
    caller.send(type="response.create")
    done = await caller.event("response.output_audio_transcript.done", number=2)
    assert done["transcript"].startswith("I can see your picture.")


async def test_more_calls_than_there_is_room_for_are_refused(rehearsal, caller: Caller, monkeypatch):
    monkeypatch.setattr(app, "MOST_CALLS", 1)
    await caller.call()
    other = Caller(rehearsal)
    answer = await other.post(await other.offer(), posted())
    assert refusal(answer) == (429, "slow_down", None)
    assert answer.headers["retry-after"] == "30"
    await other.close()
    assert MOST_CALLS == 10


async def test_offer_must_arrive_untouched(caller: Caller):
    offer = await caller.offer()
    assert refusal(await caller.post(offer.rstrip(), posted())) == (400, "invalid_offer", None)
    assert refusal(await caller.post("hello\r\n", posted())) == (400, "invalid_offer", None)
    assert refusal(await caller.post("v=0\r\nm=nonsense\r\n", posted())) == (400, "invalid_offer", None)


async def test_session_is_refused_like_by_the_provider(rehearsal, caller: Caller):
    offer = await caller.offer()
    assert refusal(await caller.post(offer, {"session": posted()})) == (400, "unknown_parameter", "session.session")
    assert refusal(await caller.post(offer, posted(voice="x"))) == (400, "unknown_parameter", "session.voice")
    assert rehearsal.calls == {}


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (b"{}", {"content-type": "application/json"}, (400, "unsupported_content_type", None)),
        (b"v=0\r\n", {"content-type": "application/sdp"}, (400, "unsupported_content_type", None)),
        (b"x" * (LONGEST_BODY + 1), {}, (413, "request_too_large", None)),
    ],
)
async def test_body_of_another_kind_is_refused(http, content, headers, expected):
    assert refusal(await http.post("/realtime/calls", content=content, headers=headers)) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"session": (None, "{}")}, (400, "missing_required_parameter", "sdp")),
        ({"sdp": (None, "v=0\r\n")}, (400, "missing_required_parameter", "session")),
        ({"sdp": (None, "v=0\r\n"), "session": (None, "{")}, (400, "invalid_json", None)),
        ({"sdp": (None, "v=0\r\n"), "model": (None, "x")}, (400, "unknown_parameter", "model")),
    ],
)
async def test_form_with_wrong_fields_is_refused(http, files, expected):
    assert refusal(await http.post("/realtime/calls", files=files)) == expected


async def test_beta_header_is_refused(http):
    answer = await http.post("/realtime/calls", headers={"openai-beta": "realtime=v1"})
    assert refusal(answer) == (400, "beta_api_shape_disabled", None)


async def test_models_are_listed_under_v1_alone(http):
    answer = await http.get("/models")
    assert "gpt-realtime-2.1-mini" in [model["id"] for model in answer.json()["data"]]
    assert refusal(await http.get("http://rehearsal/models")) == (404, "unknown_url", None)
    assert refusal(await http.get("/realtime/calls")) == (404, "unknown_url", None)


async def test_health_names_what_speaks_and_hears(http):
    assert (await http.get("/health")).json() == {"speech_out": "espeak-ng", "speech_in": "pocketsphinx"}


def test_health_leaves_nothing_behind_in_a_loop_that_ends():
    application = app.Rehearsal()

    async def ask() -> dict:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            return (await client.get("/health")).json()

    with ThreadPoolExecutor() as pool:
        assert pool.submit(asyncio.run, ask()).result()["speech_in"] == "pocketsphinx"
    assert application.speech.running is False


async def test_health_is_empty_where_the_worker_cannot_run(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    transport = httpx.ASGITransport(app=app.Rehearsal())
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        assert (await client.get("/health")).json() == {"speech_out": "", "speech_in": ""}


async def test_lifespan_starts_and_closes(rehearsal):
    application = app.Rehearsal()
    sent: list[dict] = []
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message)

    await application({"type": "lifespan"}, receive, send)
    assert json.loads(json.dumps(sent)) == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]
