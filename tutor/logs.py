"""Log lines that nobody can forge, and that neither a secret nor what somebody said gets into."""

import logging
import re

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


class LineFormatter(logging.Formatter):
    """One line for each record; a traceback follows it on lines of its own, each indented.

    Control characters are written as escapes, so that text from outside cannot look like a record. The provider's API
    key, whatever looks like a key or a bearer token, and the rows that PostgreSQL quotes in its errors are hidden.
    """

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        lines = [_safe(self.formatMessage(record))]
        # Not record.exc_text: another formatter may have left its own, unsafe one there.
        if record.exc_info and not _is_refusal(record):
            lines += _indented(self.formatException(record.exc_info))
        if record.stack_info:
            lines += _indented(self.formatStack(record.stack_info))
        return "\n".join(lines)


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
