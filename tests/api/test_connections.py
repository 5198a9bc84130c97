"""POST /api/attempts/<code>/connections/: the browser's offer in, the provider's answer out."""

import asyncio
import json
import logging
import uuid

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.urls import reverse

from config.asgi import application
from tests import lessons, official
from tests.capture import SDP_ANSWER, answered, call_made, closed_port, dribbled, hanging
from tests.conftest import SENTINEL_KEY
from tests.peers import inside
from tutor import plan as plans
from tutor.models import Budget, Connection
from tutor.services import attempts, connections, prompts, switch, trials

pytestmark = pytest.mark.django_db(transaction=True)

# What anything that tidies text would change: a lone LF, a tab, blanks at the end, other scripts, two last CRLFs.
OFFER = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=é ☕ 🎈 \t\r\na=lone\nm=audio 9 RTP/SAVPF 111\r\na=x  \r\n\r\n"


def path_of(attempt) -> str:
    return f"/api/attempts/{attempt.code}/connections/"


async def connect(client, attempt, offer=OFFER):
    return await client.post(path_of(attempt), {"sdp": offer}, content_type="application/json")


async def rows() -> list[Connection]:
    return [row async for row in Connection.objects.select_related("visit").order_by("id")]


async def hang_ups_done() -> None:
    await asyncio.gather(*connections._hang_ups)


async def test_connect_returns_the_answer_byte_for_byte(provider, learner_async_client, attempt):
    response = await connect(learner_async_client, attempt)

    [connection] = await rows()
    assert (response.status_code, response.content) == (201, SDP_ANSWER)
    assert response["Content-Type"] == "application/sdp"
    assert response["Location"] == f"{path_of(attempt)}{connection.code}/"
    assert response["Viva-Visit"] == str(connection.visit.number)
    assert response["Cache-Control"] == "no-store"


async def test_connect_sends_the_offer_byte_for_byte(provider, learner_async_client, attempt):
    await connect(learner_async_client, attempt)

    sdp, session = provider.requests[0].parts
    assert provider.requests[0].line == "POST /v1/realtime/calls HTTP/1.1"
    assert sdp.body == OFFER.encode()
    assert official.check_session(json.loads(session.body)) == []


async def test_connect_asks_for_the_current_stage(provider, learner_async_client, attempt, settings):
    settings.REALTIME_MODEL, settings.TRANSCRIPTION_MODEL = "gpt-realtime-2.1", "gpt-transcribe"

    await connect(learner_async_client, attempt)

    session = json.loads(provider.requests[0].parts[1].body)
    stage = prompts.stage_session(lessons.PLAN, lessons.PLAN.start)
    assert session == {
        "type": "realtime",
        "model": "gpt-realtime-2.1",
        "output_modalities": ["audio"],
        "instructions": stage["instructions"],
        "tools": stage["tools"],
        "tool_choice": "auto",
        "audio": {
            "input": {
                "noise_reduction": {"type": "near_field"},
                "transcription": {"model": "gpt-transcribe", "languages": ["en"]},
                "turn_detection": {"type": "semantic_vad", "eagerness": "low"},
            },
            "output": {"voice": "marin"},
        },
    }


async def test_connect_names_nobody(provider, learner_async_client, learner, attempt):
    learner.username = "zzyzx"
    await learner.asave()

    await connect(learner_async_client, attempt)

    identifier = provider.requests[0].headers["openai-safety-identifier"]
    assert identifier == connections.safety_identifier(learner.pk)
    assert len(identifier) == 64
    sent = repr(provider.requests)
    assert [word for word in (learner.username, str(attempt.code), "sessionid", "csrf") if word in sent] == []


async def test_safety_identifier_differs_for_each_learner_and_secret(settings):
    here = connections.safety_identifier(1)

    settings.SECRET_KEY = "another"

    assert len({here, connections.safety_identifier(1), connections.safety_identifier(2)}) == 3


async def test_connect_stores_the_call(provider, learner_async_client, attempt):
    await connect(learner_async_client, attempt)

    [connection] = await rows()
    assert (connection.call_id, connection.error, connection.ended_at) == ("rtc_1", "", None)
    assert connection.answered_at >= connection.requested_at
    assert connection.config == json.loads(provider.requests[0].parts[1].body)
    assert connection.visit.number == 1


