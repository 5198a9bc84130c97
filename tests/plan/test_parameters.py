"""Parameters as rows and as JSON Schema."""

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import any_json, json_values, patient, texts
from tutor.plan.parameters import Parameter, ParameterKind, rows_of, schema_of

said = {"name": texts, "description": texts, "required": st.booleans()}
whole, number = st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False)
rows = st.one_of(
    st.builds(Parameter, kind=st.sampled_from([ParameterKind.YES_NO, ParameterKind.TEXTS]), **said),
    st.builds(Parameter, kind=st.just(ParameterKind.TEXT), example=texts, **said),
    st.builds(Parameter, kind=st.just(ParameterKind.WHOLE), least=st.none() | whole, most=st.none() | whole, **said),
    st.builds(Parameter, kind=st.just(ParameterKind.NUMBER), least=st.none() | number, most=st.none() | number, **said),
    st.builds(
        Parameter,
        kind=st.just(ParameterKind.CHOICE),
        choices=st.lists(texts, min_size=1, max_size=4, unique=True).map(tuple),
        example=texts,
        **said,
    ),
)
tables = st.lists(rows, max_size=5, unique_by=lambda row: row.name).map(tuple)

ALL = (
    Parameter(name="word", description="A word", required=True, example="tea"),
    Parameter(name="points", kind=ParameterKind.NUMBER, most=1.5),
    Parameter(name="tries", kind=ParameterKind.WHOLE, required=True, least=0, most=3),
    Parameter(name="right", kind=ParameterKind.YES_NO),
    Parameter(name="level", kind=ParameterKind.CHOICE, choices=("low", "high")),
    Parameter(name="words", kind=ParameterKind.TEXTS),
)
SCHEMA = {
    "type": "object",
    "properties": {
        "word": {"type": "string", "description": "A word", "examples": ["tea"]},
        "points": {"type": "number", "maximum": 1.5},
        "tries": {"type": "integer", "minimum": 0, "maximum": 3},
        "right": {"type": "boolean"},
        "level": {"type": "string", "enum": ["low", "high"]},
        "words": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["word", "tries"],
    "additionalProperties": False,
}


def test_rows_of_every_kind_become_a_schema_and_back():
    assert schema_of(ALL) == SCHEMA
    assert rows_of(SCHEMA) == ALL


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {}, "required": []},
        {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    ],
)
def test_schema_of_nothing_has_no_rows(schema):
    assert rows_of(schema) == ()


def test_order_of_required_names_and_empty_descriptions_mean_nothing():
    schema = {
        **SCHEMA,
        "required": ["tries", "word"],
        "properties": {**SCHEMA["properties"], "right": {"type": "boolean", "description": "", "examples": []}},
    }

    assert rows_of(schema) == ALL


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {},
        {"type": "array"},
        {"type": "object", "title": "More"},
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": 0},
        {"type": "object", "properties": []},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}},
        {"type": "object", "properties": {"a": {"type": "integer", "enum": [1]}}},
        {"type": "object", "properties": {"a": {"type": "string", "enum": []}}},
        {"type": "object", "properties": {"a": {"type": "string", "enum": ["x", 1]}}},
        {"type": "object", "properties": {"a": {"type": "string", "description": 1}}},
        {"type": "object", "properties": {"a": {"type": "string", "examples": ["x", "y"]}}},
        {"type": "object", "properties": {"a": {"type": "string", "examples": "x"}}},
        {"type": "object", "properties": {"a": {"type": "string", "minimum": 1}}},
        {"type": "object", "properties": {"a": {"type": "integer", "minimum": 0.5}}},
        {"type": "object", "properties": {"a": {"type": "integer", "minimum": True}}},
        {"type": "object", "properties": {"a": {"type": "number", "maximum": float("inf")}}},
        {"type": "object", "properties": {"a": {"type": "number", "maximum": "1"}}},
        {"type": "object", "properties": {"a": {"type": "boolean", "examples": ["x"]}}},
        {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}}}},
        {"type": "object", "required": ["a"]},
        {"type": "object", "required": "a"},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "a"]},
    ],
)
def test_schema_that_says_more_than_rows_has_none(schema):
    assert rows_of(schema) is None


@patient
@given(tables)
def test_any_rows_survive_the_round_trip(table):
    schema = schema_of(table)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert rows_of(schema) == table


@patient
@given(
    any_json | st.dictionaries(st.sampled_from(["type", "properties", "required", "additionalProperties"]), any_json)
)
def test_any_schema_is_read_or_left_alone(schema):
    found = rows_of(schema)

    assert found is None or rows_of(schema_of(found)) == found


@patient
@given(table=tables, value=json_values)
def test_rows_and_their_schema_accept_the_same(table, value):
    schema = schema_of(table)
    again = schema_of(rows_of(schema))

    assert jsonschema.Draft202012Validator(schema).is_valid(value) is jsonschema.Draft202012Validator(again).is_valid(
        value
    )
