"""Trying a tool with sample arguments."""

import pytest

from tests.rows import row_counts
from tutor.models import Tool
from tutor.peers import webhook
from tutor.services.tool_trials import ToolTrial, try_tool
from tutor.tools import Errand

URL = "https://school.example.org/check"


@pytest.fixture
def hook(lesson, settings) -> Tool:
    settings.WEBHOOK_HOSTS = ["school.example.org"]
    return Tool.objects.create(lesson=lesson, name="ask", kind="webhook", description="", options={"url": URL})


@pytest.fixture
def answers(monkeypatch):
    """What the other server answers, one after the other; and what it was asked."""
    waiting, asked = [], []

    async def ask(url, payload):
        asked.append((url, payload["attempt"], payload["tool"]))
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(webhook, "ask", ask)
    return waiting, asked


def test_try_tool_gives_what_the_model_would_be_told(lesson):
    before = row_counts()

    trial = try_tool(lesson.tools.get(name="hint"), stage_key="warm-up", arguments={})

    assert trial == ToolTrial({"status": "ok", "hint": "Think of a hot drink.", "left": 1})
    assert row_counts() == before


@pytest.mark.parametrize("stage_key", ["order", "", "no-such-stage"])
def test_try_tool_has_no_hints_where_there_are_none(lesson, stage_key):
    trial = try_tool(lesson.tools.get(name="hint"), stage_key=stage_key, arguments={})

    assert trial.output["status"] == "refused"


def test_try_tool_asks_nobody_unless_told_to(hook, answers):
    trial = try_tool(hook, stage_key="warm-up", arguments={})

    payload = trial.errand.payload
    assert trial == ToolTrial(None, errand=Errand(URL, payload))
    assert (payload["tool"], payload["stage"], payload["attempt"]) == ("ask", "warm-up", "trial")
    assert payload["call_id"].startswith("trial-")
    assert answers[1] == []


def test_try_tool_asks_when_told_to(hook, answers):
    answers[0].append({"right": True})

    trial = try_tool(hook, stage_key="warm-up", arguments={}, ask=True)

    assert (trial.output, trial.trouble) == ({"status": "ok", "right": True}, "")
    assert answers[1] == [(URL, "trial", "ask")]


def test_try_tool_says_why_the_other_server_was_of_no_use(hook, answers):
    answers[0].append(webhook.WebhookError("it answered 500"))

    trial = try_tool(hook, stage_key="warm-up", arguments={}, ask=True)

    assert (trial.output["error"], trial.trouble) == ("tool_unavailable", "it answered 500")


def test_try_tool_asks_nobody_with_arguments_that_do_not_fit(hook, answers):
    trial = try_tool(hook, stage_key="warm-up", arguments={"more": 1}, ask=True)

    assert (trial.output["error"], trial.errand) == ("invalid_arguments", None)
    assert answers[1] == []
