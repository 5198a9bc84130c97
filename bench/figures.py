"""What was measured, what it was measured beside, and what it was meant to be: milliseconds in, a table out."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, and each measurement in milliseconds."""

    name: str
    samples: Sequence[float]

    def percentile(self, share: float) -> float:
        """The value below which that share of the samples lies."""
        ordered = sorted(self.samples)
        return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]

    def as_data(self) -> dict[str, Any]:
        """The figure as JSON."""
        return {"name": self.name, "unit": "ms", "ours": statistics.median(self.samples), "p95": self.percentile(0.95)}


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on the ratio to the yardstick or, `absolute`, on our own figure; the most it may be, or the `least`."""

    bound: float
    least: bool = False
    absolute: bool = False

    def strain(self, value: float) -> float:
        """How much of the goal a value takes up: 1 or less has met it, 2 is twice as far as allowed."""
        if self.least:
            return self.bound / value if value > 0 else math.inf
        return value / self.bound


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `yardstick` is what `beside` took in the same run; of both, `unit`."""

    name: str
    ours: float
    unit: str = "ms"
    yardstick: float | None = None
    beside: str = ""
    goal: Goal | None = None

    @property
    def ratio(self) -> float | None:
        """Our figure as a multiple of the yardstick's."""
        return self.ours / self.yardstick if self.yardstick else None

    @property
    def strain(self) -> float | None:
        """How much of the goal is taken up; None where there is none, or nothing to hold it against."""
        if self.goal is None:
            return None
        value = self.ours if self.goal.absolute else self.ratio
        return None if value is None else self.goal.strain(value)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where that cannot be said."""
        return None if self.strain is None else self.strain <= 1

    def as_data(self) -> dict[str, Any]:
        """The row as JSON, its goal in words."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": self.ours,
            "yardstick": self.yardstick,
            "beside": self.beside,
            "ratio": self.ratio,
            "goal": goal_text(self),
            "met": self.met,
        }


HEADINGS = ("", "ours", "beside it", "ratio", "goal", "met", "beside what")


def show(measured: Sequence[Figure | Row]) -> None:
    """Print a line for each figure, then the table of the rows."""
    figures = [one for one in measured if isinstance(one, Figure)]
    rows = [one for one in measured if isinstance(one, Row)]
    for lines in (_spread(figures) if figures else [], table(rows) if rows else []):
        print("\n".join(lines))


def _spread(figures: Sequence[Figure]) -> list[str]:
    width = max(len(figure.name) for figure in figures)
    lines = [f"{'':{width}}  {'n':>4} {'p50':>8} {'p95':>8} {'min':>8} {'max':>8}  ms"]
    for figure in figures:
        p50 = statistics.median(figure.samples)
        p95, least, most = figure.percentile(0.95), min(figure.samples), max(figure.samples)
        lines.append(
            f"{figure.name:{width}}  {len(figure.samples):>4} {p50:>8.1f} {p95:>8.1f} {least:>8.1f} {most:>8.1f}"
        )
    return lines


def table(rows: Sequence[Row]) -> list[str]:
    """The rows as lines of text, names and what they stand beside to the left, figures to the right."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    left = (0, len(HEADINGS) - 1)
    return [
        "  ".join(
            f"{cell:{width}}" if place in left else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        f"{number(row.ours)} {row.unit}".strip(),
        "" if row.yardstick is None else number(row.yardstick),
        "" if row.ratio is None else f"{row.ratio:.2f} ×",
        goal_text(row),
        {True: "yes", False: "no", None: ""}[row.met],
        row.beside,
    )


def goal_text(row: Row) -> str:
    """A goal as people write it, such as “≤ 2 ×” or “≥ 1000”."""
    if row.goal is None:
        return ""
    unit = row.unit if row.goal.absolute else "×"
    return f"{'≥' if row.goal.least else '≤'} {number(row.goal.bound)} {unit}".strip()


def number(value: float) -> str:
    """A figure with as many digits as mean something."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
