"""A short soak of each database: everything that the long one of `make faults` needs works, and nothing is lost."""

import shutil
import subprocess
import sys

import pytest

from tests.running import ROOT


@pytest.mark.skipif(not shutil.which("node"), reason="the room's modules run in Node")
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_lessons_under_fire_lose_nothing(database):
    command = ["-m", "tests.faults", "--lessons", "10", "--kills", "1", "--database", database]

    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
    assert "nothing lost, nothing twice, nobody stuck" in done.stdout
