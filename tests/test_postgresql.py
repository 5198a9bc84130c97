"""What must hold on PostgreSQL as well: the same tests once more, in a run of their own.

DATABASE_URL=postgres://postgres@127.0.0.1:5432/test points a whole run at PostgreSQL; then this is skipped.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ADDRESS = ("127.0.0.1", 5432)
URL = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/test"
TESTS = [
    "tests/admin/test_freshness.py",
    "tests/models",
    "tests/services/test_journal.py",
    "tests/services/test_round_trip.py",
    "tests/services/test_sideband.py",
    "tests/services/test_tool_calls.py",
    "tests/services/test_witness.py",
    "tests/services/test_words.py",
    "tests/services/test_review.py",
    "tests/services/test_any_order.py",
    "tests/services/test_set_aside.py",
    "tests/api/test_at_once.py",
    "tests/api/test_exactly_once.py",
    "tests/api/test_journal.py",
]


def is_listening() -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(ADDRESS) == 0


@pytest.mark.postgres
@pytest.mark.skipif(not is_listening(), reason="no PostgreSQL server answers on 127.0.0.1:5432")
@pytest.mark.skipif(connection.vendor == "postgresql", reason="this whole run is on PostgreSQL")
def test_the_database_tests_pass_on_postgresql():
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS],
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, "DATABASE_URL": URL},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
