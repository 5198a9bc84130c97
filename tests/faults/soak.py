"""Scripted lessons under fire: real server, real database, the room's real modules, and faults between all of them."""

import asyncio
import json
import re
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit, urlunsplit

from tests.faults import database, provider
from tests.faults.chance import Chance, Fate, draw
from tests.faults.judge import Charge, judge
from tests.faults.proxy import DatabaseProxy, HttpProxy, Request, Serve, listening
from tests.running import ROOT, Server

# Seconds without any news of a lesson; one takes less than a minute.
QUIET = 300
KINDS = re.compile(r"/(connections|tool-calls|journal|corrections|end)/$")
# Of all lessons, those in which nobody kills the server: so that its memory can be watched for a while.
CALM = 0.3
# Seconds for which the database is away, at most and at least.
AWAY = (0.5, 3.0)
# Seconds after the request that brings it about in which the server is killed.
KILL_WITHIN = 0.08


@dataclass(frozen=True, slots=True)
class Options:
    """What to run.

    `together` lessons go on at a time, and time runs `speed` times as fast for their pages as for the server. `only`
    names the lessons to run by their numbers, if not all of them.
    """

    lessons: int
    seed: int
    kills: int
    database: str
    folder: Path
    together: int = 20
    speed: float = 3.0
    only: Sequence[int] = ()


@dataclass(slots=True)
class Course:
    """What came of a run."""

    outcomes: list[dict[str, Any]] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: int = 0
    # KiB of memory at the end of each life of the server, and at quarters of the calm that follows.
    lives: list[int] = field(default_factory=list)
    calm: list[int] = field(default_factory=list)
    kills: int = 0
    seconds: float = 0.0

    @property
    def utterances(self) -> int:
        """How many were said."""
        return sum(bool(item["text"].strip()) for outcome in self.outcomes for item in outcome["items"])


def run(options: Options, maintenance: str = "") -> Course:
    """Run the lessons and judge them. `maintenance` is the URL of a PostgreSQL database that lets us make others."""
    with database.made(options.database, options.folder, maintenance) as url:
        sessions = database.fill(url, options.lessons)
        database.let_go()
        started = time.monotonic()
        course = asyncio.run(_Soak(options, url).run(sessions))
        course.seconds = time.monotonic() - started
        for outcome in course.outcomes:
            course.charges += judge(outcome, database.read(outcome["code"]))
        database.let_go()
        return course


