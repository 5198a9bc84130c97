"""What the tutor says, apart from the wire."""

from dataclasses import replace

import pytest

from tests.rehearsal.helpers import HINT, STAGE_COMPLETE, WARM_UP
from tutor.realtime.briefing import Briefing, write
from tutor.realtime.reminder import Reminder
from tutor.rehearsal.brain import FOLLOW_UPS, Brain, News, ToolOutput

TOOLS = {"stage_complete": STAGE_COMPLETE, "give_hint": HINT}
CARD = {
    "type": "function",
    "name": "show_card",
    "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
}
DRAWING = {**CARD, "name": "ask_for_drawing"}
WITH_CARDS = {**TOOLS, "show_card": CARD, "ask_for_drawing": DRAWING}
SHOWING = replace(WARM_UP, instructions="Begin with show_card, then use ask_for_drawing. Do not use give_hint.")
ACCEPTED = ToolOutput("stage_complete", '{"status": "accepted"}')


def opened(briefing=WARM_UP) -> Brain:
    brain = Brain()
    brain.read(write(briefing))
    brain.reply(News(), tools=TOOLS)
    return brain


def resumed(*said: tuple[str, str], briefing=WARM_UP) -> Brain:
    """A brain that was told what went before its call, and has spoken once."""
    brain = Brain()
    brain.read(write(briefing))
    brain.reply(News(reminder=Reminder(said=said)), tools=WITH_CARDS)
    return brain


# --- In a stage


def test_brain_names_the_goal_once_and_asks_something_else_each_time():
    brain = opened()
    lines = [brain.reply(News(said=[text]), tools=TOOLS).text for text in ("light", "water", "earth")]
    assert lines == [
        "You said: light. Our goal: Say what plants need to grow. Can you tell me more about it?",
        "You said: water. How would you say it in your own words?",
        "You said: earth. Let me see whether we can go on.",
    ]


def test_brain_never_asks_the_same_twice_in_a_row():
    brain = opened()
    lines = [brain.reply(News(said=["light"]), tools={}).text for _ in range(9)]
    asked = [next(text for text in FOLLOW_UPS if line.endswith(text)) for line in lines]
    assert asked == [FOLLOW_UPS[number % len(FOLLOW_UPS)] for number in range(9)]


def test_brain_names_the_goal_again_in_the_next_stage():
    brain = opened()
    brain.reply(News(said=["light"]), tools=TOOLS)
    brain.read(write(Briefing(stage="Roots", goal="Name three roots.", opening="And the roots?")))
    brain.reply(News(outputs=[ACCEPTED]), tools=TOOLS)
    line = brain.reply(News(said=["carrots"]), tools=TOOLS)
    assert line.text == "You said: carrots. Our goal: Name three roots. How would you say it in your own words?"


def test_brain_gives_a_summary_that_reads_well_on_a_card():
    brain = opened()
    brain.reply(News(said=["a " * 60]), tools=TOOLS)
    brain.reply(News(said=["Light.", "water"], pictures=1), tools={})
    [call] = brain.reply(News(said=["next"]), tools=TOOLS).calls
    assert call.arguments["summary"] == f"Said: “{'a ' * 39}a …”, “Light.”, “water”. Sent a picture."
    assert call.arguments["reasoning"] == "Rehearsal: the learner asked to go on after 4 answers in this stage."


def test_brain_gives_no_summary_of_nothing():
    [call] = opened().reply(News(said=["next"]), tools=TOOLS).calls
    assert call.arguments == {
        "outcome": "understood",
        "reasoning": "Rehearsal: the learner asked to go on after no answers in this stage.",
        "summary": "",
        "evidence": [],
    }


@pytest.mark.parametrize("reminder", [None, Reminder(said=(("tutor", "What do you see?"),))])
def test_brain_does_not_pass_over_a_picture_that_waited_for_the_call(reminder):
    line = Brain().reply(News(pictures=1, reminder=reminder), tools={})

    assert line.text.startswith("I can see your picture. ")


def test_brain_counts_a_picture_as_an_answer():
    brain = opened()
    brain.reply(News(said=["light"]), tools=TOOLS)
    brain.reply(News(said=["water"]), tools=TOOLS)
    line = brain.reply(News(pictures=1), tools=TOOLS)
    assert line.text == "I can see your picture. Let me see whether we can go on."
    assert [call.name for call in line.calls] == ["stage_complete"]


