"""What a provider says when it refuses."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import any_json, any_text, patient
from tutor.realtime.errors import ErrorDetail, error_detail, read_error

REFUSED = {
    "type": "invalid_request_error",
    "code": "unknown_parameter",
    "message": "Unknown parameter: 'session.voice'.",
    "param": "session.voice",
    "event_id": "call_1-1",
}
NOTHING = ErrorDetail()


def test_detail_of_a_refused_request_is_read():
    assert read_error(json.dumps({"error": REFUSED})) == ErrorDetail(**REFUSED)
    assert read_error(json.dumps({"error": REFUSED}).encode()) == ErrorDetail(**REFUSED)


def test_null_is_an_empty_text():
    assert error_detail({"message": "No.", "param": None, "code": None}) == ErrorDetail(message="No.")


def test_long_message_is_cut():
    assert error_detail({"message": "x" * 5_000}).message == "x" * 2_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b"\xff\xfe\x00",
        "[" * 100_000,
        "9" * 5_000,
        "null",
        '{"error": "no"}',
        "[]",
    ],
)
def test_body_that_says_nothing_is_an_empty_detail(body):
    assert read_error(body) == NOTHING


@patient
@given(st.binary(max_size=60) | any_text)
def test_any_body_is_read(body):
    assert isinstance(read_error(body), ErrorDetail)


@patient
@given(any_json)
def test_any_value_is_read(data):
    assert isinstance(error_detail(data), ErrorDetail)
    assert isinstance(error_detail({"code": data, "message": data}), ErrorDetail)
