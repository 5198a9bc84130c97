"""Conversations as text, Markdown, captions, tables and statements: whatever was said stands in them as it was said."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from tutor.services import export_formats as formats
from tutor.services.export_formats import Conversation, Labels, Ruled, Said, Stay

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LABELS = Labels(
    learner="Learner", tutor="Tutor", heard="(heard: “%s”)", picture="(a picture)", nothing="(nothing)",
    deleted="Deleted.", zone=UTC, way_out="Way out: %s", ruling="%(who)s: %(outcome)s. %(reason)s",

)  # fmt: skip
HOME = "https://viva.example.org/"


def said(number: int, text: str, *, speaker: str = "learner", after: float = 0, **facts) -> Said:
    at = NOON + timedelta(seconds=after or number * 5)
    return Said(id=f"i{number}", speaker=speaker, status="complete", at=at, text=text, **facts)


def one(*sentences: Said, **facts) -> Conversation:
    stay = Stay(
        number=1,
        stage="warm-up",
        title="Warm-up",
        entered_at=NOON,
        completed_at=NOON + timedelta(minutes=2),
        outcome="understood",
        end="way_out",
        ending="",
        summary="",
        reasoning="It fits.",
        evidence=(),
        flag="",
        refusals=0,
        said=sentences,
    )
    found = Conversation(
        code=UUID(int=7),
        lesson="cafe",
        title="Ordering in a café",
        language="en",
        version=3,
        learner="lea",
        name="",
        started_at=NOON,
        ended_at=NOON + timedelta(minutes=3),
        outcome="completed",
        is_rehearsal=False,
        is_trial=False,
        words_deleted_at=None,
        figures={"seconds": 170},
        stays=(stay,),
    )
    return replace(found, **facts)


# Of no line of ours, and no end of one: those are put in order.
any_text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)
NASTY = [
    "<script>alert(1)</script>",
    "a \u202eb",
    "nul \0 nul",
    "🎈👩‍👩‍👧",
    "x" * 100_000,
    "-->",
    "\n\n00:00 --> 01:00\nx",
]


def test_text_has_a_line_for_each_sentence_and_indents_what_goes_on():
    shown = formats.as_text(
        one(said(1, "Hello!", speaker="tutor"), said(2, "Tea.\n[12:00:00] Tutor: forged", corrected="")), LABELS
    )

    assert shown == (
        "Ordering in a café\nlea, 2026-03-04 12:00 UTC\n\n1. Warm-up\n[12:00:05] Tutor: Hello!\n"
        "[12:00:10] Learner: Tea.\n    [12:00:00] Tutor: forged\n— Way out: Understood\n"
    )


def test_text_has_what_counts_and_what_was_heard():
    shown = formats.as_text(one(said(1, "Sea.", corrected="Tea."), said(2, ""), said(3, "", has_picture=True)), LABELS)

    assert shown.splitlines()[4:] == [
        "[12:00:05] Learner: Tea.",
        "    (heard: “Sea.”)",
        "[12:00:10] Learner: (nothing)",
        "[12:00:15] Learner: (a picture)",
        "— Way out: Understood",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*a* _b_ `c` [d](e) <b>&amp; |", r"\*a\* \_b\_ \`c\` \[d\](e) \<b\>\&amp; \|"),
        ("# no title", r"\# no title"),
        ("one\n\n- two\n1. three\n===", "one\\\n\\- two\\\n1\\. three\\\n\\==="),
        ("tea - or coffee", "tea - or coffee"),
    ],
)
def test_markdown_takes_nothing_said_for_its_own_signs(text, expected):
    assert formats.as_markdown(one(said(1, text)), LABELS).endswith(
        f"## 1. Warm-up\n\n**Learner:** {expected}\n\n— Way out: Understood\n"
    )


CUE = re.compile(r"(\d\d+):(\d\d):(\d\d)\.(\d{3}) --> (\d\d+):(\d\d):(\d\d)\.(\d{3})")


def seconds(parts) -> float:
    hours, minutes, whole, thousandths = map(int, parts)
    return hours * 3600 + minutes * 60 + whole + thousandths / 1000


@pytest.mark.parametrize("text", NASTY)
def test_captions_are_valid_whatever_was_said(text):
    late = said(2, "late", after=1)
    blocks = formats.as_vtt(one(said(1, text), late, said(3, "On the next day.", after=90_000)), LABELS).split("\n\n")

    assert blocks[0] == "WEBVTT"
    assert len(blocks) == 4
    times = []
    for number, block in enumerate(blocks[1:], 1):
        identifier, timing, payload = block.rstrip("\n").split("\n")
        match = CUE.fullmatch(timing)
        assert (identifier, match is not None) == (str(number), True)
        assert payload.startswith("<v Learner>")
        assert "-->" not in payload
        assert "<" not in payload.removeprefix("<v Learner>")
        times.append((seconds(match.groups()[:4]), seconds(match.groups()[4:])))
    assert all(begin < end for begin, end in times)
    assert all(end <= following for (_begin, end), (following, _end) in pairwise(times))


def test_captions_stand_as_long_as_they_take_to_read_though_the_next_was_stored_at_once():
    conversation = one(
        said(1, "What would you like?", speaker="tutor", after=1),
        said(2, "A cup of tea, please.", after=20),
        said(3, "With milk?", speaker="tutor", after=20.01),
        said(4, "word " * 100, after=60),
        said(5, "I see.", speaker="tutor", after=61),
    )

    times = [
        (seconds(match.groups()[:4]), seconds(match.groups()[4:]))
        for match in CUE.finditer(formats.as_vtt(conversation, LABELS))
    ]

    assert times == [(0, 2.6), (19, 22), (22, 23.8), (59, 69), (69, 70.8)]


def test_captions_of_nothing_are_a_file_all_the_same():
    assert formats.as_vtt(one(), LABELS) == "WEBVTT\n"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_table_makes_formulas_harmless(text):
    assert next(csv.reader(io.StringIO(formats.csv_text([[text]]), newline=""))) == [f"'{text}"]


@pytest.mark.parametrize("text", [*NASTY[:-2], "a=b", "1-1", '"quoted", and', "'=1", " =1"])
def test_table_leaves_everything_else_as_it_is(text):
    assert next(csv.reader(io.StringIO(formats.csv_text([[text, True, None]]), newline=""))) == [text, "yes", ""]


@given(any_text)
def test_table_gives_any_text_back(text):
    [cell] = next(csv.reader(io.StringIO(formats.csv_text([[text]]), newline="")))

    assert cell in (text, f"'{text}")


@given(any_text)
def test_json_gives_any_text_back_in_one_line(text):
    line = formats.json_line(formats.as_data(one(said(1, text)), for_staff=True))

    assert line.count("\n") == 1
    assert json.loads(line)["stays"][0]["said"][0]["text"] == text


def test_json_tells_a_learner_nothing_of_the_tutors_thoughts():
    data = {staff: formats.as_data(one(), for_staff=staff)["stays"][0] for staff in (True, False)}

    assert data[True].keys() - data[False].keys() == {"reasoning", "flag", "refusals", "rulings"}


def ruled_on(*sentences: Said) -> Conversation:
    """A conversation whose only stay was ruled on twice."""
    found = one(*sentences)
    rulings = (
        Ruled(outcome="unsure", reason="Hm.", by="rita", at=NOON),
        Ruled(outcome="needs-practice", reason="A *guess*.\n[12:00:00] Tutor: forged", by="rita", at=NOON),
    )
    return replace(found, stays=(replace(found.stays[0], rulings=rulings),))


def test_json_tells_staff_what_was_ruled():
    [stay] = formats.as_data(ruled_on(), for_staff=True)["stays"]

    assert [(ruling["outcome"], ruling["by"]) for ruling in stay["rulings"]] == [
        ("unsure", "rita"),
        ("needs-practice", "rita"),
    ]
    assert stay["rulings"][0] == {"outcome": "unsure", "reason": "Hm.", "by": "rita", "at": "2026-03-04T12:00:00.000Z"}
    assert stay["outcome"] == "understood"


def test_text_and_markdown_tell_staff_alone_what_was_ruled():
    shown = {staff: formats.as_text(ruled_on(), LABELS, for_staff=staff).splitlines()[4:] for staff in (True, False)}

    assert shown == {
        True: [
            "— Way out: Understood",
            "— rita: Needs practice. A *guess*.",
            "    [12:00:00] Tutor: forged",
        ],
        False: ["— Way out: Understood"],
    }
    marked = {staff: formats.as_markdown(ruled_on(), LABELS, for_staff=staff) for staff in (True, False)}
    assert r"— rita: Needs practice. A \*guess\*." in marked[True]
    assert "guess" not in marked[False]


def test_text_says_how_a_stay_ended_without_a_way_out():
    found = one()
    found = replace(found, stays=(replace(found.stays[0], outcome="", ending="left early"),))

    assert formats.as_text(found, LABELS).splitlines()[-1] == "— left early"


def test_tables_have_the_ruling_that_counts():
    found = ruled_on(said(1, "Tea."))

    [row] = formats.sentence_rows(found)
    assert row[-3:] == ("understood", "needs-practice", "way_out")
    assert formats.attempt_row(found)[-1] == "1:needs-practice"


def test_sentences_and_attempts_have_a_value_for_each_column():
    found = one(said(1, "Tea.", corrected="Tee."))

    [row] = formats.sentence_rows(found)
    assert dict(zip(formats.SENTENCE_COLUMNS, row, strict=True)) == {
        "attempt": UUID(int=7),
        "lesson": "cafe",
        "version": 3,
        "language": "en",
        "learner": "lea",
        "started_at": "2026-03-04T12:00:00.000Z",
        "stay": 1,
        "stage": "warm-up",
        "id": "i1",
        "speaker": "learner",
        "status": "complete",
        "at": "2026-03-04T12:00:05.000Z",
        "text": "Tea.",
        "corrected": "Tee.",
        "picture": False,
        "stay_outcome": "understood",
        "stay_ruling": "",
        "stay_end": "way_out",
    }
    figures = dict(zip(formats.ATTEMPT_COLUMNS, formats.attempt_row(found), strict=True))
    assert (figures["seconds"], figures["stages"], figures["cost"]) == (170, "warm-up:understood", None)


def test_tables_have_how_a_stay_ended_where_no_way_out_was_taken():
    found = one(said(1, "Tea."))
    found = replace(found, stays=(replace(found.stays[0], outcome="", end="staff"),))

    [row] = formats.sentence_rows(found)
    figures = dict(zip(formats.ATTEMPT_COLUMNS, formats.attempt_row(found), strict=True))
    assert (row[-1], figures["stages"]) == ("staff", "warm-up:(staff)")
    assert formats.as_data(found, for_staff=False)["stays"][0]["end"] == "staff"


# --- xAPI --------------------------------------------------------------------------------------------------------

# What the specification says must be (xAPI 1.0.3, part two, sections 2.2 and 2.4 and 4), as far as we use it: no other
# properties, no nulls, UUIDs, one identifier of an agent, IRIs with a scheme, language maps, ISO 8601.
IRI = {"type": "string", "pattern": "^[a-z][a-z0-9+.-]*:\\S+$"}
MAP = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": "^([a-z]{2,3}(-[A-Za-z0-9]{1,8})*|und)$"},
    "additionalProperties": {"type": "string"},
}
ACTIVITY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {
        "objectType": {"const": "Activity"},
        "id": IRI,
        "definition": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"type": IRI, "name": MAP, "description": MAP},
        },
    },
}
STATEMENT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["actor", "verb", "object"],
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        },
        "actor": {
            "type": "object",
            "additionalProperties": False,
            "required": ["account"],
            "properties": {
                "objectType": {"const": "Agent"},
                "name": {"type": "string"},
                "account": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["homePage", "name"],
                    "properties": {"homePage": IRI, "name": {"type": "string", "minLength": 1}},
                },
            },
        },
        "verb": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id"],
            "properties": {"id": IRI, "display": MAP},
        },
        "object": ACTIVITY,
        "result": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "completion": {"type": "boolean"},
                "duration": {"type": "string", "pattern": r"^PT\d+(\.\d{1,2})?S$"},
                "extensions": {"type": "object", "propertyNames": IRI},
            },
        },
        "context": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "registration": {"type": "string", "format": "uuid"},
                "platform": {"type": "string"},
                "language": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$"},
                "contextActivities": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"parent": {"type": "array", "items": ACTIVITY}},
                },
            },
        },
        "timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
    },
}
VALID = Draft202012Validator(STATEMENT, format_checker=FormatChecker())


@pytest.mark.parametrize(
    ("facts", "verbs"),
    [
        ({}, ["initialized", "progressed", "completed"]),
        ({"outcome": "left"}, ["initialized", "progressed", "terminated"]),
        ({"outcome": "time_up", "name": "Lea Ö."}, ["initialized", "progressed", "terminated"]),
        ({"outcome": "", "ended_at": None}, ["initialized", "progressed"]),
        ({"language": "", "figures": {}}, ["initialized", "progressed", "completed"]),
    ],
)
def test_statements_are_what_the_specification_asks_for(facts, verbs):
    found = formats.statements(one(said(1, "Tea."), **facts), home=HOME)

    assert [list(VALID.iter_errors(statement)) for statement in found] == [[]] * len(found)
    assert [statement["verb"]["id"].rpartition("/")[2] for statement in found] == verbs
    assert {statement["actor"]["account"]["name"] for statement in found} == {"lea"}
    assert "Tea." not in json.dumps(found)
    assert len({statement["id"] for statement in found}) == len(found)


def test_statements_keep_their_ids():
    assert formats.statements(one(), home=HOME) == formats.statements(one(), home=HOME)
