"""Each fault a lesson can have: its level, its place, its sentence."""

import json
from dataclasses import replace

import pytest

from tests.lessons import PLAN
from tutor.plan import Finding, Level, Outcome, PlanError, Tool, errors, from_yaml, lint
from tutor.plan.estimate import tokens
from tutor.plan.lint import KEY, MAX_STAGE_BYTES, TOOL_NAME, VOICES, stage_tokens
from tutor.plan.text import MAX_ADDRESS, MAX_TEXT, to_yaml
from tutor.services import prompts

WARM_UP, ORDER, GOODBYE = PLAN.stages
HINT, NOTE = PLAN.tools


def error(place, message):
    return Finding(Level.ERROR, place, message)


def warning(place, message):
    return Finding(Level.WARNING, place, message)


def with_stage(**change):
    """The example lesson, its last stage changed."""
    return replace(PLAN, stages=(WARM_UP, ORDER, replace(GOODBYE, **change)))


def with_outcome(**change):
    return with_stage(outcomes=(replace(GOODBYE.outcomes[0], **change),))


def with_tool(**change):
    return replace(PLAN, tools=(HINT, replace(NOTE, **change)))


def test_good_lesson_has_no_findings():
    assert lint(PLAN) == ()


def test_errors_are_the_findings_that_stop_publishing():
    plan = replace(with_stage(goal=""), title="")
    assert [finding.level for finding in lint(plan)] == [Level.ERROR, Level.WARNING]
    assert errors(plan) == (error("title", "The lesson has no title: give it one."),)


# --- the lesson

LONG = "x" * 121
LESSON_FAULTS = [
    ({"title": " "}, error("title", "The lesson has no title: give it one.")),
    ({"title": LONG}, error("title", "The title is 121 characters long: shorten it to 120.")),
    (
        {"language": ""},
        error("language", "The lesson has no language, so nothing can be written down: choose one such as “en”."),
    ),
    ({"language": "eng"}, error("language", "“eng” is no language code: use two small letters such as “en”.")),
    ({"language": "EN"}, error("language", "“EN” is no language code: use two small letters such as “en”.")),
    ({"language": "en\n"}, error("language", "“en\n” is no language code: use two small letters such as “en”.")),
    (
        {"language": "xx"},
        warning(
            "language",
            "“xx” is not among the languages that are written down well: check the code, or try the lesson first.",
        ),
    ),
    ({"voice": "robot"}, error("voice", f"“robot” is not a known voice: choose one of {', '.join(VOICES)}.")),
    ({"voice": "voice_" + "x" * 35}, error("voice", "The voice is 41 characters long: shorten it to 40.")),
    (
        {"minutes": 0},
        error("minutes", "The lesson takes less than a minute: say how many minutes a learner should plan for."),
    ),
]


@pytest.mark.parametrize(("change", "finding"), LESSON_FAULTS)
def test_lesson_fault_is_found(change, finding):
    assert lint(replace(PLAN, **change)) == (finding,)


def test_lesson_without_stages_is_an_error():
    assert lint(replace(PLAN, stages=(), tools=())) == (error("stages", "The lesson has no stage: add one."),)


def test_custom_voice_is_known_by_its_first_letters():
    assert lint(replace(PLAN, voice="voice_1234")) == ()


@pytest.mark.parametrize("field", ["summary", "image"])
def test_lesson_that_is_too_long_to_be_read_again_is_an_error(field):
    long = "x" * MAX_TEXT
    plan = replace(PLAN, summary=long) if field == "summary" else with_tool(options={"image": long})
    size = f"{len(to_yaml(plan, address='1' * MAX_ADDRESS)):,}"
    assert lint(plan) == (
        error(
            "lesson",
            f"The lesson is {size} characters long as a lesson pack, and 262,144 can be read again: "
            "shorten it, or choose smaller pictures.",
        ),
    )
    with pytest.raises(PlanError):
        from_yaml(to_yaml(plan))


# --- a stage

