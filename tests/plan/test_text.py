"""Plans as data, JSON and YAML, and back."""

import json
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.lessons import PLAN
from tests.strategies import any_json, any_text, patient, plans
from tutor.plan import (
    ContextRule,
    Outcome,
    Pack,
    Plan,
    PlanError,
    Stage,
    Tool,
    from_data,
    from_json,
    from_stored,
    from_yaml,
    pack_from_json,
    pack_from_yaml,
)
from tutor.plan.text import ADDRESS, MAX_FAULTS, MAX_TEXT, is_json, line_at, lines_of, to_data, to_json, to_yaml

addresses = st.just("") | st.from_regex(ADDRESS, fullmatch=True)

TINY = Plan(title="Tiny", stages=(Stage(key="one", title="One", outcomes=(Outcome(key="done", when="Now."),)),))


def test_stored_plan_is_read_once_whatever_becomes_of_its_data():
    data = to_data(PLAN)

    plan = from_stored(data)
    again = from_stored(dict(reversed(data.items())))
    data["title"] = "Another"

    assert plan == PLAN
    assert again is plan
    assert from_stored(data).title == "Another"


def test_stored_data_that_is_no_plan_is_refused():
    with pytest.raises(PlanError):
        from_stored({"title": "No stages"})


def faults(data):
    with pytest.raises(PlanError) as caught:
        from_data(data)
    assert str(caught.value) == " ".join(caught.value.faults)
    return caught.value.faults


def unread(reader, text):
    with pytest.raises(PlanError) as caught:
        reader(text)
    return caught.value.faults


# --- there and back


@patient
@given(plans)
def test_data_brings_back_the_plan(plan):
    assert from_data(to_data(plan)) == plan


@patient
@given(plans)
def test_json_brings_back_the_plan(plan):
    assert from_json(to_json(plan)) == plan


@patient
@given(plans)
def test_yaml_brings_back_the_plan(plan):
    assert from_yaml(to_yaml(plan)) == plan


@patient
@given(plans, addresses)
def test_pack_brings_back_the_address_beside_the_plan(plan, address):
    pack = Pack(plan, address)
    assert pack_from_yaml(to_yaml(plan, address=address)) == pack
    assert pack_from_json(json.dumps(to_data(plan, address=address))) == pack
    assert from_data(yaml.safe_load(to_yaml(plan, address=address))) == plan


def test_address_stands_beside_the_format():
    text = to_yaml(TINY, address="ordering-in-a-cafe")
    assert text == to_yaml(TINY).replace("format: 1\n", "format: 1\naddress: ordering-in-a-cafe\n")


@pytest.mark.parametrize("address", ["two words", "café", "a/b", "x" * 51, "", "a\n", 7, None, ["a"]])
def test_what_is_no_address_is_a_fault_at_its_place(address):
    assert faults({"format": 1, "address": address, "title": 5, "stages": []}) == [
        "address: an address has small letters, digits and - only, at most 50 of them.",
        "title: text is expected here.",
    ]


@patient
@given(plans)
def test_json_is_canonical(plan):
    text = to_json(plan)
    assert to_json(from_yaml(to_yaml(plan))) == text
    assert json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == text


@patient
@given(plans)
def test_pack_means_the_same_to_any_yaml_reader(plan):
    """Texts such as “yes” are quoted for readers that would take them for something else."""
    assert from_data(yaml.safe_load(to_yaml(plan))) == plan


def test_yaml_pack_of_a_small_lesson_is_what_a_person_would_write():
    plan = Plan(title="Yes", preamble="Speak slowly.\nSmile.", stages=TINY.stages)
    assert to_yaml(plan) == (
        "format: 1\n"
        "title: 'Yes'\n"
        "stages:\n"
        "- key: one\n"
        "  title: One\n"
        "  outcomes:\n"
        "  - key: done\n"
        "    when: Now.\n"
        "preamble: |-\n"
        "  Speak slowly.\n"
        "  Smile.\n"
    )


def test_data_holds_every_field():
    assert to_data(TINY) == {
        "format": 1,
        "title": "Tiny",
        "stages": [
            {
                "key": "one",
                "title": "One",
                "goal": "",
                "instructions": "",
                "opening": "",
                "tools": [],
                "outcomes": [{"key": "done", "when": "Now.", "next": None}],
                "hints": [],
                "context": "keep",
                "evidence": 0,
                "turns": 1,
                "stall_turns": 0,
                "stall_minutes": 0,
                "fallback": None,
            }
        ],
        "tools": [],
        "summary": "",
        "language": "en",
        "voice": "marin",
        "preamble": "",
        "minutes": 10,
        "tests": [],
    }


