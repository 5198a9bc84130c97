"""Seeding a laptop."""

from dataclasses import replace
from importlib.resources import files
from io import StringIO
from operator import attrgetter

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tutor import plan as plans
from tutor.models import Lesson, LessonVersion
from tutor.rehearsal.arguments import example
from tutor.services import authoring
from tutor.tools import KINDS, Scene, run


@pytest.fixture(autouse=True)
def _laptop(settings, db):
    settings.DEBUG = True


def seed() -> str:
    out = StringIO()
    call_command("seed", stdout=out)
    return out.getvalue()


def test_seed_publishes_the_three_lessons_and_makes_the_accounts():
    seed()

    assert list(LessonVersion.objects.order_by("lesson__slug").values_list("lesson__slug", "number")) == [
        ("angles-of-a-triangle", 1),
        ("ordering-in-a-cafe", 1),
        ("why-is-the-sky-blue", 1),
    ]
    assert [
        (user.username, user.email, user.is_staff, user.is_superuser, [group.name for group in user.groups.all()])
        for user in User.objects.order_by("username")
    ] == [
        ("learner", "learner@demo.invalid", False, False, []),
        ("reviewer", "reviewer@demo.invalid", True, False, ["Reviewers"]),
        ("teacher", "teacher@demo.invalid", True, False, ["Teachers"]),
    ]


def test_seed_prints_the_accounts():
    assert seed().splitlines()[-4:] == [
        "Accounts, all with the password viva-demo:",
        "  learner    takes lessons",
        "  teacher    writes lessons",
        "  reviewer   reads what was said",
    ]


def test_seed_makes_accounts_that_can_sign_in(client):
    seed()

    assert client.login(username="learner", password="viva-demo")


def test_seed_twice_changes_nothing():
    seed()
    before = list(LessonVersion.objects.values()), list(User.objects.values())

    seed()

    assert (list(LessonVersion.objects.values()), list(User.objects.values())) == before


def test_seed_leaves_a_teachers_changes_alone():
    seed()
    Lesson.objects.filter(slug="why-is-the-sky-blue").update(title="Mine")

    assert "Lesson why-is-the-sky-blue: already there, left as it is" in seed()
    assert Lesson.objects.get(slug="why-is-the-sky-blue").title == "Mine"


def test_seed_refuses_to_run_in_production(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="only works with DEBUG on"):
        seed()
    assert User.objects.count() == 0


# --- the lessons that ship

PACKS = {file.name.removesuffix(".yaml"): file for file in files("tutor.lessons").iterdir() if file.suffix == ".yaml"}
each_pack = pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))


@each_pack
def test_pack_has_nothing_to_mend(pack):
    assert authoring.findings(plans.from_yaml(pack.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("slug", PACKS)
def test_pack_has_the_address_that_it_is_seeded_at(slug):
    assert plans.pack_from_yaml(PACKS[slug].read_text(encoding="utf-8")).address == slug


@pytest.mark.parametrize("slug", PACKS)
def test_seeded_lesson_is_its_pack(slug):
    seed()

    plan = plans.from_yaml(PACKS[slug].read_text(encoding="utf-8"))
    published = plans.from_data(LessonVersion.objects.get(lesson__slug=slug).plan)
    assert published == replace(plan, tools=tuple(sorted(plan.tools, key=attrgetter("name"))))


@each_pack
def test_every_stage_of_a_pack_helps_a_learner_who_is_stuck(pack):
    plan = plans.from_yaml(pack.read_text(encoding="utf-8"))

    assert [stage.key for stage in plan.stages if not (stage.hints and stage.stall_turns and stage.fallback)] == []


@each_pack
def test_what_a_pack_would_have_a_card_show_can_be_shown(pack):
    plan = plans.from_yaml(pack.read_text(encoding="utf-8"))
    cards = [tool for tool in plan.tools if tool.kind in ("card", "drawing")]

    for tool in cards:
        scene = Scene(None, plan.start)
        assert run(tool, scene, example(tool.parameters, "")).card is not None


def test_packs_show_every_kind_of_tool_that_stays_on_this_server():
    read = [plans.from_yaml(file.read_text(encoding="utf-8")) for file in PACKS.values()]

    assert {tool.kind for plan in read for tool in plan.tools} == set(KINDS) - {"webhook"}
    assert any(len(stage.outcomes) > 1 for plan in read for stage in plan.stages)
    assert max(sum(bool(stage.evidence) for stage in plan.stages) for plan in read) >= 3
