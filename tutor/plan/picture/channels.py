"""Where lines run: in channels between the rows, and in lanes beside them.

All lines to one target share one line in each channel (a net) and one lane; lines of different nets keep their distance
wherever they do not cross.
Channel `n` lies beneath row `n`; channel -1 lies above the first row.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tutor.plan.picture.graph import NOWHERE, Exits
from tutor.plan.picture.order import Node
from tutor.plan.picture.place import BOX_MARGIN, Block

LANE_GAP = 14.0
# Lines nearer to each other than this look like one.
CLEAR = 8.0


@dataclass(frozen=True, slots=True)
class Lane:
    """The upright line beside the rows by which arrows return to a stage: from channel `last` up to channel `first`."""

    x: float
    first: int
    last: int


@dataclass(slots=True)
class Net:
    """What is joined in one channel: places where lines come in from above, and places where they go on below."""

    tops: set[float] = field(default_factory=set)
    bottoms: set[float] = field(default_factory=set)
    track: int | None = None  # which level of the channel it runs along; none when it goes straight down

    @property
    def span(self) -> tuple[float, float]:
        """How far the net reaches to the left and to the right."""
        return min(self.tops | self.bottoms), max(self.tops | self.bottoms)


Nets = dict[int, dict[int, Net]]


@dataclass(slots=True)
class Return:
    """The ways back to a stage: where the labels stand that lead there, and the lowest row with one."""

    labels: list[float] = field(default_factory=list)
    last: int = 0


def returns(exits: Exits, rank: Sequence[int], x: Mapping[Node, float], blocks: Sequence[Block]) -> dict[int, Return]:
    """Return the ways back to each stage that stages not above it lead to."""
    found: defaultdict[int, Return] = defaultdict(Return)
    for here, target, label in _ways(exits, rank, x, blocks):
        if rank[target] <= rank[here]:
            found[target].labels.append(label)
            found[target].last = max(found[target].last, rank[here])
    return dict(found)


def lanes_of(
    back: Mapping[int, Return], rank: Sequence[int], x: Mapping[Node, float], blocks: Sequence[Block]
) -> dict[int, Lane]:
    """Return a lane for each stage that is returned to: short ones first, each on the side that is nearer."""
    edges = _edges(rank, x, blocks)
    lanes: dict[int, Lane] = {}
    for target in sorted(back, key=lambda target: (back[target].last - rank[target], target)):
        first, last = rank[target] - 1, back[target].last
        rows = range(rank[target], last + 1)
        taken = [lane.x for lane in lanes.values() if lane.first <= last and first <= lane.last]
        right = _beside(max(edges[row][1] for row in rows) + LANE_GAP, taken, LANE_GAP)
        left = _beside(min(edges[row][0] for row in rows) - LANE_GAP, taken, -LANE_GAP)
        ends = [x[Node(target, rank[target])], *back[target].labels]
        lanes[target] = Lane(_nearer(right, left, ends), first, last)
    return lanes


def _nearer(one: float, other: float, ends: Sequence[float]) -> float:
    return min((one, other), key=lambda lane: sum(abs(lane - end) for end in ends))


def _edges(rank: Sequence[int], x: Mapping[Node, float], blocks: Sequence[Block]) -> dict[int, tuple[float, float]]:
    """How far each row reaches to the left and to the right."""
    edges: dict[int, tuple[float, float]] = {}
    for node, middle in x.items():
        block = blocks[node.target] if node.target < len(blocks) and rank[node.target] == node.rank else None
        left, right = (block.left, block.right) if block else (BOX_MARGIN, BOX_MARGIN)
        least, most = edges.get(node.rank, (middle, middle))
        edges[node.rank] = (min(least, middle - left), max(most, middle + right))
    return edges


def _beside(x: float, taken: Iterable[float], step: float) -> float:
    """The first place from x in steps that is clear of all that are taken."""
    taken = list(taken)
    while any(abs(x - other) < CLEAR for other in taken):
        x += step
    return x


def nets_of(
    exits: Exits, rank: Sequence[int], x: Mapping[Node, float], blocks: Sequence[Block], lanes: Mapping[int, Lane]
) -> Nets:
    """Return the nets of each channel by their targets, tracks assigned."""
    nets: defaultdict[int, defaultdict[int, Net]] = defaultdict(lambda: defaultdict(Net))
    start = x[Node(0, 0)]
    nets[-1][0] = Net({start}, {start})
    for node, middle in x.items():
        if node.rank > 0:
            nets[node.rank - 1][node.target].bottoms.add(middle)
        if rank[node.target] > node.rank:
            nets[node.rank][node.target].tops.add(middle)
    for here, target, middle in _ways(exits, rank, x, blocks):
        nets[rank[here]][target].tops.add(middle)
    for target, lane in lanes.items():
        nets[lane.first][target].bottoms |= {lane.x, x[Node(target, rank[target])]}
        for channel in range(lane.first + 1, lane.last + 1):
            if target in nets[channel]:
                nets[channel][target].tops.add(lane.x)
    found = {channel: dict(by_target) for channel, by_target in nets.items()}
    for by_target in found.values():
        _assign_tracks(by_target)
    return found


def _ways(
    exits: Exits, rank: Sequence[int], x: Mapping[Node, float], blocks: Sequence[Block]
) -> Iterable[tuple[int, int, float]]:
    """Every outcome that leads elsewhere: its stage, its target, and where its label stands."""
    for here, targets in enumerate(exits):
        for target, offset in zip(targets, blocks[here].offsets, strict=True):
            if target not in (NOWHERE, here):
                yield here, target, x[Node(here, rank[here])] + offset


def _assign_tracks(nets: Mapping[int, Net]) -> None:
    """Give every net that is not straight the highest track on which it meets no other.

    A net that comes down where another goes on down must have turned off before: its track is above the other's.
    """
    tracks: list[list[tuple[float, float]]] = []
    for net, above in _from_above([net for net in nets.values() if net.span[0] < net.span[1]]):
        left, right = net.span
        level = max((other.track + 1 for other in above if other.track is not None), default=0)
        while level < len(tracks) and any(left < b + CLEAR and a - CLEAR < right for a, b in tracks[level]):
            level += 1
        while len(tracks) <= level:
            tracks.append([])
        tracks[level].append((left, right))
        net.track = level


def _from_above(nets: Sequence[Net]) -> Iterable[tuple[Net, list[Net]]]:
    """Each net with those that must be above it, after them; in a circle of such nets one goes first all the same."""
    above = {
        number: [other for other, upper in enumerate(nets) if other != number and _must_be_above(upper, net)]
        for number, net in enumerate(nets)
    }
    waiting = sorted(range(len(nets)), key=lambda number: nets[number].span)
    while waiting:
        number = next((n for n in waiting if not set(above[n]) & set(waiting)), waiting[0])
        waiting.remove(number)
        yield nets[number], [nets[other] for other in above[number]]


def _must_be_above(upper: Net, lower: Net) -> bool:
    return any(abs(top - bottom) < CLEAR for top in upper.tops for bottom in lower.bottoms)
