"""The web process's end of the speech worker."""

import asyncio
import contextlib
import itertools
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutor.rehearsal.pipe import packed, receive_message

logger = logging.getLogger("tutor.rehearsal")

PROJECT = Path(__file__).resolve().parents[2]
# Seconds to wait for an answer; the first one includes loading the models.
PATIENCE = 20.0
# Seconds between two starts, so that a worker that cannot live does not keep the machine busy.
SHORTEST_LIFE = 2.0
FRAME_SECONDS = 0.02


class SpeechUnavailable(Exception):
    """The worker cannot speak or hear right now; the conversation goes on in text."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Opus packets of 20 ms each."""

    packets: tuple[bytes, ...]

    @property
    def seconds(self) -> float:
        """Return how long it sounds."""
        return len(self.packets) * FRAME_SECONDS


class SpeechClient:
    """Starts the worker when it is first needed, and again after it has died; asks it for sound and for words.

    Belongs to one event loop. Requests may overlap: every one carries an id, and a caller who gives up does not
    disturb the others.
    """

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[tuple[dict[str, Any], bytes]]] = {}
        self._ids = itertools.count(1)
        self._started_at = -SHORTEST_LIFE
        self._starting = asyncio.Lock()

    @property
    def running(self) -> bool:
        """Whether the worker has been started and lives."""
        return self._process is not None and self._process.returncode is None

    async def warm_up(self) -> dict[str, str]:
        """Start the worker and let it load its models; return what speaks (`speech_out`) and what hears (`speech_in`).

        Raises SpeechUnavailable.
        """
        header, _ = await self._ask({"task": "warm_up"})
        return {name: header[name] for name in ("speech_out", "speech_in")}

    async def speak(self, text: str, *, language: str, voice: str, speed: float) -> Sound:
        """Return the sound of a text. Raises SpeechUnavailable."""
        request = {"task": "speak", "text": text, "language": language, "voice": voice, "speed": speed}
        header, body = await self._ask(request)
        ends = list(itertools.accumulate(header["lengths"]))
        starts = [0, *ends]
        return Sound(tuple(body[start:end] for start, end in zip(starts, ends, strict=False)))

    async def hear(self, samples: bytes, *, texts: tuple[str, ...]) -> str:
        """Return the English words in 16 kHz mono sound. Raises SpeechUnavailable."""
        header, _ = await self._ask({"task": "hear", "texts": texts}, samples)
        return str(header["text"])

    async def close(self) -> None:
        """End the worker: it stops by itself when its input ends."""
        process, self._process = self._process, None
        if process is None:
            return
        self._end_input(process)
        try:
            await asyncio.wait_for(process.wait(), timeout=3)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader:
            await self._reader

    async def _ask(self, request: dict[str, Any], payload: bytes = b"") -> tuple[dict[str, Any], bytes]:
        process = await self._running()
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            assert process.stdin is not None  # noqa: S101 # it was started with a pipe
            process.stdin.write(packed({"id": number, **request}, payload))
            await process.stdin.drain()
            header, body = await asyncio.wait_for(answer, PATIENCE)
        except (OSError, TimeoutError) as error:
            raise SpeechUnavailable(str(error) or "the speech worker did not answer in time") from error
        finally:
            self._waiting.pop(number, None)
        if "unavailable" in header:
            raise SpeechUnavailable(header["unavailable"])
        return header, body

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if not self.running:
                await self._start()
            assert self._process is not None  # noqa: S101 # just started
            return self._process

    async def _start(self) -> None:
        if time.monotonic() - self._started_at < SHORTEST_LIFE:
            raise SpeechUnavailable("the speech worker has only just ended")
        self._started_at = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tutor.rehearsal.worker",
            # Ctrl-C in a terminal is meant for the server; the worker ends with its pipe.
            start_new_session=True,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=PROJECT,
        )
        self._reader = asyncio.create_task(self._read_replies(self._process))

    async def _read_replies(self, process: asyncio.subprocess.Process) -> None:
        """Hand out replies until the worker ends, then fail whatever is still waiting."""
        assert process.stdout is not None  # noqa: S101 # it was started with a pipe
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                header, body = await receive_message(process.stdout)
                answer = self._waiting.get(header["id"])
                if answer and not answer.done():
                    answer.set_result((header, body))
        status = await process.wait()
        self._end_input(process)
        if self._process is process:
            logger.warning("speech worker ended by itself, status %s; it starts again when needed", status)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(SpeechUnavailable("the speech worker ended"))

    @staticmethod
    def _end_input(process: asyncio.subprocess.Process) -> None:
        if process.stdin is not None:
            process.stdin.close()
