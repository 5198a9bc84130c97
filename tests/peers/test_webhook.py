"""Webhooks as they are sent, byte for byte, and what becomes of everything that may be answered."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.capture import Capture, answered, capturing, closed_port, dribbled, hanging, raw, reset
from tests.running import ROOT
from tutor.peers import webhook
from tutor.peers.webhook import WebhookError, ask

SECRET = "a secret of the school"
PAYLOAD = {"tool": "check", "arguments": {"word": "tee – ☕"}}


@pytest.fixture
async def school(settings) -> AsyncIterator[Capture]:
    """An approved server on this machine."""
    settings.DEBUG = True
    settings.WEBHOOK_SECRET = SECRET
    async with capturing() as capture:
        settings.WEBHOOK_HOSTS = [urlsplit(capture.url).netloc]
        yield capture


async def refused(url: str) -> str:
    with pytest.raises(WebhookError) as caught:
        await ask(url, PAYLOAD)
    return str(caught.value)


async def test_ask_returns_the_object_that_is_answered(school):
    school.answers.append(answered(200, b'{"right": true}'))

    assert await ask(f"{school.url}/check?lesson=1", PAYLOAD) == {"right": True}


async def test_ask_posts_signed_json(school):
    school.answers.append(answered(200, b"{}"))

    await ask(f"{school.url}/check?lesson=1", PAYLOAD)

    [request] = school.requests
    timestamp = request.headers["x-viva-timestamp"]
    proof = hmac.new(SECRET.encode(), timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert request.line == "POST /check?lesson=1 HTTP/1.1"
    assert json.loads(request.body) == PAYLOAD
    assert request.headers["x-viva-signature"] == f"sha256={proof}"
    assert abs(int(timestamp) - time.time()) < 60
    assert request.headers["host"] == urlsplit(school.url).netloc
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answered(404, b"{}"), "it answered 404"),
        (answered(201, b"{}"), "it answered 201"),
        (answered(302, b"", {"Location": "http://127.0.0.1/elsewhere"}), "it answered 302"),
        (answered(200, b"not json"), "its answer is not JSON"),
        (answered(200, b"\xff"), "its answer is not JSON"),
        (answered(200, b"[" * 60_000), "its answer is not JSON"),
        (answered(200, b"[]"), "its answer is not a JSON object"),
        (answered(200, b'{"a": NaN}'), "its answer is not a JSON object"),
        (answered(200, b'{"a": "\\u0000"}'), "its answer is not a JSON object"),
        (answered(200, b'{"a": "' + b"x" * 70_000 + b'"}'), "its answer is larger than 65536 bytes"),
        (
            answered(200, b'{"a": "' + b"x" * 25_000 + b'"}'),
            "its answer is too long for the tutor, who takes 24576 bytes",
        ),
    ],
)
async def test_ask_says_why_an_answer_is_of_no_use(school, answer, reason):
    school.answers.append(answer)

    assert await refused(school.url) == reason
    assert len(school.requests) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        *((answered(status, b"{}"), f"it answered {status}") for status in (429, 500, 502, 503, 504)),
        (reset, "it could not be reached (ReadError)"),
        (raw(b"not http at all\r\n\r\n"), "it could not be reached (RemoteProtocolError)"),
    ],
)
async def test_ask_asks_again_for_what_may_pass_and_says_why_it_gave_up(school, monkeypatch, answer, reason):
    monkeypatch.setattr(webhook, "PAUSES", (0.01, 0.01))
    school.answers += [answer, answer, answered(200, b'{"right": true}')]

    assert await ask(school.url, PAYLOAD) == {"right": True}
    assert [json.loads(request.body) for request in school.requests] == [PAYLOAD] * 3
    school.answers += [answer] * 3
    assert await refused(school.url) == reason
    assert len(school.requests) == 6


async def test_ask_gives_up_when_its_time_is_over_while_it_asks_again(school, monkeypatch):
    monkeypatch.setattr(webhook, "PATIENCE", 0.3)
    school.answers.append(answered(503, b"{}"))

    monkeypatch.setattr(webhook, "PAUSES", (10.0, 10.0))

    assert await refused(school.url) == "it took too long"
    assert len(school.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [hanging, dribbled(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", 0.01), dribbled(b"HTTP/1.1 ", 0.01)],
)
async def test_ask_is_patient_for_so_long_and_no_longer(school, answer, monkeypatch):
    monkeypatch.setattr(webhook, "PATIENCE", 0.3)
    school.answers.append(answer)

    assert await refused(school.url) == "it took too long"


async def test_ask_sends_nothing_to_a_host_that_was_not_approved(school, settings):
    settings.WEBHOOK_HOSTS = []

    assert "is not a host that the operator of this site has approved" in await refused(school.url)
    assert school.connections == 0


async def test_ask_says_that_nobody_listens(settings):
    settings.DEBUG = True
    port = closed_port()
    settings.WEBHOOK_HOSTS = [f"127.0.0.1:{port}"]

    assert await refused(f"http://127.0.0.1:{port}/") == "it could not be reached (ConnectError)"


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], []])
async def test_ask_connects_to_no_private_address(school, settings, monkeypatch, addresses):
    """A name of a public host may lead anywhere: one private address among those it has is enough to stop."""
    port = urlsplit(school.url).port
    settings.WEBHOOK_HOSTS = [f"school.example.org:{port}"]

    async def resolve(host: str, port: int, **kwargs: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)

    assert await refused(f"https://school.example.org:{port}/") == "it is not on the public internet"
    assert school.connections == 0


async def test_ask_connects_to_the_address_that_was_checked(school, settings, monkeypatch):
    """The name is looked up once: a second answer, which an attacker could change, is never asked for."""
    port = urlsplit(school.url).port
    settings.WEBHOOK_HOSTS = [f"localhost:{port}"]
    school.answers.append(answered(200, b"{}"))
    asked = []

    async def resolve(host: str, port: int, **kwargs: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)

    assert await ask(f"http://localhost:{port}/", PAYLOAD) == {}
    assert asked[0] == "localhost"
    assert "localhost" not in asked[1:]
    assert school.requests[0].headers["host"] == f"localhost:{port}"


def test_the_example_of_the_documentation_knows_what_comes_from_us(settings):
    settings.WEBHOOK_SECRET = SECRET
    text = (ROOT / "docs/operating.md").read_text()
    example: dict[str, Any] = {}
    exec(text.partition("```python\n")[2].partition("```")[0], example)  # noqa: S102 # it is ours
    is_from_viva, body = example["is_from_viva"], json.dumps(PAYLOAD, ensure_ascii=False).encode()
    now = int(time.time())
    headers = webhook.signed(body, at=now)

    assert is_from_viva(headers, body, SECRET)
    assert not is_from_viva(headers, body + b" ", SECRET)
    assert not is_from_viva(headers, body, "another secret")
    assert not is_from_viva(headers | {"X-Viva-Timestamp": str(now - 1)}, body, SECRET)
    assert not is_from_viva(webhook.signed(body, at=now - 301), body, SECRET)
    assert not is_from_viva(headers | {"X-Viva-Timestamp": "soon"}, body, SECRET)
    assert not is_from_viva(headers | {"X-Viva-Signature": "sha256=☕"}, body, SECRET)
    assert not is_from_viva({}, body, SECRET)
