"""Each fault a lesson can have: its level, its place, its sentence."""

from dataclasses import replace

import pytest

from tests.lessons import PLAN
from tutor.plan import Finding, Level, Outcome, Tool, errors, lint
from tutor.plan.lint import KEY, MAX_STAGE_BYTES, TOOL_NAME, VOICES

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

LESSON_FAULTS = [
    ({"title": " "}, error("title", "The lesson has no title: give it one.")),
    ({"language": "eng"}, error("language", "“eng” is not a two-letter language code such as “en”.")),
    ({"language": "EN"}, error("language", "“EN” is not a two-letter language code such as “en”.")),
    ({"language": "en\n"}, error("language", "“en\n” is not a two-letter language code such as “en”.")),
    ({"voice": "robot"}, error("voice", f"“robot” is not a known voice: choose one of {', '.join(VOICES)}.")),
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


# --- a stage

STAGE_FAULTS = [
    ({"title": ""}, error("stages[2].title", "Stage “goodbye” has no title: give it one the learner understands.")),
    ({"goal": "\n"}, warning("stages[2].goal", "Stage “Looking back” has no goal: tell the learner what to reach.")),
    (
        {"instructions": ""},
        error("stages[2].instructions", "Stage “Looking back” has no instructions: tell the tutor what to do."),
    ),
    ({"evidence": 6}, error("stages[2].evidence", "Between 0 and 5 quotes can be asked for.")),
    ({"turns": 51}, error("stages[2].turns", "Between 0 and 50 learner turns can be asked for.")),
    (
        {"tools": ("draw",)},
        error("stages[2].tools", "Stage “Looking back” uses a tool “draw” that the lesson does not have."),
    ),
    ({"tools": ("hint", "hint")}, error("stages[2].tools", "The tool “hint” is there 2 times: names must differ.")),
    ({"outcomes": ()}, error("stages[2].outcomes", "Stage “Looking back” has no way out: add an outcome.")),
]


@pytest.mark.parametrize(("change", "finding"), STAGE_FAULTS)
def test_stage_fault_is_found(change, finding):
    assert finding in lint(with_stage(**change))


@pytest.mark.parametrize(("change", "finding"), STAGE_FAULTS[:-1])
def test_stage_fault_is_found_alone(change, finding):
    assert lint(with_stage(**change)) == (finding,)


def test_stage_without_a_way_out_traps_those_before_it():
    circle = "the lesson can never end: let an outcome lead out of the circle."
    assert lint(with_stage(outcomes=())) == (
        error("stages[0]", f"From stage “Warm-up” {circle}"),
        error("stages[1]", f"From stage “Order” {circle}"),
        error("stages[2].outcomes", "Stage “Looking back” has no way out: add an outcome."),
    )


@pytest.mark.parametrize("key", ["", "Warm Up", "-a", "ä", "a" * 51, "a\n"])
def test_stage_key_of_other_characters_is_an_error(key):
    order = replace(ORDER, outcomes=(replace(ORDER.outcomes[0], next=key),))
    plan = replace(PLAN, stages=(WARM_UP, order, replace(GOODBYE, key=key)))
    message = f"“{key}” cannot be a stage's key: use small letters, digits, - and _."
    assert lint(plan) == (error("stages[2].key", message),)


def test_repeated_stage_key_is_an_error():
    plan = replace(PLAN, stages=(*PLAN.stages, GOODBYE))
    assert lint(plan) == (error("stages", "The key “goodbye” is there 2 times: names must differ."),)


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
    message = "Stage “Looking back” and its tools are too long for the model: shorten the instructions."
    text = "x" + letter * (MAX_STAGE_BYTES // each)
    assert lint(with_stage(instructions=text)) == (error("stages[2].instructions", message),)
    assert lint(with_stage(instructions="x" + letter * (50_000 // each))) == ()


def test_tools_count_towards_the_length_of_a_stage():
    plan = with_tool(description="x" * MAX_STAGE_BYTES)
    assert [finding.place for finding in lint(plan)] == ["stages[0].instructions"]


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
        warning("stages[2].outcomes[0].when", "Outcome “done” does not say when the tutor should choose it."),
    ),
]


@pytest.mark.parametrize(("change", "finding"), OUTCOME_FAULTS)
def test_outcome_fault_is_found(change, finding):
    assert lint(with_outcome(**change)) == (finding,)


def test_outcome_to_a_stage_that_is_not_there_is_an_error():
    away = Outcome(key="away", when="Never.", next="nowhere")
    plan = with_stage(outcomes=(*GOODBYE.outcomes, away))
    message = "Outcome “away” leads to “nowhere”, a stage that is not there."
    assert lint(plan) == (error("stages[2].outcomes[1].next", message),)


def test_repeated_outcome_is_an_error():
    message = "The outcome “done” is there 2 times: names must differ."
    assert lint(with_stage(outcomes=GOODBYE.outcomes * 2)) == (error("stages[2].outcomes", message),)


# --- a tool


def test_tool_name_of_other_characters_is_an_error():
    plan = replace(PLAN, tools=(*PLAN.tools, replace(NOTE, name="a b")))
    assert lint(plan) == (
        error("tools[2].name", "“a b” cannot be a tool's name: use up to 64 letters, digits, - and _."),
        warning("tools[2]", "No stage uses the tool “a b”."),
    )


def test_tool_named_like_the_built_in_one_is_an_error():
    plan = replace(with_stage(tools=("stage_complete",)), tools=(*PLAN.tools, replace(NOTE, name="stage_complete")))
    assert lint(plan) == (error("tools[2].name", "“stage_complete” is built in: choose another name."),)


def test_tool_without_a_description_is_a_warning():
    message = "Tool “note” does not say what it is for."
    assert lint(with_tool(description="")) == (warning("tools[1].description", message),)


@pytest.mark.parametrize("parameters", [{}, {"type": "string"}, {"type": ["object"]}])
def test_tool_parameters_that_are_no_object_are_an_error(parameters):
    message = "The parameters of tool “note” must be a JSON Schema of type “object”."
    assert lint(with_tool(parameters=parameters)) == (error("tools[1].parameters", message),)


def test_repeated_tool_is_an_error():
    message = "The tool “note” is there 2 times: names must differ."
    assert lint(replace(PLAN, tools=(HINT, NOTE, NOTE))) == (error("tools", message),)


def test_unused_tool_is_a_warning():
    spare = Tool(name="spare", kind="note", description="Spare.")
    plan = replace(PLAN, tools=(*PLAN.tools, spare))
    assert lint(plan) == (warning("tools[2]", "No stage uses the tool “spare”."),)


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
