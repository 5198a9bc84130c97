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


def test_cookies_of_production_are_our_hosts_alone() -> None:
    names = ("SESSION_COOKIE_", "CSRF_COOKIE_")
    rules = ("NAME", "SECURE", "PATH", "DOMAIN", "SAMESITE")
    code = f"""
import json
from django.conf import settings
print(json.dumps([[getattr(settings, name + rule) for rule in {rules}] for name in {names}]))
"""
    environment = {**os.environ, "DEBUG": "False", "SECRET_KEY": "x" * 50, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    # A browser takes such a name only with exactly these.
    assert json.loads(done.stdout) == [
        ["__Host-sessionid", True, "/", None, "Lax"],
        ["__Host-csrftoken", True, "/", None, "Lax"],
    ]


def test_a_wrong_time_zone_is_one_of_the_mistakes_that_are_told_together() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "TIME_ZONE": "Berlin", "PORT": "eight"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "(tutor.E010) TIME_ZONE must be the name of a time zone, such as Europe/Berlin." in done.stderr
    assert "(tutor.E010) PORT must be a whole number." in done.stderr
    assert "Traceback" not in done.stderr
