"""What the table says of what was measured."""

import pytest

from bench.figures import Figure, Goal, Row, goal_text, number, table


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 3), (0.95, 5), (1, 5)])
def test_percentile_is_one_of_the_samples(share, value):
    assert Figure("", [5, 1, 3, 2, 4]).percentile(share) == value


@pytest.mark.parametrize(
    ("goal", "met", "text"),
    [
        (None, None, ""),
        (Goal(2), True, "≤ 2 ×"),
        (Goal(1.5), False, "≤ 1.5 ×"),
        (Goal(0.5, least=True), True, "≥ 0.5 ×"),
        (Goal(3, least=True), False, "≥ 3 ×"),
        (Goal(50, absolute=True), True, "≤ 50 ms"),
        (Goal(1000, least=True, absolute=True), False, "≥ 1000 ms"),
    ],
)
def test_row_is_held_against_its_goal(goal, met, text):
    row = Row("a", 36, "ms", 18, "b", goal)

    assert (row.ratio, row.met, goal_text(row)) == (2, met, text)


def test_row_without_a_yardstick_has_no_ratio_and_meets_nothing_but_an_absolute_goal():
    assert Row("a", 36, goal=Goal(2)).met is None
    assert Row("a", 36, goal=Goal(40, absolute=True)).met is True


def test_table_stands_in_columns():
    rows = [Row("calls", 10.04, "/s", 20, "a relay", Goal(0.5, least=True)), Row("start", 1234.4)]

    assert table(rows) == [
        "          ours  beside it   ratio     goal  met  beside what",
        "calls    10 /s         20  0.50 ×  ≥ 0.5 ×  yes  a relay",
        "start  1234 ms",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0123, "0.0123"), (3, "3"), (3.14159, "3.14"), (31.41, "31.4"), (314.15, "314"), (31415.9, "31416")],
)
def test_number_has_as_many_digits_as_mean_something(value, text):
    assert number(value) == text