def test_data_without_optional_fields_gets_their_defaults():
    data = {"title": "Tiny", "stages": [{"key": "one", "title": "One", "outcomes": [{"key": "done", "when": "Now."}]}]}
    assert from_data(data) == TINY


def test_tool_keeps_its_parameters_as_plain_data():
    plan = from_data(
        {**to_data(TINY), "tools": [{"name": "a", "kind": "note", "description": "", "parameters": {"x": [1]}}]}
    )
    assert plan.tools == (Tool(name="a", kind="note", description="", parameters={"x": [1]}),)


def test_example_lesson_survives_every_format():
    assert from_data(to_data(PLAN)) == from_json(to_json(PLAN)) == from_yaml(to_yaml(PLAN)) == PLAN
    assert from_yaml(to_yaml(PLAN)).stages[1].context is ContextRule.SUMMARY


# --- YAML as far as JSON goes


@pytest.mark.parametrize(
    "word", ["yes", "no", "off", "Yes", "2026-01-31", "12:30", "007", "0x1f", "<<", "=", "1_000", ".inf"]
)
def test_yaml_word_that_json_does_not_know_is_a_text(word):
    plan = from_yaml(f"title: {word}\nstages: []\n")
    assert plan.title == word


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("-2", -2), ("1.5", 1.5), ("1e3", 1000.0), ("true", True), ("null", None), ("~", None), ("", None)],
)
def test_yaml_value_that_json_knows_is_that_value(text, value):
    pack = f"title: T\nstages: []\ntools:\n- {{name: a, kind: b, description: c, parameters: {{x: {text}}}}}\n"
    assert from_yaml(pack).tools[0].parameters == {"x": value}


# --- faults and their places

STAGE = {"key": "one", "title": "One"}
TOOL = {"name": "a", "kind": "note", "description": "A"}
NUMBER = "a whole number from 0 to 32767 is expected here."
JSON_ONLY = "only plain JSON values are allowed here, at most 40 deep."


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": 3}, ["title: text is expected here."]),
        ({"title": None}, ["title: text is expected here."]),
        ({"title": "a\x00"}, ["title: the text holds characters that cannot be stored."]),
        ({"title": "\ud800"}, ["title: the text holds characters that cannot be stored."]),
        ({"minutes": "10"}, [f"minutes: {NUMBER}"]),
        ({"minutes": True}, [f"minutes: {NUMBER}"]),
        ({"minutes": 1.5}, [f"minutes: {NUMBER}"]),
        ({"minutes": -1}, [f"minutes: {NUMBER}"]),
        ({"minutes": 40_000}, [f"minutes: {NUMBER}"]),
        ({"colour": "red"}, ["colour: a plan has no such field."]),
        ({"\ud800": 1}, ["\\ud800: a plan has no such field."]),
        (
            {"stages": [{**STAGE, "gaol": "Order."}]},
            ["stages[0].gaol: a stage has no such field: did you mean “goal”?"],
        ),
        (
            {"stages": [{**STAGE, "outcomes": [{"key": "done", "when": "", "colour": "red"}]}]},
            ["stages[0].outcomes[0].colour: an outcome has no such field."],
        ),
        ({7: 1}, ["lesson: the name of a field must be text."]),
        ({"stages": {}}, ["stages: a list is expected here."]),
        ({"stages": "one"}, ["stages: a list is expected here."]),
        ({"stages": [STAGE, 5]}, ["stages[1]: a mapping of named fields is expected here."]),
        ({"stages": [{"key": "one"}]}, ["stages[0]: “title” is missing."]),
        ({"stages": [{**STAGE, "context": "all"}]}, ["stages[0].context: choose one of: keep, summary, fresh."]),
        ({"stages": [{**STAGE, "context": []}]}, ["stages[0].context: choose one of: keep, summary, fresh."]),
        ({"stages": [{**STAGE, "hints": ["a", 1]}]}, ["stages[0].hints[1]: text is expected here."]),
        ({"stages": [{**STAGE, "tools": "hint"}]}, ["stages[0].tools: a list is expected here."]),
        (
            {"stages": [{**STAGE, "outcomes": [{"key": "x", "next": 1}]}]},
            ["stages[0].outcomes[0]: “when” is missing.", "stages[0].outcomes[0].next: text is expected here."],
        ),
        ({"tools": [{**TOOL, "parameters": []}]}, ["tools[0].parameters: a JSON object is expected here."]),
        ({"tools": [{**TOOL, "parameters": {"x": {1}}}]}, [f"tools[0].parameters: {JSON_ONLY}"]),
        ({"tools": [{**TOOL, "parameters": {"x": float("nan")}}]}, [f"tools[0].parameters: {JSON_ONLY}"]),
        ({"tools": [{**TOOL, "parameters": {"x": 10**5000}}]}, [f"tools[0].parameters: {JSON_ONLY}"]),
        ({"format": 2}, ["format: only format 1 is known here."]),
    ],
)
def test_fault_names_its_place(change, expected):
    assert faults({"title": "T", "stages": [], **change}) == expected


