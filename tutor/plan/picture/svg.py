"""A picture as SVG text, for pages under a strict content policy: geometry as attributes, all looks by class names.

The classes are those of lesson_map.css; around a wide picture a page puts a `<div class="lesson-map-frame">`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from itertools import takewhile

from tutor.plan.picture.layout import BADGE, CROSS, FLAG, GOAL, PADDING, TITLE
from tutor.plan.picture.text import clean
from tutor.plan.picture.values import Arrow, Box, Label, Picture, Point, Rect, Way
from tutor.plan.picture.words import ENGLISH, Words

CORNER = 8.0  # radius of a line's corners
BOX_CORNER = 12.0
HEAD_LENGTH, HEAD_WIDTH = 8.0, 5.0
BADGE_RADIUS = 11.0
# The widest picture of each size: the stylesheet says how far one may be squeezed before it scrolls in its frame.
SIZES = {"narrow": 400.0, "middling": 760.0, "wide": 1200.0}


def svg(
    picture: Picture,
    *,
    links: Mapping[str, str] | None = None,
    current: str | None = None,
    done: Collection[str] = (),
    heat: Mapping[str, int] | None = None,
    titles_only: bool = False,
    words: Words = ENGLISH,
) -> str:
    """Return the picture as an `<svg>` element, everything in it escaped.

    Args:
        links: address of a page for each stage key that has one.
        current: key of the stage the learner is in.
        done: keys of the stages the learner has finished.
        heat: of each stage key from 0 (nothing) to 4 (the most), how strongly its box is coloured.
        titles_only: leave the goals out; the boxes become lower.
        words: what it says besides the texts of the lesson.
    """
    if titles_only:
        picture = without_goals(picture)
    links, heat = links or {}, heat or {}
    parts = [
        _title(picture, current, done, words),
        *_way_in(picture, words),
        *(_arrow(arrow) for arrow in picture.arrows),
        *(
            _stage(box, links.get(box.key), words, heat.get(box.key), current=box.key == current, done=box.key in done)
            for box in picture.boxes
        ),
        *_way_out(picture, words),
    ]
    if not picture.boxes:
        parts.append(_text(words.empty, picture.width / 2, picture.height / 2, "empty"))
    # An element with the role img hides what is in it from assistive technology; links must not be hidden.
    role = "group" if any(box.key in links for box in picture.boxes) else "img"
    width, height = _number(picture.width), _number(picture.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{_classes("lesson-map", _size(picture))}" role="{role}"'
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )


def describe(
    picture: Picture, *, current: str | None = None, done: Collection[str] = (), words: Words = ENGLISH
) -> str:
    """Return in plain words what the picture shows: every stage, how far the learner is, where each outcome leads."""
    if not picture.boxes:
        return words.empty
    ways: dict[int, list[Arrow]] = {box.number: [] for box in picture.boxes}
    for arrow in picture.arrows:
        ways[arrow.source].append(arrow)
    return " ".join(
        sentence
        for box in picture.boxes
        for sentence in (
            _describe_stage(box, ways[box.number], picture.boxes, words),
            *([words.here] if box.key == current else []),
            *([words.finished] if box.key in done else []),
            *(f"{flag}." for flag in _flags(box, words)),
        )
    )


def _describe_stage(box: Box, ways: Sequence[Arrow], boxes: Sequence[Box], words: Words) -> str:
    sentence = words.stage_with_ways if ways else words.stage_without_ways
    leads = "; ".join(_describe_way(way, boxes, words) for way in ways)
    return sentence % {"number": box.number, "name": box.name, "ways": leads}


def _describe_way(arrow: Arrow, boxes: Sequence[Box], words: Words) -> str:
    key = arrow.label.name
    if arrow.way is Way.NOWHERE:
        return words.way_nowhere % {"key": key, "missing": arrow.missing}
    if arrow.way is Way.LOOP:
        return (words.way_loop if key else words.bare_way_loop) % {"key": key}
    if arrow.target is None:
        return (words.way_end if key else words.bare_way_end) % {"key": key}
    if arrow.way is Way.BACK:
        sentence = words.way_back if key else words.bare_way_back
    else:
        sentence = words.way_on if key else words.bare_way_on
    return sentence % {"key": key, "number": arrow.target, "name": boxes[arrow.target - 1].name}


def without_goals(picture: Picture) -> Picture:
    """Return the same picture with the goals left out and the rows moved up by the room they took."""
    folds = sorted({(box.y + box.height - box.goal_room, box.goal_room) for box in picture.boxes})

    def up(y: float) -> float:
        return y - sum(min(max(y - top, 0.0), room) for top, room in folds)

    def line(points: Iterable[Point]) -> tuple[Point, ...]:
        return tuple((x, up(y)) for x, y in points)

    return replace(
        picture,
        height=up(picture.height),
        boxes=tuple(
            replace(b, y=up(b.y), height=b.height - b.goal_room, goal=(), goal_room=0.0) for b in picture.boxes
        ),
        arrows=tuple(
            replace(a, points=line(a.points), label=replace(a.label, y=up(a.label.y))) for a in picture.arrows
        ),
        entry=line(picture.entry),
        end=replace(picture.end, y=up(picture.end.y)) if picture.end else None,
    )


def _title(picture: Picture, current: str | None, done: Collection[str], words: Words) -> str:
    title = words.title % {"title": picture.title} if picture.title else words.untitled
    told = describe(picture, current=current, done=done, words=words)
    return f"<title>{_escape(title)}</title><desc>{_escape(told)}</desc>"


def _way_in(picture: Picture, words: Words) -> Iterable[str]:
    if picture.start:
        dot = picture.start
        yield _line(picture.entry)
        yield (
            f'<circle class="lesson-map__start" cx="{_number(dot.x + dot.width / 2)}"'
            f' cy="{_number(dot.y + dot.height / 2)}" r="{_number(dot.width / 2)}">'
            f"<title>{_escape(words.start)}</title></circle>"
        )


def _way_out(picture: Picture, words: Words) -> Iterable[str]:
    if picture.end:
        end = picture.end
        yield _rect(end, "end", end.height / 2)
        yield _text(words.end, end.x + end.width / 2, end.y + end.height / 2, "end-text")


def _arrow(arrow: Arrow) -> str:
    cross = _cross(arrow.points[-1]) if arrow.way is Way.NOWHERE else ""
    if not arrow.label.name:
        return f'<g class="{_classes("lesson-map__arrow", arrow.way)}">{_line(arrow.points, head=not cross)}{cross}</g>'
    stem, way = _parted(arrow)
    return (
        f'<g class="{_classes("lesson-map__arrow", arrow.way)}">'
        f"{_path('stem', stem)}{_line(way, head=not cross)}{cross}{_label(arrow.label)}</g>"
    )


def _parted(arrow: Arrow) -> tuple[list[Point], list[Point]]:
    """The way from the stage to the label, which all outcomes of a stage share, and the way on from the label."""
    label = arrow.label
    middle, level = label.x + label.width / 2, label.y + label.height / 2
    before = list(takewhile(lambda point: point[1] < label.y, arrow.points))
    after = [point for point in arrow.points[len(before) :] if point != (middle, level)]
    return [*before, (middle, label.y)], [(middle, level), *after]


def _label(label: Label) -> str:
    full = f"<title>{_escape(label.name)}</title>" if label.text != label.name else ""
    middle = _text(label.text, label.x + label.width / 2, label.y + label.height / 2, "key")
    return f'<g class="lesson-map__label">{full}{_rect(label, "pill", label.height / 2)}{middle}</g>'


def _stage(box: Box, link: str | None, words: Words, heat: int | None, *, current: bool, done: bool) -> str:
    states = {"unreachable": box.unreachable, "dead-end": box.dead_end, "current": current, "done": done}
    states[f"heat-{heat}"] = heat is not None
    classes = _classes("lesson-map__stage", *(name for name, holds in states.items() if holds))
    inside = f"{_rect(box, 'box', BOX_CORNER)}{_badge(box, done=done and not current)}{_box_texts(box, words)}"
    # A page's script finds the stage by its key, to mark it as the lesson goes on.
    marks = f' data-stage="{_escape(box.key)}"' + (' aria-current="step"' if current else "")
    if link is None:
        return f'<g class="{classes}"{marks}>{inside}</g>'
    name = words.stage % {"number": box.number, "name": box.name}
    return f'<a class="{classes}" href="{_escape(link)}" aria-label="{_escape(name)}"{marks}>{inside}</a>'


def _badge(box: Box, *, done: bool) -> str:
    x, y = box.x + PADDING + BADGE_RADIUS, box.y + PADDING + TITLE.leading / 2
    circle = f'<circle class="lesson-map__badge" cx="{_number(x)}" cy="{_number(y)}" r="{_number(BADGE_RADIUS)}"/>'
    if done:
        return circle + _path("tick", [(x - 4.5, y + 0.5), (x - 1.5, y + 3.5), (x + 4.5, y - 3.5)])
    return circle + _text(str(box.number), x, y, "number")


def _box_texts(box: Box, words: Words) -> str:
    left, y = box.x + PADDING, box.y + PADDING
    parts = []
    for line in box.title:
        parts.append(_text(line, left + BADGE, y + TITLE.leading / 2, "title"))
        y += TITLE.leading
    y += 3 if box.goal else 0
    for line in box.goal:
        parts.append(_text(line, left, y + GOAL.leading / 2, "goal"))
        y += GOAL.leading
    for line in _flags(box, words):
        parts.append(_text(line, left, y + FLAG.leading / 2, "flag"))
        y += FLAG.leading
    return "".join(parts)


def _flags(box: Box, words: Words) -> list[str]:
    return [words.unreachable] * box.unreachable + [words.dead_end] * box.dead_end


def _line(points: Sequence[Point], *, head: bool = True) -> str:
    """A line with rounded corners, and at its end the head of an arrow."""
    return _path("line", points) + (_head(points) if head else "")


def _head(points: Sequence[Point]) -> str:
    (fx, fy), (x, y) = points[-2:]
    length = abs(x - fx) + abs(y - fy)  # lines are upright or level
    dx, dy = (x - fx) / length, (y - fy) / length
    back = (x - dx * HEAD_LENGTH, y - dy * HEAD_LENGTH)
    corners = [(back[0] + side * dy * HEAD_WIDTH, back[1] + side * dx * HEAD_WIDTH) for side in (1, -1)]
    return f'<path class="lesson-map__head" d="M{_pair((x, y))}L{_pair(corners[0])}L{_pair(corners[1])}Z"/>'


def _cross(point: Point) -> str:
    x, y = point
    a, b = CROSS * 0.7, -CROSS * 0.7
    strokes = f"M{_pair((x + a, y + a))}L{_pair((x + b, y + b))}M{_pair((x + a, y + b))}L{_pair((x + b, y + a))}"
    return f'<path class="lesson-map__cross" d="{strokes}"/>'


def _path(name: str, points: Sequence[Point]) -> str:
    steps = [f"M{_pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(CORNER, _distance(before, corner) / 2, _distance(corner, after) / 2)
        steps.append(f"L{_pair(_towards(corner, before, radius))}")
        steps.append(f"Q{_pair(corner)} {_pair(_towards(corner, after, radius))}")
    steps.append(f"L{_pair(points[-1])}")
    return f'<path class="lesson-map__{name}" d="{"".join(steps)}"/>'


def _distance(a: Point, b: Point) -> float:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1]))


def _towards(start: Point, aim: Point, distance: float) -> Point:
    part = distance / _distance(start, aim)
    return start[0] + (aim[0] - start[0]) * part, start[1] + (aim[1] - start[1]) * part


def _rect(rect: Rect, name: str, corner: float) -> str:
    return (
        f'<rect class="lesson-map__{name}" x="{_number(rect.x)}" y="{_number(rect.y)}" width="{_number(rect.width)}"'
        f' height="{_number(rect.height)}" rx="{_number(corner)}"/>'
    )


def _text(content: str, x: float, y: float, name: str) -> str:
    """A line of text whose middle is at y; the class says whether x is its left end or its middle."""
    return f'<text class="lesson-map__{name}" x="{_number(x)}" y="{_number(y)}" dy="0.35em">{_escape(content)}</text>'


def _size(picture: Picture) -> str:
    return next((name for name, most in SIZES.items() if picture.width <= most), "huge")


def _classes(base: str, *names: str) -> str:
    return " ".join([base, *(f"{base}--{name}" for name in names)])


def _pair(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escape(content: str) -> str:
    return escape(clean(content))
