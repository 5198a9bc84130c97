"""The table as a picture for the docs: how much of its goal each row takes up."""

from collections.abc import Sequence
from html import escape

from bench.figures import Row, goal_text, number

LINE, LABEL, BAR, FIGURES = 24, 430, 300, 190
# Beyond so many times its goal a bar is cut off; the figures beside it tell the rest.
MOST = 3.0
STYLE = """text{font:13px system-ui,sans-serif;fill:#1f2328}.goal{stroke:#1f2328}.met{fill:#1a7f5a}.missed{fill:#b35900}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.goal{stroke:#e6edf3}.met{fill:#3fb984}.missed{fill:#f0a04b}}"""


def svg(rows: Sequence[Row]) -> str:
    """A bar for each row that has a goal; the line they are held against is the goal, and longer is worse."""
    held = [(row, row.strain) for row in rows if row.strain is not None]
    width, height = LABEL + BAR + FIGURES, (len(held) + 2) * LINE
    goal_x = LABEL + BAR / MOST
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="How much of its goal each measured figure takes up">',
        f"<style>{STYLE}</style>",
        f'<text x="{goal_x:.0f}" y="{LINE - 8}" text-anchor="middle">goal</text>',
    ]
    for place, (row, strain) in enumerate(held, start=1):
        parts += _bar(row, strain, top=place * LINE)
    bottom = (len(held) + 1) * LINE
    parts.append(f'<line class="goal" x1="{goal_x:.0f}" y1="{LINE}" x2="{goal_x:.0f}" y2="{bottom}"/>')
    return "\n".join([*parts, "</svg>", ""])


def _bar(row: Row, strain: float, *, top: int) -> list[str]:
    length = BAR * min(strain, MOST) / MOST
    value = f"{number(row.ours)} {row.unit}" if row.goal and row.goal.absolute else f"{row.ratio:.2f} ×"
    kind = "met" if row.met else "missed"
    return [
        f'<text x="{LABEL - 10}" y="{top + 16}" text-anchor="end">{escape(row.name)}</text>',
        f'<rect class="{kind}" x="{LABEL}" y="{top + 4}" width="{length:.0f}" height="{LINE - 8}" rx="3"/>',
        f'<text x="{LABEL + BAR + 10}" y="{top + 16}">{escape(f"{value} ({goal_text(row)})")}</text>',
    ]
