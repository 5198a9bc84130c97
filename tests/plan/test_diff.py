"""Differences between two plans, each in words and each exactly once."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lessons import PLAN
from tests.plan import plans
from tests.strategies import patient
from tutor.plan import ContextRule, Outcome, Plan, Stage, Tool, to_json
from tutor.plan.diff import MOST_TOKENS, Change, ChangeKind, PieceKind, diff, pieces_of

SAME, REMOVED, ADDED = PieceKind.SAME, PieceKind.REMOVED, PieceKind.ADDED
WARM_UP, ORDER, GOODBYE = PLAN.stages
PLACES = {
    "title": "title",
    "goal": "goal",
    "instructions": "instructions",
    "opening": "opening",
    "tools": "tools",
    "hints": "hints",
    "context": "what the tutor still knows",
    "evidence": "quotes asked for",
    "turns": "learner turns asked for",
    "stall_turns": "help after learner turns",
    "stall_minutes": "help after minutes",
    "fallback": "last resort",
}


def with_stage(number: int, **values: object) -> Plan:
    """The lesson of the tests with one of its stages changed."""
    stages = list(PLAN.stages)
    stages[number] = replace(stages[number], **values)
    return replace(PLAN, stages=tuple(stages))


def with_outcome(**values: object) -> Plan:
    first, *rest = WARM_UP.outcomes
    return with_stage(0, outcomes=(replace(first, **values), *rest))


def with_note(**values: object) -> Plan:
    hint, note = PLAN.tools
    return replace(PLAN, tools=(hint, replace(note, **values)))


def called(stage: Stage) -> str:
    """What changes call a stage."""
    name = stage.title or stage.key
    return f"Stage “{name}”" if name else "Stage"


def in_brief(changes: tuple[Change, ...]) -> list[tuple[str, str, str, str]]:
    return [(change.kind, change.place, change.before, change.after) for change in changes]


@pytest.mark.parametrize(
    ("values", "place", "before", "after"),
    [
        ({"title": "In a café"}, "Lesson, title", "Ordering in a café", "In a café"),
        ({"summary": ""}, "Lesson, summary", "You order a drink.", ""),
        ({"language": "fr"}, "Lesson, language", "en", "fr"),
        ({"voice": "cedar"}, "Lesson, voice", "marin", "cedar"),
        ({"minutes": 7}, "Lesson, minutes", "5", "7"),
        ({"preamble": "Speak."}, "Lesson, rules for the whole lesson", "Speak slowly.", "Speak."),
    ],
)
def test_diff_says_what_changed_of_the_lesson(values, place, before, after):
    assert in_brief(diff(PLAN, replace(PLAN, **values))) == [("changed", place, before, after)]


@pytest.mark.parametrize(
    ("values", "place", "before", "after"),
    [
        ({"goal": "Say it."}, "goal", "Say what you like to drink.", "Say it."),
        ({"tools": ("hint",)}, "tools", "hint, note", "hint"),
        ({"hints": ("Tea.",)}, "hints", "• Think of a hot drink.\n• It grows on a bush.", "• Tea."),
        ({"context": ContextRule.FRESH}, "what the tutor still knows", "everything said so far", "nothing"),
        ({"evidence": 2}, "quotes asked for", "0", "2"),
        ({"turns": 3}, "learner turns asked for", "1", "3"),
    ],
)
def test_diff_says_what_changed_of_a_stage(values, place, before, after):
    assert in_brief(diff(PLAN, with_stage(0, **values))) == [("changed", f"Stage “Warm-up”, {place}", before, after)]


def test_diff_calls_a_stage_by_its_new_title():
    assert in_brief(diff(PLAN, with_stage(1, title="At the bar", goal=""))) == [
        ("changed", "Stage “At the bar”, title", "Order", "At the bar"),
        ("changed", "Stage “At the bar”, goal", "Order a drink.", ""),
    ]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (None, "the end of the lesson"),
        ("goodbye", "stage “Looking back”"),
        ("nobody", "“nobody”, a stage that is not there"),
    ],
)
def test_diff_says_where_an_outcome_leads_now(target, words):
    place = "Stage “Warm-up”, outcome “understood”, where it leads"

    assert in_brief(diff(PLAN, with_outcome(next=target))) == [("changed", place, "stage “Order”", words)]


def test_diff_says_when_an_outcome_is_chosen_now():
    place = "Stage “Warm-up”, outcome “understood”, when to choose it"

    assert in_brief(diff(PLAN, with_outcome(when="Always."))) == [
        ("changed", place, "The learner named a drink.", "Always.")
    ]


def test_diff_tells_values_of_a_schema_apart_that_python_takes_for_the_same():
    old, new = with_note(parameters={"minimum": 1}), with_note(parameters={"minimum": True})

    assert in_brief(diff(old, new)) == [
        ("changed", "Tool “note”, parameters", '{\n  "minimum": 1\n}', '{\n  "minimum": true\n}')
    ]


def test_diff_does_not_mind_the_order_within_a_schema():
    assert diff(with_note(parameters={"a": 1, "b": 2}), with_note(parameters={"b": 2, "a": 1})) == ()


def test_diff_describes_a_stage_that_was_added_or_removed():
    without = replace(PLAN, stages=(WARM_UP, ORDER))
    description = (
        "Title: Looking back\n"
        "Goal: Say what you learned.\n"
        "Instructions: Look back.\n"
        "Opening: What did you learn today?\n"
        "What the tutor still knows: nothing\n"
        "Quotes asked for: 0\n"
        "Learner turns asked for: 0\n"
        "Outcome “done”\n"
        "  When to choose it: The learner looked back.\n"
        "  Where it leads: the end of the lesson"
    )

    assert diff(PLAN, without) == (Change(ChangeKind.REMOVED, "Stage “Looking back”", description, ""),)
    assert diff(without, PLAN) == (Change(ChangeKind.ADDED, "Stage “Looking back”", "", description),)


def test_diff_describes_an_outcome_and_a_tool_that_were_added():
    retry = Outcome(key="retry", when="Twice.", next="order")
    clock = Tool(name="clock", kind="clock", description="", parameters={})
    new = replace(with_stage(1, outcomes=(*ORDER.outcomes, retry)), tools=(*PLAN.tools, clock))

    assert in_brief(diff(PLAN, new)) == [
        (
            "added",
            "Stage “Order”, outcome “retry”",
            "",
            "When to choose it: Twice.\nWhere it leads: stage “Order”",
        ),
        ("added", "Tool “clock”", "", "Kind: clock\nParameters: {}"),
    ]


def test_diff_says_which_stage_moved():
    last_first = replace(PLAN, stages=(GOODBYE, WARM_UP, ORDER))

    assert in_brief(diff(PLAN, last_first)) == [
        ("moved", "Stage “Looking back”", "number 3, after “Order”", "number 1"),
    ]
    assert in_brief(diff(last_first, PLAN)) == [
        ("moved", "Stage “Looking back”", "number 1", "number 3, after “Order”"),
    ]


def test_diff_does_not_call_moved_what_only_made_room():
    new_first = Stage(key="new", title="New", turns=0)
    changes = diff(PLAN, replace(PLAN, stages=(new_first, ORDER, GOODBYE)))

    assert [(change.kind, change.place) for change in changes] == [
        ("removed", "Stage “Warm-up”"),
        ("added", "Stage “New”"),
    ]


def test_diff_of_a_stage_with_a_new_key_is_one_removed_and_one_added():
    changes = diff(PLAN, with_stage(2, key="farewell"))

    assert [(change.kind, change.place) for change in changes] == [
        ("removed", "Stage “Looking back”"),
        ("added", "Stage “Looking back”"),
    ]


def test_diff_tells_stages_with_one_key_apart_by_their_order():
    twice = replace(PLAN, stages=(*PLAN.stages, replace(WARM_UP, title="Again")))
    changed = replace(PLAN, stages=(*PLAN.stages, replace(WARM_UP, title="Once more")))

    assert in_brief(diff(twice, changed)) == [("changed", "Stage “Once more”, title", "Again", "Once more")]


def test_diff_without_an_old_plan_adds_everything():
    changes = diff(None, PLAN)

    assert [(change.kind, change.place) for change in changes] == [
        ("added", "Lesson"),
        ("added", "Stage “Warm-up”"),
        ("added", "Stage “Order”"),
        ("added", "Stage “Looking back”"),
        ("added", "Tool “hint”"),
        ("added", "Tool “note”"),
    ]
    assert changes[0].after == (
        "Title: Ordering in a café\n"
        "Summary: You order a drink.\n"
        "Language: en\n"
        "Voice: marin\n"
        "Minutes: 5\n"
        "Rules for the whole lesson: Speak slowly."
    )


# --- Any plans at all --------------------------------------------------------------------------------

OF_LESSON = {
    "title": "title",
    "summary": "summary",
    "language": "language",
    "voice": "voice",
    "preamble": "rules for the whole lesson",
    "minutes": "minutes",
    "tests": "tests",
}
# Every field of a model is compared: by one of these names, as a list, or as the identity of what it belongs to.
LISTS_AND_KEYS = {Plan: {"stages", "tools"}, Stage: {"key", "outcomes"}}


@pytest.mark.parametrize(("model", "places"), [(Plan, OF_LESSON), (Stage, PLACES)])
def test_diff_knows_every_field(model, places):
    assert {field.name for field in fields(model)} == set(places) | LISTS_AND_KEYS[model]


@patient
@given(plans.plans)
def test_diff_of_a_plan_with_itself_is_empty(plan):
    assert diff(plan, plan) == ()


@patient
@given(plans.plans, plans.plans)
def test_diff_is_empty_only_for_the_same_plan(old, new):
    assert (diff(old, new) == ()) == (to_json(old) == to_json(new))


@patient
@given(plans.plans)
def test_diff_from_nothing_has_one_change_for_each_part(plan):
    assert len(diff(None, plan)) == 1 + len(plan.stages) + len(plan.tools)


@patient
@given(st.data(), plans.plans)
def test_diff_of_one_edit_of_the_lesson_is_that_change(data, old):
    field = data.draw(st.sampled_from(sorted(OF_LESSON.keys() - {"tests"})))
    value = getattr(old, field)
    new = replace(old, **{field: value + 1 if isinstance(value, int) else value + "x"})

    assert in_brief(diff(old, new)) == [
        ("changed", f"Lesson, {OF_LESSON[field]}", str(value), str(getattr(new, field)))
    ]


@patient
@given(st.data(), plans.plans.filter(lambda plan: plan.stages))
def test_diff_of_one_edit_of_a_stage_is_that_change(data, old):
    number = data.draw(st.integers(0, len(old.stages) - 1))
    field = data.draw(st.sampled_from(["goal", "instructions", "opening", "tools", "hints", "evidence", "turns"]))
    stage = old.stages[number]
    value = getattr(stage, field)
    more = {str: "x", int: 1, tuple: ("x",)}[type(value)]
    edited = replace(stage, **{field: value + more})
    new = replace(old, stages=(*old.stages[:number], edited, *old.stages[number + 1 :]))

    [change] = diff(old, new)
    assert (change.kind, change.place) == ("changed", f"{called(stage)}, {PLACES[field]}")


@patient
@given(st.data(), st.lists(plans.stages, min_size=2, max_size=9, unique_by=lambda stage: stage.key))
def test_diff_of_one_stage_moved_is_that_change(data, stages):
    old = Plan(title="", stages=tuple(stages))
    here, there = data.draw(st.lists(st.integers(0, len(stages) - 1), min_size=2, max_size=2, unique=True))
    moved = stages.pop(here)
    stages.insert(there, moved)

    [change] = diff(old, replace(old, stages=tuple(stages)))
    assert change.kind == "moved"
    # When neighbours change places, either of them may be said to have moved.
    assert abs(here - there) == 1 or change.place == called(moved)


@patient
@given(st.data(), st.lists(plans.stages, min_size=1, max_size=9, unique_by=lambda stage: stage.key))
def test_diff_of_one_stage_removed_or_added_is_that_change(data, stages):
    more = Plan(title="", stages=tuple(stages))
    gone = stages.pop(data.draw(st.integers(0, len(stages) - 1)))
    less = replace(more, stages=tuple(stages))
    place = called(gone)

    assert [(change.kind, change.place) for change in diff(more, less)] == [("removed", place)]
    assert [(change.kind, change.place) for change in diff(less, more)] == [("added", place)]


# --- Words -------------------------------------------------------------------------------------------


def test_pieces_mark_the_words_that_differ():
    assert pieces_of("Ask what the learner likes.", "Ask kindly what the learner drinks.") == (
        (SAME, "Ask "),
        (ADDED, "kindly "),
        (SAME, "what the learner "),
        (REMOVED, "likes."),
        (ADDED, "drinks."),
    )


def test_changes_of_texts_have_pieces_and_others_have_none():
    text, number = diff(PLAN, with_stage(0, goal="Say what you like to eat.", turns=2))

    assert text.pieces == ((SAME, "Say what you like to "), (REMOVED, "drink."), (ADDED, "eat."))
    assert number.pieces == ()


def test_pieces_of_long_texts_find_a_single_word():
    before, after = "la " * 20_000 + "old " + "di " * 20_000, "la " * 20_000 + "new " + "di " * 20_000

    assert pieces_of(before, after) == (
        (SAME, "la " * 20_000),
        (REMOVED, "old "),
        (ADDED, "new "),
        (SAME, "di " * 20_000),
    )


def test_pieces_of_very_different_long_texts_are_lines():
    many = "many words " * MOST_TOKENS

    assert pieces_of(f"one\n{many}\nsame\nend a", f"two\n{many}\nsame\nend b") == (
        (REMOVED, "one\n"),
        (ADDED, "two\n"),
        (SAME, f"{many}\nsame\n"),
        (REMOVED, "end a"),
        (ADDED, "end b"),
    )


def test_pieces_of_texts_too_long_even_by_lines_are_the_whole_texts():
    before, after = "a\n" * (MOST_TOKENS + 1), "b\n" * (MOST_TOKENS + 1)

    assert pieces_of(before, after) == ((REMOVED, before), (ADDED, after))


@patient
@given(st.text(alphabet="ab \n"), st.text(alphabet="ab \n"))
def test_pieces_make_up_both_texts(before, after):
    pieces = pieces_of(before, after)

    assert "".join(text for kind, text in pieces if kind is not ADDED) == before
    assert "".join(text for kind, text in pieces if kind is not REMOVED) == after
    assert all(text for _, text in pieces)
