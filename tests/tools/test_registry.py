"""Running a tool by its kind, and judging its schema."""

import pytest
from hypothesis import given

from tests.lessons import PLAN
from tests.strategies import any_json, patient
from tutor.plan import Tool
from tutor.tools import KINDS, Scene, ToolError, run, schema_fault

SCENE = Scene(visit=None, stage=PLAN.start)  # a note needs neither
NOTE = PLAN.tool("note")


def note(parameters):
    return Tool(name="note", kind="note", description="Note.", parameters=parameters)


def complaint(tool, arguments):
    with pytest.raises(ToolError) as caught:
        run(tool, SCENE, arguments)
    return str(caught.value)


def test_every_kind_says_in_a_sentence_what_it_does():
    assert {kind: module.HELP for kind, module in KINDS.items()} == {
        "note": "The tutor notes a fact or a score; it is kept with the transcript.",
        "hint": "The tutor gets the next hint of the stage, gentlest first.",
    }


def test_tool_runs_with_arguments_that_fit():
    assert run(NOTE, SCENE, {"drink": "tea"}) == {"noted": True}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "The arguments of “note” do not fit: $: 'drink' is a required property."),
        ({"drink": 3}, "The arguments of “note” do not fit: $.drink: 3 is not of type 'string'."),
    ],
)
def test_arguments_that_do_not_fit_are_told_where(arguments, expected):
    assert complaint(NOTE, arguments) == expected


def test_complaint_about_long_arguments_is_short():
    assert len(complaint(NOTE, {"drink": ["tea"] * 10_000})) < 400


def test_tool_of_an_unknown_kind_is_passed_over():
    tool = Tool(name="draw", kind="canvas", description="Draw.")
    assert complaint(tool, {}) == "The tool “draw” does not work at the moment: go on without it."


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "properties": {}},
        NOTE.parameters,
        {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1, "enum": [1, 2]}}},
        {"type": "object", "$schema": "https://json-schema.org/draft/2020-12/schema"},
    ],
)
def test_good_schema_has_no_fault(parameters):
    assert schema_fault(parameters) == ""


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"type": "objekt"}, "$.type: 'objekt' is not valid under any of the given schemas"),
        ({"properties": {"a": {"pattern": "("}}}, "$.properties.a.pattern: '(' is not a 'regex'"),
        ({"properties": {"a": {"pattern": "a{99999999999}"}}}, "a “pattern” in it is too big"),
        ({"properties": {"a": {"pattern": "(" * 2_000 + ")" * 2_000}}}, "a “pattern” in it is too big"),
        ({"required": "drink"}, "$.required: 'drink' is not of type 'array'"),
        (7, "$: 7 is not of type 'object', 'boolean'"),
        ({"allOf": [{"$ref": "#"}]}, "“$ref” is not supported: write out what it stands for"),
        ({"$ref": "https://127.0.0.1/x.json"}, "“$ref” is not supported: write out what it stands for"),
        ({"$dynamicRef": "#x"}, "“$dynamicRef” is not supported: write out what it stands for"),
        ({"$id": "http://["}, "“$id” is not supported: write out what it stands for"),
        ({"enum": [float("nan")]}, "only plain JSON values are allowed, at most 40 deep"),
    ],
)
def test_schema_that_would_not_work_is_named(parameters, fault):
    assert schema_fault(parameters) == fault


def test_schema_a_thousand_deep_is_refused():
    deep = {}
    for _ in range(1_000):
        deep = {"items": deep}
    assert schema_fault(deep) == "only plain JSON values are allowed, at most 40 deep"


@patient
@given(any_json)
def test_any_schema_is_judged_and_a_good_one_runs(parameters):
    if isinstance(parameters, dict) and not schema_fault(parameters):
        try:
            assert run(note(parameters), SCENE, {"drink": "tea"}) == {"noted": True}
        except ToolError as error:
            assert str(error).startswith("The arguments of “note” do not fit: $")  # noqa: PT017
