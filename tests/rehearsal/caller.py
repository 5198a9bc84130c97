"""A learner with a WebRTC client in the same event loop: posts an offer, speaks, listens, reads events."""

import array
import asyncio
import json
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import httpx
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from tests.official import check_server_event
from tests.rehearsal.helpers import posted
from tutor.rehearsal.app import Rehearsal
from tutor.rehearsal.speech_client import Sound

BASE_URL = "http://rehearsal/v1"
# Seconds; speech on a loaded machine may be slow.
PATIENCE = 10.0
FRAME_SAMPLES = 960
# The peer counts frames, not seconds, so a test need not take as long as the speech it plays.
HASTE = 4
SILENT_FRAME = bytes(FRAME_SAMPLES * 2)


class Microphone(MediaStreamTrack):
    """48 kHz mono sound, silence when nothing is said."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames: deque[bytes] = deque()
        self._sent = 0

    def say(self, samples: bytes, *, silence: float = 0.8) -> None:
        """Queue 16-bit samples, then `silence` seconds in which the turn ends."""
        frame = len(SILENT_FRAME)
        self._frames.extend(samples[at : at + frame].ljust(frame, b"\0") for at in range(0, len(samples), frame))
        self._frames.extend([SILENT_FRAME] * int(silence / 0.02))

    async def recv(self) -> av.AudioFrame:
        """One frame, `HASTE` times faster than real time."""
        if self.readyState != "live":
            raise MediaStreamError
        await asyncio.sleep(0.02 / HASTE)
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(self._frames.popleft() if self._frames else SILENT_FRAME)
        frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), self._sent * FRAME_SAMPLES
        self._sent += 1
        return frame


class Caller:
    """One learner's end of a call; every event received is checked against the official types."""

    def __init__(self, application: Rehearsal) -> None:
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url=BASE_URL)
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel = self.connection.createDataChannel("oai-events")
        self.microphone = Microphone()
        self.events: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.loudest = 0
        self.location = ""
        self._news = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def offer(self) -> str:
        """Return the SDP offer of this client."""
        self.channel.on("message", self._receive)
        self.connection.on("track", lambda track: self._start(self._listen(track)))
        self.connection.addTrack(self.microphone)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def post(self, sdp: str, session: dict[str, Any]) -> httpx.Response:
        """Post an offer the way the product does."""
        parts = {"sdp": (None, sdp, "application/sdp"), "session": (None, json.dumps(session), "application/json")}
        return await self.http.post("/realtime/calls", files=parts)

    async def call(self, session: dict[str, Any] | None = None) -> "Caller":
        """Make the call and wait until its channel is open."""
        answer = await self.post(await self.offer(), session or posted())
        assert answer.status_code == 201, answer.text
        self.location = answer.headers["location"]
        await self.connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        await self.event("session.created")
        return self

    async def event(self, kind: str, *, number: int = 1) -> dict[str, Any]:
        """Wait for the first, or a later, event of a type."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event["type"] == kind]

        await self.until(lambda: len(found()) >= number)
        return found()[number - 1]

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is looked at after every event and frame of sound."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(happened)

    def send(self, **event: Any) -> None:
        """Send a client event."""
        self.channel.send(json.dumps(event))

    def type_text(self, text: str) -> None:
        """Send a typed turn."""
        content = [{"type": "input_text", "text": text}]
        self.send(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
        self.send(type="response.create")

    async def close(self) -> None:
        """Leave the call."""
        await self.connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.http.aclose()
        assert self.problems == []

    def _receive(self, message: str) -> None:
        event = json.loads(message)
        self.problems += check_server_event(event)
        self.events.append(event)
        self._start(self._notify())

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            samples = array.array("h", bytes(frame.planes[0])[: frame.samples * 4])
            self.loudest = max(self.loudest, *map(abs, samples))
            await self._notify()

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _start(self, work: Any) -> None:
        self._tasks.append(asyncio.ensure_future(work))


def samples_of(sound: Sound) -> bytes:
    """Return Opus packets as 16-bit mono samples at 48 kHz."""
    decoder = av.CodecContext.create("libopus", "r")
    decoder.format, decoder.layout, decoder.sample_rate = "s16", "mono", 48_000
    frames = [frame for packet in sound.packets for frame in decoder.decode(av.Packet(packet))]
    return b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames)
