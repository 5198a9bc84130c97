"""A function call is answered once, whatever the model has written, and the same for ever."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rows import row_counts
from tutor.models import ToolCall
from tutor.services import attempts, tool_calls
from tutor.services.errors import AttemptEndedError
from tutor.services.tool_calls import answer_tool_call


def output_of(answer: dict) -> dict:
    return json.loads(answer["events"][0]["item"]["output"])


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
