"""A long lesson in the browser's own code: time for an event in the last minutes, beside that in the first."""

import json
import shutil
import subprocess

from bench.figures import Goal, Row
from tests.running import ROOT


def measure() -> list[Row]:
    """Put 400 utterances in 20 stages through the room's reducers, in Node."""
    node = shutil.which("node")
    if node is None:
        return []
    ran = subprocess.run([node, "bench/long_lesson.mjs"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    found = json.loads(ran.stdout)
    name = f"an event of a long lesson, after {found['said']} utterances"
    return [
        Row(name, found["end"], "µs", found["start"], "the same at its beginning", Goal(1.2)),
        Row("the transcript then", found["bytes"] / 1024, "kB"),
    ]