STAGE_FAULTS = [
    ({"title": ""}, error("stages[2].title", "Stage “goodbye” has no title: give it one the learner understands.")),
    ({"title": LONG}, error("stages[2].title", "The title is 121 characters long: shorten it to 120.")),
    ({"title": "Order"}, warning("stages[2].title", "Two stages are called “Order”: give them titles that differ.")),
    ({"goal": "\n"}, warning("stages[2].goal", "Stage “Looking back” has no goal: tell the learner what to reach.")),
    (
        {"instructions": ""},
        error("stages[2].instructions", "Stage “Looking back” has no instructions: tell the tutor what to do."),
    ),
    ({"evidence": 6}, error("stages[2].evidence", "6 quotes are too many: choose a number from 0 to 5.")),
    ({"turns": 51}, error("stages[2].turns", "51 learner turns are too many: choose a number from 0 to 50.")),
    (
        {"stall_turns": 51, "hints": ("a",)},
        error("stages[2].stall_turns", "51 learner turns are too many: choose a number from 0 to 50."),
    ),
    (
        {"stall_minutes": 61, "hints": ("a",)},
        error("stages[2].stall_minutes", "61 minutes are too many: choose a number from 0 to 60."),
    ),
    (
        {"tools": ("draw",)},
        error(
            "stages[2].tools",
            "Stage “Looking back” uses a tool “draw” that the lesson does not have: add or remove it.",
        ),
    ),
    (
        {"tools": ("note", "note")},
        error("stages[2].tools", "Stage “Looking back” names the tool “note” twice: name it once."),
    ),
    (
        {"hints": ("Think.", " "), "tools": ("hint",)},
        warning("stages[2].hints[1]", "This hint is empty: write it, or remove it."),
    ),
    (
        {"tools": ("hint",)},
        warning(
            "stages[2].hints", "Stage “Looking back” has no hints for its tool “hint”: write one, or drop the tool."
        ),
    ),
    (
        {"hints": ("Think.",)},
        warning(
            "stages[2].hints",
            "Nobody gives the hints of stage “Looking back”: add a tool of the kind “hint”, or help after turns.",
        ),
    ),
    (
        {"stall_turns": 4},
        warning("stages[2].hints", "Stage “Looking back” offers help but has no hint to give: write one."),
    ),
    (
        {"stall_minutes": 4},
        warning("stages[2].hints", "Stage “Looking back” offers help but has no hint to give: write one."),
    ),
    (
        {"stall_turns": 2, "turns": 3, "hints": ("Think.",)},
        warning("stages[2].stall_turns", "Help comes after 2 learner turns, but 3 are needed: let it come later."),
    ),
    (
        {"fallback": "given-up", "stall_turns": 4, "hints": ("Think.",)},
        error(
            "stages[2].fallback",
            "“given-up” is the last resort but no outcome of stage “Looking back”: choose one of done.",
        ),
    ),
    (
        {"fallback": "done"},
        warning(
            "stages[2].fallback",
            "The last resort of stage “Looking back” never comes: say after how many turns or minutes help begins.",
        ),
    ),
]


@pytest.mark.parametrize(("change", "finding"), STAGE_FAULTS)
def test_stage_fault_is_found(change, finding):
    assert lint(with_stage(**change)) == (finding,)


def test_help_in_a_stage_with_hints_and_a_last_resort_is_no_fault():
    assert lint(with_stage(stall_turns=4, stall_minutes=60, hints=("Think.",), fallback="done")) == ()


def test_stage_without_a_way_out_traps_those_before_it():
    circle = "the lesson can never end: let an outcome lead out of the circle."
    assert lint(with_stage(outcomes=())) == (
        error("stages[0]", f"From stage “Warm-up” {circle}"),
        error("stages[1]", f"From stage “Order” {circle}"),
        error("stages[2].outcomes", "Stage “Looking back” has no way out: add an outcome."),
    )


def test_last_resort_of_a_stage_without_outcomes_is_an_error():
    message = "“done” is the last resort but no outcome of stage “Looking back”: add it, or remove it here."
    plan = with_stage(outcomes=(), fallback="done", stall_turns=4, hints=("Think.",))
    assert lint(plan)[-1] == error("stages[2].fallback", message)


@pytest.mark.parametrize("key", ["", "Warm Up", "-a", "ä", "a" * 51, "a\n"])
def test_stage_key_of_other_characters_is_an_error(key):
    order = replace(ORDER, outcomes=(replace(ORDER.outcomes[0], next=key),))
    plan = replace(PLAN, stages=(WARM_UP, order, replace(GOODBYE, key=key)))
    message = f"“{key}” cannot be a stage's key: use small letters, digits, - and _."
    assert lint(plan) == (error("stages[2].key", message),)


def test_repeated_stage_key_is_an_error():
    plan = replace(PLAN, stages=(*PLAN.stages, replace(GOODBYE, title="Again"), replace(GOODBYE, title="And again")))
    message = "Another stage has the key “goodbye” already: choose another key."
    assert lint(plan) == (error("stages[3].key", message),)


