"""What a picture of a lesson is made of: frozen values, every length in units of the SVG's own coordinates."""

from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float]


class Way(StrEnum):
    """Where an arrow goes, as seen from the stage it leaves."""

    FORWARD = "forward"  # to a later stage, or to the end
    BACK = "back"  # to an earlier stage
    LOOP = "loop"  # to the stage itself
    NOWHERE = "nowhere"  # to a stage that the lesson does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """An upright rectangle; `x` and `y` are its top left corner."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "Rect") -> bool:
        """Whether the two share more than an edge."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Box(Rect):
    """One stage.

    `number` counts from 1 in the order of the lesson, `rank` from 0 downwards. `title` and `goal` are the lines to
    draw, `name` and `purpose` the same texts unshortened. `goal_room` is how much lower the box would be without goals.
    `unreachable`: no path from the start leads here. `dead_end`: no path from here leads to the end.
    """

    number: int
    key: str
    name: str
    purpose: str
    title: tuple[str, ...]
    goal: tuple[str, ...]
    rank: int
    goal_room: float
    start: bool
    unreachable: bool
    dead_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Rect):
    """The key of an outcome as it is drawn (`text`) and in full (`name`)."""

    text: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One outcome, from a stage's bottom through its label to where it leads.

    `source` and `target` are stage numbers; no target means the end, or nowhere when `way` says so, and then
    `missing` is the key of the stage that is not there.
    """

    source: int
    target: int | None
    way: Way
    points: tuple[Point, ...]
    label: Label
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A whole lesson. Without stages there is no start; where no outcome ends the lesson there is no end.

    `start` is the rectangle around the start dot, `entry` the line from there to the first stage.
    """

    title: str
    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    start: Rect | None = None
    entry: tuple[Point, ...] = ()
    end: Rect | None = None
