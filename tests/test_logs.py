"""Log lines: one for each record, and no secret in them."""

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.logs import LineFormatter, hide_secrets

KEY = "viva-TESTSENTINEL-0123456789"
FORMATTER = LineFormatter("%(levelname)s %(name)s %(message)s")
# Any code point at all, lone surrogates and controls included.
any_text = st.text(st.characters(exclude_categories=()))


@pytest.fixture(autouse=True)
def _key(settings):
    settings.OPENAI_API_KEY = KEY


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("tutor", logging.INFO, __file__, 1, message, arguments, trace)


def raised(message: str) -> BaseException:
    """An exception with a traceback."""
    try:
        raise ValueError(message)
    except ValueError as error:
        return error


@given(any_text)
def test_any_message_is_one_line(text: str) -> None:
    line = FORMATTER.format(record("%s", text))

    assert len(line.splitlines()) == 1
    assert line.startswith("INFO tutor ")
    line.encode()


@given(any_text, any_text)
def test_key_never_appears_in_a_message(before: str, after: str) -> None:
    assert KEY not in FORMATTER.format(record("%s", before + KEY + after))


@given(any_text)
def test_traceback_lines_are_indented_and_cannot_look_like_a_record(text: str) -> None:
    first, *others = FORMATTER.format(record("it failed", error=raised(text + KEY))).splitlines()

    assert first == "INFO tutor it failed"
    assert others[0] == "    Traceback (most recent call last):"
    assert [line for line in others if not line.startswith("    ")] == []
    assert [line for line in others if KEY in line] == []


def test_line_breaks_and_colours_are_written_as_escapes() -> None:
    line = FORMATTER.format(record("got %s", "a\r\nERROR tutor forged\x1b[31m\u2028\u202e\udc80\t\x00"))

    assert line == "INFO tutor got a\\r\\nERROR tutor forged\\x1b[31m\\u2028\\u202e\\udc80\\t\\x00"


def test_letters_of_any_language_stay_readable() -> None:
    assert FORMATTER.format(record("Grüße, 你好 🎙")) == "INFO tutor Grüße, 你好 🎙"


def test_traceback_that_another_formatter_left_is_not_used() -> None:
    spoiled = record("it failed", error=raised("a"))
    spoiled.exc_text = "INFO tutor forged"

    assert "\nINFO tutor forged" not in FORMATTER.format(spoiled)


def test_stack_is_indented() -> None:
    told = record("here")
    told.stack_info = "Stack (most recent call last):\n  File x"

    assert FORMATTER.format(told) == "INFO tutor here\n    Stack (most recent call last):\n      File x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY}!", "key [hidden]!"),
        ("sk-proj-abcdefghijkl is refused", "[hidden] is refused"),
        ("ek_68af296e8e408191a1120ab6383263c2", "[hidden]"),
        ("{'Authorization': 'Bearer abc.def'}", "{'Authorization': '[hidden]'}"),
        ("bearer\tabc", "[hidden]"),
        ("ask-me-anything and task-12345678 stay", "ask-me-anything and task-12345678 stay"),
        ("call rtc_u1_9c6574da8b8a41a18da9308f4ad974ce", "call rtc_u1_9c6574da8b8a41a18da9308f4ad974ce"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert hide_secrets(text) == shown


def test_a_very_short_key_does_not_hide_half_of_the_line(settings) -> None:
    settings.OPENAI_API_KEY = "e"

    assert hide_secrets("a lesson ended") == "a lesson ended"


def test_module_loads_no_settings() -> None:
    import subprocess

    program = "import tutor.logs; from django.conf import settings; print(settings.configured)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


@pytest.mark.parametrize(("status", "lines"), [(403, 1), (499, 1), (500, 2), (200, 2)])
def test_a_refused_request_is_reported_without_a_traceback(status: int, lines: int) -> None:
    refused = record("Forbidden", error=raised("no"))
    refused.status_code = status

    assert min(len(FORMATTER.format(refused).split("\n")), 2) == lines


def test_rows_that_postgresql_quotes_are_hidden() -> None:
    message = (
        'null value in column "x" violates not-null constraint\n'
        "DETAIL:  Failing row contains (1, I like tea\nand cake, null).\n"
    )
    error = raised(message)

    shown = FORMATTER.format(record("failed: %s", message)) + FORMATTER.format(record("failed", error=error))

    assert "tea" not in shown
    assert "cake" not in shown
    assert shown.count("DETAIL: [hidden]") == 2
    assert shown.count("null value in column") == 2
