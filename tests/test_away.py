"""A database or a Redis that is locked, stopped, hanging or full while lessons run: nothing is lost."""

import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.running import Browser, Server, running

BUSY = {"error": "database_busy", "message": "We cannot save at the moment. Please try again in a few seconds."}
# More tries than any of these faults needs; a request that is refused waits in the server, so this is no busy loop.
TRIES = 40


def begin(browser: Browser) -> str:
    """Start a lesson; return the path of the attempt."""
    return f"/api/attempts/{browser.post('/api/lessons/ordering-in-a-cafe/attempts/', {}).json()['code']}/"


def say(browser: Browser, path: str, item_id: str) -> httpx.Response:
    entry = {"id": item_id, "kind": "utterance", "speaker": "learner", "status": "complete", "text": item_id}
    return browser.post(f"{path}journal/", {"entries": [entry | {"visit": 1}]})


def say_until_stored(browser: Browser, path: str, item_id: str) -> set[int]:
    """As the browser's journal does; return the statuses it met on the way."""
    met = set()
    for _ in range(TRIES):
        response = say(browser, path, item_id)
        if response.status_code == 200:
            return met
        met.add(response.status_code)
        assert response.headers["Retry-After"] == "2"
    raise AssertionError(f"not stored after {TRIES} tries: {response.text}")


def told(browser: Browser, path: str) -> list[str]:
    return sorted(line["item_id"] for line in browser.get(path).json()["transcript"])


def check_away(browser: Browser, path: str) -> None:
    """What everybody is told while the database is away."""
    answer = say(browser, path, "meanwhile")
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (503, "2", BUSY)
    page = browser.get("/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert "Please try again in a few seconds." in page.text
    assert browser.get("/healthz").status_code == 200
    ready = browser.get("/readyz")
    assert (ready.status_code, ready.json()["problems"]) == (503, ["The database does not answer."])


@contextmanager
def browsing(server: Server) -> Iterator[Browser]:
    browser = Browser(server)
    try:
        yield browser
    finally:
        browser.http.close()


# --- SQLite ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def on_sqlite(tmp_path) -> Iterator[Server]:
    (tmp_path / "data").mkdir()
    with running(tmp_path / "data") as server:
        yield server


def test_sqlite_posts_wait_while_another_program_writes(on_sqlite):
    with browsing(on_sqlite) as browser, ThreadPoolExecutor(8) as pool:
        path = begin(browser)
        other = sqlite3.connect(on_sqlite.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        posts = [pool.submit(say, browser, path, f"item_{number}") for number in range(8)]
        # Reading goes on meanwhile.
        assert told(browser, path) == []
        assert [browser.get(page).status_code for page in ("/healthz", "/readyz", "/")] == [200] * 3
        assert not any(post.done() for post in posts)
        other.execute("COMMIT")
        other.close()

        assert [post.result().status_code for post in posts] == [200] * 8
        assert told(browser, path) == [f"item_{number}" for number in range(8)]


def test_sqlite_that_is_out_of_reach_is_found_again(on_sqlite, tmp_path):
    with browsing(on_sqlite) as browser:
        path = begin(browser)
        say(browser, path, "before").raise_for_status()
        (tmp_path / "data").rename(tmp_path / "unplugged")

        check_away(browser, path)

        (tmp_path / "unplugged").rename(tmp_path / "data")
        assert say_until_stored(browser, path, "after") == set()
        assert told(browser, path) == ["after", "before"]
        assert browser.get("/readyz").json() == {"ready": True, "problems": [], "warnings": []}


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def program(name: str) -> str:
    found = [shutil.which(name), *map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))]
    return next(filter(None, reversed(found)), "")


class Cluster:
    """A PostgreSQL server of our own, to be stopped and started."""

    def __init__(self, folder: str) -> None:
        self.folder, self.port = folder, free_port()
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        self._run("initdb", "--pgdata", f"{folder}/data", "--username", "viva", "--auth", "trust", "--no-sync")

    @property
    def url(self) -> str:
        return f"postgres://viva@127.0.0.1:{self.port}/postgres"

    def start(self, **options: object) -> None:
        facts = {"unix_socket_directories": self.folder, "fsync": "off", "shared_buffers": "16MB", **options}
        line = " ".join([f"-p {self.port}", *(f"-c {name}={value}" for name, value in facts.items())])
        self._run("pg_ctl", "start", "-w", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o", line)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", f"{self.folder}/data")

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run([*self._as, program(name), *arguments], check=True, capture_output=True, cwd="/")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if not program("initdb") or not program("pg_ctl"):
        pytest.skip("no PostgreSQL server is installed")
    folder = tempfile.mkdtemp(prefix="viva-cluster-")
    made = Cluster(folder)
    made.start(max_connections=12, superuser_reserved_connections=2)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def on_postgresql(cluster, tmp_path_factory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), DATABASE_URL=cluster.url) as server:
        yield server