class _Soak:
    def __init__(self, options: Options, url: str) -> None:
        self.options, self.url = options, url
        self.chance = Chance(options.seed)
        self.course = Course()
        last = max(1, int(options.lessons * (1 - CALM)))
        self.first_calm = last + 1
        under_fire = range(1, last + 1)
        self.kills = self.chance.moments("kill", options.kills, under_fire)
        self.absences = self.chance.moments("absence", (options.kills + 3) // 4, under_fire)
        self.restarting = asyncio.Lock()
        self.tasks: set[asyncio.Task[None]] = set()
        self.begun: set[int] = set()

    async def run(self, sessions: Sequence[str]) -> Course:
        """Bring everything up, go through the lessons, and take it down again."""
        async with AsyncExitStack() as stack:
            self.log: TextIO = stack.enter_context((self.options.folder / "faults.jsonl").open("w"))
            port = await stack.enter_async_context(listening(provider.serve))
            to_provider = HttpProxy("provider", self.chance, provider.name, lambda: port, self.note)
            environment = {
                **database.ENVIRONMENT,
                "DATABASE_URL": await self._database(stack),
                "REALTIME_BASE_URL": f"{await serving(stack, to_provider.serve)}/v1",
            }
            self.server = Server(self.options.folder, **environment)
            await asyncio.to_thread(self.server.start)
            stack.callback(self.server.kill)
            to_server = HttpProxy("browser", self.chance, self.name, self.server_port, self.note)
            await self._lessons(await serving(stack, to_server.serve), sessions)
            await asyncio.gather(*self.tasks)
        self.course.requests = to_server.requests
        return self.course

    async def _database(self, stack: AsyncExitStack) -> str:
        """The database's URL as the server gets it."""
        if self.options.database == "sqlite":
            return self.url
        parts = urlsplit(self.url)
        upstream = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self.to_database = DatabaseProxy(self.chance, upstream, self._count)
        port = await stack.enter_async_context(listening(self.to_database.serve))
        user = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))

    async def _lessons(self, base: str, sessions: Sequence[str]) -> None:
        numbers = self.options.only or range(1, len(sessions) + 1)
        task = {
            "seed": self.options.seed,
            "base": base,
            "slug": database.SLUG,
            "together": self.options.together,
            "speed": self.options.speed,
            "lessons": [{"number": number, "cookie": sessions[number - 1]} for number in numbers],
        }
        command = ("node", "--experimental-websocket", "--no-warnings", "tests/faults/rooms.js")
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24
        )
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(task).encode())
        process.stdin.close()
        # Whoever has no time left ends the run early, and still hears what became of the lessons that were begun.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, process.terminate)
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(QUIET) as patience:
                async for line in process.stdout:
                    self._hear(json.loads(line))
                    patience.reschedule(now() + QUIET)
        except TimeoutError:
            process.kill()
            raise RuntimeError(f"No lesson has begun or ended for {QUIET} s: nobody gets in.") from None
        except BaseException:
            process.kill()
            raise
        finally:
            await process.wait()
        if len(self.course.outcomes) != len(self.begun):
            raise RuntimeError(f"Only {len(self.course.outcomes)} of {len(self.begun)} lessons came to an end.")

    def _hear(self, news: Mapping[str, Any]) -> None:
        """The rooms tell of a lesson, or of a page that broke."""
        if "begun" in news:
            self.begun.add(news["begun"])
        elif "broken" in news:
            self.course.charges.append(Charge("broken", 0, news["broken"]))
        else:
            self.course.outcomes.append(news["outcome"])
            self._watch_memory()

    def _watch_memory(self) -> None:
        """In the calm note the memory five times, at equal distances."""
        left = self.options.lessons - len(self.course.outcomes)
        calm = self.options.lessons - self.first_calm + 1
        if len(self.course.calm) < 5 and left <= calm * (4 - len(self.course.calm)) // 4:
            self.course.calm.append(memory(self.server.pid))

    def server_port(self) -> int:
        return urlsplit(self.server.url).port or 0

    @staticmethod
    def name(request: Request) -> tuple[int, str]:
        """Of which lesson a request of a page is, and what it is for."""
        kind = KINDS.search(request.path)
        return int(request.headers.get("x-lesson", "0")), kind[1] if kind else "state"

    async def note(self, link: str, lesson: int, kind: str, ordinal: int, fate: Fate) -> None:
        """Count what happens to a request, and strike where this is the moment."""
        if fate.name:
            self._count(link, fate.name)
            line = {"link": link, "lesson": lesson, "kind": kind, "ordinal": ordinal, "fate": fate.name}
            self.log.write(json.dumps(line) + "\n")
        if link == "browser" and ordinal == 1:
            if (lesson, kind) in self.kills:
                self._spawn(self._kill(lesson))
            if (lesson, kind) in self.absences:
                self._spawn(self._take_database_away(lesson))

    def _count(self, link: str, fault: str) -> None:
        self.course.faults[link, fault] += 1

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)

    async def _kill(self, lesson: int) -> None:
        """End the server as a power cut would, and bring it back."""
        await asyncio.sleep(draw(self.options.seed, "kill", lesson, "when") * KILL_WITHIN)
        async with self.restarting:
            self.course.lives.append(memory(self.server.pid))
            await asyncio.to_thread(self.server.kill)
            self.course.kills += 1
            self._count("server", "killed")
            await asyncio.to_thread(self.server.start)

    async def _take_database_away(self, lesson: int) -> None:
        """Break PostgreSQL's connections and refuse new ones for a while; on SQLite hold the lock for as long."""
        seconds = AWAY[0] + draw(self.options.seed, "absence", lesson, "for") * (AWAY[1] - AWAY[0])
        self._count("database", "away")
        if self.options.database == "sqlite":
            await asyncio.to_thread(self._lock, seconds)
            return
        with self.to_database.away():
            await asyncio.sleep(seconds)

    def _lock(self, seconds: float) -> None:
        with database.locked(self.options.folder / "db.sqlite3"):
            time.sleep(seconds)


async def serving(stack: AsyncExitStack, serve: Serve) -> str:
    """Serve for as long as the stack stands; return the address."""
    return f"http://127.0.0.1:{await stack.enter_async_context(listening(serve))}"


def memory(pid: int) -> int:
    """KiB of memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) if found else 0
