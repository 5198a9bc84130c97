"""Traces as a collector gets them: a real one on this machine, which reads what is really sent."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.urls import reverse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.api.helpers import CALL, post
from tests.capture import capturing, closed_port
from tutor import tracing
from tutor.peers import client as provider_client

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(ThreadingHTTPServer):
    """Takes what is sent to `/v1/traces`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.bodies: list[bytes] = []

    def spans(self) -> list[Any]:
        tracing.flush()
        sent = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for request in sent
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Taker(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces":
            self.server.bodies.append(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def collector(traces_to) -> Iterator[Collector]:
    server = Collector()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    traces_to(f"http://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def traces_to(settings) -> Iterator[Callable[[str], None]]:
    """Have traces sent to an address, as after a start with it."""
    handler, logger = tracing.EventHandler(), logging.getLogger("tutor")

    def begin(endpoint: str) -> None:
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint
        logger.addHandler(handler)
        tracing.provider.cache_clear()

    yield begin
    provider = tracing.provider()
    assert provider is not None
    provider.shutdown()
    logger.removeHandler(handler)
    tracing.provider.cache_clear()


def facts_of(row: Any) -> dict[str, object]:
    """The attributes of a span or of an event."""
    return {fact.key: getattr(fact.value, fact.value.WhichOneof("value")) for fact in row.attributes}


def test_request_is_a_span_without_what_was_searched_for(collector, reviewer_client) -> None:
    response = reviewer_client.get(reverse("review"), {"q": "SENTINEL-WORDS"})

    [span] = collector.spans()
    assert span.name == "GET review"
    assert facts_of(span) == {
        "http.request.method": "GET",
        "http.route": "review",
        "http.response.status_code": 200,
        "viva.request": response.headers["X-Request-ID"],
        "viva.attempt": "",
    }
    assert b"SENTINEL" not in b"".join(collector.bodies)


def test_what_is_logged_meanwhile_is_an_event_of_the_span(collector, learner_client, attempt) -> None:
    post(learner_client, reverse("api:tool_calls", args=[attempt.code]), CALL | {"name": "no_such_tool"})

    [span] = collector.spans()
    [event] = span.events
    assert event.name == "tool refused"
    assert facts_of(event) == {
        "attempt": str(attempt.code),
        "tool": "no_such_tool",
        "code": "unknown_tool",
        "call": "call_1",
    }
    assert facts_of(span)["viva.attempt"] == str(attempt.code)


def test_exception_is_named_by_its_type_alone(collector) -> None:
    with pytest.raises(ValueError, match="SENTINEL"), tracing.span("tending"):
        raise ValueError("SENTINEL-WORDS")

    [span] = collector.spans()
    assert facts_of(span) == {"error.type": "ValueError"}
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert b"SENTINEL" not in b"".join(collector.bodies)


@pytest.mark.parametrize(("behind_proxy", "continued"), [(True, True), (False, False)])
def test_only_a_proxy_of_ours_is_believed_which_trace_goes_on(
    collector, client, settings, behind_proxy: bool, continued: bool
) -> None:
    settings.BEHIND_PROXY = behind_proxy

    client.get("/healthz", headers={"traceparent": TRACEPARENT})

    [span] = collector.spans()
    assert (span.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c") is continued


async def test_question_to_the_provider_is_a_span_inside(collector, settings) -> None:
    async with capturing() as provider:
        settings.REALTIME_BASE_URL = provider.url
        with tracing.span("request", "server"):
            await provider_client.create_call(b"v=0", {}, safety_identifier="x")
        await provider_client.close()

    inner, outer = await asyncio.to_thread(collector.spans)
    assert inner.parent_span_id == outer.span_id
    assert inner.name == "POST provider"
    assert facts_of(inner) == {"url.path": "/realtime/calls", "http.response.status_code": 201}


def test_collector_that_is_away_holds_nobody_up(traces_to, client) -> None:
    traces_to(f"http://127.0.0.1:{closed_port()}")

    assert client.get("/healthz").status_code == 200


def test_without_a_collector_nothing_is_kept(settings) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = ""
    tracing.provider.cache_clear()

    with tracing.span("tending") as span:
        span.say({"fact": 1}, name="other")

    assert tracing.provider() is None
