"""The kind `webhook`."""

import pytest

from tests.lessons import PLAN
from tutor.plan import Tool
from tutor.tools import Answer, Errand, Scene, ToolError, asks_outside, errand, options_fault, run

URL = "https://school.example.org/check"
CHECK = Tool(name="check", kind="webhook", description="", parameters={}, options={"url": URL})
SCENE = Scene(visit=None, stage=PLAN.start)


def test_errand_names_the_tool_the_stage_and_the_arguments():
    payload = {"tool": "check", "stage": "warm-up", "arguments": {"word": "tea"}}

    assert asks_outside(CHECK)
    assert errand(CHECK, SCENE, {"word": "tea"}) == Errand(URL, payload)


def test_the_model_is_told_what_the_other_server_answered():
    assert run(CHECK, SCENE, {}, found={"right": True}) == Answer({"right": True})


def test_the_model_is_told_to_go_on_without_an_answer():
    with pytest.raises(ToolError) as caught:
        run(CHECK, SCENE, {})

    assert caught.value.code == "tool_unavailable"
    assert str(caught.value) == "“check” cannot be reached at the moment: go on without it, and do not mention it."


def test_options_need_an_address_on_an_approved_host(settings):
    settings.WEBHOOK_HOSTS = ["school.example.org"]

    assert options_fault("webhook", {"url": URL}) == ""
    assert options_fault("webhook", {}) == ("the address must be a full one, such as https://school.example.org/check")
    assert options_fault("webhook", {"url": 3}) == "“url” must be text"
