"""From a plan to a picture: everything gets its place.

From the top down: the start dot, a row of boxes, beneath each box the labels of its outcomes, beneath them a channel in
which lines turn off to where they lead; then the next row. Boxes and labels have places of their own, so none is ever
covered by another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from tutor.plan.model import Plan, Stage
from tutor.plan.picture import graph, text
from tutor.plan.picture.channels import Lane, Nets, lanes_of, nets_of, returns
from tutor.plan.picture.graph import NOWHERE, Exits
from tutor.plan.picture.order import Node, rows_of
from tutor.plan.picture.place import BOX_WIDTH, END_WIDTH, Block, blocks_of, columns
from tutor.plan.picture.values import Arrow, Box, Label, Picture, Point, Rect, Way

# The sizes are repeated in lesson_map.css, which a test compares.
TITLE = text.Face(size=15, leading=19, stretch=1.06)
GOAL = text.Face(size=12.5, leading=17)
FLAG = text.Face(size=11.5, leading=18, stretch=1.06)
KEY = text.Face(size=12, leading=22)

MARGIN = 12.0
PADDING = 13.0  # inside a box
BADGE = 32.0  # the number to the left of a title, with the space after it
MOST_LINES = 2
MOST_KEY = 132.0  # the longest key drawn in full
PILL_PADDING = 9.0
STEM = 20.0  # from a box to its labels
TURN = 14.0  # from the labels to the first track
TRACK = 13.0  # from track to track
TIP = 20.0  # from the last track to the next row: room for the head of an arrow
STRAY = 22.0  # how far an arrow to nowhere goes before its cross
CROSS = 7.0  # half the width of that cross
DOT = 7.0
END_HEIGHT = 34.0
EMPTY_WIDTH, EMPTY_HEIGHT = 360.0, 72.0


def layout(plan: Plan) -> Picture:
    """Return the picture of a lesson, however unfinished: the same plan always gives the same picture."""
    if not plan.stages:
        return Picture(title=text.clean(plan.title), width=EMPTY_WIDTH, height=EMPTY_HEIGHT)
    return _Scene(plan).picture()


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a row and the channel beneath it are, from the top of the picture."""

    top: float
    height: float
    goal_room: float
    labels: float
    tracks: float

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class _Words:
    """The texts of a box, wrapped."""

    title: tuple[str, ...]
    goal: tuple[str, ...]
    flags: int

    @property
    def height(self) -> float:
        """How high a box they need."""
        return self.bare_height + len(self.goal) * GOAL.leading + (3 if self.goal else 0)

    @property
    def bare_height(self) -> float:
        """The same without the goal."""
        return 2 * PADDING + max(1, len(self.title)) * TITLE.leading + self.flags * FLAG.leading


