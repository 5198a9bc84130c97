"""Traces for OpenTelemetry: how long requests, questions to others and rounds of tending take, and what happens then.

Only where the operator names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`) and has installed requirements-tracing.txt.
The ready-made instrumentations are not used, for they record addresses, and with them what people searched for. A span
says what a log line may say: names of routes, statuses, ids; its events are the log records of ours that were written
meanwhile. Names of attributes follow the semantic conventions of OpenTelemetry.
"""

import importlib.util
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings

from tutor.logs import event_of, facts_of, hide_secrets

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

# Seconds for the collector to take what is sent.
_PATIENCE = 5


class Span:
    """What is going on, as the trace will tell it. Without a collector it forgets what it is told."""

    def __init__(self, inner: Any = None) -> None:
        self._inner = inner

    def say(self, facts: Mapping[str, object], *, name: str = "") -> None:
        """Add facts by their names, and give it a better name if one is known by now."""
        if self._inner is None:
            return
        if name:
            self._inner.update_name(name)
        for fact, value in facts.items():
            self._inner.set_attribute(fact, _plain(value))


_UNTOLD = Span()


def is_installed() -> bool:
    """Whether what requirements-tracing.txt lists is there."""
    return importlib.util.find_spec("opentelemetry") is not None


@contextmanager
def span(
    name: str, kind: Literal["server", "client", "internal"] = "internal", *, headers: Mapping[str, str] | None = None
) -> Iterator[Span]:
    """Measure what is done inside. `headers` are those of a request that may continue a trace of our proxy's.

    An exception is named by its type alone: its text may quote anybody.
    """
    sender = provider()
    if sender is None:
        yield _UNTOLD
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415 # optional
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 # optional

    tracer = sender.get_tracer("viva")
    with tracer.start_as_current_span(
        name,
        context=TraceContextTextMapPropagator().extract(headers) if headers else None,
        kind=SpanKind[kind.upper()],
        record_exception=False,
        set_status_on_exception=False,
    ) as inner:
        try:
            yield Span(inner)
        except Exception as error:
            inner.set_attribute("error.type", type(error).__name__)
            inner.set_status(Status(StatusCode.ERROR))
            raise


def flush() -> None:
    """Send what has been measured so far."""
    sender = provider()
    if sender is not None:
        sender.force_flush()


@cache
def provider() -> "TracerProvider | None":
    """One for the process: it keeps a thread that sends spans in batches."""
    endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT
    if not endpoint or not is_installed():
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 # optional
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 # optional
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 # optional
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 # optional

    made = TracerProvider(resource=Resource.create({"service.name": settings.OTEL_SERVICE_NAME}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=_PATIENCE)
    made.add_span_processor(BatchSpanProcessor(exporter))
    return made


class EventHandler(logging.Handler):
    """Tells the span that is under way what log records say has happened. It never fails who logs."""

    def emit(self, record: logging.LogRecord) -> None:
        if not is_installed():
            return
        from opentelemetry import trace  # noqa: PLC0415 # optional

        try:
            facts = {name: _plain(value) for name, value in facts_of(record).items()}
            trace.get_current_span().add_event(event_of(record), facts)
        except Exception:  # a record whose facts are not what they were: logging must go on
            self.handleError(record)


def _plain(value: object) -> bool | int | float | str:
    return value if isinstance(value, bool | int | float) else hide_secrets(str(value))
