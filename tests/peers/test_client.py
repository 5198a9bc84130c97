"""The provider's HTTP face as it is called, byte for byte, and what becomes of everything it may answer."""

import asyncio
import gzip
import json
import time

import httpx
import pytest

from tests.capture import SDP_ANSWER, answered, call_made, closed_port, dribbled, hanging, raw, reset
from tests.conftest import SENTINEL_KEY
from tests.peers import inside
from tutor.peers import client
from tutor.peers.client import ProviderError
from tutor.realtime.errors import ErrorDetail

OFFER = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=é ☕ 🎈\r\nm=audio 9 RTP/SAVPF 111\r\n\r\n".encode() + b"\xff\xfe odd\r\n"
CONFIG = {"type": "realtime", "model": "gpt-realtime-2.1-mini", "instructions": "Sag „ja“."}

SORRY = "The tutor cannot be reached right now. Please try again in a moment; if it stays so, tell your teacher."
BUSY = "The tutor is busy right now. Please try again in a few seconds."
SETUP = "The tutor is not set up correctly here. Please tell your teacher; trying again will not help."
SPENT = "The school's budget for the tutor is used up. Please tell your teacher."


async def call() -> client.Call:
    return await client.create_call(OFFER, CONFIG, safety_identifier="hash-of-the-learner")


async def refused() -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await call()
    return caught.value


def error_body(**detail: str) -> bytes:
    return json.dumps({"error": detail}).encode()


# --- The request -----------------------------------------------------------------------------------------------------


async def test_create_call_sends_the_documented_request(provider):
    await call()

    [request] = provider.requests
    assert request.line == "POST /v1/realtime/calls HTTP/1.1"
    boundary = request.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    assert request.headers == {
        "host": provider.url.removeprefix("http://"),
        "authorization": f"Bearer {SENTINEL_KEY}",
        "openai-safety-identifier": "hash-of-the-learner",
        "accept": "application/sdp",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "user-agent": f"python-httpx/{httpx.__version__}",
        "content-type": f"multipart/form-data; boundary={boundary}",
        "content-length": str(len(request.body)),
    }


async def test_create_call_sends_the_offer_and_the_session_as_plain_fields(provider):
    await call()

    sdp, session = provider.requests[0].parts
    assert sdp.headers == {"content-disposition": 'form-data; name="sdp"', "content-type": "application/sdp"}
    assert sdp.body == OFFER
    assert session.headers == {"content-disposition": 'form-data; name="session"', "content-type": "application/json"}
    assert json.loads(session.body) == CONFIG


async def test_create_call_sends_the_bare_key_under_another_header(provider, settings):
    settings.REALTIME_AUTH_HEADER = "api-key"

    await call()

    headers = provider.requests[0].headers
    assert headers["api-key"] == SENTINEL_KEY
    assert "authorization" not in headers


async def test_calls_share_one_connection(provider):
    for _ in range(3):
        await call()

    assert (len(provider.requests), provider.connections) == (3, 1)


async def test_create_call_ignores_the_proxy_of_the_environment(provider, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")

    await call()

    assert len(provider.requests) == 1


# --- The answer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "call_id"),
    [
        ("/v1/realtime/calls/rtc_u1_9c6574da8b8a41a18da9308f4ad974ce", "rtc_u1_9c6574da8b8a41a18da9308f4ad974ce"),
        ("https://api.openai.com/v1/realtime/calls/rtc_abc-1", "rtc_abc-1"),
        ("/v1/realtime/calls/rtc_abc/?region=eu", "rtc_abc"),
        ("/v1/realtime/calls/", ""),
        ("/v1/realtime/calls/else_1", ""),
        ("/v1/realtime/calls/rtc_%2e%2e", ""),
        ("/v1/realtime/calls/rtc_a#b", ""),
        ("/v1/realtime/calls/rtc_" + "x" * 101, ""),
    ],
)
async def test_create_call_reads_the_call_id_from_the_location(provider, location, call_id):
    provider.answers.append(answered(201, SDP_ANSWER, {"Location": location}))

    assert await call() == client.Call(call_id, SDP_ANSWER)