class _Scene:
    """One picture while it is being made: across first, then down, then the values that others see."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.exits: Exits = graph.exits_of(plan)
        self.end = len(plan.stages)
        self.found = graph.reachable(self.exits)
        self.ending = graph.ending(self.exits)
        self.words = [self._words(number, stage) for number, stage in enumerate(plan.stages)]
        self.labels = [[_short_key(outcome.key) for outcome in stage.outcomes] for stage in plan.stages]
        self._go_across()
        self._go_down()

    def _words(self, number: int, stage: Stage) -> _Words:
        room = BOX_WIDTH - 2 * PADDING
        return _Words(
            title=text.wrap(text.clean(stage.title or stage.key), TITLE, room - BADGE, MOST_LINES),
            goal=text.wrap(text.clean(stage.goal), GOAL, room, MOST_LINES),
            flags=(number not in self.found) + (number not in self.ending),
        )

    def _go_across(self) -> None:
        self.rank = graph.ranks(self.exits)
        grid = rows_of(self.exits, self.rank)
        widths = [[_pill_width(label) for label in labels] for labels in self.labels]
        self.blocks: tuple[Block, ...] = blocks_of(self.exits, self.rank, grid, widths)
        x = columns(grid, self.blocks, self.exits, self.rank)
        back = returns(self.exits, self.rank, x, self.blocks)
        lanes = lanes_of(back, self.rank, x, self.blocks)
        left, right = self._edges(x, lanes.values())
        self.width = right - left + 2 * MARGIN
        shift = MARGIN - left
        self.x: dict[Node, float] = {node: middle + shift for node, middle in x.items()}
        self.lanes = {target: Lane(lane.x + shift, lane.first, lane.last) for target, lane in lanes.items()}
        self.nets: Nets = nets_of(self.exits, self.rank, self.x, self.blocks, self.lanes)

    def _edges(self, x: Mapping[Node, float], lanes: Iterable[Lane]) -> tuple[float, float]:
        boxes = [(x[Node(stage, self.rank[stage])], block) for stage, block in enumerate(self.blocks)]
        ends = [middle for node, middle in x.items() if node == (self.end, self.rank[self.end])]
        lines = [*(lane.x for lane in lanes), *x.values()]
        left = [middle - block.left for middle, block in boxes] + [middle - END_WIDTH / 2 for middle in ends]
        right = [middle + block.right for middle, block in boxes] + [middle + END_WIDTH / 2 for middle in ends]
        return min(left + lines), max(right + lines)

    def _go_down(self) -> None:
        """Give every row its height, and every track of the channels between them."""
        self.rows: list[_Row] = []
        y = MARGIN + 2 * DOT
        self.tracks = {-1: y + TURN}
        y = self._below_channel(-1)
        for rank in range(self.rank[self.end]):
            row = self._row(rank, y)
            self.rows.append(row)
            self.tracks[rank] = row.tracks
            y = self._below_channel(rank)
        self.end_top = y
        last = self.rows[-1]
        ended = Node(self.end, self.rank[self.end]) in self.x
        self.height = MARGIN + (y + END_HEIGHT if ended else max(last.labels + KEY.leading, last.tracks, y - TIP))

    def _row(self, rank: int, top: float) -> _Row:
        stages = [stage for stage in range(self.end) if self.rank[stage] == rank]
        height = max(self.words[stage].height for stage in stages)
        bare = max(self.words[stage].bare_height for stage in stages)
        labels = top + height + STEM
        stray = any(NOWHERE in self.exits[stage] for stage in stages)
        tracks = labels + KEY.leading + TURN + (STRAY + CROSS if stray else 0)
        return _Row(top, height, height - bare, labels, tracks)

    def _below_channel(self, channel: int) -> float:
        levels = [net.track for net in self.nets.get(channel, {}).values() if net.track is not None]
        return self.tracks[channel] + max(levels, default=0) * TRACK + TIP

    def picture(self) -> Picture:
        """Return what has been laid out."""
        ended = self.x.get(Node(self.end, self.rank[self.end]))
        start = self.x[Node(0, 0)]
        return Picture(
            title=text.clean(self.plan.title),
            width=self.width,
            height=self.height,
            boxes=tuple(self._box(number, stage) for number, stage in enumerate(self.plan.stages)),
            arrows=tuple(self._arrows()),
            start=Rect(x=start - DOT, y=MARGIN, width=2 * DOT, height=2 * DOT),
            entry=((start, MARGIN + 2 * DOT), (start, self.rows[0].top)),
            end=None
            if ended is None
            else Rect(x=ended - END_WIDTH / 2, y=self.end_top, width=END_WIDTH, height=END_HEIGHT),
        )

    def _middle(self, stage: int) -> float:
        return self.x[Node(stage, self.rank[stage])]

    def _box(self, number: int, stage: Stage) -> Box:
        row, words = self.rows[self.rank[number]], self.words[number]
        return Box(
            x=self._middle(number) - BOX_WIDTH / 2,
            y=row.top,
            width=BOX_WIDTH,
            height=row.height,
            number=number + 1,
            key=stage.key,
            name=text.clean(stage.title or stage.key),
            purpose=text.clean(stage.goal),
            title=words.title,
            goal=words.goal,
            rank=self.rank[number],
            goal_room=row.goal_room,
            start=number == 0,
            unreachable=number not in self.found,
            dead_end=number not in self.ending,
        )

    def _arrows(self) -> Iterable[Arrow]:
        for here, stage in enumerate(self.plan.stages):
            for number, (outcome, target) in enumerate(zip(stage.outcomes, self.exits[here], strict=True)):
                middle = self._middle(here) + self.blocks[here].offsets[number]
                way = self._way(here, target)
                yield Arrow(
                    source=here + 1,
                    target=target + 1 if 0 <= target < self.end else None,
                    way=way,
                    points=_tidy(self._points(here, target, middle, way)),
                    label=self._label(here, number, middle, outcome.key),
                    missing=text.clean(outcome.next or "") if way is Way.NOWHERE else "",
                )

    def _way(self, here: int, target: int) -> Way:
        if target in (NOWHERE, here):
            return Way.NOWHERE if target == NOWHERE else Way.LOOP
        return Way.FORWARD if self.rank[target] > self.rank[here] else Way.BACK

    def _label(self, here: int, number: int, middle: float, key: str) -> Label:
        short = self.labels[here][number]
        width = _pill_width(short)
        y = self.rows[self.rank[here]].labels
        return Label(x=middle - width / 2, y=y, width=width, height=KEY.leading, text=short, name=text.clean(key))

    def _points(self, here: int, target: int, middle: float, way: Way) -> list[Point]:
        """From the middle of the box's lower edge by the label to the target."""
        row, box = self.rows[self.rank[here]], self._middle(here)
        fork = row.bottom + STEM / 2
        points = [(box, row.bottom), (box, fork), (middle, fork)]
        bottom = row.labels + KEY.leading
        if way is Way.NOWHERE:
            return [*points, (middle, bottom + STRAY)]
        if way is Way.LOOP:
            return [*points, *self._loop(here, middle)]
        return [*points, *(self._back if way is Way.BACK else self._down)(here, target, middle)]

    def _loop(self, here: int, middle: float) -> list[Point]:
        row, box = self.rows[self.rank[here]], self._middle(here)
        level, lane = row.labels + KEY.leading / 2, box + self.blocks[here].loop
        side = row.top + PADDING + TITLE.leading / 2
        return [(middle, level), (lane, level), (lane, side), (box + BOX_WIDTH / 2, side)]

    def _down(self, here: int, target: int, middle: float) -> list[Point]:
        points, x = [], middle
        for rank in range(self.rank[here], self.rank[target]):
            y, ahead = self._track(rank, target), self.x[Node(target, rank + 1)]
            points += [(x, y), (ahead, y)]
            x = ahead
        return [*points, (x, self._top(target))]

    def _back(self, here: int, target: int, middle: float) -> list[Point]:
        lane, x = self.lanes[target], self._middle(target)
        below, above = self._track(self.rank[here], target), self._track(lane.first, target)
        return [(middle, below), (lane.x, below), (lane.x, above), (x, above), (x, self._top(target))]

    def _track(self, channel: int, target: int) -> float:
        return self.tracks[channel] + (self.nets[channel][target].track or 0) * TRACK

    def _top(self, target: int) -> float:
        return self.end_top if target == self.end else self.rows[self.rank[target]].top


def _short_key(key: str) -> str:
    return text.shorten(text.clean(key), KEY, MOST_KEY)


def _pill_width(key: str) -> float:
    """How wide a label is: a whole even number, so that its middle is whole too."""
    return 2.0 * ceil(text.width(key, KEY) / 2 + PILL_PADDING)


def _tidy(points: Sequence[Point]) -> tuple[Point, ...]:
    """The same line without repeated points and without those on a straight way."""
    tidy: list[Point] = []
    for point in points:
        if tidy and point == tidy[-1]:
            continue
        while len(tidy) > 1 and _straight(tidy[-2], tidy[-1], point):
            tidy.pop()
        tidy.append(point)
    return tuple(tidy)


def _straight(first: Point, middle: Point, last: Point) -> bool:
    return first[0] == middle[0] == last[0] or first[1] == middle[1] == last[1]
