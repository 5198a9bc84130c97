"""Scores of attempts that went well, in circles, by detours, or not to the end."""

import pytest

from tests.lessons import PLAN, of_stages
from tutor.plan.score import Score, Stay, score

PASSED = [Stay("warm-up", "understood"), Stay("order", "ordered"), Stay("goodbye", "done")]


@pytest.mark.parametrize(
    ("stays", "expected"),
    [
        (PASSED, Score(3, 3)),
        # The last stay in a stage counts.
        ([Stay("warm-up", "needs-practice"), *PASSED], Score(3, 3)),
        ([Stay("warm-up", "understood"), Stay("order", "ordered", is_earned=False), PASSED[2]], Score(2, 3)),
        # Moved on by staff: no way out.
        ([Stay("warm-up", ""), *PASSED[1:]], Score(2, 3)),
        # Left before the end: what would have come is on the way.
        ([Stay("warm-up", "")], Score(0, 3)),
        ([PASSED[0], Stay("order", "")], Score(1, 3)),
        ([*PASSED[:2], Stay("goodbye", "")], Score(2, 3)),
        # Back to itself is not passed, as a reviewer may rule; the way on from there is the old one.
        ([Stay("warm-up", "needs-practice")], Score(0, 3)),
    ],
)
def test_score_counts_the_stages_of_the_way(stays, expected):
    assert score(PLAN, stays) == expected


def test_score_takes_the_shortest_rest_of_the_way():
    plan = of_stages(12)

    assert score(plan, [Stay("stage-1", "on"), Stay("stage-2", "")]) == Score(1, 12)
    assert score(plan, [Stay("stage-11", "on"), Stay("stage-12", "")]) == Score(1, 2)