async def test_create_call_does_without_a_location(provider):
    provider.answers.append(answered(201, SDP_ANSWER, {"Content-Type": "text/plain; charset=utf-8"}))

    assert await call() == client.Call("", SDP_ANSWER)


@pytest.mark.parametrize(
    ("answer", "code", "status", "message", "retry_after", "upstream"),
    [
        pytest.param(answered(400, error_body(code="invalid_offer")), "provider_refused", 502, SETUP, None, "400"),
        pytest.param(answered(401), "provider_refused", 502, SETUP, None, "401"),
        pytest.param(answered(403), "provider_refused", 502, SETUP, None, "403"),
        pytest.param(answered(404), "provider_refused", 502, SETUP, None, "404"),
        pytest.param(answered(408), "provider_refused", 502, SETUP, None, "408"),
        pytest.param(answered(429), "provider_busy", 503, BUSY, 5, "429", id="429"),
        pytest.param(answered(429, b"", {"Retry-After": "7"}), "provider_busy", 503, BUSY, 7, "429", id="429-7"),
        pytest.param(answered(429, b"", {"Retry-After": "3600"}), "provider_busy", 503, BUSY, 60, "429", id="429-1h"),
        pytest.param(answered(429, b"", {"Retry-After": "-1"}), "provider_busy", 503, BUSY, 5, "429", id="429-minus"),
        pytest.param(
            answered(429, b"", {"Retry-After": "9" * 5000}), "provider_busy", 503, BUSY, 60, "429", id="429-9"
        ),
        pytest.param(
            answered(429, error_body(type="insufficient_quota")), "provider_quota", 503, SPENT, 60, "429", id="quota"
        ),
        pytest.param(
            answered(429, error_body(code="project_spend_limit_exceeded")),
            "provider_quota",
            503,
            SPENT,
            60,
            "429",
            id="spent",
        ),
        pytest.param(answered(500), "provider_failed", 502, SORRY, None, "500"),
        pytest.param(answered(502, b"<html>Bad Gateway</html>"), "provider_failed", 502, SORRY, None, "502"),
        pytest.param(answered(503), "provider_busy", 503, BUSY, 5, "503"),
        pytest.param(answered(504), "provider_failed", 502, SORRY, None, "504"),
        pytest.param(answered(204), "provider_failed", 502, SORRY, None, "204"),
        pytest.param(answered(201, b"<html>hello</html>"), "provider_bad_answer", 502, SORRY, None, "201", id="html"),
        pytest.param(answered(201, b"{}"), "provider_bad_answer", 502, SORRY, None, "201", id="object"),
        pytest.param(answered(201), "provider_bad_answer", 502, SORRY, None, "201", id="empty"),
        pytest.param(
            call_made("rtc_1", b"v=0" + b"x" * 10_000_000), "provider_bad_answer", 502, SORRY, None, "201", id="10MB"
        ),
        pytest.param(
            answered(201, gzip.compress(b"v=0" + b"x" * 60_000_000), {"Content-Encoding": "gzip"}),
            "provider_bad_answer",
            502,
            SORRY,
            None,
            "201",
            id="bomb",
        ),
        pytest.param(raw(b"\x00\xffnot http\r\n\r\n"), "provider_unreachable", 502, SORRY, None, "RemoteProtocolError"),
        pytest.param(raw(b""), "provider_unreachable", 502, SORRY, None, "RemoteProtocolError", id="hung up"),
        pytest.param(
            raw(b"HTTP/1.1 201 OK\r\nContent-Length: 9\r\n\r\nv=0"),
            "provider_unreachable",
            502,
            SORRY,
            None,
            "RemoteProtocolError",
            id="half",
        ),
        pytest.param(reset, "provider_unreachable", 502, SORRY, None, "ReadError", id="reset"),
        pytest.param(
            answered(302, b"", {"Location": "http://127.0.0.1:1/v1/realtime/calls/rtc_1"}),
            "provider_failed",
            502,
            SORRY,
            None,
            "302",
            id="redirect",
        ),
    ],
)
async def test_create_call_tells_faults_apart(provider, answer, code, status, message, retry_after, upstream):
    provider.answers.extend([answer, answer])

    error = await refused()

    assert (error.code, error.status, error.message, error.retry_after, error.upstream) == (
        code,
        status,
        message,
        retry_after,
        upstream,
    )
    # A server error may have been a stumble; nothing else is better for being said twice.
    assert len(provider.requests) == (2 if upstream in ("500", "502", "503", "504") else 1)


