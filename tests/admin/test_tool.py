"""The tools of a lesson, written in its form."""

import json

import pytest
from django.forms.fields import InvalidJSONInput

from tutor.admin.tool import ToolForm
from tutor.models.lesson import empty_parameters

SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}


def form(parameters: str = "", kind: str = "note") -> ToolForm:
    return ToolForm({"name": "note", "kind": kind, "description": "Note it.", "parameters": parameters})


def test_form_takes_a_json_schema():
    tool = form(json.dumps(SCHEMA))

    assert tool.is_valid()
    assert tool.cleaned_data["parameters"] == SCHEMA


@pytest.mark.parametrize("nothing", ["", "{}", "null"])
def test_form_takes_no_schema_for_no_arguments(nothing):
    tool = form(nothing)

    assert tool.is_valid()
    assert tool.cleaned_data["parameters"] == empty_parameters()


@pytest.mark.parametrize(
    "schema", ["{", "[]", '"object"', '{"type": "array"}', '{"type": "objekt"}', '{"properties": 1}']
)
def test_form_refuses_what_is_no_schema_of_an_object(schema):
    tool = form(schema)

    assert list(tool.errors) == ["parameters"]
    assert "parameters" in tool.as_p()


def test_form_refuses_a_kind_without_code():
    assert list(form(kind="magic").errors) == ["kind"]


def test_form_lays_the_schema_out_for_people():
    field = ToolForm().fields["parameters"]

    assert field.prepare_value({"type": "object"}) == '{\n  "type": "object"\n}'
    assert field.prepare_value(InvalidJSONInput("{broken")) == "{broken"
