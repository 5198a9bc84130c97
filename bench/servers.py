"""Servers of one run: ours as an operator would start it, and those it is held against."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from tests.faults import database
from tests.run import postgres_url
from tests.running import ROOT, Server

# Where `make bench` puts what only yardsticks need.
INSTALLED = ROOT / "bench" / ".yardsticks"
STATIC = "var/bench-static"
PATIENCE = 20.0


@contextmanager
def a_database(kind: str = "") -> Iterator[str]:
    """An empty database that is gone afterwards, PostgreSQL where there is one; its URL."""
    maintenance = postgres_url()
    kind = kind or ("postgres" if maintenance else "sqlite")
    with tempfile.TemporaryDirectory() as folder, database.made(kind, Path(folder), maintenance) as url:
        yield url


def kinds() -> list[str]:
    """The databases this machine has."""
    return ["sqlite", *(["postgres"] if postgres_url() else [])]


@contextmanager
def viva(url: str, **environment: str) -> Iterator[Server]:
    """Our server over a database that has its tables, set up as in production."""
    with tempfile.TemporaryDirectory() as folder:
        served = {**database.ENVIRONMENT, "STATIC_ROOT": _collected()}
        server = Server(Path(folder), **{**served, "DATABASE_URL": url, **environment})
        server.start()
        try:
            yield server
        finally:
            server.stop()


@cache
def _collected() -> str:
    """Where the scripts and styles of this run are: without them no page is shown in production."""
    environment = {**os.environ, **database.ENVIRONMENT, "STATIC_ROOT": STATIC}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True)
    return STATIC


@contextmanager
def several(url: str, count: int, **environment: str) -> Iterator[list[str]]:
    """So many of our servers over one database; their addresses."""
    with ExitStack() as stack:
        yield [stack.enter_context(viva(url, **environment)).url for _ in range(count)]


@contextmanager
def provider(delay: float) -> Iterator[str]:
    """A provider that takes `delay` milliseconds for each call; its base URL."""
    with _process([sys.executable, "-m", "bench.provider", str(delay)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()


@contextmanager
def echo() -> Iterator[str]:
    """A page whose calls send back what is said; its address."""
    with _process([sys.executable, "-m", "bench.yardsticks.echo"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()


@contextmanager
def yardstick(command: Sequence[str], **environment: str) -> Iterator[str]:
    """A server that is told its port by PORT or “{port}”; its address, once it listens there."""
    port = free_port()
    told = [part.format(port=port) for part in command]
    with _process(told, PORT=str(port), **environment) as process:
        until = time.monotonic() + PATIENCE
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"This yardstick did not start: {' '.join(told)}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def bare_django(url: str, **environment: str) -> Iterator[str]:
    """A Django that only does what is measured, under Daphne."""
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "-v", "0"]
    settings = {**database.ENVIRONMENT, "DATABASE_URL": url, **environment}
    with yardstick([*command, "bench.yardsticks.bare:application"], **settings) as address:
        yield address


@contextmanager
def fastapi(base_url: str) -> Iterator[str]:
    """The relay in FastAPI with httpx, under uvicorn; an empty address where these are not installed."""
    uvicorn = INSTALLED / "venv" / "bin" / "uvicorn"
    if not uvicorn.exists():
        yield ""
        return
    command = [str(uvicorn), "relay:app", "--app-dir", "bench/yardsticks", "--port", "{port}", "--log-level", "warning"]
    with yardstick(command, PROVIDER=base_url) as address:
        yield address


@contextmanager
def express(base_url: str, processes: int) -> Iterator[tuple[str, str]]:
    """The relay in Node: its address and what it is made with, both empty without Node."""
    node = shutil.which("node")
    if node is None:
        yield "", ""
        return
    modules = INSTALLED / "node_modules"
    made_with = "Express" if (modules / "express").exists() else "Node's own http"
    settings = {"PROVIDER": base_url, "NODE_PATH": str(modules), "PROCESSES": str(processes)}
    with yardstick([node, "bench/yardsticks/relay.cjs"], **settings) as address:
        yield address, f"{made_with}, {processes} process{'es' if processes > 1 else ''}"


@contextmanager
def _process(
    command: Sequence[str], *, stdout: int | None = None, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=stdout
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