@pytest.mark.parametrize("stumble", [500, 502, 503, 504])
async def test_create_call_gets_over_a_stumble(provider, stumble):
    provider.answers.append(answered(stumble))

    assert await call() == client.Call("rtc_1", SDP_ANSWER)

    assert len(provider.requests) == 2
    assert provider.requests[0].parts[0] == provider.requests[1].parts[0]


async def test_create_call_does_not_insist_where_the_provider_says_how_long_to_wait(provider):
    provider.answers.append(answered(503, b"", {"Retry-After": "7"}))

    error = await refused()

    assert (error.code, error.retry_after, len(provider.requests)) == ("provider_busy", 7, 1)


async def test_a_provider_that_is_down_is_left_alone_and_learners_hear_so_at_once(provider):
    provider.answers.extend([reset] * 5)
    for _ in range(5):
        assert (await refused()).status == 502

    error = await refused()

    assert (error.code, error.status, error.message) == ("provider_unreachable", 503, SORRY)
    assert 1 <= error.retry_after <= 15
    assert len(provider.requests) == 5


async def test_a_budget_that_is_used_up_is_not_asked_for_again_and_again(provider):
    provider.answers.append(answered(429, error_body(type="insufficient_quota")))
    await refused()

    error = await refused()

    assert (error.code, error.status, error.message) == ("provider_quota", 503, SPENT)
    assert 55 <= error.retry_after <= 60
    assert len(provider.requests) == 1


async def test_refusals_say_nothing_of_other_calls(provider):
    provider.answers.extend([answered(400)] * 9)
    for _ in range(9):
        await refused()

    assert await call() == client.Call("rtc_1", SDP_ANSWER)


async def test_create_call_keeps_the_reason_for_the_log(provider):
    body = error_body(type="invalid_request_error", code="unknown_parameter", message="No.", param="session.voice")
    provider.answers.append(answered(400, body, {"x-request-id": "req_1"}))

    error = await refused()

    assert error.request_id == "req_1"
    assert error.detail == ErrorDetail("invalid_request_error", "unknown_parameter", "No.", "session.voice", "")


async def test_create_call_hides_a_key_that_the_provider_repeats(provider):
    body = error_body(message=f"Incorrect API key provided: {SENTINEL_KEY}.", code=SENTINEL_KEY)
    provider.answers.append(answered(401, body, {"x-request-id": SENTINEL_KEY}))

    error = await refused()

    assert error.detail == ErrorDetail(code="[hidden]", message="Incorrect API key provided: [hidden].")
    assert error.request_id == "[hidden]"


async def test_create_call_fails_when_nobody_listens(provider, settings):
    settings.REALTIME_BASE_URL = f"http://127.0.0.1:{closed_port()}/v1"

    error = await refused()

    assert (error.code, error.status, error.upstream) == ("provider_unreachable", 502, "ConnectError")