async def test_connect_again_hangs_up_the_call_before(provider, learner_async_client, attempt):
    provider.answers.extend([call_made("rtc_a"), call_made("rtc_b"), answered(200)])

    await connect(learner_async_client, attempt)
    await connect(learner_async_client, attempt)
    await hang_ups_done()

    first, second = await rows()
    assert [request.line for request in provider.requests[2:]] == ["POST /v1/realtime/calls/rtc_a/hangup HTTP/1.1"]
    assert (first.ended_at is None, second.ended_at is None) == (False, True)


async def test_connect_hangs_up_the_earlier_call_when_it_is_answered_late(provider, learner_async_client, attempt):
    asked, release = asyncio.Event(), asyncio.Event()

    async def late(writer) -> bool:
        asked.set()
        await release.wait()
        return await call_made("rtc_early")(writer)

    provider.answers.extend([late, call_made("rtc_late"), answered(200)])
    early = asyncio.create_task(connect(learner_async_client, attempt))
    await asked.wait()
    await connect(learner_async_client, attempt)
    release.set()
    await early
    await hang_ups_done()

    assert provider.requests[2].line == "POST /v1/realtime/calls/rtc_early/hangup HTTP/1.1"
    assert [(row.call_id, row.ended_at is None) for row in await rows()] == [("rtc_early", False), ("rtc_late", True)]


async def test_connect_does_not_mind_a_failing_hang_up(provider, learner_async_client, attempt, caplog):
    provider.answers.extend([call_made("rtc_a"), call_made("rtc_b"), answered(500)])

    await connect(learner_async_client, attempt)
    response = await connect(learner_async_client, attempt)
    with caplog.at_level(logging.INFO):
        await hang_ups_done()

    assert response.status_code == 201
    assert caplog.messages[-1] == f"hang-up failed attempt={attempt.code} call=rtc_a error=provider_failed"


@pytest.mark.parametrize(
    ("answer", "status", "code", "retry_after", "upstream"),
    [
        pytest.param(answered(401), 502, "provider_refused", None, "401", id="401"),
        pytest.param(answered(404), 502, "provider_refused", None, "404", id="404"),
        pytest.param(answered(429, b"", {"Retry-After": "7"}), 503, "provider_busy", "7", "429", id="429"),
        pytest.param(answered(500), 502, "provider_failed", None, "500", id="500"),
        pytest.param(answered(201, b"<html>"), 502, "provider_bad_answer", None, "201", id="html"),
        pytest.param(hanging, 503, "provider_timeout", "5", "", id="hanging"),
        pytest.param(
            dribbled(b"HTTP/1.1 201 C\r\nContent-Length: 999\r\n\r\nv=0", 0.02),
            503,
            "provider_timeout",
            "5",
            "",
            id="dribbled",
        ),
    ],
)
async def test_connect_tells_what_is_wrong_with_the_provider(
    provider, learner_async_client, attempt, settings, monkeypatch, caplog, answer, status, code, retry_after, upstream
):
    settings.REALTIME_TIMEOUT = 0.3
    monkeypatch.setattr("tutor.peers.client.RETRY_PAUSE", 0)
    # A server error is asked about twice.
    provider.answers.extend([answer, answer])

    response = await connect(learner_async_client, attempt)

    [connection] = await rows()
    assert (response.status_code, response.json()["error"], response.get("Retry-After")) == (status, code, retry_after)
    assert response.json()["message"].endswith(".")
    assert (connection.error, connection.call_id, connection.answered_at) == (code, "", None)
    assert connection.ended_at is not None
    line = f"provider error attempt={attempt.code} error={code} url={provider.url}/v1"
    assert (f"{line} upstream={upstream}" if upstream else line) in caplog.messages


