"""What the pure core says, in the reader's language."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from tests.lessons import PLAN
from tutor.admin import wording
from tutor.admin.findings import advice_on_plan
from tutor.plan import Plan, Stage
from tutor.plan.diff import ChangeKind, diff
from tutor.plan.phrase import Phrase

GERMAN = {
    "Stage “%(title)s” has no goal: tell the learner what to reach.": "Etappe „%(title)s“ hat kein Ziel.",
    "Stage “%(title)s”": "Etappe „%(title)s“",
    "goal": "Ziel",
}


@pytest.fixture
def _german(monkeypatch):
    monkeypatch.setattr(wording, "gettext", lambda text: GERMAN.get(text, text))
    with override("de"):
        yield


def without_goal() -> Plan:
    first, *rest = PLAN.stages
    return replace(PLAN, stages=(replace(first, goal=""), *rest))


@pytest.mark.usefixtures("_german")
def test_findings_are_said_in_the_readers_language(lesson):
    assert [advice.message for advice in advice_on_plan(lesson, without_goal())] == ["Etappe „Warm-up“ hat kein Ziel."]


@pytest.mark.usefixtures("_german")
def test_changes_are_said_in_the_readers_language():
    (change,) = wording.changes(PLAN, without_goal())

    assert (change.kind, change.place, change.before, change.after) == (
        ChangeKind.CHANGED,
        "Etappe „Warm-up“, Ziel",
        PLAN.stages[0].goal,
        "",
    )


@pytest.mark.usefixtures("_german")
def test_every_line_of_what_is_new_is_said_in_the_readers_language():
    new = replace(PLAN, stages=(*PLAN.stages, Stage(key="new", title="New", goal="a\nb")))

    assert wording.changes(PLAN, new)[0].after.split("\n")[:3] == ["Title: New", "Ziel: a", "b"]


@pytest.mark.usefixtures("_german")
def test_numbers_are_written_as_the_reader_writes_them():
    assert wording.said(Phrase("%(count)s tokens", count=16_384)) == "16.384 tokens"
    assert wording.said("16,384 tokens") == "16,384 tokens"


def test_changes_are_those_of_the_pure_core_in_english():
    assert wording.changes(None, PLAN) == diff(None, PLAN)


def test_help_has_an_example_to_follow_and_one_not_to():
    help_text = wording.example("What for?", good="a < b", bad="c")

    assert str(help_text) == (
        'What for? <span class="example example--good"><b>Good:</b> a &lt; b</span>'
        ' <span class="example example--bad"><b>Bad:</b> c</span>'
    )