def test_brain_tells_whoever_watches_how_far_the_learner_is():
    brain = opened()
    brain.reply(News(said=["light"]), tools=TOOLS)
    assert brain.aside() == "The learner has given 1 answer in this stage."


# --- Tools


@pytest.mark.parametrize("request_", ["hint", "I need a hint", "can you give me a hint"])
def test_brain_gives_a_hint_when_asked_and_takes_it_for_no_answer(request_):
    brain = opened()
    line = brain.reply(News(said=[request_]), tools=TOOLS)
    assert ([call.name for call in line.calls], brain.stay.turns) == (["give_hint"], 0)


def test_brain_asks_nothing_more_after_a_hint_that_is_a_question():
    hint = ToolOutput("give_hint", '{"hint": "What does the sun give?", "left": 1}')
    assert opened().reply(News(outputs=[hint]), tools=TOOLS).text == "What does the sun give?"


def test_brain_calls_each_tool_that_the_instructions_mention_once():
    brain = opened(SHOWING)
    lines = [brain.reply(News(said=[text]), tools=WITH_CARDS) for text in ("light", "water", "earth")]
    assert [(call.name, call.arguments.get("title")) for line in lines for call in line.calls] == [
        ("show_card", "Say what plants need to grow."),
        ("ask_for_drawing", "Say what plants need to grow."),
        ("stage_complete", None),
    ]
    assert lines[0].text == "You said: light."


@pytest.mark.parametrize("instructions", ["Show a card.", "Use show_card2 and re-show_card.", ""])
def test_brain_calls_no_tool_that_the_instructions_do_not_mention(instructions):
    brain = opened(replace(WARM_UP, instructions=instructions))
    assert brain.reply(News(said=["light"]), tools=WITH_CARDS).calls == ()


def test_brain_calls_no_tool_before_the_learner_has_answered():
    brain = opened(SHOWING)
    assert brain.reply(News(), tools=WITH_CARDS).calls == ()


def test_brain_points_at_what_a_tool_has_put_on_the_screen():
    brain = opened()
    shown = brain.reply(News(outputs=[ToolOutput("show_card", '{"shown": true}')]), tools=WITH_CARDS)
    assert shown.text == "Please have a look at your screen. Can you tell me more about it?"
    asked = ToolOutput("ask_for_drawing", '{"asked": true, "next": "Ask for it, then wait."}')
    assert brain.reply(News(outputs=[asked]), tools=WITH_CARDS).text == (
        "You see on your screen what to do. Take your time."
    )


# --- After a lost connection


def test_brain_counts_what_was_said_before_the_connection_was_lost():
    brain = resumed(("tutor", WARM_UP.opening), ("learner", "Light"), ("learner", "hint"), ("learner", "Water"))
    [call] = brain.reply(News(said=["Earth"]), tools=TOOLS).calls
    assert call.arguments == {
        "outcome": "understood",
        "reasoning": "Rehearsal: the learner gave 3 answers in this stage.",
        "summary": "Said: “Light”, “Water”, “Earth”.",
        "evidence": ["Light", "Water", "Earth"],
    }


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ((("tutor", "Hello! What does"),), WARM_UP.opening),
        ((("learner", "hm"), ("tutor", "Hello! What does a plant need to grow?")), WARM_UP.opening),
        ((("learner", "x"), ("tutor", "You said: x? What is it?")), "Welcome back. What is it?"),
        ((("tutor", "What is it?"), ("tutor", "Let me see whether we can go on.")), "Welcome back. What is it?"),
        (
            (("learner", "Light"), ("tutor", "You said: Light.")),
            "Welcome back. How would you say it in your own words?",
        ),
    ],
)
def test_brain_repeats_its_last_question(said, line):
    assert resumed(*said).last_line == line


def test_brain_answers_what_nobody_answered_before_the_connection_was_lost():
    brain = resumed(("tutor", WARM_UP.opening), ("learner", "Light"))
    assert brain.last_line == "You said: Light. Our goal: Say what plants need to grow. Can you tell me more about it?"
    assert brain.stay.said == ["Light"]


