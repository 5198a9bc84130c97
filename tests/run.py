"""Every check and test, one after the other: what `make test` runs.

All steps run even when one fails. The last lines say what passed, failed and was skipped, and the exit status is 0 only
when nothing failed. Parts that this machine cannot run are skipped; where CI=true they count as failures.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CI = os.environ.get("CI", "").lower() == "true"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Browser tests wait most of their time, for speech above all.
BROWSER_TESTS_AT_ONCE = os.cpu_count() or 1
OLDEST_NODE = 20

# Whatever the shell or a .env file holds, the steps run with the defaults: an empty variable counts as not set.
VARIABLES = re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
DEFAULTS = dict.fromkeys(VARIABLES, "")
# As a careful operator would set it. Nothing is connected to.
PRODUCTION = {
    "STATIC_ROOT": "var/checked-static",
    "DEBUG": "False",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQ",
    "ALLOWED_HOSTS": "viva.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://viva.example.org",
    "BEHIND_PROXY": "True",
    "OPENAI_API_KEY": "sk-made-up",
    # Models without a last day: tutor.W003 would fail this step on a date instead of a change.
    "REALTIME_MODEL": "gpt-realtime-2.1",
    "TRANSCRIPTION_MODEL": "gpt-transcribe",
    "DATABASE_URL": "postgres://viva@127.0.0.1:5432/viva",
    "REDIS_URL": "redis://127.0.0.1:6379",
}
# Memory that is a folder: a thousand small databases are made and written there much faster than on a disk, and no test
# here is about what a disk does in a power cut. Only where there is plenty of it.
MEMORY, ENOUGH_MEMORY = Path("/dev/shm"), 2**30  # noqa: S108 # pytest makes folders of its own in it
# Tests that never touch a database, or bring both kinds themselves, so that the second one has nothing to add.
DATABASE_FREE = (
    "tests/test_serve.py",
    "tests/test_away.py",
    "tests/test_fuzz.py",
    "tests/test_two_servers.py",
    "tests/plan",
    "tests/realtime",
    "tests/rehearsal",
    "tests/config",
    "tests/management/test_backups.py",
    "tests/faults",
    # Who may do what is asked of the same queries, and takes a fifth of the time.
    "tests/access/test_table.py",
    "tests/access/test_headers.py",
)

SUMMARY_WORDS = {"passed": "passed", "failed": "failed", "errors": "failed", "error": "failed", "skipped": "skipped"}
PYTEST_SUMMARY = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")
PYTEST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+::.*)", re.MULTILINE)
NODE_SUMMARY = re.compile(r"^ℹ (pass|fail|skipped) (\d+)$", re.MULTILINE)
NODE_WORDS = {"pass": "passed", "fail": "failed", "skipped": "skipped"}


@dataclass(frozen=True)
class Step:
    """One command. With `missing` set it cannot run here, and that is why."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""
    shown: bool = False


@dataclass(frozen=True)
class Result:
    step: Step
    status: str
    seconds: float
    counts: Counter[str]
    failures: Sequence[str] = ()


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """The command of a program that is installed in our environment."""
    return (str(BIN / name), *arguments)


def quick_steps() -> list[Step]:
    """Steps that are quiet and may run beside one another."""
    manage = tool("python", "manage.py")
    collect = (*manage, "collectstatic", "--no-input", "--verbosity", "0")
    check = (*manage, "check", "--deploy", "--fail-level", "WARNING")
    node_missing = "" if node_version() >= OLDEST_NODE else f"Node {OLDEST_NODE} or newer is not installed"
    scripts = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/js").glob("*.test.js"))
    return [
        Step("types", tool("mypy")),
        Step("javascript tests", ("node", "--test", "--test-reporter=spec", *scripts), missing=node_missing),
        Step("lint", tool("ruff", "check", ".")),
        Step("format", tool("ruff", "format", "--check", ".")),
        Step("imports", tool("lint-imports")),
        Step("migrations", (*manage, "makemigrations", "--check", "--dry-run")),
        # Scripts and styles first: without them the check rightly says that no page can be shown.
        Step("deploy check", ("sh", "-c", f"{shlex.join(collect)} && {shlex.join(check)}"), PRODUCTION),
    ]