def test_faults_are_said_all_at_once():
    assert faults({"minutes": "x"}) == [
        "lesson: “title” is missing.",
        "lesson: “stages” is missing.",
        f"minutes: {NUMBER}",
    ]


@pytest.mark.parametrize("data", [None, [], "title", 7])
def test_pack_that_is_no_mapping_is_refused(data):
    assert faults(data) == ["A lesson pack needs “title” and “stages”."]


def test_endless_faults_are_cut_short():
    assert len(faults({"title": "T", "stages": [1] * 10_000})) == MAX_FAULTS


# --- lines

PACK = """# A comment.
title: T
stages:
- key: one
  instructions: |
    First.

    Second.
  hints: [a,
    b]
  outcomes:
  - key: done

    next: two
- key: two
tools:
- parameters: {type: object}
"""


def test_lines_are_those_of_names_and_of_items():
    assert lines_of(PACK) == {
        "": 2,
        "title": 2,
        "stages": 3,
        "stages[0]": 4,
        "stages[0].key": 4,
        "stages[0].instructions": 5,
        "stages[0].hints": 9,
        "stages[0].hints[0]": 9,
        "stages[0].hints[1]": 10,
        "stages[0].outcomes": 11,
        "stages[0].outcomes[0]": 12,
        "stages[0].outcomes[0].key": 12,
        "stages[0].outcomes[0].next": 14,
        "stages[1]": 15,
        "stages[1].key": 15,
        "tools": 16,
        "tools[0]": 17,
        "tools[0].parameters": 17,
        "tools[0].parameters.type": 17,
    }


def test_lines_of_json_are_found_however_it_is_indented():
    data = to_data(TINY)
    for indent in (2, "\t"):
        assert lines_of(json.dumps(data, indent=indent))["stages[0].outcomes[0].when"] == 15


@pytest.mark.parametrize("text", ["", "title: [", "a: *a", "[" * 1000, " " * (MAX_TEXT + 1), "title: a\x00"])
def test_text_that_cannot_be_read_has_no_lines(text):
    assert lines_of(text) == {}


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("stages[0].outcomes[0].next", 14),
        ("stages[0].outcomes[0].when", 12),
        ("stages[1].outcomes[3].when", 15),
        ("minutes", 2),
        ("lesson", 2),
    ],
)
def test_line_of_a_place_that_is_not_written_out_is_that_of_what_would_hold_it(place, line):
    assert line_at(lines_of(PACK), place) == line


def test_place_in_a_text_without_lines_has_none():
    assert line_at({}, "stages[0]") is None


def test_fault_without_a_place_has_no_line():
    text = "title: a\nstages: []\ntitle: b"
    place, _, _ = unread(from_yaml, text)[0].partition(": ")
    assert line_at(lines_of(text), place) is None


@patient
@given(plans)
def test_lines_hold_every_list_item_of_a_pack(plan):
    lines = lines_of(to_yaml(plan))
    expected = {f"stages[{number}].{name}" for number, _ in enumerate(plan.stages) for name in ("key", "title")}
    assert expected <= set(lines)
    assert sorted(lines.values()) == list(lines.values())


@patient
@given(any_text)
def test_lines_of_junk_raise_nothing(text):
    assert all(line >= 1 for line in lines_of(text).values())


