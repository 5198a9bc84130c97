"""How far to the right everything stands: labels beneath their stage, nodes in their row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from tutor.plan.picture.graph import NOWHERE, Exits
from tutor.plan.picture.order import Node, Rows

BOX_WIDTH = 220.0
END_WIDTH = 150.0
PILL_GAP = 8.0  # between the labels of one stage
LOOP_ROOM = 14.0  # from a stage or its labels to the line that leads back to it
NODE_GAP = 22.0  # between a line and its neighbours
BOX_MARGIN = 5.0  # what boxes keep free beyond that

SWEEPS = 10
# How strongly a node is drawn to a neighbour when none, one or both of them are lines: long lines should be straight.
_STRENGTHS = (2.0, 1.0, 8.0)
NO_PULL = 0.1


@dataclass(frozen=True, slots=True)
class Block:
    """A stage with its labels, measured from the middle of its box.

    `offsets` are the middles of the labels in the order of the outcomes; `left` and `right` say how far it all reaches;
    `loop` is where the line of an outcome that leads back to its own stage goes up.
    """

    offsets: tuple[float, ...]
    left: float
    right: float
    loop: float


def blocks_of(exits: Exits, rank: Sequence[int], grid: Rows, widths: Sequence[Sequence[float]]) -> tuple[Block, ...]:
    """Return the block of every stage; `widths` are those of its labels, in the order of the outcomes."""
    places = {node: number for row in grid.rows for number, node in enumerate(row)}
    return tuple(_block(here, exits, rank, places, widths[here]) for here in range(len(exits)))


def _block(here: int, exits: Exits, rank: Sequence[int], places: Mapping[Node, int], widths: Sequence[float]) -> Block:
    """Forward labels stand in the order of what they lead to; those that lead back stand to their right, loops last."""
    targets = exits[here]
    ahead = {t: places[Node(t, rank[here] + 1)] for t in targets if t != NOWHERE and rank[t] > rank[here]}

    def standing(number: int) -> tuple[int, int]:
        target = targets[number]
        return (0, ahead[target]) if target in ahead else (2 if target == here else 1, 0)

    order = sorted(range(len(targets)), key=standing)
    middles, left = {}, 0.0
    for number in order:
        middles[number] = left + widths[number] / 2
        left += widths[number] + PILL_GAP
    anchored = [middles[number] for number in _anchored(order, targets, ahead, end=len(exits))]
    anchor = (min(anchored) + max(anchored)) / 2 if anchored else 0.0
    reach = max(BOX_WIDTH / 2, left - PILL_GAP - anchor)
    return Block(
        offsets=tuple(middles[number] - anchor for number in range(len(targets))),
        left=max(BOX_WIDTH / 2, anchor),
        right=reach + LOOP_ROOM if here in targets else reach,
        loop=reach + LOOP_ROOM,
    )


def _anchored(order: Sequence[int], targets: Sequence[int], ahead: Iterable[int], *, end: int) -> Sequence[int]:
    """The labels to centre beneath the box: those of the one stage that can follow, to keep a plain path straight."""
    forward = [number for number in order if targets[number] in ahead]
    stages = [number for number in forward if targets[number] != end]
    if len({targets[number] for number in stages}) == 1:
        return stages
    return forward or order


def columns(grid: Rows, blocks: Sequence[Block], exits: Exits, rank: Sequence[int]) -> dict[Node, float]:
    """Return where the middle of each node stands: beneath what leads to it where there is room, without touching."""
    return _Columns(grid, blocks, exits, rank).settled()


class _Columns:
    """The middles of all nodes while they settle."""

    def __init__(self, grid: Rows, blocks: Sequence[Block], exits: Exits, rank: Sequence[int]) -> None:
        self._grid = grid
        self._rank = rank
        self._reaches = {node: self._reach(node, blocks) for row in grid.rows for node in row}
        self._offsets = self._offsets_of(exits, blocks)
        self._x = {node: 0.0 for row in grid.rows for node in row}

    def settled(self) -> dict[Node, float]:
        """Sweep down and up, ending downwards so that most stages stand beneath their way in; then straighten."""
        for sweep in range(SWEEPS):
            downwards = sweep % 2 == 0
            for row in self._grid.rows if downwards else reversed(self._grid.rows):
                pulls = [self._pull(node, downwards=downwards) for node in row]
                distances = [self._distance(left, right) for left, right in pairwise(row)]
                self._x.update(zip(row, _spread(pulls, distances), strict=True))
        # Whole units add up exactly, so that places that are meant to be one compare as equal.
        self._x = {node: float(round(middle)) for node, middle in self._x.items()}
        self._straighten()
        return self._x

    def _is_line(self, node: Node) -> bool:
        return self._rank[node.target] != node.rank

    def _reach(self, node: Node, blocks: Sequence[Block]) -> tuple[float, float]:
        """How far a node reaches to the left and to the right of its middle."""
        if self._is_line(node):
            return 0.0, 0.0
        if node.target == len(blocks):
            return END_WIDTH / 2, END_WIDTH / 2
        return blocks[node.target].left + BOX_MARGIN, blocks[node.target].right + BOX_MARGIN

    def _distance(self, left: Node, right: Node) -> float:
        """The least distance between the middles of two neighbours."""
        return self._reaches[left][1] + NODE_GAP + self._reaches[right][0]

    def _offsets_of(self, exits: Exits, blocks: Sequence[Block]) -> dict[tuple[Node, Node], float]:
        """How far from the middle of a stage the labels stand that lead to a node in the next row."""
        offsets: dict[tuple[Node, Node], float] = {}
        for here, targets in enumerate(exits):
            upper = Node(here, self._rank[here])
            for lower in self._grid.below[upper]:
                own = [blocks[here].offsets[n] for n, target in enumerate(targets) if target == lower.target]
                offsets[upper, lower] = sum(own) / len(own)
        return offsets

    def _pull(self, node: Node, *, downwards: bool) -> tuple[float, float]:
        """Where the neighbours in the row before draw a node, and how strongly."""
        total = weight = 0.0
        for other in (self._grid.above if downwards else self._grid.below)[node]:
            strength = _STRENGTHS[self._is_line(node) + self._is_line(other)]
            offset = self._offsets.get((other, node), 0.0) if downwards else -self._offsets.get((node, other), 0.0)
            total += strength * (self._x[other] + offset)
            weight += strength
        return (total / weight, weight) if weight else (self._x[node], NO_PULL)

    def _straighten(self) -> None:
        """Let long lines run straight down as far as they can."""
        rows = self._grid.rows
        for target in sorted({node.target for row in rows for node in row}):
            line = [Node(target, rank) for rank in range(self._rank[target]) if Node(target, rank) in self._x]
            aim = self._x.get(Node(target, self._rank[target]), 0.0)
            while line:
                aim = self._straighten_end(line, aim)

    def _straighten_end(self, line: list[Node], aim: float) -> float:
        """Take from the end of a line as many nodes as can stand in one column; return that column.

        It is near to `aim`, where the line goes on; but the upper end of a line stays near to where it comes from.
        """
        least, most = self._freedom(line[-1])
        taken = [line.pop()]
        while line:
            left, right = self._freedom(line[-1])
            if max(least, left) > min(most, right):
                break
            least, most = max(least, left), min(most, right)
            taken.append(line.pop())
        column = min(max(aim if line else round(self._pull(taken[-1], downwards=True)[0]), least), most)
        self._x.update(dict.fromkeys(taken, column))
        return column

    def _freedom(self, node: Node) -> tuple[float, float]:
        """How far to the left and to the right a node could stand with its neighbours where they are."""
        row = self._grid.rows[node.rank]
        place = row.index(node)
        left, right = -inf, inf
        if place > 0:
            left = self._x[row[place - 1]] + self._distance(row[place - 1], node)
        if place + 1 < len(row):
            right = self._x[row[place + 1]] - self._distance(node, row[place + 1])
        return min(left, self._x[node]), max(right, self._x[node])  # where it stands is free, whatever rounding did


def _spread(pulls: Sequence[tuple[float, float]], distances: Sequence[float]) -> list[float]:
    """Return the places nearest to where each is pulled (least squares) that keep the order and the distances.

    Without its distance from the first, each place only must not be smaller than the one before: neighbours that would
    be are pooled at their common mean (isotonic regression).
    """
    shifts = [0.0]
    for distance in distances:
        shifts.append(shifts[-1] + distance)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for (wanted, weight), shift in zip(pulls, shifts, strict=False):
        mean, count = wanted - shift, 1
        while pools and pools[-1][0] > mean:
            other_mean, other_weight, other_count = pools.pop()
            mean = (mean * weight + other_mean * other_weight) / (weight + other_weight)
            weight, count = weight + other_weight, count + other_count
        pools.append((mean, weight, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=False)]
