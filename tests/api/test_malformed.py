"""The catalogue of malformed requests: each to every endpoint it fits, with its one answer.

What one endpoint alone may get wrong is in that endpoint's own file. Nothing is written, the next request is served.
"""

import json
from dataclasses import dataclass

import pytest
from django.test import Client

from tests.api.helpers import CALL, CALL_TOOL, CONNECT, CORRECT, ENDPOINTS, OFFER, POSTS, REPORT, START, STATE, post
from tests.lessons import publish
from tests.rows import row_counts
from tutor.models import Utterance
from tutor.services import attempts

JSON = "application/json"
# Of these the body is looked into; the others take any object.
READ = (CONNECT, CALL_TOOL, CORRECT)


@dataclass(frozen=True)
class Malformed:
    """A body that is wrong wherever it goes: its line in the catalogue, its bytes, the code and status it gets."""

    name: str
    body: bytes
    code: str = "bad_json"
    kind: str = JSON
    status: int = 400

    def __str__(self) -> str:
        return self.name


def deep(opening: bytes, closing: bytes, levels: int) -> bytes:
    return b'{"a":' + opening * levels + b"1" + closing * levels + b"}"


EVERYWHERE = [
    Malformed("B01 empty", b""),
    Malformed("B01 spaces", b" \r\n\t"),
    Malformed("B02 truncated", b"{"),
    Malformed("B02 half a text", b'{"sdp": "v=0'),
    Malformed("B02 half an escape", b'{"sdp": "\\u00"}'),
    Malformed("B02 trailing", b"{} {}"),
    Malformed("B02 comma", b'{"a": 1,}'),
    Malformed("B02 comment", b'{"a": 1} // one'),
    Malformed("B02 single quotes", b"{'a': 1}"),
    Malformed("B02 bare name", b"{a: 1}"),
    Malformed("B02 name that is none", b"{1: 1}"),
    Malformed("B02 leading zero", b'{"visit": 01}'),
    Malformed("B02 plus", b'{"visit": +1}'),
    Malformed("B02 hexadecimal", b'{"visit": 0x1}'),
    Malformed("B02 raw line break", b'{"sdp": "a\nb"}'),
    Malformed("B03 list", b"[]", "not_an_object"),
    Malformed("B04 null", b"null", "not_an_object"),
    Malformed("B04 number", b"1", "not_an_object"),
    Malformed("B04 text", b'"x"', "not_an_object"),
    Malformed("B04 true", b"true", "not_an_object"),
    Malformed("B08 name twice", b'{"sdp": "v=0", "sdp": "v=0"}'),
    Malformed("B08 name twice, written otherwise", b'{"sdp": 1, "\\u0073dp": 1}'),
    Malformed("B08 name twice, deep", b'{"a": [{"b": {"c": 1, "c": 1}}]}'),
    Malformed("B15 NaN", b'{"visit": NaN}'),
    Malformed("B15 Infinity", b'{"visit": Infinity}'),
    Malformed("B15 -Infinity", b'{"visit": -Infinity}'),
    Malformed("B15 5000 digits", b'{"visit": ' + b"9" * 5000 + b"}"),
    Malformed("B21 raw NUL", b'{"sdp": "\x00"}'),
    Malformed("B21 NUL behind", b"{}\x00"),
    Malformed("B31 UTF-16", "{}".encode("utf-16")),
    Malformed("B31 UTF-16 without a mark", "{}".encode("utf-16-be")),
    Malformed("B31 UTF-32", "{}".encode("utf-32")),
    Malformed("B32 BOM", b"\xef\xbb\xbf{}"),
    Malformed("B34 no UTF-8", b'{"sdp": "\xff"}'),
    Malformed("B34 overlong", b'{"sdp": "\xc0\xaf"}'),
    Malformed("B34 half a character in UTF-8", b'{"sdp": "\xed\xa0\x80"}'),
    Malformed("B34 beyond Unicode", b'{"sdp": "\xf4\x90\x80\x80"}'),
    Malformed("B34 latin-1", '{"sdp": "é"}'.encode("latin-1")),
    Malformed("deep objects", deep(b'{"a":', b"}", 10_000)),
    Malformed("deep lists", deep(b"[", b"]", 30_000)),
    Malformed("deep and unfinished", b"[" * 60_000),
    Malformed("B59 no type", b"{}", "not_json", "", 415),
    Malformed("B59 text", b"{}", "not_json", "text/plain", 415),
    Malformed("B59 form", b"a=1", "not_json", "application/x-www-form-urlencoded", 415),
    Malformed("B59 upload", b"--x--", "not_json", "multipart/form-data; boundary=x", 415),
    Malformed("B60 UTF-16 by name", "{}".encode("utf-16"), "not_utf8", "application/json; charset=utf-16", 415),
    Malformed("B60 unknown charset", b"{}", "not_utf8", "application/json; charset=klingon", 415),
    Malformed("B60 no charset at all", b"{}", "not_utf8", "application/json; charset=", 415),
    Malformed("B61 other JSON", b"{}", "not_json", "application/problem+json", 415),
    Malformed("B61 JSON with more in its name", b"{}", "not_json", "application/json, text/plain", 415),
]


