"""`manage.py sideband`: workers over a real Redis, each a process of its own, on the test's own database."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from tests.conftest import SENTINEL_KEY
from tests.second_line import SecondLine, holds, second_line
from tests.services.test_sideband import PATIENCE, make_call, typed, until
from tutor.models import Connection, Utterance
from tutor.services import sideband, witness

ROOT = Path(__file__).resolve().parents[2]
# One of Redis's databases that no other test uses, of a server that other runs may use as well: that on the other kind
# of database, beside this one, never meets it.
NUMBER = 2 + os.getpid() % 7 * 2 + bool(os.environ.get("DATABASE_URL"))
REDIS = f"{os.environ.get('TEST_REDIS_URL') or 'redis://127.0.0.1:6379'}/{NUMBER}"


def redis_is_there() -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", 6379)) == 0


pytestmark = [
    pytest.mark.redis,
    pytest.mark.skipif(not redis_is_there(), reason="no Redis server answers on 127.0.0.1:6379"),
    pytest.mark.django_db(transaction=True),
]


def database_url() -> str:
    """The test's database, as another process finds it."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    return f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


@pytest.fixture
async def line(settings) -> AsyncIterator[SecondLine]:
    async with second_line() as line:
        settings.SIDEBAND = "workers"
        settings.OPENAI_API_KEY, settings.REHEARSAL, settings.REALTIME_BASE_URL = SENTINEL_KEY, False, line.url
        settings.REDIS_URL = REDIS
        layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS]}}
        settings.CHANNEL_LAYERS = {"default": layer}
        yield line


@asynccontextmanager
async def worker(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker that is ready for calls."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": REDIS,
        "SIDEBAND": "workers",
        "OPENAI_API_KEY": SENTINEL_KEY,
        "REALTIME_BASE_URL": url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "manage.py", "sideband", cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60):
            assert re.match(rb"Ready for calls \(worker [0-9a-f]{8}\)\.", await process.stdout.readline())
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_two_workers_share_the_calls_that_a_server_hands_over(line: SecondLine, attempt):
    release = asyncio.Event()
    line.acts += [holds(typed(f"item_{number}", "Tea."), until=release) for number in range(6)]
    async with worker(line.url) as one, worker(line.url) as two:
        calls = [await sync_to_async(make_call)(attempt, f"rtc_{number}") for number in range(6)]
        for call in calls:
            sideband.call_made(call, rehearsal=False)
        await until(lambda: Utterance.objects.count() == 6)

        listeners = {name async for name in Connection.objects.values_list("witness_by", flat=True)}
        assert 1 <= len(listeners) <= 2
        assert sorted(call_id for call_id, _ in line.asked) == [f"rtc_{number}" for number in range(6)]
        assert {key for _, key in line.asked} == {f"Bearer {SENTINEL_KEY}"}

        release.set()
        await until(lambda: Connection.objects.filter(witness="whole").count() == 6)
        for process in (one, two):
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                assert await process.wait() == 0


async def test_worker_that_is_ended_leaves_its_call_to_another_at_once(line: SecondLine, attempt):
    line.acts += [holds(typed("item_1", "Tea.")), holds(typed("item_2", "Cake.", "item_1"))]
    call = await sync_to_async(make_call)(attempt)
    async with worker(line.url) as first:
        sideband.call_made(call, rehearsal=False)
        await until(Utterance.objects.exists)

        first.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await first.wait() == 0
            assert await first.stdout.read() == b"Ended; calls left to others: 1\n"
        await call.arefresh_from_db()
        assert (call.witness_by, call.witness_seen_at) == ("", None)

        async with worker(line.url):
            await until(lambda: Utterance.objects.count() == 2)
            await call.arefresh_from_db()
            assert call.witness == "gaps"


async def test_worker_that_is_killed_is_replaced_when_its_lease_is_over(line: SecondLine, attempt):
    line.acts += [holds(typed("item_1", "Tea.")), holds(typed("item_2", "Cake.", "item_1"))]
    call = await sync_to_async(make_call)(attempt)
    async with worker(line.url) as first, worker(line.url) as second:
        sideband.call_made(call, rehearsal=False)
        await until(Utterance.objects.exists)
        name = (await Connection.objects.aget()).witness_by
        # Which of them it was is not to be seen from here.
        for process in (first, second):
            process.kill()
            await process.wait()

        # As if the lease were over.
        past = timezone.now() - witness.LEASE - timedelta(seconds=1)
        await Connection.objects.aupdate(witness_seen_at=past)
        async with worker(line.url):
            await until(lambda: Utterance.objects.count() == 2)

        await call.arefresh_from_db()
        assert (call.witness, call.witness_by != name) == ("gaps", True)


async def test_call_is_found_by_looking_where_redis_has_lost_it(line: SecondLine, attempt, settings):
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:1"]}}
    }
    line.acts.append(holds(typed("item_1", "Tea.")))
    async with worker(line.url):
        call = await sync_to_async(make_call)(attempt)
        sideband.call_made(call, rehearsal=False)
        await until(Utterance.objects.exists)


def test_worker_without_work_says_so(settings):
    settings.SIDEBAND = "off"
    with pytest.raises(CommandError, match="There is nothing to do for a worker"):
        call_command("sideband")
