"""What words ask for."""

import pytest

from tutor.rehearsal.wishes import GO_ON, answers, is_command, mentioned_tools, requested_tool

NAMES = ("note", "give_hint", "show-card", "stage_complete")


@pytest.mark.parametrize(
    ("text", "expected"), [("Next, please!", True), ("it stands next to the house", False), ("text", False)]
)
def test_command_stands_in_a_short_sentence(text, expected):
    assert is_command(text, GO_ON) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Show me the card", "show-card"),
        ("Now I would like to see show card again please", "show-card"),
        ("The ticket shall show the name on a card", None),
        ("hint", "give_hint"),
        ("My teacher once gave me a very good hint", None),
        ("stage complete", None),
        ("", None),
    ],
)
def test_tool_is_requested_by_its_name(text, expected):
    assert requested_tool(text, NAMES) == expected


def test_answers_are_neither_commands_nor_requests():
    said = ["next", "Light", "a hint please", "I wrote a note to my friend yesterday", "say that again"]
    assert answers(said, NAMES) == ["Light", "I wrote a note to my friend yesterday"]


def test_mentioned_tools_are_named_as_they_are_written():
    text = "Use show-card, and the note tool. Use give_hint and stage_complete. Never a show-card-trick."
    assert mentioned_tools(text, NAMES) == ["note", "show-card"]
    assert mentioned_tools("Notes! a show-card-trick", NAMES) == []