@pytest.mark.parametrize("endpoint", POSTS, ids=str)
def test_malformed_request_is_refused_and_leaves_nothing(attempt, learner_client, endpoint):
    before = row_counts()

    for malformed in EVERYWHERE:
        # The test client leaves out the type of an empty body unless told.
        response = learner_client.generic("POST", endpoint.path(attempt), malformed.body, CONTENT_TYPE=malformed.kind)
        answer = (malformed.name, response.status_code, response["Content-Type"], response.json()["error"])
        assert answer == (malformed.name, malformed.status, JSON, malformed.code)

    assert row_counts() == before
    assert learner_client.get(STATE.path(attempt)).status_code == 200


# What JSON can say and no database can keep, in a place where nobody would look for it.
UNSTORABLE = {
    "B14 2^63": "9223372036854775808",
    "B14 2^64": "18446744073709551616",
    "B14 below -2^63": "-9223372036854775809",
    "B15 1e400": "1e400",
    "B15 -1e400": "-1e400",
    "B15 1e19": "1e19",
    "B21 NUL": '"a\\u0000b"',
    "B21 NUL in a name": '{"a\\u0000": 1}',
    "half a character": '"\\ud83d"',
    "half a character in a name": '{"\\udfff": 1}',
    "halves the wrong way round": '"\\ude00\\ud83d"',
    "deep": "[" * 200 + "]" * 200,
}


@pytest.mark.parametrize("endpoint", READ, ids=str)
def test_what_cannot_be_stored_is_refused_wherever_it_stands(attempt, learner_client, endpoint):
    before = row_counts()

    for name, value in UNSTORABLE.items():
        body = json.dumps(endpoint.body)[:-1] + f', "more": {{"and": [{value}]}}}}'
        response = learner_client.generic("POST", endpoint.path(attempt), body, JSON)
        assert (name, response.status_code, response.json()["error"]) == (name, 400, "not_storable")

    assert row_counts() == before


@pytest.mark.parametrize("value", UNSTORABLE.values(), ids=UNSTORABLE)
def test_entry_that_cannot_be_stored_is_put_aside_alone(attempt, learner_client, value):
    entry = '{"id": "i%d", "kind": "utterance", "speaker": "learner", "status": "complete", "text": "Tea."%s}'
    body = f'{{"entries": [{entry % (1, "")}, {entry % (2, f", {chr(34)}more{chr(34)}: {value}")}]}}'

    response = learner_client.generic("POST", REPORT.path(attempt), body, JSON)

    assert response.status_code == 200
    assert response.json()["stored"] == ["i1"]
    assert response.json()["rejected"] == [{"id": "i2", "code": "not_storable"}]
    assert [row.item_id for row in attempt.set_aside.all()] == ["i2"]


NO_NUMBERS = ["-1", "1.0", "1.5", "true", '"1"', "[]", "{}", "100001", "2147483648", "1e2"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("received", "received_invalid"),
        ("desk", "desk_invalid"),
        ("connection", "connection_invalid"),
        ("waited", "waited_invalid"),
    ],
)
def test_report_with_a_malformed_field_beside_its_entries_is_refused(attempt, learner_client, name, code):
    before = row_counts()

    for value in [*UNSTORABLE.values(), "-1", "true", "[]", "{}", '""' if name == "connection" else "0.0"]:
        body = f'{{"entries": [], "{name}": {value}}}'
        response = learner_client.generic("POST", REPORT.path(attempt), body, JSON)
        assert (value, response.status_code, response.json()["error"]) == (value, 400, code)

    assert row_counts() == before


def test_report_with_a_number_that_is_none_is_refused(attempt, learner_client):
    for desk in NO_NUMBERS:
        response = learner_client.generic("POST", REPORT.path(attempt), f'{{"entries": [], "desk": {desk}}}', JSON)
        assert (desk, response.status_code, response.json()["error"]) == (desk, 400, "desk_invalid")


# --- What is odd, and no fault ---------------------------------------------------------------------------------------

