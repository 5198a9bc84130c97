"""Milliseconds in, a table out."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, and each measurement in milliseconds."""

    name: str
    samples: Sequence[float]

    def percentile(self, share: float) -> float:
        """The value below which that share of the samples lies."""
        ordered = sorted(self.samples)
        return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def show(figures: Sequence[Figure]) -> None:
    """Print one line for each figure."""
    width = max(len(figure.name) for figure in figures)
    print(f"{'':{width}}  {'n':>4} {'p50':>8} {'p95':>8} {'min':>8} {'max':>8}  ms")
    for figure in figures:
        p50 = statistics.median(figure.samples)
        p95, least, most = figure.percentile(0.95), min(figure.samples), max(figure.samples)
        print(f"{figure.name:{width}}  {len(figure.samples):>4} {p50:>8.1f} {p95:>8.1f} {least:>8.1f} {most:>8.1f}")
