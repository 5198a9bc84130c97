"""A function call is answered once, whatever the model has written, and the same for ever."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import lessons
from tests.lessons import PLAN
from tests.rows import row_counts
from tutor.models import ToolCall
from tutor.peers import webhook
from tutor.plan import Tool
from tutor.services import attempts, tool_calls
from tutor.services.errors import AttemptEndedError
from tutor.services.tool_calls import answer_tool_call


def output_of(answer: dict) -> dict:
    """What the model is told; where a stage ends, its `session.update` comes first."""
    [item] = [
        event["item"] for event in answer["events"] if event.get("item", {}).get("type") == "function_call_output"
    ]
    return json.loads(item["output"])


def test_answer_tool_call_stores_what_was_asked_and_answered(attempt):
    answer = answer_tool_call(attempt, call_id="call_1", name="note", arguments='{"drink": "tea"}')

    call = ToolCall.objects.get()
    assert (call.attempt, call.visit.number, call.name, call.arguments) == (attempt, 1, "note", '{"drink": "tea"}')
    assert (call.output, call.answer, call.refusal) == ({"status": "ok", "noted": True}, answer, "")


def test_answer_tool_call_gives_the_same_answer_again(attempt):
    first = answer_tool_call(attempt, call_id="call_1", name="hint", arguments="{}")
    before = row_counts()

    assert answer_tool_call(attempt, call_id="call_1", name="hint", arguments="{}") == first
    assert row_counts() == before
    assert output_of(answer_tool_call(attempt, call_id="call_2", name="hint", arguments="{}"))["left"] == 0


def test_answer_tool_call_runs_out_of_hints_politely(attempt):
    answers = [answer_tool_call(attempt, call_id=f"call_{number}", name="hint", arguments="{}") for number in range(3)]

    assert [output_of(answer).get("hint") for answer in answers] == [
        "Think of a hot drink.",
        "It grows on a bush.",
        None,
    ]
    assert output_of(answers[2])["status"] == "refused"


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("no_such_tool", "{}", "unknown_tool"),
        ("Hint", "{}", "unknown_tool"),
        ("hint", "{", "invalid_arguments"),
        ("hint", "[]", "invalid_arguments"),
        ("hint", "null", "invalid_arguments"),
        ("hint", '"x"', "invalid_arguments"),
        ("hint", "NaN", "invalid_arguments"),
        ("hint", '{"a": NaN}', "invalid_arguments"),
        ("hint", '{"a": 1e400}', "invalid_arguments"),
        ("hint", '{"a": "\\u0000"}', "invalid_arguments"),
        ("hint", '{"a": "\\ud800"}', "invalid_arguments"),
        ("hint", '{"a": ' + "[" * 5000 + "]" * 5000 + "}", "invalid_arguments"),
        ("hint", '{"a": ' + "9" * 5000 + "}", "invalid_arguments"),
        ("note", "{}", "invalid_arguments"),
        ("note", '{"drink": 1}', "invalid_arguments"),
        ("note", '{"drink": "tea", "more": 1}', "invalid_arguments"),
        ("stage_complete", "", "invalid_arguments"),
        ("stage_complete", "{}", "invalid_arguments"),
    ],
)
def test_answer_tool_call_tells_the_model_its_mistake(attempt, name, arguments, code):
    answer = answer_tool_call(attempt, call_id="call_1", name=name, arguments=arguments)

    output = output_of(answer)
    assert (output["status"], output["error"]) == ("refused", code)
    assert [event["type"] for event in answer["events"]] == ["conversation.item.create", "response.create"]
    assert (ToolCall.objects.get().refusal, ToolCall.objects.get().arguments) == (code, arguments)


def test_answer_tool_call_names_the_tools_there_are(attempt):
    answer = answer_tool_call(attempt, call_id="call_1", name="no_such_tool", arguments="{}")

    assert output_of(answer)["message"] == (
        "There is no tool “no_such_tool” in this stage; there are: hint, note, stage_complete."
    )


@pytest.mark.parametrize("visit", [2, 99])
def test_answer_tool_call_refuses_another_visit(attempt, visit):
    answer = answer_tool_call(attempt, call_id="call_1", name="hint", arguments="{}", visit=visit)

    assert output_of(answer)["error"] == "stage_over"


def test_answer_tool_call_refuses_an_ended_attempt(attempt):
    attempts.end_attempt(attempt)

    with pytest.raises(AttemptEndedError):
        answer_tool_call(attempt, call_id="call_1", name="hint", arguments="{}")


json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(json.dumps)
claims = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(["understood", "needs-practice", "", None]) | st.lists(st.text() | st.none()) | st.text()
        for name in ("outcome", "reasoning", "summary", "evidence", "else")
    },
).map(json.dumps)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["stage_complete", "hint", "note", "else"]),
    arguments=json_texts | claims | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
)
def test_answer_tool_call_survives_any_arguments(attempt, name, arguments):
    ToolCall.objects.all().delete()

    answer = tool_calls.answer_tool_call(attempt, call_id="call_1", name=name, arguments=arguments)

    assert output_of(answer)["status"] in ("ok", "accepted", "refused")
    assert ToolCall.objects.get().answer == answer


# --- Cards and webhooks ----------------------------------------------------------------------------------------------

SCHOOL = "school.example.org"
SHOWING = replace(
    PLAN,
    stages=(replace(PLAN.start, tools=("show", "check")), *PLAN.stages[1:]),
    tools=(
        Tool(name="show", kind="card", description="Show.", parameters={"type": "object"}),
        Tool(
            name="check",
            kind="webhook",
            description="Check.",
            parameters={"type": "object", "properties": {"word": {"type": "string"}}},
            options={"url": f"https://{SCHOOL}/check"},
        ),
    ),
)


@pytest.fixture
def showing(learner, settings):
    """An attempt at a lesson that shows cards and asks another server."""
    settings.WEBHOOK_HOSTS = [SCHOOL]
    return attempts.start_attempt(lessons.publish(SHOWING, slug="showing"), learner=learner)[0]


@pytest.fixture
def school(monkeypatch):
    """The other server: what it was asked, and what it does then (it answers an empty object)."""
    asked = []
    server = SimpleNamespace(asked=asked, then=dict)

    async def ask(url, payload):
        asked.append((url, payload))
        return await sync_to_async(server.then)()

    monkeypatch.setattr(webhook, "ask", ask)
    return server


def test_card_is_answered_stored_and_shown_after_what_was_said_last(showing, said):
    item_ids = said(showing, "Hello.", "Tea?")

    answer = answer_tool_call(showing, call_id="call_1", name="show", arguments='{"title": "Tea"}')

    card = {
        "call_id": "call_1",
        "kind": "card",
        "title": "Tea",
        "text": "",
        "math": "",
        "image": "",
        "alt": "",
        "visit": 1,
        "after": item_ids[-1],
    }
    assert (answer["card"], ToolCall.objects.get().card) == (card, card)
    assert attempts.state(showing)["cards"] == [card]
    assert output_of(answer) == {"status": "ok", "shown": True}


def test_card_comes_first_where_nothing_was_said(showing):
    answer = answer_tool_call(showing, call_id="call_1", name="show", arguments='{"title": "Tea"}')

    assert answer["card"]["after"] is None


def test_other_calls_show_no_card(attempt):
    answer = answer_tool_call(attempt, call_id="call_1", name="hint", arguments="{}")

    assert answer["card"] is None
    assert attempts.state(attempt)["cards"] == []


def test_webhook_is_asked_and_its_answer_told(showing, school):
    school.then = lambda: {"right": True, "status": "made up"}

    answer = answer_tool_call(showing, call_id="call_1", name="check", arguments='{"word": "tea"}')

    assert output_of(answer) == {"right": True, "status": "ok"}
    assert school.asked == [
        (
            f"https://{SCHOOL}/check",
            {
                "tool": "check",
                "stage": "warm-up",
                "arguments": {"word": "tea"},
                "lesson": "showing",
                "attempt": str(showing.code),
                "call_id": "call_1",
            },
        )
    ]


def test_webhook_is_asked_once_for_a_call_that_is_repeated(showing, school):
    first = answer_tool_call(showing, call_id="call_1", name="check", arguments="{}")

    assert answer_tool_call(showing, call_id="call_1", name="check", arguments="{}") == first
    assert len(school.asked) == 1


def test_webhook_that_fails_lets_the_tutor_go_on(showing, school):
    def fail():
        raise webhook.WebhookError("it answered 500")

    school.then = fail

    output = output_of(answer_tool_call(showing, call_id="call_1", name="check", arguments="{}"))

    assert (output["status"], output["error"]) == ("refused", "tool_unavailable")
    assert output["message"].endswith("go on without it, and do not mention it.")


@pytest.mark.parametrize(("name", "arguments"), [("check", '{"word": 3}'), ("check", "{"), ("nothing", "{}")])
def test_webhook_is_not_asked_with_a_mistake(showing, school, name, arguments):
    answer = answer_tool_call(showing, call_id="call_1", name=name, arguments=arguments)

    assert output_of(answer)["status"] == "refused"
    assert school.asked == []


@pytest.mark.django_db(transaction=True)
def test_webhook_is_asked_while_nothing_is_locked(showing, school):
    """While the other server thinks, the learner's window can still store and end the attempt."""
    inside = []
    school.then = lambda: inside.append(transaction.get_connection().in_atomic_block) or {}

    answer_tool_call(showing, call_id="call_1", name="check", arguments="{}")

    assert inside == [False]


def test_webhook_answer_that_comes_after_a_faster_repeat_is_dropped(showing, school):
    """The repeat overtakes the first request while that waits: both get the answer that was stored."""
    answers = [{"number": 2}, {"number": 1}]

    def overtaken():
        mine = answers.pop()
        if mine["number"] == 1:
            faster.append(answer_tool_call(showing, call_id="call_1", name="check", arguments="{}"))
        return mine

    faster, school.then = [], overtaken

    slower = answer_tool_call(showing, call_id="call_1", name="check", arguments="{}")

    assert output_of(slower) == {"number": 2, "status": "ok"}
    assert faster == [slower]
