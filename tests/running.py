"""The real server as a process of its own, with a database of its own; for end-to-end tests and benches."""

import atexit
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "viva-demo"


class Server:
    """A seeded server: `start`, `stop` or `kill` it, `reset` it, and look at its database with `rows`."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.database = folder / "db.sqlite3"
        self.log = folder / "server.log"
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._environment = {
            **{
                name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "REALTIME_BASE_URL")
            },
            "DATABASE_URL": f"sqlite:///{self.database}",
            "DEBUG": "True",
            "REDIS_URL": "",
            # One learner goes through all the lessons of a run.
            "CALLS_PER_HOUR": "0",
            "STARTS_PER_HOUR": "0",
            **environment,
        }

    def prepare(self) -> None:
        """Give it a database with what a demo needs: the first one of SQLite is made, all others are copies."""
        if not self._environment["DATABASE_URL"].startswith("sqlite:"):
            self.manage("migrate", "--verbosity", "0")
            self.manage("seed")
            return
        with closing(sqlite3.connect(_seeded())) as seeded, closing(sqlite3.connect(self.database)) as ours:
            seeded.backup(ours)

    def reset(self) -> None:
        """Make its database what it was at first, while it runs.

        1. Remember which numbers have been given to rows.
        2. Put everything back.
        3. Go on counting from there: what comes late from a page that is gone must not meet a new row.
        """
        with (
            closing(sqlite3.connect(_seeded())) as seeded,
            closing(sqlite3.connect(self.database, timeout=20)) as ours,
        ):
            given = ours.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
            seeded.backup(ours)
            with ours:
                ours.execute("DELETE FROM sqlite_sequence")
                ours.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", given)

    def manage(self, *command: str) -> None:
        """Run one of the site's commands on its database."""
        with self.log.open("a") as log:
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=self._environment,
                check=True,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        """Start it and wait until it says where it listens; again on the same port after a stop."""
        port = str(urlsplit(self.url).port or 0)
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tutor.serve", "--port", port],
                cwd=ROOT,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found[0]
                return
        raise AssertionError(f"The server did not start:\n{self.log.read_text()}")

    def stop(self) -> int:
        """Ask it to end; return its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._gone()

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._gone()

    def _gone(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        status = self._process.wait(timeout=30)
        self._process.stdout.close()
        return status

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Read the database behind the server's back."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()


@cache
def _seeded() -> Path:
    """A seeded database that is never served, made once in each process; it goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="viva-seeded-")
    atexit.register(folder.cleanup)
    server = Server(Path(folder.name))
    server.manage("migrate", "--verbosity", "0")
    server.manage("seed")
    return server.database


class Browser:
    """A learner's browser, as far as the API can tell."""

    def __init__(self, server: Server) -> None:
        self.http = httpx.Client(base_url=server.url, trust_env=False, timeout=60)
        page = self.http.get("/accounts/login/")
        form = {"username": "learner", "password": PASSWORD, "csrfmiddlewaretoken": self.token}
        self.http.post(page.url, data=form, headers=self.headers)
        assert "sessionid" in self.http.cookies

    @property
    def token(self) -> str:
        return self.http.cookies["csrftoken"]

    @property
    def headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.token, "Origin": str(self.http.base_url).rstrip("/")}

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def post(self, path: str, data: object, **headers: str) -> httpx.Response:
        return self.http.post(path, json=data, headers=self.headers | headers)


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Server]:
    """A prepared, started server that is gone afterwards."""
    server = Server(folder, **environment)
    server.prepare()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def chromium() -> str:
    """The browser to drive: what CHROMIUM names, else Debian's."""
    return os.environ.get("CHROMIUM") or "/usr/bin/chromium"


def firefox() -> str:
    """The other browser to drive: what FIREFOX names; nothing, where it is not asked for."""
    return os.environ.get("FIREFOX", "")


# As root, with loopback-only ICE, without dialogs, calling nobody.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
]
