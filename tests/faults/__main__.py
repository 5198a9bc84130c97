"""`python -m tests.faults`: go through many lessons under fire, and print what became of them."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults.judge import CHARGES, count_by_kind
from tests.faults.soak import Course, Options, run
from tests.run import postgres_url

# How much the server's memory may grow from the first to the last quarter of the calm, in percent.
MOST_GROWTH = 10
# Fewer lessons in the calm say nothing of memory.
ENOUGH_CALM = 100
SHOWN_CHARGES = 20


def table(options: Options, course: Course) -> Iterator[str]:
    """What to print, line by line."""
    yield f"seed {options.seed} on {options.database}, {course.seconds:.0f} s"
    rows = [
        ("lessons", len(course.outcomes)),
        ("utterances", course.utterances),
        ("requests", course.requests),
        ("calls dialled", sum(outcome["dials"] for outcome in course.outcomes)),
        ("pages opened", sum(outcome["pages"] for outcome in course.outcomes)),
        ("server killed", course.kills),
        *((f"{link}: {fault}", times) for (link, fault), times in sorted(course.faults.items())),
        *((CHARGES[kind], times) for kind, times in count_by_kind(course.charges).items()),
    ]
    for name, value in rows:
        yield f"  {name:<36}{value:>10,}"
    if course.lives:
        lives = " ".join(f"{kib / 1024:.0f}" for kib in course.lives)
        yield f"  MB of memory at the end of each life: {lives}"
    yield f"  MB of memory over the calm:           {' '.join(f'{kib / 1024:.1f}' for kib in course.calm)}"


def growth(course: Course) -> float:
    """Percent by which the memory grew over the last three quarters of the calm."""
    return 100 * (course.calm[-1] / course.calm[1] - 1) if len(course.calm) == 5 else 0.0


def faults(options: Options, course: Course) -> Iterator[str]:
    """Why the run has failed, if it has."""
    for charge in course.charges[:SHOWN_CHARGES]:
        yield f"{CHARGES[charge.kind]}: lesson {charge.lesson}: {charge.detail}"
    if len(course.charges) > SHOWN_CHARGES:
        yield f"… and {len(course.charges) - SHOWN_CHARGES} more"
    if not options.only and len(course.outcomes) < options.lessons:
        yield f"only {len(course.outcomes)} of {options.lessons} lessons were begun"
    if not options.only and course.kills < options.kills:
        yield f"the server was killed only {course.kills} times"
    if options.lessons >= ENOUGH_CALM / 0.3 and growth(course) > MOST_GROWTH:
        yield f"the server's memory grew by {growth(course):.0f} % in the calm"


def main() -> int:
    """Run, print the table, and say what must not be; 1 if there is any of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--lessons", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--together", type=int, default=20, help="lessons at a time; fewer on a slow machine")
    parser.add_argument("--speed", type=float, default=3.0, help="how fast time runs for pages; less on a slow machine")
    parser.add_argument("--only", type=int, nargs="*", default=(), help="numbers of the lessons to repeat")
    parser.add_argument("--folder", type=Path, help="where database and logs are to be kept; otherwise nowhere")
    arguments = vars(parser.parse_args())
    kept = arguments.pop("folder")
    maintenance = postgres_url() if arguments["database"] == "postgres" else ""
    with tempfile.TemporaryDirectory() as temporary:
        folder = kept or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        options = Options(folder=folder, **arguments)
        course = run(options, maintenance)
    print("\n".join(table(options, course)))
    found = list(faults(options, course))
    if found:
        print("\n".join(found), file=sys.stderr)
    else:
        print("nothing lost, nothing twice, nobody stuck")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