def test_steps() -> list[Step]:
    """The test suites, and last those with a browser, which needs the machine to itself."""
    postgres, redis, browser = postgres_url(), redis_url(), browser_path()
    here = [
        "not e2e",
        *([] if postgres else ["not postgres"]),
        *([] if redis else ["not redis"]),
    ]
    pytest = tool("python", "-m", "pytest", "-q", "-rfEs", "--no-header")
    services = {"TEST_DATABASE_URL": postgres, "TEST_REDIS_URL": redis}
    return [
        # Without what is run once more on PostgreSQL for those who only call pytest: here the next step is all of that.
        Step(
            "tests on SQLite",
            (*pytest, "-m", " and ".join(here), "--ignore=tests/test_postgresql.py"),
            services,
            shown=True,
        ),
        Step(
            "tests on PostgreSQL",
            (*pytest, "-m", " and ".join(here), *(f"--ignore={path}" for path in DATABASE_FREE)),
            {**services, "DATABASE_URL": postgres, "REDIS_URL": redis},
            missing="" if postgres else "no PostgreSQL answers on 127.0.0.1:5432",
            shown=True,
        ),
        Step(
            "browser tests",
            # One after the other to whoever is free, as some take a hundred times as long as others.
            (*pytest, "-m", "e2e", "-n", str(BROWSER_TESTS_AT_ONCE), "--maxschedchunk", "1"),
            {**services, "CHROMIUM": browser, "FIREFOX": ""},
            missing="" if browser else "Chromium is not installed",
            shown=True,
        ),
        *(
            [Step("tests in Firefox", (*pytest, "-m", "e2e and not chromium"), services, shown=True)]
            if os.environ.get("FIREFOX")
            else []
        ),
    ]


# --- What this machine has ---------------------------------------------------


def node_version() -> int:
    """The major version of Node, 0 without one."""
    if not shutil.which("node"):
        return 0
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    return int(re.match(r"v(\d+)|", answer)[1] or 0)


def browser_path() -> str:
    named = os.environ.get("CHROMIUM", "")
    return next((found for name in (named, *BROWSERS) if name and (found := shutil.which(name))), "")


def postgres_url() -> str:
    """The first of the usual local databases that lets us in."""
    users = ("postgres", os.environ.get("USER") or "root")
    usual = [f"postgres://{user}@127.0.0.1:5432/{name}" for user in users for name in ("test", "postgres")]
    named = os.environ.get("TEST_DATABASE_URL")
    for url in [named] if named else usual:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.Error:
            continue
        return url
    return ""


def redis_url() -> str:
    try:
        with socket.create_connection(("127.0.0.1", 6379), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return "redis://127.0.0.1:6379" if connection.recv(16).startswith(b"+PONG") else ""
    except OSError:
        return ""


# --- Running -----------------------------------------------------------------


def run(step: Step) -> Result:
    if step.missing:
        return skip(step)
    started = time.monotonic()
    process = subprocess.Popen(
        step.command,
        cwd=ROOT,
        env={**os.environ, **DEFAULTS, **folder_for_tests(), **step.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    output = "".join(echo(process.stdout, step))
    failed = process.wait() != 0
    result = Result(
        step,
        "failed" if failed else "passed",
        time.monotonic() - started,
        count(output, failed=failed),
        PYTEST_FAILURE.findall(output),
    )
    if failed and not step.shown:
        say(output.rstrip())
    say(f"--- {step.name}: {result.status} in {result.seconds:.1f} s")
    return result


def folder_for_tests() -> dict[str, str]:
    """Where pytest makes its folders."""
    is_plenty = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_MEMORY
    return {"PYTEST_DEBUG_TEMPROOT": str(MEMORY)} if is_plenty else {}


def skip(step: Step) -> Result:
    """A part that cannot run here; where CI=true that is a failure, so that it is never lost unseen."""
    status = "failed" if CI else "skipped"
    say(f"--- {step.name}: {status}, {step.missing}")
    return Result(step, status, 0.0, Counter({status: 1}))


def echo(lines: Iterator[str] | None, step: Step) -> Iterator[str]:
    """The lines as they come; those of a step that is shown are printed too, with its name, as another may speak."""
    for line in lines or ():
        if step.shown:
            say(f"{step.name}: {line.rstrip()}")
        yield line


def count(output: str, *, failed: bool) -> Counter[str]:
    """What a step counted by itself; a step that counts nothing is one check."""
    counts: Counter[str] = Counter()
    for number, word in PYTEST_SUMMARY.findall(output.rstrip().rpartition("\n")[2]):
        counts[SUMMARY_WORDS[word]] += int(number)
    for word, number in NODE_SUMMARY.findall(output):
        counts[NODE_WORDS[word]] += int(number)
    if failed and not counts["failed"]:
        counts["failed"] = 1
    return counts if counts.total() else Counter(passed=1)


_speaking = threading.Lock()


def say(text: str) -> None:
    """Print whole, also when two steps speak at the same time."""
    with _speaking:
        print(text, flush=True)


def summary(results: Sequence[Result]) -> None:
    say("")
    for result in sorted(results, key=lambda result: ("passed", "skipped", "failed").index(result.status)):
        note = result.step.missing or f"{result.seconds:.1f} s"
        say(f"{result.status:<8} {result.step.name:<20} {note}")
    # Once more: whoever reads the end of a long log has to find what to mend.
    for result in results:
        for failure in result.failures:
            say(f"{result.step.name}: {failure}")
    counts = sum((result.counts for result in results), Counter())
    say(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")


def main() -> int:
    on_sqlite, on_postgresql, *in_browsers = test_steps()
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(run, quick_steps()))
        # Each is one process that waits for its database half of the time.
        results += pool.map(run, (on_sqlite, on_postgresql))
    results += [run(step) for step in in_browsers]
    summary(results)
    return 1 if any(result.status == "failed" for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
