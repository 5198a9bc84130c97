"""A plan as a value."""

from dataclasses import FrozenInstanceError, replace

import pytest

from tests.lessons import PLAN


def test_plan_starts_with_its_first_stage():
    assert PLAN.start is PLAN.stages[0]


def test_stage_is_found_by_its_key():
    assert PLAN.stage("order") is PLAN.stages[1]


def test_stage_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError, match="nowhere"):
        PLAN.stage("nowhere")


def test_tool_is_found_by_its_name():
    assert PLAN.tool("note") is PLAN.tools[1]


def test_tool_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError, match="nothing"):
        PLAN.tool("nothing")


def test_tools_of_a_stage_come_in_the_order_of_the_stage():
    stage = replace(PLAN.start, tools=("note", "hint"))
    assert [tool.name for tool in PLAN.tools_of(stage)] == ["note", "hint"]


def test_tools_of_a_stage_without_tools_are_none():
    assert PLAN.tools_of(PLAN.stage("goodbye")) == ()


def test_plan_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PLAN.title = "Another"


def test_default_parameters_are_not_shared():
    first, second = replace(PLAN.tools[0]), type(PLAN.tools[0])(name="b", kind="note", description="B")
    assert first.parameters == second.parameters == {"type": "object", "properties": {}}
    assert type(first)(name="a", kind="note", description="A").parameters is not second.parameters
