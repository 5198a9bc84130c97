"""The admin's pages of a lesson with 1 and with 50 stages: asked for to answered."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure
from bench.learner import Learner, timed
from tests.running import Server, running
from tutor import plan as plans
from tutor.plan import Outcome, Plan, Stage, Tool

COUNT = 20
SIZES = (1, 50)
INSTRUCTIONS = "Ask one question at a time, wait for the answer, and say what was good about it. " * 12


def measure() -> list[Figure]:
    """Time the list of lessons, the page of a lesson and that of a stage, as a teacher."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        teacher = Learner(server.url, "teacher")
        return [figure for size in SIZES for figure in _pages(server, teacher, size)]


def _pages(server: Server, teacher: Learner, size: int) -> Iterator[Figure]:
    lesson, stage = _import(server, size)
    for name, path in {
        "list of lessons": "lesson/",
        "page of a lesson": f"lesson/{lesson}/change/",
        "page of a stage": f"stage/{stage}/change/",
        "check": f"lesson/{lesson}/check/",
    }.items():
        address = f"/admin/tutor/{path}"
        yield Figure(f"{name}, {size} stages", timed(COUNT, lambda _, at=address: teacher.get(at)))  # type: ignore[misc]


def _import(server: Server, size: int) -> tuple[int, int]:
    """Make a lesson; return its id and that of one of its stages."""
    file = server.database.parent / f"of-{size}.yaml"
    file.write_text(plans.to_yaml(_plan(size)))
    server.manage("lesson", "import", str(file))
    query = "SELECT l.id lesson, s.id stage FROM tutor_lesson l JOIN tutor_stage s ON s.lesson_id = l.id WHERE slug = ?"
    found = server.rows(query, file.stem)[0]
    return found["lesson"], found["stage"]


def _plan(size: int) -> Plan:
    """A lesson whose stages lead on, back and around."""
    keys = [f"stage-{number}" for number in range(size)]
    stages = [_stage(key, before=keys[max(0, at - 1)], after=after) for at, (key, after) in _with_next(keys)]
    return Plan(title=f"{size} stages", stages=tuple(stages), tools=(Tool(name="hint", kind="hint", description="…"),))


def _with_next(keys: list[str]) -> Iterator[tuple[int, tuple[str, str | None]]]:
    return enumerate(zip(keys, [*keys[1:], None], strict=True))


def _stage(key: str, *, before: str, after: str | None) -> Stage:
    onwards = Outcome(key="understood", when="The learner answered in a full sentence.", next=after)
    return Stage(
        key=key,
        title=f"Title of {key}",
        goal="Say in one sentence what you have seen, and why.",
        instructions=INSTRUCTIONS,
        tools=("hint",),
        hints=("Begin with “I saw”.",),
        outcomes=(onwards, replace(onwards, key="again", next=key), replace(onwards, key="back", next=before)),
    )
