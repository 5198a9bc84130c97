"""`python -m bench [PART …]`: print what was measured on this machine, now, and keep it as JSON and as a picture.

Without a name all the quick parts, in about ten minutes; the others fill a database first.
"""

import argparse
import json
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from os import cpu_count

from bench import authoring, calls, drawing, growth, journal, lesson, pace, page, review, rooms, stages, voice
from bench.figures import Figure, Row, show
from tests.running import ROOT

QUICK: dict[str, Callable[[], Sequence[Figure | Row]]] = {
    "calls": calls.measure,
    "stages": stages.measure,
    "journal": journal.measure,
    "lesson": lesson.measure,
    "rooms": rooms.measure,
    "pace": pace.measure,
    "page": page.measure,
    "authoring": authoring.measure,
    "voice": voice.measure,
}
PARTS = {**QUICK, "growth": growth.measure, "review": review.measure}
KEPT = ROOT / "var" / "bench.json"
PICTURE = ROOT / "var" / "bench.svg"


def main() -> None:
    """Measure the parts that were named, or all the quick ones."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Viva on this machine.")
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; {', '.join(QUICK)} without a name")
    names = parser.parse_args().parts or list(QUICK)
    if unknown := set(names) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    measured: dict[str, Sequence[Figure | Row]] = {}
    for name in names:
        print(f"\n{name}", flush=True)
        measured[name] = PARTS[name]()
        show(measured[name])
    _keep(measured)


def _keep(measured: dict[str, Sequence[Figure | Row]]) -> None:
    """Write down what was measured; parts that were not measured now stay as they were."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    now = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": f"{cpu_count()} × {platform.machine()}"}
    kept |= {name: {**now, "rows": [one.as_data() for one in found]} for name, found in measured.items()}
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    rows = [one for found in measured.values() for one in found if isinstance(one, Row)]
    PICTURE.write_text(drawing.svg(rows))
    print(f"\nKept in {KEPT.relative_to(ROOT)} and {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