ODD = {
    "B18 empty": "",
    "B18 spaces": " \t ",
    "B23 emoji": "👩‍👩‍👧‍👦🏳️‍🌈𝔘",
    "B23 marks upon marks": "e" + "\u0301" * 500,
    "B24 turned around": "\u202eabc\u2066def",
    "B25 script": '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}${7*7}',
    "B26 SQL": "'; DROP TABLE tutor_attempt; -- % _ \\",
    "B27 line breaks": "one\r\ntwo\n2026-01-01 00:00:00 ERROR tutor made up",
    "B28 formula": '=HYPERLINK("http://example.org")',
    "B29 address": "javascript:alert(1) data:text/html,x",
    "B34 no character": "\ufffe\uffff\U0010ffff",
    "B34 replaced": "\ufffd",
    "B34 control characters": "\x01\x1b[31m\x7f\x85\u2028",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.parametrize("ascii_only", [True, False], ids=["escaped", "plain"])
def test_odd_text_comes_back_as_it_went_in(attempt, learner_client, text, ascii_only):
    entry = {"id": "i1", "kind": "utterance", "speaker": "learner", "status": "complete", "text": text}
    body = json.dumps({"entries": [entry]}, ensure_ascii=ascii_only)

    response = learner_client.generic("POST", REPORT.path(attempt), body, JSON)

    assert (response.status_code, response.json()["stored"]) == (200, ["i1"])
    assert learner_client.get(STATE.path(attempt)).json()["transcript"][0]["text"] == text
    assert Utterance.objects.get().text == text


def test_id_of_another_attempt_is_a_row_of_its_own(attempt, other_learner, learner_client):
    other, _ = attempts.start_attempt(attempt.lesson, learner=other_learner)
    client = Client()
    client.force_login(other_learner)
    entry = {"id": "i1", "kind": "utterance", "speaker": "learner", "status": "complete", "text": "Mine."}

    first = post(client, REPORT.path(other), {"entries": [entry]})
    second = post(learner_client, REPORT.path(attempt), {"entries": [entry | {"text": "Other."}]})

    assert (first.json()["stored"], second.json()["stored"]) == (["i1"], ["i1"])
    assert (other.utterances.get().text, attempt.utterances.get().text) == ("Mine.", "Other.")


# --- Where and from whom ---------------------------------------------------------------------------------------------


MANGLED = {
    "B66 two slashes": lambda path: path.replace("/api/", "/api//"),
    "B66 NUL": lambda path: path + "%00",
    "B66 no UTF-8": lambda path: path + "%ff/",
    "B66 dots": lambda path: path + "%2e%2e/",
    "B66 up and down": lambda path: path.replace("/api/", "/api/../api/"),
    "more": lambda path: path + "x/",
    "parameters": lambda path: path + ";a=1/",
    "capitals": lambda path: path.upper(),
}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_address_that_is_none_is_not_found(attempt, learner_client, endpoint):
    before = row_counts()

    for name, mangle in MANGLED.items():
        path = mangle(endpoint.path(attempt))
        response = learner_client.generic(endpoint.method, path, json.dumps(endpoint.body), JSON)
        assert (name, response.status_code) == (name, 404)

    assert row_counts() == before


HOSTS = ["evil.example", "localhost.evil.example", "localhost:80:80", "", "local host", "[::1"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_host_that_is_not_ours_is_refused(attempt, learner_client, endpoint):
    before = row_counts()

    for host in HOSTS:
        body = json.dumps(endpoint.body)
        response = learner_client.generic(endpoint.method, endpoint.path(attempt), body, JSON, HTTP_HOST=host)
        assert (host, response.status_code, response.json()["error"]) == (host, 400, "bad_request")

    assert row_counts() == before


@pytest.mark.parametrize("endpoint", POSTS, ids=str)
def test_csrf_token_of_another_person_is_refused(attempt, learner, other_learner, endpoint):
    mine, theirs = Client(enforce_csrf_checks=True), Client()
    mine.force_login(learner)
    theirs.force_login(other_learner)
    for client in (mine, theirs):
        assert client.get("/").status_code == 200
    before = row_counts()

    def ask(token: str) -> int:
        return mine.generic(
            "POST", endpoint.path(attempt), json.dumps(endpoint.body), JSON, HTTP_X_CSRFTOKEN=token
        ).status_code

    assert ask(theirs.cookies["csrftoken"].value) == 403
    assert row_counts() == before
    if endpoint is START:
        assert ask(mine.cookies["csrftoken"].value) == 200


def test_good_requests_after_all_that(learner, learner_client, said):
    attempt, _ = attempts.start_attempt(publish(slug="after"), learner=learner)
    said(attempt, "Tea.")

    for endpoint in (START, STATE, CALL_TOOL, REPORT, CORRECT):
        response = learner_client.generic(
            endpoint.method, endpoint.path(attempt), json.dumps({**CALL, **endpoint.body, "sdp": OFFER}), JSON
        )
        assert (endpoint.name, response.status_code) == (endpoint.name, 200)
