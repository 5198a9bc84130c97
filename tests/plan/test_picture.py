"""Pictures of lessons: nothing covers anything, every outcome is drawn, and nothing in a title can break out."""

import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from hypothesis import example, given

from tests.lessons import PLAN
from tests.plan import plans
from tests.strategies import any_text, patient
from tutor.plan import Outcome, Plan, Stage
from tutor.plan.picture import Arrow, Picture, Rect, Way, describe, layout, svg, text
from tutor.plan.picture.layout import FLAG, GOAL, KEY, TITLE
from tutor.plan.picture.svg import without_goals
from tutor.plan.picture.words import ENGLISH

NS = {"svg": "http://www.w3.org/2000/svg"}
ANY_PLAN = plans.plans | plans.lessons()


def plan(**ways: str) -> Plan:
    """A plan from its arrows: `a="ok:b no:a done:"` is stage a with three outcomes, the last of them to the end."""
    return Plan(
        title="Test",
        stages=tuple(
            Stage(
                key=key,
                title=f"Stage {key}",
                outcomes=tuple(
                    Outcome(key=name, when="", next=target or None)
                    for name, target in (way.split(":") for way in leads.split())
                ),
            )
            for key, leads in ways.items()
        ),
    )


def rects(picture: Picture) -> list[Rect]:
    marks = [mark for mark in (picture.start, picture.end) if mark]
    return [*picture.boxes, *(arrow.label for arrow in picture.arrows), *marks]


def arrow(picture: Picture, key: str) -> Arrow:
    [found] = [arrow for arrow in picture.arrows if arrow.label.name == key]
    return found


def parse(picture: Picture, **options: object) -> ElementTree.Element:
    return ElementTree.fromstring(svg(picture, **options))  # noqa: S314, our own output


def ranks(picture: Picture) -> dict[str, int]:
    return {box.key: box.rank for box in picture.boxes}


# --- Layout ------------------------------------------------------------------------------------------


def test_layout_of_a_lesson_without_stages_is_empty():
    picture = layout(Plan(title="New", stages=()))

    assert (picture.boxes, picture.arrows, picture.start, picture.end) == ((), (), None, None)


def test_layout_stacks_a_linear_lesson_in_one_straight_column():
    picture = layout(plan(a="ok:b", b="ok:c", c="ok:"))

    assert ranks(picture) == {"a": 0, "b": 1, "c": 2}
    assert len({box.x for box in picture.boxes}) == 1
    assert [len(arrow.points) for arrow in picture.arrows] == [2, 2, 2]
    assert [arrow.way for arrow in picture.arrows] == [Way.FORWARD] * 3


def test_layout_puts_branches_side_by_side_and_what_they_join_in_below():
    picture = layout(plan(a="left:b right:c", b="on:d", c="on:d", d="done:"))
    start, left, right, joined = picture.boxes

    assert ranks(picture) == {"a": 0, "b": 1, "c": 1, "d": 2}
    assert left.x < start.x < right.x
    assert joined.x == start.x


def test_layout_ranks_a_stage_below_its_longest_way_in():
    assert ranks(layout(plan(a="on:b skip:c", b="on:c", c="done:"))) == {"a": 0, "b": 1, "c": 2}


def test_layout_puts_at_most_four_stages_side_by_side():
    topics = {f"t{number}": "done:" for number in range(9)}
    picture = layout(plan(a=" ".join(f"w{key}:{key}" for key in topics), **topics))

    assert [box.rank for box in picture.boxes] == [0, 1, 1, 1, 1, 2, 2, 2, 2, 3]


def test_layout_leads_a_way_back_past_the_side_of_what_it_returns_over():
    picture = layout(plan(a="ok:b", b="ok:c back:a", c="ok:"))
    back = arrow(picture, "back")
    over = [box for box in picture.boxes if box.key in "ab"]

    assert (back.way, back.source, back.target) == (Way.BACK, 2, 1)
    lane = next(x for (x, y), (_, higher) in pairwise(back.points) if higher < y)
    assert all(lane > box.x + box.width or lane < box.x for box in over)
    assert back.points[-1] == (picture.boxes[0].x + picture.boxes[0].width / 2, picture.boxes[0].y)


def test_layout_leads_a_loop_back_into_the_side_of_its_stage():
    picture = layout(plan(a="again:a ok:"))
    box, loop = picture.boxes[0], arrow(picture, "again")

    assert (loop.way, loop.target) == (Way.LOOP, 1)
    assert loop.points[-1][0] == box.x + box.width
    assert max(x for x, _ in loop.points) > loop.label.x + loop.label.width