async def test_connect_logs_the_providers_reason(provider, learner_async_client, attempt, caplog):
    detail = {"type": "invalid_request_error", "code": "invalid_offer", "message": "EOF", "param": "sdp"}
    provider.answers.append(answered(400, json.dumps({"error": detail}).encode(), {"x-request-id": "req_9"}))

    response = await connect(learner_async_client, attempt)

    assert response.json() == {
        "error": "provider_refused",
        "message": "The tutor is not set up correctly here. Please tell your teacher; trying again will not help.",
    }
    assert (
        f"provider error attempt={attempt.code} error=provider_refused url={provider.url}/v1 upstream=400 "
        "type=invalid_request_error code=invalid_offer param=sdp request=req_9 message=EOF"
    ) in caplog.messages


async def test_connect_works_again_after_a_fault(provider, learner_async_client, attempt, settings):
    settings.REALTIME_BASE_URL = f"http://127.0.0.1:{closed_port()}/v1"
    broken = await connect(learner_async_client, attempt)
    settings.REALTIME_BASE_URL = f"{provider.url}/v1"

    response = await connect(learner_async_client, attempt)

    assert (broken.status_code, response.status_code) == (502, 201)


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("provider", 502),
        ("h11.Connection.send", 502),
        ("httpx.Request.__init__", 502),
        ("tutor.peers.client._refusal", 500),
        ("tutor.services.connections._fail", 500),
    ],
)
async def test_the_key_appears_nowhere(
    provider, learner_async_client, attempt, settings, caplog, monkeypatch, debug, fault, status
):
    settings.DEBUG = debug
    caplog.set_level(logging.DEBUG, logger="tutor")
    learner_async_client.raise_request_exception = False
    body = json.dumps({"error": {"message": f"Bad key {SENTINEL_KEY}", "code": SENTINEL_KEY}}).encode()
    provider.answers.append(answered(401, body, {"x-request-id": SENTINEL_KEY}))
    if fault != "provider":

        def crash(*arguments):
            raise RuntimeError("a mistake in our own code")

        monkeypatch.setattr(fault, crash)

    response = await connect(learner_async_client, attempt)

    assert response.status_code == status
    assert SENTINEL_KEY not in response.text + str(response.headers)
    formatter = logging.Formatter()
    assert SENTINEL_KEY not in "\n".join(formatter.format(record) for record in caplog.records)
    assert SENTINEL_KEY not in repr([vars(row) for row in await rows()])


@pytest.mark.parametrize(
    ("offer", "error"),
    [
        ("", "offer_missing"),
        (" \r\n", "offer_missing"),
        (None, "offer_missing"),
        (1, "offer_missing"),
        (["v=0"], "offer_missing"),
        ("{}", "offer_invalid"),
        ("m=audio 9 RTP/SAVPF 111\r\n", "offer_invalid"),
        ("v=0\r\ns=-\r\n", "offer_invalid"),
        (OFFER + "m=video 9 RTP/SAVPF 96\r\n", "offer_invalid"),
        (OFFER + "\x00", "not_storable"),
        (OFFER + "\ud800", "not_storable"),
        (OFFER + "x" * 64 * 1024, "offer_too_large"),
    ],
)
async def test_connect_refuses_what_is_no_offer(provider, learner_async_client, attempt, offer, error):
    response = await connect(learner_async_client, attempt, offer)

    assert (response.status_code, response.json()["error"]) == (400, error)
    assert (provider.requests, await rows()) == ([], [])


async def test_connect_takes_the_largest_offer(provider, learner_async_client, attempt):
    offer = OFFER + "x" * (64 * 1024 - len(OFFER.encode()))

    response = await connect(learner_async_client, attempt, offer)

    assert response.status_code == 201
    assert provider.requests[0].parts[0].body == offer.encode()


async def test_connect_refuses_an_ended_attempt(provider, learner_async_client, attempt):
    await sync_to_async(attempts.end_attempt)(attempt)

    response = await connect(learner_async_client, attempt)

    assert (response.status_code, response.json()) == (
        409,
        {"error": "attempt_ended", "message": "This lesson has already ended."},
    )
    assert (provider.requests, await rows()) == ([], [])


async def test_connect_uses_the_version_the_attempt_began_with(provider, learner_async_client, attempt):
    newer = plans.Plan(title="Other", voice="cedar", stages=lessons.PLAN.stages, tools=lessons.PLAN.tools)
    await sync_to_async(lessons.publish)(newer)

    await connect(learner_async_client, attempt)

    assert json.loads(provider.requests[0].parts[1].body)["audio"]["output"] == {"voice": "marin"}