@pytest.mark.postgres
def test_postgresql_that_was_stopped_is_found_again(on_postgresql, cluster):
    with browsing(on_postgresql) as browser:
        path = begin(browser)
        say(browser, path, "before").raise_for_status()
        cluster.stop()

        check_away(browser, path)

        cluster.start(max_connections=12, superuser_reserved_connections=2)
        assert say_until_stored(browser, path, "after") <= {503}
        assert {"before", "after"} <= set(told(browser, path))
        assert browser.get("/readyz").status_code == 200


@pytest.mark.postgres
def test_connections_that_postgresql_ended_are_not_used_again(on_postgresql, cluster):
    with browsing(on_postgresql) as browser, psycopg.connect(cluster.url, autocommit=True) as operator:
        path = begin(browser)
        for number in range(3):
            ended = operator.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'viva'"
            ).fetchone()
            assert ended > (0,)

            # At once, and at the first try.
            assert say(browser, path, f"ended_{number}").status_code == 200


@pytest.mark.postgres
def test_posts_wait_while_another_program_holds_the_attempt(on_postgresql, cluster):
    with browsing(on_postgresql) as browser, ThreadPoolExecutor(4) as pool:
        path = begin(browser)
        with psycopg.connect(cluster.url) as other:
            other.execute("SELECT 1 FROM tutor_attempt FOR UPDATE")
            posts = [pool.submit(say, browser, path, f"waited_{number}") for number in range(4)]
            assert browser.get("/readyz").status_code == 200
            assert not any(post.done() for post in posts)

        assert [post.result().status_code for post in posts] == [200] * 4


@pytest.mark.postgres
def test_postgresql_without_a_free_connection_is_waited_for_and_never_our_mistake(on_postgresql, cluster):
    with browsing(on_postgresql) as browser, ExitStack() as taken, ThreadPoolExecutor(6) as pool:
        path = begin(browser)
        with psycopg.connect(cluster.url, autocommit=True) as operator:
            while True:
                try:
                    taken.enter_context(psycopg.connect(cluster.url))
                except psycopg.OperationalError:
                    break
            operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'viva'")
            taken.enter_context(psycopg.connect(cluster.url))

            met = {pool.submit(say, browser, path, f"full_{number}") for number in range(6)}
            assert {post.result().status_code for post in met} <= {200, 503}
        taken.close()

        for number in range(6):
            assert say_until_stored(browser, path, f"full_{number}") <= {503}
        assert {f"full_{number}" for number in range(6)} <= set(told(browser, path))


# --- Redis -----------------------------------------------------------------------------------------------------------

NO_NEWS = ["Redis does not answer: pages get no live news."]


class Redis:
    """A Redis of our own, to be frozen and killed."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        options = {"--port": str(self.port), "--bind": "127.0.0.1", "--save": "", "--appendonly": "no"}
        command = ["redis-server", *(part for option in options.items() for part in option)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert any(b"Ready to accept connections" in line for line in self._process.stdout)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def redis() -> Iterator[Redis]:
    if not shutil.which("redis-server"):
        pytest.skip("no Redis server is installed")
    made = Redis()
    yield made
    made.kill()


@pytest.mark.redis
def test_lessons_go_on_without_redis_from_the_start_and_through_every_change(redis, tmp_path):
    with running(tmp_path, REDIS_URL=redis.url) as server, browsing(server) as browser:
        path = begin(browser)

        def check(state: str, warnings: list[str]) -> None:
            statuses = [say(browser, path, f"{state}_{number}").status_code for number in range(3)]
            assert (state, statuses) == (state, [200] * 3)
            ready = browser.get("/readyz")
            assert (state, ready.status_code, ready.json()["warnings"]) == (state, 200, warnings)

        check("never-started", NO_NEWS)
        redis.start()
        check("started", [])
        redis.signal(signal.SIGSTOP)
        check("frozen", NO_NEWS)
        redis.signal(signal.SIGCONT)
        check("thawed", [])
        redis.kill()
        check("killed", NO_NEWS)
        redis.start()
        check("back", [])
        assert len(told(browser, path)) == 18
        assert browser.get(path).status_code == 200