def test_layout_joins_all_ways_to_the_end_in_one_mark():
    picture = layout(plan(a="ok:b stop:", b="ok:c stop2:", c="done:"))
    assert picture.end is not None
    head = (picture.end.x + picture.end.width / 2, picture.end.y)

    assert {arrow(picture, key).points[-1] for key in ("stop", "stop2", "done")} == {head}


def test_layout_has_no_end_mark_when_nothing_ends_the_lesson():
    assert layout(plan(a="again:a")).end is None


def test_layout_lets_an_outcome_to_nowhere_dangle():
    picture = layout(plan(a="lost:zz ok:b", b="done:"))
    lost = arrow(picture, "lost")

    assert (lost.way, lost.target, lost.missing) == (Way.NOWHERE, None, "zz")
    assert lost.label.y + lost.label.height < lost.points[-1][1] < picture.boxes[1].y


def test_layout_flags_stages_that_are_unreachable_or_cannot_end():
    picture = layout(plan(a="ok: stuck:b lost:c", b="again:b", c="", d="done:", e="lost2:zz"))

    assert {box.key: (box.unreachable, box.dead_end) for box in picture.boxes} == {
        "a": (False, False),
        "b": (False, True),
        "c": (False, True),
        "d": (True, False),
        "e": (True, True),
    }
    assert [box.start for box in picture.boxes] == [True, False, False, False, False]


def test_layout_means_the_first_of_two_stages_with_one_key():
    stages = plan(a="ok:b", b="done:").stages
    picture = layout(Plan(title="", stages=(*stages, stages[1])))

    assert arrow(picture, "ok").target == 2
    assert [box.unreachable for box in picture.boxes] == [False, False, True]


def test_layout_shows_unconnected_stages_in_the_order_of_the_lesson():
    assert [box.rank for box in layout(plan(a="", b="", c="")).boxes] == [0, 1, 2]


def test_layout_keeps_long_keys_and_goals_within_their_rectangles():
    picture = layout(
        Plan(
            title="",
            stages=(
                Stage(
                    key="a", title="word " * 99, goal="x" * 999, outcomes=(Outcome(key="k" * 50, when="", next="a"),)
                ),
            ),
        )
    )
    box, label = picture.boxes[0], picture.arrows[0].label

    assert (len(box.title), len(box.goal)) == (2, 2)
    assert box.title[1][-1] == box.goal[1][-1] == label.text[-1] == text.ELLIPSIS
    assert label.name == "k" * 50
    assert text.width(label.text, KEY) < label.width


@patient
@given(ANY_PLAN)
@example(PLAN)
def test_layout_never_lets_boxes_labels_or_marks_overlap(any_plan):
    picture = layout(any_plan)

    assert [(a, b) for a, b in combinations(rects(picture), 2) if a.overlaps(b)] == []
    assert [(a, b) for a, b in combinations(rects(without_goals(picture)), 2) if a.overlaps(b)] == []


@patient
@given(ANY_PLAN)
def test_layout_never_draws_outside_of_the_picture(any_plan):
    picture = layout(any_plan)
    corners = [(r.x, r.y) for r in rects(picture)] + [(r.x + r.width, r.y + r.height) for r in rects(picture)]
    points = [point for arrow in picture.arrows for point in arrow.points]

    assert [(x, y) for x, y in corners + points if not (0 <= x <= picture.width and 0 <= y <= picture.height)] == []


@patient
@given(ANY_PLAN)
def test_layout_never_leads_a_line_across_a_box_or_the_label_of_another_stage(any_plan):
    picture = layout(any_plan)
    labels = [(other.source, other.label) for other in picture.arrows]

    for way in picture.arrows:
        covered = [*picture.boxes, *(label for source, label in labels if source != way.source)]
        for (x1, y1), (x2, y2) in pairwise(way.points):
            line = Rect(x=min(x1, x2), y=min(y1, y2), width=abs(x2 - x1), height=abs(y2 - y1))
            assert [rect for rect in covered if line.overlaps(rect)] == []


@patient
@given(ANY_PLAN)
def test_layout_draws_every_stage_and_every_outcome_once(any_plan):
    picture = layout(any_plan)
    ends = {box.number: box for box in picture.boxes}

    assert [box.key for box in picture.boxes] == [stage.key for stage in any_plan.stages]
    assert len(picture.arrows) == sum(len(stage.outcomes) for stage in any_plan.stages)
    for way in picture.arrows:
        source, (x, y) = ends[way.source], way.points[-1]
        assert way.points[0] == (source.x + source.width / 2, source.y + source.height)
        target = ends[way.target] if way.target else picture.end
        if way.way is not Way.NOWHERE:
            assert target is not None
            assert target.x <= x <= target.x + target.width
            assert target.y <= y <= target.y + target.height