async def test_calls_of_several_requests_share_one_connection(provider, learner_async_client, attempt):
    for _ in range(3):
        await connect(learner_async_client, attempt)
        await hang_ups_done()

    assert ([request.line.split("/")[-2] for request in provider.requests], provider.connections) == (
        ["calls HTTP", "calls HTTP", "hangup HTTP", "calls HTTP", "hangup HTTP"],
        1,
    )


async def test_connect_through_the_whole_application(provider, learner_async_client, attempt):
    cookies = {name: morsel.value for name, morsel in learner_async_client.cookies.items()} | {"csrftoken": "a" * 32}
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies=cookies) as browser:
        headers = {"X-CSRFToken": "a" * 32}
        refused = await browser.post(path_of(attempt), json={"sdp": OFFER})
        connected = await browser.post(path_of(attempt), json={"sdp": OFFER}, headers=headers)
        url = reverse("api:tool_calls", args=[attempt.code])
        call = {"call_id": "call_1", "name": "hint", "arguments": "{}"}
        called = await browser.post(url, json=call, headers=headers)
        state = await browser.get(reverse("api:state", args=[attempt.code]))
        stranger = await browser.get(reverse("api:state", args=[uuid.uuid4()]))

    assert refused.status_code == 403
    assert (connected.status_code, connected.content) == (201, SDP_ANSWER)
    assert [event["type"] for event in called.json()["events"]] == ["conversation.item.create", "response.create"]
    assert (state.status_code, state.json()["code"]) == (200, str(attempt.code))
    assert stranger.status_code == 404


async def test_connect_of_a_trial_without_the_right_to_spend_stays_inside(
    provider, lesson, learner, learner_async_client, settings
):
    settings.REHEARSAL_APP = inside.PATH
    inside.asked.clear()
    attempt = await sync_to_async(trials.start_trial)(lesson, teacher=learner)

    await connect(learner_async_client, attempt)
    await connect(learner_async_client, attempt)
    await hang_ups_done()

    assert [path for path, _ in inside.asked] == [
        "/v1/realtime/calls",
        "/v1/realtime/calls",
        "/v1/realtime/calls/rtc_inside1/hangup",
    ]
    assert provider.requests == []


async def test_connect_beyond_a_budget_is_refused_with_a_sentence_and_reaches_nobody(
    provider, learner_async_client, attempt
):
    await Budget.objects.acreate(scope="each", minutes=0)

    response = await connect(learner_async_client, attempt)

    assert (response.status_code, response.json()["error"]) == (429, "budget_spent")
    assert response.json()["message"].endswith("Come back tomorrow.")
    assert 1 <= int(response["Retry-After"]) <= 3600
    assert (await rows(), provider.requests) == ([], [])


async def test_connect_while_calls_are_off_is_refused_with_the_reason(provider, learner_async_client, attempt):
    await sync_to_async(switch.turn)(allowed=False, reason="We are looking into it.")

    response = await connect(learner_async_client, attempt)

    assert (response.status_code, response.json()["error"], response["Retry-After"]) == (503, "calls_off", "60")
    assert response.json()["message"].startswith("We are looking into it.")
    assert (await rows(), provider.requests) == ([], [])


async def test_connect_too_often_is_refused_until_a_token_comes_back(provider, learner_async_client, attempt, settings):
    settings.CALLS_PER_HOUR = 12
    for _ in range(2):
        await connect(learner_async_client, attempt)

    response = await connect(learner_async_client, attempt)

    assert (response.status_code, response.json()["error"]) == (429, "too_many")
    assert 290 <= int(response["Retry-After"]) <= 300
    assert len(await rows()) == 2


@pytest.mark.parametrize(("status", "requests"), [(500, 2), (502, 2), (503, 2)])
async def test_connect_forgives_a_provider_that_stumbles_once(
    provider, learner_async_client, attempt, monkeypatch, status, requests
):
    monkeypatch.setattr("tutor.peers.client.RETRY_PAUSE", 0)
    provider.answers.append(answered(status))

    response = await connect(learner_async_client, attempt)

    assert (response.status_code, len(provider.requests)) == (201, requests)
    assert len(await rows()) == 1