def test_brain_answers_at_once_what_was_said_while_the_connection_came_back():
    brain = Brain()
    brain.read(write(WARM_UP))
    said = (("tutor", WARM_UP.opening), ("learner", "Light"), ("tutor", "You said: Light. What else?"))
    news = News(said=["Water"], reminder=Reminder(said=said))
    assert brain.reply(news, tools=TOOLS).text == "You said: Water. How would you say it in your own words?"


def test_brain_opens_a_stage_that_was_not_begun():
    assert resumed().last_line == WARM_UP.opening


def test_brain_answers_what_was_typed_before_it_began():
    brain = Brain()
    brain.read(write(WARM_UP))

    assert brain.reply(News(said=["light"]), tools=TOOLS).text == f"You said: light. {WARM_UP.opening}"


def test_brain_does_not_show_again_what_was_shown_before_the_connection_was_lost():
    brain = resumed(("tutor", WARM_UP.opening), ("learner", "Light"), briefing=SHOWING)
    [call] = brain.reply(News(said=["Water"]), tools=WITH_CARDS).calls
    assert call.name == "ask_for_drawing"


# --- Commands


def test_brain_chooses_the_outcome_that_was_spoken():
    brain = opened()
    brain.reply(News(said=["I would say it needs practice"]), tools=TOOLS)
    [call] = brain.reply(News(said=["I am done"]), tools=TOOLS).calls
    assert (call.arguments["outcome"], call.arguments["evidence"]) == (
        "needs_practice",
        ["I would say it needs practice"],
    )


def test_brain_takes_the_first_outcome_when_none_was_spoken():
    [call] = opened().reply(News(said=["Next, please!"]), tools=TOOLS).calls
    assert call.arguments["outcome"] == "understood"


def test_brain_takes_a_command_only_in_a_short_sentence():
    line = opened().reply(News(said=["the bench stands next to the old oak tree"]), tools=TOOLS)
    assert (line.calls, line.text.startswith("You said: the bench")) == ((), True)


def test_brain_repeats_its_last_line_when_asked():
    assert opened().reply(News(said=["Repeat please"]), tools=TOOLS).text == WARM_UP.opening


def test_brain_makes_no_second_call_while_one_is_unanswered():
    brain = opened()
    line = brain.reply(News(said=["next"], waiting=True), tools=TOOLS)
    assert (line.text, line.calls) == ("One moment, please. I am waiting for the lesson to answer.", ())


def test_brain_plays_the_same_stage_again_when_an_outcome_leads_back_to_it():
    brain = opened()
    brain.reply(News(said=["light"]), tools=TOOLS)
    brain.reply(News(said=["next"]), tools=TOOLS)
    brain.read(write(WARM_UP))
    line = brain.reply(News(outputs=[ACCEPTED]), tools=TOOLS)
    assert (line.text, line.authored, brain.stay.said) == (WARM_UP.opening, True, [])


def test_brain_introduces_a_stage_that_has_no_opening():
    brain = Brain()
    brain.read(write(Briefing(stage="Roots", goal="Name three roots")))
    assert brain.reply(News(), tools=TOOLS).text == "Welcome to this stage: Roots. Our goal: Name three roots."


def test_brain_says_when_a_tool_refused():
    brain = opened()
    brain.reply(News(said=["give hint"]), tools=TOOLS)
    line = brain.reply(News(outputs=[ToolOutput("give_hint", '{"status": "refused", "error": "x"}')]), tools=TOOLS)
    assert line.text == "That did not work. Can you tell me more about it?"


def test_brain_survives_an_answer_that_is_not_json():
    brain = opened()
    line = brain.reply(News(outputs=[ToolOutput("give_hint", "oops")]), tools=TOOLS)
    assert line.text == "Done. Can you tell me more about it?"


def test_brain_never_leaves_a_stage_that_has_no_way_out():
    assert opened().reply(News(said=["next"]), tools={}).calls == ()


def test_brain_reads_back_no_more_than_a_sentence_or_two():
    text = opened().reply(News(said=["word " * 1000]), tools=TOOLS).text
    assert text.startswith(f"You said: {'word ' * 19}word …")
    assert len(text) < 200
