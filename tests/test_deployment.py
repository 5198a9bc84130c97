"""A school's installation as compose.scale.yaml describes it, started by hand: while one server after the other is
stopped, a lesson goes through the proxy, somebody reads along, and nothing is lost.

Caddy has docs/deploy/Caddyfile as it is, and makes its own certificate. PostgreSQL and Redis are those of the tests.
"""

import asyncio
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.capture import closed_port
from tests.running import PASSWORD, ROOT

POSTGRES = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/test"
REDIS = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/9"
LESSON = "ordering-in-a-cafe"
# Sentences said in each of the three parts of the lesson: with both servers, with one, with the other.
EACH = 12
# Seconds. Tries of a request that was not answered, as the browser's journal repeats them.
PAUSE, LONGEST = 0.1, 30


def answers(url: str) -> bool:
    """Whether anybody takes connections at an address."""
    parts = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((parts.hostname or "127.0.0.1", parts.port or 0)) == 0


pytestmark = [
    pytest.mark.e2e,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed (Debian's package caddy)"),
    pytest.mark.skipif(not answers(POSTGRES), reason="no PostgreSQL server answers"),
    pytest.mark.skipif(not answers(REDIS), reason="no Redis server answers"),
]


class Process:
    """One process of the installation: started when it has said so, stopped by SIGTERM."""

    def __init__(self, command: list[str], *, log: Path, environment: dict[str, str], says: str = "") -> None:
        self.command, self.log, self.environment, self.says = command, log, environment, says
        self.running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        with self.log.open("a") as log:
            self.running = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE if self.says else log,
                stderr=log,
                text=True,
            )
        if self.says:
            assert self.running.stdout is not None
            assert any(self.says in line for line in self.running.stdout), self.log.read_text()

    def stop(self) -> int:
        """Stop it as a supervisor does; return its exit status."""
        assert self.running is not None
        self.running.terminate()
        status = self.running.wait(timeout=30)
        if self.running.stdout is not None:
            self.running.stdout.close()
        self.running = None
        return status

    def end(self) -> None:
        """Have it gone, whatever the test has come to."""
        if self.running is not None:
            self.stop()


