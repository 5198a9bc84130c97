"""Log lines that nobody can forge, and that neither a secret nor what somebody said gets into.

Each line says during which request it was written, and about which attempt: whoever serves something sets the
occasion, and it stays set in all that is done for that, in other threads too (`asgiref` takes it along).
"""

import json
import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

# Characters that end a line, move the cursor, turn the writing direction or cannot be encoded: C0 and C1 controls, the
# line and paragraph separators, the marks of bidirectional text, lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SECRET = re.compile(r"\b[Bb]earer\s+[^\s\"',]+|\b[es]k[-_][A-Za-z0-9_-]{8,}")
# What PostgreSQL adds to an error, with the values of the row, and to one about what it was given, with that.
_ROW = re.compile(r"\b(DETAIL|CONTEXT):.*?(?=\n\n|\n[A-Z]+:|\Z)", re.DOTALL)
_HIDDEN = "[hidden]"
# A key shorter than this is a mistake (tutor.E009 is about its form), and hiding it would hide half of every line.
_SHORTEST_KEY = 6


# What a proxy may call a request: long enough to be unique, and nothing that means anything anywhere.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def no_attempt() -> str:
    """Say that it is about no attempt."""
    return ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is being served: the id it has in the log, and how to learn the code of the attempt it is about.

    The attempt is asked for when something is logged: which it is shows only while the request is being served.
    """

    id: str
    attempt: Callable[[], str] = no_attempt


_occasion: ContextVar[Occasion | None] = ContextVar("occasion", default=None)


def begin(occasion: Occasion | None) -> None:
    """From here on, log lines are about this."""
    _occasion.set(occasion)


def request_id() -> str:
    """Return the id of what is being served, empty outside of any request."""
    occasion = _occasion.get()
    return occasion.id if occasion else ""


def attempt_code() -> str:
    """Return the code of the attempt that what is being served is about, empty if none or not known."""
    occasion = _occasion.get()
    return occasion.attempt() if occasion else ""


def new_request_id(given: str = "") -> str:
    """Return an id for a request: what a trusted proxy has `given` it if that is fit to be logged, else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


class AtLeast(logging.Filter):
    """Keeps what other handlers still have to count, and nobody wants to read: records of ours below a level."""

    def __init__(self, level: str) -> None:
        super().__init__()
        self._least = logging.getLevelNamesMapping()[level]

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self._least or not (record.name + ".").startswith("tutor.")


class LineFormatter(logging.Formatter):
    """One line for each record; a traceback follows it on lines of its own, each indented.

    Control characters are written as escapes, so that text from outside cannot look like a record. The provider's API
    key, whatever looks like a key or a bearer token, and the rows that PostgreSQL quotes in its errors are hidden.
    """

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        lines = [_safe(self.formatMessage(record)) + _about(record.message)]
        # Not record.exc_text: another formatter may have left its own, unsafe one there.
        if record.exc_info and not _is_refusal(record):
            lines += _indented(self.formatException(record.exc_info))
        if record.stack_info:
            lines += _indented(self.formatStack(record.stack_info))
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """One JSON object in one line of ASCII for each record, with the same things hidden as in `LineFormatter`.

    `facts` are what the message names as `name=…`; they are taken from the arguments of the record.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": hide_secrets(event_of(record)),
            "message": hide_secrets(record.getMessage()),
            "process": record.process,
        }
        facts = {name: _plain(value) for name, value in facts_of(record).items()}
        attempt = str(facts.get("attempt") or attempt_code())
        found = {"request": request_id(), "attempt": hide_secrets(attempt), "facts": facts}
        told |= {name: value for name, value in found.items() if value}
        if record.exc_info and not _is_refusal(record):
            told["exception"] = hide_secrets(self.formatException(record.exc_info))
        if record.stack_info:
            told["stack"] = hide_secrets(self.formatStack(record.stack_info))
        # ASCII: neither a control character nor one that turns the writing direction is left in it.
        return json.dumps(told, allow_nan=False)


def _plain(value: object) -> object:
    # Not `float`: JSON knows no NaN.
    return value if isinstance(value, bool | int) or value is None else hide_secrets(str(value))


_FACT = re.compile(r"(\w+)=%[a-z]|%[-+0-9.]*[a-z]")


def facts_of(record: logging.LogRecord) -> dict[str, object]:
    """Return the facts of a record by name: of `call made attempt=%s ms=%d` those of `attempt` and `ms`.

    They are taken from its arguments, not from its text, in which anybody's words could look like facts.
    """
    if not isinstance(record.args, tuple) or not isinstance(record.msg, str):
        return {}
    names = [found[1] for found in _FACT.finditer(record.msg.replace("%%", ""))]
    if len(names) != len(record.args):
        return {}
    return {name: value for name, value in zip(names, record.args, strict=True) if name}


def event_of(record: logging.LogRecord) -> str:
    """Return what a record says has happened: its text up to the first fact."""
    text = record.msg if isinstance(record.msg, str) else str(record.msg)
    found = _FACT.search(text)
    return (text[: found.start()] if found else text).strip(" :")


def _about(message: str) -> str:
    """What a line says at its end of its occasion. The attempt is left out where the message names it."""
    request, attempt = request_id(), attempt_code()
    text = f" request={request}" if request else ""
    return text + (f" attempt={attempt}" if attempt and f"attempt={attempt}" not in message else "")


def _is_refusal(record: logging.LogRecord) -> bool:
    """Whether Django reports a request it answered with 4xx: where in the code it was refused helps nobody."""
    return 400 <= getattr(record, "status_code", 0) < 500


def _indented(text: str) -> list[str]:
    return ["    " + _safe(line) for line in hide_secrets(text).split("\n")]


def _safe(text: str) -> str:
    return _UNSAFE.sub(_escape, hide_secrets(text))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def hide_secrets(text: str) -> str:
    """Return `text` without the API key, anything that looks like a key, and what a database quotes of its rows."""
    key = settings.OPENAI_API_KEY if settings.configured else ""
    if len(key) >= _SHORTEST_KEY:
        text = text.replace(key, _HIDDEN)
    return _ROW.sub(rf"\1: {_HIDDEN}", _SECRET.sub(_HIDDEN, text))
