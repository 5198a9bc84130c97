"""Stages of a draft: named, moved, copied."""

import pytest

from tutor.models import Stage
from tutor.services import authoring, drafting


def order(lesson) -> list[tuple[str, int]]:
    return list(lesson.stages.values_list("key", "order"))


@pytest.mark.parametrize(
    ("title", "taken", "key"),
    [
        ("Order a drink", [], "order-a-drink"),
        ("Order", ["order"], "order-2"),
        ("Order", ["order", "order-2"], "order-3"),
        ("Élan!", [], "elan"),
        ("点餐", [], "stage"),
        ("点餐", ["stage"], "stage-2"),
        ("_x_", [], "x"),
        ("x" * 120, [], "x" * 50),
        ("x" * 120, ["x" * 50], "x" * 45 + "-2"),
    ],
)
def test_a_title_gives_a_key_that_is_free(title, taken, key):
    assert drafting.free_key(title, taken=taken) == key


@pytest.mark.parametrize(
    ("key", "by", "keys"),
    [
        ("order", -1, ["order", "warm-up", "goodbye"]),
        ("order", 1, ["warm-up", "goodbye", "order"]),
        ("warm-up", -1, ["warm-up", "order", "goodbye"]),
        ("warm-up", 9, ["order", "goodbye", "warm-up"]),
        ("goodbye", 1, ["warm-up", "order", "goodbye"]),
    ],
)
def test_a_stage_moves_as_far_as_there_are_places(lesson, key, by, keys):
    drafting.move_stage(lesson.stages.get(key=key), by=by)

    assert order(lesson) == list(zip(keys, [10, 20, 30], strict=True))


def test_a_stage_moves_among_stages_that_share_a_number(lesson):
    lesson.stages.update(order=0)

    drafting.move_stage(lesson.stages.get(key="goodbye"), by=-1)

    assert order(lesson) == [("warm-up", 10), ("goodbye", 20), ("order", 30)]


def test_a_copy_stands_behind_its_original_and_is_like_it(lesson):
    stage = lesson.stages.get(key="warm-up")

    copy = drafting.duplicate_stage(stage)

    assert order(lesson) == [("warm-up", 10), ("warm-up-2", 20), ("order", 30), ("goodbye", 40)]
    plan = authoring.compile_plan(lesson)
    original, twin = plan.stages[:2]
    assert (copy.title, twin.title, twin.instructions) == ("Warm-up (copy)", "Warm-up (copy)", original.instructions)
    assert (twin.tools, twin.hints, twin.context) == (original.tools, original.hints, original.context)


def test_a_copy_leads_where_its_original_leads_and_to_itself_again(lesson):
    copy = drafting.duplicate_stage(lesson.stages.get(key="warm-up"))

    assert [(way.key, way.next_stage.key) for way in copy.outcomes.all()] == [
        ("understood", "order"),
        ("needs-practice", "warm-up-2"),
    ]
    assert [way.next_stage.key for way in Stage.objects.get(key="warm-up").outcomes.all()] == ["order", "warm-up"]


def test_a_copy_of_a_long_title_still_fits(lesson):
    lesson.stages.filter(key="order").update(title="x" * 120)

    copy = drafting.duplicate_stage(lesson.stages.get(key="order"))

    assert copy.title == "x" * 112 + " (copy)"
    copy.full_clean()