@contextmanager
def own_database() -> Iterator[str]:
    """A PostgreSQL database of this run alone; its address."""
    name = f"viva_deployment_{os.getpid()}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Installation:
    """What runs, and how to reach it."""

    def __init__(self, folder: Path, environment: dict[str, str], port: int) -> None:
        self.folder, self.environment = folder, environment
        self.url = f"https://localhost:{port}"
        self.servers: list[Process] = []

    @property
    def trust(self) -> ssl.SSLContext:
        """Trust in Caddy's own authority alone."""
        return ssl.create_default_context(cafile=str(self.folder / "caddy/pki/authorities/local/root.crt"))

    def log(self) -> str:
        """Return what all processes have logged."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("deployment")
    ports = [closed_port() for _process in range(2)]
    http_port, https_port = closed_port(), closed_port()
    with ExitStack() as stack:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "REALTIME_"))
        } | {
            "DEBUG": "False",
            "SECRET_KEY": "only-for-this-test-0123456789-0123456789-0123456789",
            "ALLOWED_HOSTS": "localhost",
            "CSRF_TRUSTED_ORIGINS": f"https://localhost:{https_port}",
            "BEHIND_PROXY": "True",
            "DATABASE_URL": stack.enter_context(own_database()),
            "REDIS_URL": REDIS,
            "SIDEBAND": "workers",
            "LOG_FORMAT": "json",
            "STATIC_ROOT": str(folder / "staticfiles"),
            "METRICS_TOKEN": "only-for-this-test-0123456789",
            # The rehearsal voice is not started: nobody speaks here.
            "REALTIME_BASE_URL": f"http://127.0.0.1:{closed_port()}/v1",
            "SITE_ADDRESS": "localhost",
            "UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in ports),
            "HTTP_PORT": str(http_port),
            "HTTPS_PORT": str(https_port),
            "BUFFERING": buffering(),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "PYTHONUNBUFFERED": "1",
        }
        for command in (["migrate", "--no-input"], ["collectstatic", "--no-input"], ["seed"]):
            manage(environment, folder, *command)
        found = Installation(folder, environment, https_port)
        serve = [sys.executable, "-m", "tutor.serve", "--host", "127.0.0.1", "--port"]
        for port in ports:
            log = folder / f"server-{port}.log"
            found.servers.append(
                Process([*serve, str(port)], log=log, environment=environment, says="Viva is at http://")
            )
        caddy = ["caddy", "run", "--config", "docs/deploy/Caddyfile", "--adapter", "caddyfile"]
        worker = [sys.executable, "manage.py", "sideband"]
        tender = [sys.executable, "manage.py", "tend", "--every", "15"]
        others = [
            Process(worker, log=folder / "sideband.log", environment=environment, says="Ready for calls"),
            Process(tender, log=folder / "tend.log", environment=environment),
            Process(caddy, log=folder / "caddy.log", environment=environment),
        ]
        for process in [*found.servers, *others]:
            stack.callback(process.end)
            process.start()
        asyncio.run(until_up(found))
        yield found


def buffering() -> str:
    """Return how this Caddy is told to keep the bodies of requests."""
    version = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)\.(\d+)", version)
    assert found is not None, version
    return "buffer_requests" if (int(found[1]), int(found[2])) < (2, 7) else "request_buffers 2MB"


def manage(environment: dict[str, str], folder: Path, *command: str) -> None:
    # As in tests.running: `seed` is for laptops.
    laptop = {"DEBUG": "True"} if command[0] == "seed" else {}
    with (folder / "manage.log").open("a") as log:
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment | laptop,
            check=True,
            stdout=log,
            stderr=log,
        )


async def until_up(site: Installation) -> None:
    """Wait until the proxy has its certificate and finds a server."""
    async with asyncio.timeout(LONGEST):
        while True:
            with suppress(OSError, httpx.HTTPError):
                async with httpx.AsyncClient(verify=site.trust, trust_env=False) as http:
                    if (await http.get(f"{site.url}/accounts/login/")).status_code == 200:
                        return
            await asyncio.sleep(PAUSE)


class Person:
    """Somebody with a browser, which repeats what was not answered."""

    def __init__(self, site: Installation, http: httpx.AsyncClient) -> None:
        self.site, self.http = site, http
        # What was answered by the proxy, or not at all.
        self.unanswered: list[str] = []

    async def ask(self, method: str, path: str, **data: Any) -> httpx.Response:
        """Ask until an answer comes that is one of ours and no sign of a server that goes."""
        headers = {
            "X-CSRFToken": self.http.cookies.get("__Host-csrftoken", ""),
            "Origin": self.site.url,
            "Referer": self.site.url,
        }
        async with asyncio.timeout(LONGEST):
            while True:
                try:
                    response = await self.http.request(method, path, headers=headers, **data)
                except httpx.TransportError as error:
                    self.unanswered.append(type(error).__name__)
                else:
                    if response.status_code < 500:
                        return response
                    self.unanswered.append(f"{response.status_code} {response.text[:40]}")
                await asyncio.sleep(PAUSE)

    async def post(self, path: str, data: object) -> Any:
        response = await self.ask("POST", path, json=data)
        assert response.status_code in (200, 201), response.text
        return response.json()

    @asynccontextmanager
    async def listening(self, path: str) -> AsyncIterator["Ear"]:
        """Hear the news of a page, which connects again whenever it is cut off."""
        ear = Ear(self, path)
        task = asyncio.create_task(ear.listen())
        try:
            yield ear
        finally:
            task.cancel()
            await asyncio.wait([task])


class Ear:
    """A page's WebSocket and all that it was told."""

    def __init__(self, person: Person, path: str) -> None:
        self.person, self.path = person, path
        self.heard: list[dict[str, Any]] = []
        self.closed: list[int] = []
        self.is_open = asyncio.Event()
        self._changed = asyncio.Condition()

    async def listen(self) -> None:
        cookie = "; ".join(f"{name}={value}" for name, value in self.person.http.cookies.items())
        url = self.person.site.url.replace("https", "wss", 1) + self.path
        while True:
            try:
                async with connect(
                    url,
                    ssl=self.person.site.trust,
                    origin=self.person.site.url,  # type: ignore[arg-type]
                    additional_headers={"Cookie": cookie},
                    proxy=None,
                ) as line:
                    self.is_open.set()
                    async for message in line:
                        await self._note(json.loads(message))
                    self.closed.append(line.close_code or 0)
            except (OSError, InvalidHandshake, ConnectionClosed):
                pass
            self.is_open.clear()
            await asyncio.sleep(PAUSE)

    async def _note(self, message: dict[str, Any]) -> None:
        async with self._changed:
            self.heard.append(message)
            self._changed.notify_all()

    async def until(self, told: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until what was heard is enough."""
        async with asyncio.timeout(LONGEST), self._changed:
            await self._changed.wait_for(lambda: told(self.heard))


@asynccontextmanager
async def signed_in(site: Installation, name: str) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=site.url, verify=site.trust, trust_env=False, timeout=20) as http:
        person = Person(site, http)
        page = await person.ask("GET", "/accounts/login/")
        token = {"csrfmiddlewaretoken": http.cookies["__Host-csrftoken"]}
        form = {"username": name, "password": PASSWORD, **token}
        assert (await person.ask("POST", str(page.url.path), data=form)).status_code == 302
        yield person


def utterance(number: int, visit: int) -> dict[str, object]:
    chain = {"previous_item_id": f"item_{number - 1}"} if number else {}
    said = {"id": f"item_{number}", "kind": "utterance", "speaker": "learner", "status": "complete"}
    return {**said, **chain, "text": f"Sentence {number}.", "visit": visit}


async def test_a_lesson_goes_on_while_one_server_after_the_other_is_stopped(site: Installation) -> None:
    """1. Both servers. 2. The first is stopped while the learner speaks. 3. It is back, and the second is stopped."""
    first, second = site.servers
    async with signed_in(site, "learner") as learner, signed_in(site, "reviewer") as reviewer:
        code = (await learner.post(f"/api/lessons/{LESSON}/attempts/", {}))["code"]
        room, desk = f"/ws/attempts/{code}/", f"/ws/live/{code}/"
        async with learner.listening(room) as in_room, reviewer.listening(desk) as at_desk:
            await in_room.is_open.wait()
            await at_desk.is_open.wait()
            # 1
            await speak(learner, code, range(EACH), visit=1)
            await at_desk.until(told_of(EACH - 1))
            # 2
            stopping = asyncio.create_task(asyncio.to_thread(first.stop))
            await speak(learner, code, range(EACH, 2 * EACH), visit=1)
            assert await stopping == 0
            moved = await learner.post(f"/api/attempts/{code}/tool-calls/", complete("call_1", "ready", visit=1))
            again = await learner.post(f"/api/attempts/{code}/tool-calls/", complete("call_1", "ready", visit=1))
            assert moved == again
            assert (moved["stage"]["key"], moved["stage"]["visit"]) == ("counter", 2)
            # 3
            await asyncio.to_thread(first.start)
            await until_seen(site, 0)
            stopping = asyncio.create_task(asyncio.to_thread(second.stop))
            await speak(learner, code, range(2 * EACH, 3 * EACH), visit=2)
            assert await stopping == 0
            await in_room.is_open.wait()
            await at_desk.is_open.wait()
            await speak(learner, code, range(3 * EACH, 3 * EACH + 1), visit=2)
            await in_room.until(told_of(3 * EACH))
            await at_desk.until(told_of(3 * EACH))
        pause = {"kind": "pause", "reason": "Lunch.", "action_id": "11111111-2222-3333-4444-555555555555"}
        acted = await reviewer.ask("POST", f"/review/live/{code}/act/", data=pause)
        state = await learner.post(f"/api/attempts/{code}/end/", {})
        await asyncio.to_thread(second.start)

    said = [(line["item_id"], line["text"]) for line in state["transcript"] if line["item_id"].startswith("item_")]
    assert said == [(f"item_{number}", f"Sentence {number}.") for number in range(3 * EACH + 1)]
    assert state["ended"]
    assert acted.status_code < 400
    assert_every_line_is_json(site)
    # Each was served by a server that went, and was told so.
    assert {*in_room.closed, *at_desk.closed} <= {1001}
    print(f"unanswered: {learner.unanswered}; sockets closed: {len(in_room.closed)} and {len(at_desk.closed)}")


async def speak(learner: Person, code: str, numbers: range, *, visit: int) -> None:
    for number in numbers:
        receipt = await learner.post(f"/api/attempts/{code}/journal/", {"entries": [utterance(number, visit)]})
        assert f"item_{number}" in receipt["stored"] + receipt["duplicate"]


async def until_seen(site: Installation, number: int) -> None:
    """Wait until the proxy has found a server ready that has just been started."""
    counted = re.compile(r'viva_requests_total\{method="GET",route="readyz",status="200"\} ([2-9]|\d\d+)\.0')
    async with asyncio.timeout(LONGEST):
        while not counted.search(await figures(site, number)):  # noqa: ASYNC110 # it happens in another process
            await asyncio.sleep(PAUSE)


async def figures(site: Installation, number: int) -> str:
    """Return what Prometheus is told by a server."""
    token = {"Authorization": f"Bearer {site.environment['METRICS_TOKEN']}", "Host": "localhost"}
    async with httpx.AsyncClient(trust_env=False) as http:
        told = await http.get(f"http://{site.environment['UPSTREAMS'].split()[number]}/metrics", headers=token)
    assert told.status_code == 200
    return told.text


def told_of(number: int) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda heard: any(message.get("item_id") == f"item_{number}" for message in heard)


def complete(call_id: str, outcome: str, *, visit: int) -> dict[str, object]:
    arguments = {"outcome": outcome, "reasoning": "r", "summary": "s", "evidence": []}
    return {"call_id": call_id, "name": "stage_complete", "arguments": json.dumps(arguments), "visit": visit}


async def test_the_proxy_keeps_figures_inside_and_names_requests(site: Installation) -> None:
    async with httpx.AsyncClient(verify=site.trust, trust_env=False) as http:
        for path in ("/metrics", "/healthz", "/readyz"):
            assert (await http.get(site.url + path)).status_code == 404
        page = await http.get(f"{site.url}/accounts/login/", headers={"X-Request-ID": "forged-by-a-client"})

    assert re.fullmatch("[0-9a-f-]{36}", page.headers["X-Request-ID"])
    assert "strict-transport-security" in page.headers


async def test_servers_tell_their_own_figures(site: Installation) -> None:
    told = [await figures(site, number) for number in range(2)]

    assert all("\nviva_database_up 1.0\n" in text for text in told)


def assert_every_line_is_json(site: Installation) -> None:
    """What the servers of a lesson have logged: for programs, line by line."""
    lines = [line for path in site.folder.glob("server-*.log") for line in path.read_text().splitlines()]

    told = [json.loads(line) for line in lines]
    moved = [one for one in told if one["event"] == "stage moved"]
    assert [(one["facts"]["from"], one["facts"]["to"]) for one in moved] == [("warm-up", "counter")]
    assert all(one["request"] and one["attempt"] for one in moved)