@patient
@given(ANY_PLAN)
def test_layout_draws_lines_that_are_upright_or_level(any_plan):
    lines = [line for way in layout(any_plan).arrows for line in pairwise(way.points)]

    assert [line for line in lines if (line[0][0] == line[1][0]) == (line[0][1] == line[1][1])] == []


@patient
@given(ANY_PLAN)
def test_picture_of_the_same_plan_is_always_the_same(any_plan):
    assert svg(layout(any_plan)) == svg(layout(any_plan))


# --- Drawing -----------------------------------------------------------------------------------------


@patient
@given(ANY_PLAN)
def test_svg_is_well_formed_and_free_of_inline_style_whatever_the_texts_hold(any_plan):
    keys = [stage.key for stage in any_plan.stages]
    root = parse(
        layout(any_plan), links=dict.fromkeys(keys, "/x?a=1&b=<2>"), current=keys[0] if keys else None, done=keys
    )

    assert {name for element in root.iter() for name in element.attrib} <= {
        *("class", "role", "width", "height", "viewBox", "x", "y", "rx", "cx", "cy", "r", "d", "dy", "href"),
        *("aria-label", "aria-current", "data-stage"),
    }
    assert {element.tag.split("}")[1] for element in root.iter()} <= {
        *("svg", "title", "desc", "g", "a", "rect", "circle", "path", "text"),
    }


def test_svg_escapes_what_authors_write():
    stage = Stage(key="a", title='<script>"x"</script>\x00\x1b\ud800\u202e', goal="&amp;", outcomes=())
    drawn = svg(layout(Plan(title="<b>", stages=(stage,))))

    assert "<script" not in drawn
    assert "<b>" not in drawn
    assert "&lt;script&gt;&quot;x&quot;&lt;/script&gt;" in drawn
    assert "&amp;amp;" in drawn
    assert drawn.encode().decode().isprintable()


def test_svg_says_in_words_what_it_shows():
    picture = layout(plan(a="ok:b again:a lost:zz", b="back:a done:"))

    assert describe(picture) == (
        "Stage 1, Stage a: “ok” leads to stage 2, Stage b; “again” leads to the same stage again;"
        " “lost” leads to “zz”, a stage that is not there."
        " Stage 2, Stage b: “back” leads back to stage 1, Stage a; “done” ends the lesson."
    )
    root = parse(picture)
    assert root.get("role") == "img"
    assert root.findtext("svg:title", namespaces=NS) == "The stages of “Test”"
    assert root.findtext("svg:desc", namespaces=NS) == describe(picture)


def test_svg_of_outcomes_without_names_has_no_labels_and_unbroken_lines():
    nameless = tuple(Outcome(key="", when="", next=after) for after in ("a", "b", None))
    back = Outcome(key="", when="", next="a")
    stages = (Stage(key="a", title="A", outcomes=nameless), Stage(key="b", title="B", outcomes=(back,)))
    picture = layout(Plan(title="T", stages=stages))
    root = parse(picture)

    assert describe(picture) == (
        "Stage 1, A: the same stage again; on to stage 2, B; to the end of the lesson. Stage 2, B: back to stage 1, A."
    )
    for name in ("label", "pill", "key", "stem"):
        assert root.findall(f".//svg:*[@class='lesson-map__{name}']", NS) == []
    assert len(root.findall(".//svg:g/svg:path[@class='lesson-map__line']", NS)) == 4


def test_svg_says_flags_in_words_too():
    picture = layout(plan(a="again:a", b=""))
    flags = [element.text for element in parse(picture).findall(".//svg:text[@class='lesson-map__flag']", NS)]

    assert flags == [ENGLISH.dead_end, ENGLISH.unreachable, ENGLISH.dead_end]
    assert describe(picture).endswith(f"Stage 2, Stage b, has no outcome. {ENGLISH.unreachable}. {ENGLISH.dead_end}.")


def test_svg_says_it_in_the_words_of_the_page():
    german = replace(
        ENGLISH, stage_with_ways="Etappe %(number)s, %(name)s: %(ways)s.", way_end="%(key)s: fertig", end="Ende"
    )
    picture = layout(plan(a="done:"))

    assert describe(picture, words=german) == "Etappe 1, Stage a: done: fertig."
    root = parse(picture, words=german)
    assert root.findtext("svg:desc", namespaces=NS) == "Etappe 1, Stage a: done: fertig."
    assert root.findtext(".//svg:text[@class='lesson-map__end-text']", namespaces=NS) == "Ende"