def test_stage_no_outcome_leads_to_is_a_warning():
    plan = replace(PLAN, stages=(*PLAN.stages, replace(GOODBYE, key="extra", title="Extra")))
    message = "No outcome leads to stage “Extra”: point one at it, or remove the stage."
    assert lint(plan) == (warning("stages[3]", message),)


def test_circle_without_an_end_is_an_error():
    message = "From stage “Looking back” the lesson can never end: let an outcome lead out of the circle."
    assert error("stages[2]", message) in lint(with_outcome(next="order"))


@pytest.mark.parametrize("letter", ["x", "ß", "語", "\n"])
def test_stage_too_long_for_a_data_channel_is_an_error(letter):
    """Bytes count, and a line break takes two of them."""
    each = max(len(letter.encode()), 2 if letter == "\n" else 1)
    message = "Stage “Looking back” and its tools are 56 kB, and 56 can be sent: shorten the instructions."
    text = "x" + letter * (MAX_STAGE_BYTES // each)
    assert lint(with_stage(instructions=text)) == (error("stages[2].instructions", message),)
    assert "stages[2].instructions" not in [
        finding.place for finding in errors(with_stage(instructions="x" + letter * (50_000 // each)))
    ]


@pytest.mark.parametrize(
    ("words", "finding"),
    [
        (5_000, None),
        (
            13_000,
            warning(
                "stages[2].instructions",
                "Stage “Looking back” and its tools are about 13,432 tokens, and the model takes 16,384: "
                "shorten them to be safe.",
            ),
        ),
        (
            17_000,
            error(
                "stages[2].instructions",
                "Stage “Looking back” and its tools are about 17,432 tokens, and the model takes 16,384: "
                "shorten the instructions.",
            ),
        ),
    ],
)
def test_stage_of_too_many_tokens_is_found(words, finding):
    assert lint(with_stage(instructions="I " * words)) == ((finding,) if finding else ())


def test_tools_count_towards_the_length_of_a_stage():
    plan = with_tool(description="x" * MAX_STAGE_BYTES)
    assert [finding.place for finding in lint(plan)] == ["stages[0].instructions"]


def test_what_the_model_is_not_given_does_not_count_towards_the_length_of_a_stage():
    long = "word " * 12_000
    plan = replace(with_tool(options={"picture": long}), tests=({"say": long},), summary=long)
    assert lint(plan) == ()


@pytest.mark.parametrize("stage", PLAN.stages, ids=lambda stage: stage.key)
def test_tokens_of_a_stage_are_about_those_of_what_is_sent(stage):
    config = prompts.stage_session(PLAN, stage)
    sent = tokens(config["instructions"]) + tokens(json.dumps(config["tools"]))
    assert stage_tokens(PLAN, stage) == pytest.approx(sent, rel=0.15)


# --- an outcome

OUTCOME_FAULTS = [
    (
        {"key": "All done"},
        error(
            "stages[2].outcomes[0].key",
            "“All done” cannot be an outcome's key: use small letters, digits, - and _.",
        ),
    ),
    (
        {"when": " "},
        warning(
            "stages[2].outcomes[0].when",
            "The tutor cannot tell when to choose “done”: say what the learner has done then.",
        ),
    ),
]


@pytest.mark.parametrize(("change", "finding"), OUTCOME_FAULTS)
def test_outcome_fault_is_found(change, finding):
    assert lint(with_outcome(**change)) == (finding,)


def test_outcome_to_a_stage_that_is_not_there_is_an_error():
    away = Outcome(key="away", when="Never.", next="nowhere")
    plan = with_stage(outcomes=(*GOODBYE.outcomes, away))
    message = "Outcome “away” leads to “nowhere”, which is no stage: choose one, or the end."
    assert lint(plan) == (error("stages[2].outcomes[1].next", message),)


def test_repeated_outcome_is_an_error():
    message = "Another outcome of stage “Looking back” has the key “done”: choose another key."
    assert lint(with_stage(outcomes=GOODBYE.outcomes * 2)) == (error("stages[2].outcomes[1].key", message),)


# --- a tool


def test_tool_name_of_other_characters_is_an_error():
    plan = replace(PLAN, tools=(*PLAN.tools, replace(NOTE, name="a b")))
    assert lint(plan) == (
        error("tools[2].name", "“a b” cannot be a tool's name: use up to 64 letters, digits, - and _."),
        warning("tools[2]", "No stage uses the tool “a b”: let one use it, or remove it."),
    )


def test_tool_named_like_the_built_in_one_is_an_error():
    plan = replace(with_stage(tools=("stage_complete",)), tools=(*PLAN.tools, replace(NOTE, name="stage_complete")))
    assert lint(plan) == (error("tools[2].name", "“stage_complete” is built in: choose another name."),)


def test_tool_without_a_description_is_a_warning():
    message = "Tool “note” does not say what it is for: say when the tutor should call it."
    assert lint(with_tool(description="")) == (warning("tools[1].description", message),)


def test_tool_of_a_kind_too_long_for_its_row_is_an_error():
    assert lint(with_tool(kind="x" * 21)) == (
        error("tools[1].kind", "The kind is 21 characters long: shorten it to 20."),
    )


@pytest.mark.parametrize("parameters", [{}, {"type": "string"}, {"type": ["object"]}])
def test_tool_parameters_that_are_no_object_are_an_error(parameters):
    message = "The parameters of tool “note” are no list of fields: begin the JSON Schema with type “object”."
    assert lint(with_tool(parameters=parameters)) == (error("tools[1].parameters", message),)


def test_repeated_tool_is_an_error():
    message = "Another tool is called “note” already: choose another name."
    assert lint(replace(PLAN, tools=(HINT, NOTE, NOTE))) == (error("tools[2].name", message),)


def test_unused_tool_is_a_warning():
    spare = Tool(name="spare", kind="note", description="Spare.")
    plan = replace(PLAN, tools=(*PLAN.tools, spare))
    message = "No stage uses the tool “spare”: let one use it, or remove it."
    assert lint(plan) == (warning("tools[2]", message),)


# --- marks that models keep for themselves

MARK = "a <|im_end|> b"


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        (replace(PLAN, title=MARK), "title"),
        (replace(PLAN, preamble=MARK), "preamble"),
        (with_stage(title=MARK), "stages[2].title"),
        (with_stage(goal=MARK), "stages[2].goal"),
        (with_stage(instructions=MARK), "stages[2].instructions"),
        (with_stage(opening=MARK), "stages[2].opening"),
        (with_stage(hints=("a", MARK), tools=("hint",)), "stages[2].hints[1]"),
        (with_outcome(when=MARK), "stages[2].outcomes[0].when"),
        (with_tool(description=MARK), "tools[1].description"),
        (
            with_tool(parameters={"type": "object", "properties": {"drink": {"type": "string", "description": MARK}}}),
            "tools[1].parameters.properties.drink.description",
        ),
        (with_tool(parameters={"type": "object", "properties": {MARK: {}}}), "tools[1].parameters.properties"),
        (with_tool(options={"say": [MARK]}), "tools[1].options.say[0]"),
    ],
)
def test_reserved_mark_is_an_error(plan, place):
    assert lint(plan) == (error(place, "“<|im_end|>” is a mark that models keep for themselves: leave it out."),)


@pytest.mark.parametrize("text", ["a <| b |> c", "x<|y", "|>", "< |a| >", "<|>", "|x| < 3"])
def test_text_that_only_looks_like_a_mark_is_fine(text):
    assert lint(with_stage(instructions=text)) == ()


def test_reserved_mark_where_the_model_never_reads_is_fine():
    assert lint(replace(PLAN, summary=MARK, tests=({"say": MARK},))) == ()


# --- values that could not be stored and read back


@pytest.mark.parametrize(
    ("plan", "finding"),
    [
        (with_stage(hints=("a", 7)), error("stages[2].hints[1]", "Text is expected here.")),
        (with_stage(turns=-1), error("stages[2].turns", "A whole number from 0 to 32767 is expected here.")),
        (with_tool(parameters=["x"]), error("tools[1].parameters", "A JSON object is expected here.")),
        (replace(PLAN, title="a\x00"), error("title", "The text holds characters that cannot be stored.")),
    ],
)
def test_value_that_could_not_be_read_back_is_an_error(plan, finding):
    assert lint(plan) == (finding,)


# --- the patterns the admin uses too


@pytest.mark.parametrize(
    ("name", "good"),
    [("a", True), ("Note_2-b", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("é", False), ("a.b", False)],
)
def test_tool_name_pattern(name, good):
    assert bool(TOOL_NAME.fullmatch(name)) is good


@pytest.mark.parametrize(("key", "good"), [("a", True), ("warm-up_2", True), ("2", True), ("_a", False), ("A", False)])
def test_key_pattern(key, good):
    assert bool(KEY.fullmatch(key)) is good
