"""Figures of this process for Prometheus: what happens is counted where it is logged, what stands is looked up.

Each process has its own registry, and tells it at `/metrics`. Most series are made of log records: a message of ours
is one fixed text for each event, with `name=%s` for its facts (`EventHandler`). What is too frequent to be logged has a
function here. Labels come from closed sets, or are cut to a few: no address, no name and no word of anybody's.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.gc_collector import GCCollector

from tutor.logs import event_of, facts_of

# Twice as many series, for the time at which each began.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

# Seconds. Most answers take hundredths; a call with a provider takes one or two.
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
_SLOW = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20)
_LATE = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600, 86_400)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# Values that a label takes whose words teachers choose; what comes after them is counted together.
MOST_VALUES = 50
OTHER = "other"


def _counter(name: str, about: str, *labels: str) -> Counter:
    return Counter(name, about, labels, registry=REGISTRY)


def _gauge(name: str, about: str, *labels: str) -> Gauge:
    return Gauge(name, about, labels, registry=REGISTRY)


REQUESTS = _counter("viva_requests", "Requests answered, by route", "route", "method", "status")
REQUEST_SECONDS = Histogram(
    "viva_request_seconds", "Seconds until the head of an answer", ["route"], registry=REGISTRY, buckets=_QUICK
)
ATTEMPTS = _counter("viva_attempts", "Attempts that were started or ended", "event")
CALLS_MADE = _counter("viva_calls_made", "Calls the provider has made for us")
CALLS_FAILED = _counter("viva_calls_failed", "Calls it has not made, by our code", "code")
CALLS_ENDED = _counter("viva_calls_ended", "Calls that the server ended, by reason", "why")
PROVIDER_SECONDS = Histogram(
    "viva_provider_seconds", "Seconds the provider took to make a call", registry=REGISTRY, buckets=_SLOW
)
HANG_UPS = _counter("viva_hang_ups", "Hang-ups told to the provider, or not", "result")
STAGE_CHANGES = _counter("viva_stage_changes", "Stages that were left, by outcome", "outcome")
TOOL_CALLS = _counter("viva_tool_calls", "Function calls answered, by what came of them", "result")
JOURNAL = _counter("viva_journal_entries", "Entries of journals, by what became of them", "result")
JOURNAL_LAG = Histogram(
    "viva_journal_lag_seconds",
    "Seconds that words waited in a browser until they arrived here",
    registry=REGISTRY,
    buckets=_LATE,
)
TOKENS = _counter("viva_tokens", "Tokens the provider has reported", "kind")
FAULTS = _counter("viva_browser_faults", "Faults that browsers have reported")
ROUNDS = _counter("viva_tending_rounds", "Rounds of tending in this process", "result")
LAST_ROUND = _gauge("viva_tending_last_round_timestamp_seconds", "When this process has last tended with success")
WEBSOCKETS = _gauge("viva_websockets_open", "Pages that this process tells news", "kind")
TROUBLE = _counter("viva_trouble", "Log records of level WARNING and above, by logger", "logger", "level")

# What stands in the database: the same in every process, so take the largest and do not add them up.
DATABASE_UP = _gauge("viva_database_up", "1 while the database answers; what follows is not known otherwise")
CALLS_OPEN = _gauge("viva_calls_open", "Calls that go on, in the whole site")
WAITING = _gauge("viva_waiting", "What waits to be done in the whole site", "queue")
COST_TODAY = _gauge("viva_cost_today_usd", "What the calls of today have cost so far, as far as prices are known")


class Words:
    """Keeps a label to so many values, the first that come."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: object) -> str:
        """Return the value, or `other` for one too many."""
        word = str(value)
        if word not in self._known and len(self._known) >= self._most:
            return OTHER
        self._known.add(word)
        return word


_outcome, _code, _logger, _status = Words(), Words(), Words(), Words(100)
_route = Words(400)


