"""What the settings make of the environment."""

import json
import os
import subprocess
import sys

from tests.running import ROOT


def test_what_follows_the_database_url_reaches_the_driver() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json; from config import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))",
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "postgres://viva@127.0.0.1/viva?sslmode=verify-full&connect_timeout=3"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == {
        "sslmode": "verify-full",
        "connect_timeout": 3,
        "tcp_user_timeout": 20_000,
        "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s -c jit=off",
        "pool": {"min_size": 1, "max_size": 20, "timeout": 5, "reconnect_timeout": 2},
        "application_name": "viva",
    }