async def test_create_call_tells_a_key_that_cannot_be_sent(provider, settings, caplog):
    settings.OPENAI_API_KEY = "sk-TESTSENTINEL-é"

    error = await refused()

    assert (error.code, error.status, error.upstream) == ("provider_unreachable", 502, "UnicodeEncodeError")
    assert (error.__cause__, error.__suppress_context__) == (None, True)
    assert "TESTSENTINEL" not in caplog.text
    assert provider.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(hanging, id="silent"),
        pytest.param(dribbled(b"HTTP/1.1 201 Created\r\nX-Slow: ", 0.02), id="slow headers"),
        pytest.param(dribbled(b"HTTP/1.1 201 Created\r\nContent-Length: 9000\r\n\r\nv=0", 0.02), id="slow body"),
    ],
)
async def test_create_call_gives_up_at_one_deadline_for_everything(provider, settings, answer):
    settings.REALTIME_TIMEOUT = 0.3
    provider.answers.append(answer)
    tasks = len(asyncio.all_tasks())
    began = time.monotonic()

    error = await refused()

    assert (error.code, error.status, error.message, error.retry_after) == ("provider_timeout", 503, BUSY, 5)
    assert 0.3 <= time.monotonic() - began < 0.8
    # The capture server's own task for the connection is all there is more than before.
    assert len(asyncio.all_tasks()) <= tasks + 1


async def test_create_call_recovers_after_a_fault(provider, settings):
    settings.REALTIME_TIMEOUT = 0.3
    provider.answers.extend([hanging, reset, raw(b"junk\r\n\r\n")])
    for _ in range(3):
        await refused()

    assert await call() == client.Call("rtc_1", SDP_ANSWER)


# --- Hanging up, models ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "known"), [(200, True), (404, False)])
async def test_hang_up_says_whether_the_call_was_known(provider, status, known):
    provider.answers.append(answered(status))

    assert await client.hang_up("rtc_7") is known

    [request] = provider.requests
    assert request.line == "POST /v1/realtime/calls/rtc_7/hangup HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {SENTINEL_KEY}"
    assert request.body == b""


async def test_list_models_returns_their_ids(provider):
    provider.answers.append(answered(200, b'{"data": [{"id": "gpt-realtime-2.1"}, {"id": "gpt-transcribe"}]}'))

    assert await client.list_models() == ["gpt-realtime-2.1", "gpt-transcribe"]
    assert provider.requests[0].line == "GET /v1/models HTTP/1.1"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": [1]}', b'{"data": null}', b"\xff"])
async def test_list_models_refuses_junk(provider, body):
    provider.answers.append(answered(200, body))

    with pytest.raises(ProviderError) as caught:
        await client.list_models()

    assert caught.value.code == "provider_bad_answer"


async def test_close_ends_the_kept_connection(provider):
    await call()

    await client.close()
    await call()

    assert provider.connections == 2


# --- Rehearsals where a key is set -----------------------------------------------------------------------------------


@pytest.fixture
def inside_app(settings):
    """The requests that reach the peer inside this process."""
    settings.REHEARSAL_APP = inside.PATH
    inside.asked.clear()
    return inside.asked


async def test_a_rehearsal_reaches_no_provider_and_is_not_shown_the_key(provider, inside_app):
    made = await client.create_call(OFFER, CONFIG, safety_identifier="hash-of-the-learner", rehearsal=True)
    known = await client.hang_up("rtc_7", rehearsal=True)

    assert (made.call_id, known) == ("rtc_inside1", True)
    assert inside_app == [("/v1/realtime/calls", None), ("/v1/realtime/calls/rtc_7/hangup", None)]
    assert provider.requests == []


async def test_a_rehearsal_leaves_other_calls_to_the_provider(provider, inside_app):
    await client.create_call(OFFER, CONFIG, safety_identifier="hash-of-the-learner", rehearsal=True)
    await call()

    assert (len(inside_app), len(provider.requests)) == (1, 1)


async def test_a_rehearsal_without_a_key_goes_to_the_peer_that_is_set_up(provider, inside_app, settings):
    settings.OPENAI_API_KEY, settings.REHEARSAL = "", True

    await client.create_call(OFFER, CONFIG, safety_identifier="hash-of-the-learner", rehearsal=True)

    assert (len(inside_app), len(provider.requests)) == (0, 1)