def count_request(*, route: str, method: str, status: int, seconds: float) -> None:
    """Count an answer. `route` is the name of the address in `urls`, never the address itself."""
    name = _route(route or "none")
    REQUESTS.labels(name, method if method in _METHODS else OTHER, _status(status)).inc()
    REQUEST_SECONDS.labels(name).observe(seconds)


def count_journal(*, stored: int, duplicate: int, conflict: int, rejected: int) -> None:
    """Count what became of the entries of a journal, once that has been committed."""
    counts = {"stored": stored, "duplicate": duplicate, "conflict": conflict, "rejected": rejected}
    for result, count in counts.items():
        if count:
            JOURNAL.labels(result).inc(count)


def count_lag(seconds: float) -> None:
    """Count for how long the browser says the oldest words of a request have waited."""
    JOURNAL_LAG.observe(seconds)


def count_tool_call(refusal: str) -> None:
    """Count the answer to a function call; `refusal` is empty where it did what it was made for."""
    TOOL_CALLS.labels(_code(refusal or "accepted")).inc()


def count_tokens(kinds: Mapping[str, int]) -> None:
    """Count tokens by kind, once they have been stored."""
    for kind, count in kinds.items():
        if count:
            TOKENS.labels(kind).inc(count)


def count_round(*, failed: bool) -> None:
    """Count a round of tending, and remember when it was if it came to its end."""
    ROUNDS.labels("failed" if failed else "done").inc()
    if not failed:
        LAST_ROUND.set(time.time())


def set_standing(*, calls_open: int, waiting: Mapping[str, int], cost_today: float) -> None:
    """Tell how the whole site stands, as it was just looked up."""
    DATABASE_UP.set(1)
    CALLS_OPEN.set(calls_open)
    for queue, count in waiting.items():
        WAITING.labels(queue).set(count)
    COST_TODAY.set(cost_today)


def forget_standing() -> None:
    """Tell that the database did not answer: old figures would be taken for present ones."""
    DATABASE_UP.set(0)
    CALLS_OPEN.set(math.nan)
    WAITING.clear()
    COST_TODAY.set(math.nan)


# --- What is logged ------------------------------------------------------------------------------

Facts = Mapping[str, Any]


def _call_made(facts: Facts) -> None:
    CALLS_MADE.inc()
    PROVIDER_SECONDS.observe(facts["ms"] / 1000)


# By logger and event. tests/test_metrics.py finds each of them in the source.
EVENTS: dict[tuple[str, str], Callable[[Facts], None]] = {
    ("tutor.services.attempts", "attempt started"): lambda facts: ATTEMPTS.labels("started").inc(),
    ("tutor.services.stages", "attempt ended"): lambda facts: ATTEMPTS.labels("ended").inc(),
    ("tutor.services.stages", "stage moved"): lambda facts: STAGE_CHANGES.labels(
        _outcome(facts.get("outcome") or facts.get("by") or "none")
    ).inc(),
    ("tutor.services.connections", "call made"): _call_made,
    ("tutor.services.connections", "provider error"): lambda facts: CALLS_FAILED.labels(_code(facts["error"])).inc(),
    ("tutor.services.tending", "call ended"): lambda facts: CALLS_ENDED.labels(_code(facts["why"])).inc(),
    ("tutor.services.hang_ups", "call hung up"): lambda facts: HANG_UPS.labels("told").inc(),
    ("tutor.services.hang_ups", "hang-up failed"): lambda facts: HANG_UPS.labels("failed").inc(),
    ("tutor.services.journal", "browser fault"): lambda facts: FAULTS.inc(),
}


class EventHandler(logging.Handler):
    """Counts what log records say has happened, and how much trouble there is. It never fails who logs."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if record.levelno >= logging.WARNING:
                level = "error" if record.levelno >= logging.ERROR else "warning"
                TROUBLE.labels(_logger(record.name), level).inc()
            count = EVENTS.get((record.name, event_of(record)))
            if count is not None:
                count(facts_of(record))
        except Exception:  # a record whose facts are not what they were: logging must go on
            self.handleError(record)
