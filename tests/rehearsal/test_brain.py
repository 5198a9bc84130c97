"""What the tutor says, apart from the wire."""

from tests.rehearsal.helpers import HINT, STAGE_COMPLETE, WARM_UP
from tutor.realtime.briefing import Briefing, write
from tutor.rehearsal.brain import Brain, News, ToolOutput

TOOLS = {"stage_complete": STAGE_COMPLETE, "give_hint": HINT}


def opened(briefing=WARM_UP) -> Brain:
    brain = Brain()
    brain.read(write(briefing))
    brain.reply(News(), tools=TOOLS)
    return brain


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
    line = brain.reply(News(outputs=[ToolOutput("stage_complete", '{"status": "accepted"}')]), tools=TOOLS)
    assert (line.text, line.authored, brain.said) == (WARM_UP.opening, True, [])


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
    assert line.text == "Done. What comes to your mind first?"


def test_brain_never_leaves_a_stage_that_has_no_way_out():
    assert opened().reply(News(said=["next"]), tools={}).calls == ()


def test_brain_reads_back_no_more_than_a_sentence_or_two():
    text = opened().reply(News(said=["word " * 1000]), tools=TOOLS).text
    assert len(text) < 400
