"""Which stands left of which: the rows of a picture, ordered so that few lines cross."""

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import NamedTuple

from tutor.plan.picture.graph import NOWHERE, Exits

SWEEPS = 6


class Node(NamedTuple):
    """A place in a row: the box of a stage (or the end mark) in its own rank, above that the line that leads to it.

    All forward arrows to one target share one line, so that a picture stays readable when many outcomes end the lesson.
    """

    target: int
    rank: int


class Rows(NamedTuple):
    """The nodes of each rank from left to right, and for each node its neighbours in the rows above and below."""

    rows: list[list[Node]]
    above: dict[Node, list[Node]]
    below: dict[Node, list[Node]]


def rows_of(exits: Exits, rank: Sequence[int]) -> Rows:
    """Return the rows of a picture, in an order in which few lines cross."""
    grid = _grid(exits, rank)
    best, fewest = grid.rows, _crossings(grid)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        grid = grid._replace(rows=_swept(grid, downwards=sweep % 2 == 0))
        crossings = _crossings(grid)
        if crossings < fewest:
            best, fewest = grid.rows, crossings
    return grid._replace(rows=best)


def _grid(exits: Exits, rank: Sequence[int]) -> Rows:
    rows: list[list[Node]] = [[] for _ in range(max(rank) + 1)]
    above: dict[Node, list[Node]] = {}
    below: dict[Node, list[Node]] = {}

    def add(node: Node) -> None:
        if node not in above:
            above[node], below[node] = [], []
            rows[node.rank].append(node)

    def join(upper: Node, lower: Node) -> None:
        add(lower)
        if lower not in below[upper]:
            below[upper].append(lower)
            above[lower].append(upper)

    for here in range(len(exits)):
        add(Node(here, rank[here]))
    for here, targets in enumerate(exits):
        for target in targets:
            upper = Node(here, rank[here])
            for lower_rank in range(rank[here] + 1, rank[target] + 1) if target != NOWHERE else ():
                lower = Node(target, lower_rank)
                join(upper, lower)
                upper = lower
    return Rows([_interleaved(row, rank) for row in rows], above, below)


def _interleaved(row: Sequence[Node], rank: Sequence[int]) -> list[Node]:
    """A row to begin with: boxes and passing lines spread among each other, so that rows stay beneath one another.

    What leads to the end passes at the side.
    """
    end = len(rank) - 1
    boxes = [node for node in row if rank[node.target] == node.rank]
    lines = [node for node in row if rank[node.target] > node.rank and node.target < end]
    share = {node: (place + 0.5) / len(kind) for kind in (boxes, lines) for place, node in enumerate(kind)}
    return sorted(row, key=lambda node: share.get(node, 1.0))


def _swept(grid: Rows, *, downwards: bool) -> list[list[Node]]:
    """The rows again, each ordered by the middle of its neighbours in the row before."""
    rows = list(grid.rows)
    neighbours = grid.above if downwards else grid.below
    ranks = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
    for rank in ranks:
        place = {node: number for number, node in enumerate(rows[rank - 1 if downwards else rank + 1])}
        middle = {
            node: sum(place[other] for other in neighbours[node]) / len(neighbours[node])
            if neighbours[node]
            else number
            for number, node in enumerate(rows[rank])
        }
        rows[rank] = sorted(rows[rank], key=middle.__getitem__)
    return rows


def _crossings(grid: Rows) -> int:
    return sum(_crossings_below(row, grid) for row in grid.rows)


def _crossings_below(row: Sequence[Node], grid: Rows) -> int:
    """How many pairs of lines cross between a row and the next: pairs whose ends stand in opposite order."""
    if not row or row[0].rank + 1 >= len(grid.rows):
        return 0
    place = {node: number for number, node in enumerate(grid.rows[row[0].rank + 1])}
    ends: list[int] = []
    crossings = 0
    for node in row:
        mine = sorted(place[lower] for lower in grid.below[node])
        crossings += sum(len(ends) - bisect_right(ends, end) for end in mine)
        for end in mine:
            insort(ends, end)
    return crossings
