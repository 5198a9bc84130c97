"""Running a tool by its kind, and judging its schema and its options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lessons import PLAN
from tests.strategies import any_json, patient
from tutor.plan import Tool
from tutor.tools import KINDS, Answer, Scene, ToolError, asks_outside, errand, options_fault, run, schema_fault

SCENE = Scene(visit=None, stage=PLAN.start)
NOTE = PLAN.tool("note")


def note(parameters):
    return Tool(name="note", kind="note", description="Note.", parameters=parameters)


def complaint(tool, arguments):
    with pytest.raises(ToolError) as caught:
        run(tool, SCENE, arguments)
    return str(caught.value)


def test_every_kind_says_what_it_does_in_sentences():
    assert list(KINDS) == ["card", "hint", "note", "drawing", "webhook"]
    assert all(kind.label and kind.help.endswith(".") for kind in KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_tool_of_each_kind_has_a_good_schema(kind):
    assert schema_fault(dict(KINDS[kind].parameters)) == ""


def test_tool_runs_with_arguments_that_fit():
    assert run(NOTE, SCENE, {"drink": "tea"}) == Answer({"noted": True})


@pytest.mark.parametrize("kind", ["card", "hint", "note", "drawing"])
def test_most_kinds_ask_nobody_outside(kind):
    tool = Tool(name="t", kind=kind, description="", parameters={})
    assert not asks_outside(tool)
    assert errand(tool, SCENE, {}) is None


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
    assert options_fault("canvas", {}) == ""


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
            assert run(note(parameters), SCENE, {"drink": "tea"}) == Answer({"noted": True})
        except ToolError as error:
            assert str(error).startswith("The arguments of “note” do not fit: $")  # noqa: PT017


junk = st.dictionaries(st.sampled_from(["title", "text", "math", "task", "image", "alt", "url", "else"]), any_json)


@patient
@given(kind=st.sampled_from(list(KINDS)), arguments=junk, options=junk)
def test_any_arguments_give_an_answer_or_a_tool_error(kind, arguments, options):
    """Whatever the schema lets through: this one lets everything."""
    fault = options_fault(kind, options)
    tool = Tool(name="t", kind=kind, description="", parameters={}, options={} if fault else options)
    try:
        errand(tool, SCENE, arguments)
        assert isinstance(run(tool, SCENE, arguments), Answer)
    except ToolError as error:
        assert str(error)  # noqa: PT017