# --- texts that are no plan


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "This is not JSON in line 1: Expecting value."),
        ('{"title":\n!}', "This is not JSON in line 2: Expecting value."),
        (
            '{"title": "a", "title": "b"}',
            "This is not JSON: it repeats a name, or holds too long a number or too deep a list.",
        ),
        ("[" * 1000, None),
        ("[" * 100_000, None),
        ('{"minutes": ' + "9" * 5000 + "}", None),
        ("NaN", "A lesson pack needs “title” and “stages”."),
        (" " * (MAX_TEXT + 1), "The text is too long for a lesson pack: at most 262,144 characters are read."),
    ],
)
def test_json_that_is_no_plan_is_refused(text, fault):
    found = unread(from_json, text)
    assert found == [fault] if fault else len(found) == 1


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity", "9" * 30])
def test_json_number_no_database_holds_is_refused(number):
    tools = f'[{{"name": "a", "kind": "b", "description": "", "parameters": {{"x": {number}}}}}]'
    assert unread(from_json, f'{{"title": "T", "stages": [], "tools": {tools}}}') == [
        f"tools[0].parameters: {JSON_ONLY}"
    ]


def test_parameters_a_thousand_deep_are_refused():
    deep = '{"a":' * 900 + "1" + "}" * 900
    tools = f'[{{"name": "a", "kind": "b", "description": "", "parameters": {deep}}}]'
    pack = f'{{"title": "T", "stages": [], "tools": {tools}}}'
    assert unread(from_json, pack) == [f"tools[0].parameters: {JSON_ONLY}"]
    assert len(unread(from_yaml, pack)) == 1


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("title: [", "This is not YAML in line 1: expected the node content, but found '<stream end>'."),
        ("title: a\nstages: !!set {}", "This is not YAML in line 2: aliases and tags are not allowed."),
        (
            "title: a\nb: !!python/object/apply:os.system [ls]",
            "This is not YAML in line 2: aliases and tags are not allowed.",
        ),
        ("title: a\nstages: []\ntitle: b", "This is not YAML in line 3: this name is there twice."),
        (BOMB, "This is not YAML in line 2: aliases and tags are not allowed."),
        ("a: &a {x: 1}\nb: {<<: [*a, *a]}", "This is not YAML in line 2: aliases and tags are not allowed."),
        ("&a [*a]", "This is not YAML in line 1: aliases and tags are not allowed."),
        ("? [a]\n: b", "This is not YAML in line 1: found unhashable key."),
        ("a\n---\nb", "This is not YAML in line 2: but found another document."),
        ('title: "\\UFFFFFFFF"', "This is not YAML: it cannot be read."),
        ("a: \x00", "This is not YAML: it cannot be read."),
        ("a: \ud800", "This is not YAML: it cannot be read."),
        ("[" * 1000, "This is not YAML in line 1: it is nested too deeply."),
        ("- " * 1000, "This is not YAML in line 1: it is nested too deeply."),
        ("minutes: " + "9" * 5000, "This is not YAML: it cannot be read."),
        ("", "A lesson pack needs “title” and “stages”."),
        (" " * (MAX_TEXT + 1), "The text is too long for a lesson pack: at most 262,144 characters are read."),
    ],
)
def test_yaml_that_is_no_plan_is_refused(text, fault):
    started = time.monotonic()
    assert unread(from_yaml, text) == [fault]
    assert time.monotonic() - started < 5


@patient
@given(any_json)
def test_junk_data_raises_nothing_but_plan_errors(data):
    for junk in (
        data,
        {"title": data, "stages": [data]},
        {"title": "T", "stages": [], "tools": [{"parameters": data}]},
    ):
        _read_or_refuse(from_data, junk)


@patient
@given(any_text | plans.map(to_yaml).map(lambda pack: pack[: len(pack) // 2]))
def test_junk_text_raises_nothing_but_plan_errors(text):
    _read_or_refuse(from_json, text)
    _read_or_refuse(from_yaml, text)


def _read_or_refuse(reader, junk):
    try:
        assert isinstance(reader(junk), Plan)
    except PlanError as error:
        " ".join(error.faults).encode()  # every fault can be shown


# --- plain JSON


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, 1.5, None, True, "x"]}, True),
        ({1: "a"}, False),
        ({"\x00": 1}, False),
        (["\ud800"], False),
        (float("inf"), False),
        (2**63 - 1, True),
        (2**63, False),
        (2.0**62, True),
        (2.0**63, False),
        (-(2**63), True),
        ((1,), False),
        (b"a", False),
        (object(), False),
    ],
)
def test_plain_json_is_told_from_the_rest(value, expected):
    assert is_json(value) is expected


def test_plain_json_is_at_most_as_deep_as_asked():
    assert is_json([[1]], depth=3) is True
    assert is_json([[1]], depth=2) is False
