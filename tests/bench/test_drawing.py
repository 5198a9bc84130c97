"""The table as a picture."""

from xml.etree import ElementTree

from bench.drawing import BAR, svg
from bench.figures import Goal, Row

NAMESPACE = "{http://www.w3.org/2000/svg}"


def test_picture_has_a_bar_for_each_row_that_is_held_against_something():
    half, far = Row("a < b", 1, "ms", 1, "c", Goal(2)), Row("far", 900, "ms", goal=Goal(100, absolute=True))

    drawn = ElementTree.fromstring(svg([half, Row("no goal", 1), far]))  # noqa: S314 # our own

    bars = [(bar.get("class"), bar.get("width")) for bar in drawn.iter(f"{NAMESPACE}rect")]
    assert bars == [("met", f"{BAR / 6:.0f}"), ("missed", str(BAR))]
    texts = [text.text for text in drawn.iter(f"{NAMESPACE}text")]
    assert texts == ["goal", "a < b", "1.00 × (≤ 2 ×)", "far", "900 ms (≤ 100 ms)"]
