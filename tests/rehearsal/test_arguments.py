"""Arguments made up for a tool satisfy its JSON Schema."""

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rehearsal.helpers import HINT, STAGE_COMPLETE
from tutor.rehearsal.arguments import example

WORDS = "the moon is full"


def an_object(**properties):
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


SCHEMAS = [
    STAGE_COMPLETE["parameters"],
    HINT["parameters"],
    {},
    {"type": "object"},
    an_object(text={"type": "string"}, mood={"enum": ["good", "bad"]}, fixed={"const": 3}),
    an_object(short={"type": "string", "maxLength": 4}, long={"type": "string", "minLength": 40}),
    an_object(day={"type": "string", "format": "date"}, mail={"type": "string", "format": "email"}),
    an_object(n={"type": "integer", "minimum": 7, "maximum": 7}, x={"type": "number", "exclusiveMinimum": 2}),
    an_object(n={"type": "integer", "exclusiveMaximum": 0}, m={"type": "integer", "multipleOf": 5, "minimum": 11}),
    an_object(n={"type": "number", "minimum": 0.2, "maximum": 0.4}, z={"type": "integer", "maximum": -3}),
    an_object(items={"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True}),
    an_object(items={"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True}),
    an_object(items={"type": "array", "items": {"type": "string"}, "maxItems": 0}),
    an_object(maybe={"type": ["null", "string"]}, no={"type": "null"}, yes={"type": "boolean"}),
    an_object(inner=an_object(deeper=an_object(word={"type": "string"}))),
    an_object(either={"anyOf": [{"type": "integer", "minimum": 4}, {"type": "string"}]}),
    an_object(both={"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]}),
    {"$ref": "#/$defs/point", "$defs": {"point": an_object(x={"type": "number"}, y={"type": "number"})}},
    an_object(code={"type": "string", "pattern": "^[A-Z]{3}$", "default": "ABC"}),
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_example_satisfies_the_schema(schema):
    jsonschema.Draft202012Validator(schema).validate(example(schema, WORDS))


def test_example_uses_the_words_of_the_learner():
    assert example(an_object(text={"type": "string"}), WORDS) == {"text": WORDS}


def test_example_of_a_schema_that_refers_to_itself_ends():
    loop = {"$ref": "#"}
    assert example(loop, WORDS) == WORDS
    endless = an_object(next={"$ref": "#"})
    assert list(example(endless, WORDS)) == ["next"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "properties", "items", "required", "enum", "anyOf", "minimum", "minItems", "$ref"]
                ),
                inner | st.sampled_from(["object", "array", "number", "integer", "#/x"]),
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_example_of_a_broken_schema_is_something(schema):
    example(schema, WORDS)
