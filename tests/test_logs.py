"""Log lines: one for each record, and no secret in them."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterator
from datetime import datetime

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from tutor import logs
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


# --- About what a line is ------------------------------------------------------------------------


@pytest.fixture
def occasion() -> Iterator[logs.Occasion]:
    """A request about an attempt is being served."""
    given = logs.Occasion("0123456789abcdef", lambda: "11111111-2222-3333-4444-555555555555")
    logs.begin(given)
    yield given
    logs.begin(None)


def test_line_ends_with_the_request_and_the_attempt_it_is_about(occasion) -> None:
    assert FORMATTER.format(record("no live news error=%s", "TimeoutError")) == (
        "INFO tutor no live news error=TimeoutError"
        " request=0123456789abcdef attempt=11111111-2222-3333-4444-555555555555"
    )


def test_line_says_the_attempt_once(occasion) -> None:
    line = FORMATTER.format(record("call made attempt=%s", occasion.attempt()))

    assert line.count("attempt=") == 1
    assert line.endswith(" request=0123456789abcdef")


async def test_occasion_is_known_in_other_threads_and_not_in_other_tasks(occasion) -> None:
    async def other() -> str:
        logs.begin(logs.Occasion("other-request"))
        return await sync_to_async(logs.request_id)()

    assert await asyncio.gather(other(), other()) == ["other-request"] * 2
    assert await sync_to_async(logs.request_id)() == occasion.id
    assert await sync_to_async(logs.request_id, thread_sensitive=False)() == occasion.id


@pytest.mark.parametrize(
    "given",
    ["", "short", "x" * 65, "a b c d e f g h", "abcdefgh\r\nERROR forged", "abcdefgh\n", "äbcdefgh", "a" * 8 + '"}'],
)
def test_request_id_that_is_not_fit_for_a_log_is_replaced(given: str) -> None:
    made = logs.new_request_id(given)

    assert (len(made), made == given) == (16, False)
    assert set(made) <= set("0123456789abcdef")


def test_request_id_of_a_proxy_is_kept() -> None:
    assert logs.new_request_id("3f2a-77.B_x") == "3f2a-77.B_x"


# --- JSON ----------------------------------------------------------------------------------------

JSON = logs.JsonFormatter()


def test_json_has_the_facts_of_a_message(occasion) -> None:
    told = json.loads(JSON.format(record("call made attempt=%s model=%s ms=%d", "the-attempt", "mini", 12)))

    time = told.pop("time")
    assert datetime.fromisoformat(time).tzinfo is not None
    assert told == {
        "level": "INFO",
        "logger": "tutor",
        "event": "call made",
        "message": "call made attempt=the-attempt model=mini ms=12",
        "process": os.getpid(),
        "request": "0123456789abcdef",
        "attempt": "the-attempt",
        "facts": {"attempt": "the-attempt", "model": "mini", "ms": 12},
    }


def test_json_without_a_request_names_none() -> None:
    told = json.loads(JSON.format(record("tended %s", "silent=1")))

    assert {"request", "attempt", "facts"} & set(told) == set()


@given(any_text, any_text)
def test_any_json_record_is_one_line_of_ascii_that_can_be_read(text: str, fact: str) -> None:
    line = JSON.format(record("it failed %s fact=%s", text, fact + KEY, error=raised(text + KEY)))

    assert (len(line.splitlines()), line.isascii(), KEY in line) == (1, True, False)
    assert set(json.loads(line)) == {
        *("time", "level", "logger", "event", "message", "process", "facts", "exception"),
    }


@given(any_text)
def test_words_in_a_message_are_no_facts(text: str) -> None:
    told = json.loads(JSON.format(record("said %s", f"attempt=forged {text}")))

    assert "attempt" not in told
    assert "facts" not in told


def test_json_hides_what_a_database_quotes_and_knows_no_nan() -> None:
    told = json.loads(JSON.format(record("failed error=%s share=%s", "x\nDETAIL: I like tea", float("nan"))))

    assert told["facts"] == {"error": "x\nDETAIL: [hidden]", "share": "nan"}


@pytest.mark.parametrize(
    ("name", "level", "shown"),
    [
        ("tutor.services.stages", logging.INFO, False),
        ("tutor.services.stages", logging.WARNING, True),
        ("tutorial", logging.INFO, True),
        ("django", logging.INFO, True),
    ],
)
def test_records_of_ours_below_the_level_are_counted_and_not_shown(name: str, level: int, shown: bool) -> None:
    assert logs.AtLeast("WARNING").filter(logging.LogRecord(name, level, "", 1, "x", None, None)) is shown
