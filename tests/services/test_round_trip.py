"""A published lesson, taken out as a pack, brought in again and published, is the same to the last byte."""

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import json_values, patient, texts
from tutor import plan as plans
from tutor.models import LessonVersion
from tutor.plan import ContextRule, Outcome, Plan, Stage, Tool
from tutor.plan.lint import VOICES
from tutor.plan.lint.limits import LANGUAGES, MAX_EVIDENCE, MAX_STALL_MINUTES, MAX_STALL_TURNS, MAX_TURNS
from tutor.services import authoring
from tutor.tools import schema_fault

# Each example takes two dozen writes.
few = settings(patient, max_examples=50)

keys = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,12}", fullmatch=True)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True).filter(lambda name: name != "stage_complete")
said = texts.filter(str.strip)
# Any schema that may be published: a property called “$ref” may not.
parameters = st.fixed_dictionaries(
    {
        "type": st.just("object"),
        "properties": st.dictionaries(texts, st.fixed_dictionaries({"default": json_values}), max_size=2),
    }
).filter(lambda schema: not schema_fault(schema))


@st.composite
def stages(draw: st.DrawFn, key: str, targets: list[str], tool_names: list[str]) -> Stage:
    outcomes = [
        Outcome(key=name, when=draw(texts), next=draw(st.none() | st.sampled_from(targets)))
        for name in draw(st.lists(keys, max_size=2, unique=True))
    ]
    # One way out leads to the end from everywhere: such a lesson may be published.
    end = draw(keys.filter(lambda name: name not in [outcome.key for outcome in outcomes]))
    outcomes.insert(draw(st.integers(0, len(outcomes))), Outcome(key=end, when=draw(texts)))
    return Stage(
        key=key,
        title=draw(said),
        goal=draw(texts),
        instructions=draw(said),
        opening=draw(texts),
        tools=tuple(draw(st.lists(st.sampled_from(tool_names), unique=True))) if tool_names else (),
        outcomes=tuple(outcomes),
        hints=tuple(draw(st.lists(texts, max_size=2))),
        context=draw(st.sampled_from(ContextRule)),
        evidence=draw(st.integers(0, MAX_EVIDENCE)),
        turns=draw(st.integers(0, MAX_TURNS)),
        stall_turns=draw(st.integers(0, MAX_STALL_TURNS)),
        stall_minutes=draw(st.integers(0, MAX_STALL_MINUTES)),
        fallback=draw(st.none() | st.sampled_from([outcome.key for outcome in outcomes])),
    )


@st.composite
def tools(draw: st.DrawFn, name: str) -> Tool:
    return Tool(
        name=name,
        kind=draw(st.sampled_from(["hint", "note"])),
        description=draw(texts),
        parameters=draw(parameters),
    )


@st.composite
def lessons(draw: st.DrawFn) -> Plan:
    """Any lesson that may be published."""
    stage_keys = draw(st.lists(keys, min_size=1, max_size=3, unique=True))
    tool_names = draw(st.lists(names, max_size=3, unique=True))
    return Plan(
        title=draw(said),
        stages=tuple(draw(stages(key, stage_keys, tool_names)) for key in stage_keys),
        tools=tuple(draw(tools(name)) for name in tool_names),
        summary=draw(texts),
        language=draw(st.sampled_from(sorted(LANGUAGES))),
        voice=draw(st.sampled_from([*VOICES, "voice_abc"])),
        preamble=draw(texts),
        minutes=draw(st.integers(1, 32_767)),
        tests=tuple(draw(st.lists(st.dictionaries(texts, json_values, max_size=2), max_size=2))),
    )


def published(plan: Plan, slug: str) -> LessonVersion:
    version = authoring.publish(authoring.load_draft(plan, slug=slug), by=None)
    version.refresh_from_db()
    return version


@few
@given(lessons())
def test_published_lesson_is_the_same_after_export_import_and_publish(db, plan):
    with transaction.atomic():
        first = published(plan, "first")
        pack = plans.to_yaml(plans.from_data(first.plan), address="first")
        second = published(plans.from_yaml(pack), "second")

        assert plans.to_json(plans.from_data(second.plan)) == plans.to_json(plans.from_data(first.plan))
        assert second.checksum == first.checksum
        assert plans.to_yaml(authoring.compile_plan(second.lesson), address="first") == pack
        transaction.set_rollback(True)


@few
@given(lessons())
def test_published_lesson_is_the_same_after_export_as_json(db, plan):
    with transaction.atomic():
        first = published(plan, "first")
        second = published(plans.from_json(plans.to_json(plans.from_data(first.plan))), "second")

        assert second.checksum == first.checksum
        transaction.set_rollback(True)


def test_tools_keep_one_order_whatever_the_alphabet_of_the_database(lesson):
    names = ("Zoo", "a-b", "a_b", "ab", "b", "note")
    stage = Stage(
        key="one", title="One", instructions="Go.", tools=names[::-1], outcomes=(Outcome(key="end", when=""),)
    )
    tools = tuple(Tool(name=name, kind="note", description="") for name in names[::-1])

    plan = authoring.compile_plan(authoring.load_draft(Plan(title="T", stages=(stage,), tools=tools), slug="tools"))

    assert plan.stages[0].tools == tuple(tool.name for tool in plan.tools) == names
