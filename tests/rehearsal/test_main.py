"""The peer on its own, as a process."""

import asyncio
import json
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.rehearsal.caller import Caller

PROJECT = Path(__file__).resolve().parents[2]


async def test_peer_runs_alone_with_a_second_line_and_ends_with_a_call_open(rehearsal):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tutor.rehearsal", "--port", "0", cwd=PROJECT, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(20):
            address = await listening_address(process)
            caller = Caller(rehearsal)
            await caller.http.aclose()
            caller.http = httpx.AsyncClient(base_url=address, trust_env=False)
            await caller.call()
            line = address.replace("http", "ws", 1) + "/realtime?call_id="
            with pytest.raises(InvalidStatus, match="404"):
                await connect(line + "rtc_unknown", proxy=None)
            async with connect(line + caller.location.rpartition("/")[2], proxy=None) as socket:
                assert json.loads(await socket.recv())["type"] == "session.created"
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            await caller.close()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def listening_address(process: asyncio.subprocess.Process) -> str:
    """Read the log until it says where the peer listens."""
    while line := (await process.stderr.readline()).decode():
        found = re.search(r"http://127\.0\.0\.1:\d+/v1", line)
        if found:
            return found[0]
    pytest.fail("the peer ended before it listened")
