"""Making a call: our time on top of the provider's own."""

import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from bench.figures import Figure
from bench.learner import OFFER, Learner, timed
from tests.running import ROOT, running

DELAY = 50
COUNT = 60


def measure() -> list[Figure]:
    """Post the same offer to a stub provider, and through Viva to the same stub."""
    command = [sys.executable, "-m", "bench.provider", str(DELAY)]
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as provider,
        tempfile.TemporaryDirectory() as folder,
    ):
        assert provider.stdout is not None
        assert provider.stdin is not None
        address = provider.stdout.readline().strip()
        try:
            return _measure(address, Path(folder))
        finally:
            provider.stdin.close()


def _measure(address: str, folder: Path) -> list[Figure]:
    form = {"sdp": (None, OFFER, "application/sdp"), "session": (None, '{"type":"realtime"}', "application/json")}
    with httpx.Client(trust_env=False) as http:
        direct = timed(COUNT, lambda _: http.post(f"{address}/realtime/calls", files=form))
    with running(folder, OPENAI_API_KEY="sk-bench", REALTIME_BASE_URL=address) as server:
        learner = Learner(server.url)
        path = learner.start("ordering-in-a-cafe") + "connections/"
        ours = timed(COUNT, lambda _: learner.post(path, {"sdp": OFFER}))
    added = [value - Figure("", direct).percentile(0.5) for value in ours]
    return [
        Figure(f"a call, the provider alone ({DELAY} ms of its own)", direct),
        Figure("POST …/connections/", ours),
        Figure("  of which ours", added),
    ]