def test_svg_of_no_stages_is_a_sentence():
    root = parse(layout(Plan(title="", stages=())))

    assert [element.text for element in root.findall("svg:text", NS)] == [ENGLISH.empty]
    assert root.findtext("svg:title", namespaces=NS) == "The stages of the lesson"
    assert root.findtext("svg:desc", namespaces=NS) == ENGLISH.empty


def test_svg_links_stages_and_then_is_a_group_so_that_the_links_can_be_reached():
    root = parse(layout(PLAN), links={"order": "/stages/order/?a=1&b=2"})

    assert root.get("role") == "group"
    [link] = root.findall("svg:a", NS)
    assert (link.get("href"), link.get("aria-label")) == ("/stages/order/?a=1&b=2", "Stage 2: Order")


def test_svg_marks_where_the_learner_is_and_has_been():
    root = parse(layout(PLAN), current="order", done={"warm-up"})
    stages = [element for element in root if (element.get("class") or "").startswith("lesson-map__stage")]

    assert [(e.get("data-stage"), e.get("class"), e.get("aria-current")) for e in stages] == [
        ("warm-up", "lesson-map__stage lesson-map__stage--done", None),
        ("order", "lesson-map__stage lesson-map__stage--current", "step"),
        ("goodbye", "lesson-map__stage", None),
    ]
    assert len(root.findall(".//svg:path[@class='lesson-map__tick']", NS)) == 1
    assert root.findtext("svg:desc", namespaces=NS) == (
        "Stage 1, Warm-up: “understood” leads to stage 2, Order; “needs-practice” leads to the same stage again."
        " Finished. Stage 2, Order: “ordered” leads to stage 3, Looking back. The learner is here."
        " Stage 3, Looking back: “done” ends the lesson."
    )


def test_svg_with_titles_only_leaves_the_goals_out_and_is_lower():
    picture = layout(PLAN)
    full, short = parse(picture), parse(picture, titles_only=True)

    assert len(full.findall(".//svg:text[@class='lesson-map__goal']", NS)) == 3
    assert short.findall(".//svg:text[@class='lesson-map__goal']", NS) == []
    # Each of the three rows loses one line of a goal and the space above it.
    assert float(full.get("height", 0)) - float(short.get("height", 0)) == 3 * (GOAL.leading + 3)
    assert "Say what you like to drink." not in svg(picture, titles_only=True)


def test_svg_shows_a_shortened_key_in_full_when_asked():
    root = parse(layout(plan(a=f"{'k' * 50}:")))

    assert [element.text for element in root.findall(".//svg:g/svg:title", NS)] == ["k" * 50]


def test_stylesheet_has_the_sizes_the_layout_counts_on():
    css = (Path(settings.BASE_DIR) / "static/tutor/css/lesson_map.css").read_text()
    sizes = dict(re.findall(r"\.lesson-map__([a-z]+) \{\s*font-size: ([\d.]+)px", css))

    faces = {"title": TITLE, "goal": GOAL, "flag": FLAG, "key": KEY}
    assert {name: float(sizes[name]) for name in faces} == {name: face.size for name, face in faces.items()}


# --- Texts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_text", "lines"),
    [
        ("", ()),
        ("Warm-up", ("Warm-up",)),
        ("one two three four", ("one two", "three four")),
        ("one two three four five six", ("one two", "three four…")),
        ("abcdefghijklmnopqrstuvwxyz", ("abcdefghijk", "lmnopqrs…")),
    ],
)
def test_wrap_breaks_between_words_and_ends_with_an_ellipsis(given_text, lines):
    assert text.wrap(given_text, text.Face(size=10, leading=12), 60, 2) == lines


@patient
@given(any_text)
def test_wrap_keeps_every_line_within_its_room(any_text):
    face = text.Face(size=12, leading=16)

    assert [line for line in text.wrap(text.clean(any_text), face, 80, 2) if text.width(line, face) > 80] == []


def test_width_of_wide_and_of_combining_characters_is_told_apart():
    face = text.Face(size=10, leading=12)

    assert text.width("日本", face) == 20
    assert text.width("e\u0301", face) == text.width("e", face)


def test_svg_colours_stages_by_their_heat():
    root = parse(layout(plan(a="ok:b", b="ok:")), heat={"a": 0, "b": 4})

    classes = {one.get("data-stage"): one.get("class") for one in root.iter() if one.get("data-stage")}
    assert classes == {
        "a": "lesson-map__stage lesson-map__stage--heat-0",
        "b": "lesson-map__stage lesson-map__stage--heat-4",
    }
