"""One WebRTC call: joins the script to a browser's data channel, microphone and loudspeaker.

Importing this module loads aiortc and its codecs, which takes a moment.
"""

import asyncio
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

import aioice.ice
import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from tutor.rehearsal import effects
from tutor.rehearsal.config import Config
from tutor.rehearsal.effects import Effect
from tutor.rehearsal.refusals import MESSAGE_LIMIT
from tutor.rehearsal.script import Script
from tutor.rehearsal.shapes import Refused
from tutor.rehearsal.sideband import GOING_AWAY, NORMAL, Listener
from tutor.rehearsal.speech_client import Sound, SpeechClient, SpeechUnavailable
from tutor.rehearsal.turns import FRAME_BYTES, FRAME_MS, SAMPLE_RATE, Moment, TurnDetector

logger = logging.getLogger("tutor.rehearsal")

# Seconds.
LONGEST_CONNECTING = 30
# Time for the last event to arrive before a call is closed.
LAST_WORDS = 0.25
FRAME_SECONDS = 0.02
# Sound that has not come for so long in the middle of a sentence counts as silence: its sender may be gone for good.
MISSING_SECONDS = 0.5
# A loudspeaker this late catches up by skipping ahead instead of hurrying.
LATE_SECONDS = 0.5
OPUS_SAMPLES = 960
OPUS_TIME_BASE = Fraction(1, 48_000)
# A 20 ms Opus frame of silence.
SILENCE = b"\xf8\xff\xfe"
ONLY_ENGLISH = "The rehearsal tutor understands spoken English only. Please type your answer instead."
NO_EAR = "The rehearsal tutor cannot hear at the moment. Please type your answer instead."


# Firefox is heard by its own name in its offers ("o=mozilla…").
_FIREFOX = "o=mozilla"
# Whether the call now answered is Firefox's.
_is_firefox: ContextVar[bool] = ContextVar("is_firefox", default=False)
_every_address = aioice.ice.get_host_addresses


def _addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """Return the addresses of this machine at which a call may reach us.

    aioice leaves out the loopback address and asks all others. A rehearsal is for this machine alone unless
    REHEARSAL_HOST names other addresses (separated by commas), or "all". Firefox never sends to the loopback address:
    it gets our other addresses too, which are this machine's own.
    """
    wanted = os.environ.get("REHEARSAL_HOST", "")
    if wanted == "all":
        return _every_address(use_ipv4, use_ipv6)
    if wanted:
        return [address.strip() for address in wanted.split(",") if address.strip()]
    return ["127.0.0.1", *(_every_address(use_ipv4, use_ipv6) if _is_firefox.get() else ())]


def _configure_ice() -> None:
    """Make calls reachable, and their end noticed, the way a rehearsal needs it.

    A peer that vanishes without a word is given up after about ten seconds instead of thirty, just later than the room
    gives up a call it does not hear.
    """
    aioice.ice.get_host_addresses = _addresses
    aioice.ice.CONSENT_INTERVAL = 1
    aioice.ice.CONSENT_FAILURES = 10


_configure_ice()


class Loudspeaker(MediaStreamTrack):
    """The tutor's sound track: ready-made Opus packets in real time, silence in between.

    Handing packets instead of frames to aiortc spares it an encoder per call. `on_played` is called with the id of
    each response whose last packet has been sent.
    """

    kind = "audio"

    def __init__(self, on_played: Callable[[str], None]) -> None:
        super().__init__()
        self._on_played = on_played
        self._queue: deque[tuple[str, deque[bytes]]] = deque()
        self._sent = 0
        self._start = 0.0

    def play(self, response_id: str, sound: Sound) -> None:
        """Add the sound of a response to the queue."""
        self._queue.append((response_id, deque(sound.packets)))

    def stop_playing(self) -> None:
        """Empty the queue."""
        self._queue.clear()

    async def recv(self) -> "av.Packet[Any]":
        """Return the next 20 ms at the time it is due."""
        if self.readyState != "live":
            raise MediaStreamError
        await self._keep_time()
        packet: av.Packet[Any] = av.Packet(self._next())
        packet.pts = self._sent * OPUS_SAMPLES
        packet.time_base = OPUS_TIME_BASE
        self._sent += 1
        return packet

    async def _keep_time(self) -> None:
        now = time.monotonic()
        due = self._start + self._sent * FRAME_SECONDS
        if now - due > LATE_SECONDS:
            self._start = now - self._sent * FRAME_SECONDS
        elif due > now:
            await asyncio.sleep(due - now)

    def _next(self) -> bytes:
        while self._queue and not self._queue[0][1]:
            response_id, _ = self._queue.popleft()
            self._on_played(response_id)
        return self._queue[0][1].popleft() if self._queue else SILENCE


class Call:
    """One call from its offer to its end, `longest` seconds at most. `on_end` is called once, with the reason."""

    def __init__(
        self,
        call_id: str,
        session: Config,
        *,
        speech: SpeechClient,
        longest: float,
        on_end: Callable[["Call", str], None],
    ) -> None:
        self.id = call_id
        self.started = time.monotonic()
        self._speech = speech
        self._longest = longest
        self._on_end = on_end
        self._script = Script(session, call_id, expires_at=int(time.time() + longest))
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._loudspeaker = Loudspeaker(self._played)
        self._turns = TurnDetector(None)
        self._channel: RTCDataChannel | None = None
        self._listeners: set[Listener] = set()
        self._close_code = NORMAL
        self._sounds: dict[str, Sound] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._closing: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()
        self._performers: dict[type, Callable[[Any], None]] = {
            effects.Send: self._send,
            effects.Synthesise: lambda effect: self._spawn(self._synthesise(effect)),
            effects.Play: lambda effect: self._loudspeaker.play(
                effect.response_id, self._sounds.pop(effect.response_id)
            ),
            effects.StopPlaying: lambda effect: self._loudspeaker.stop_playing(),
            effects.Pause: lambda effect: self._later(effect.seconds, self._resume, effect.response_id),
            effects.Transcribe: lambda effect: self._spawn(self._transcribe(effect, self._turns.take())),
            effects.DropAudio: self._drop_audio,
            effects.ListenAnew: self._listen_anew,
            effects.HangUp: lambda effect: self._later(LAST_WORDS, self.hang_up, effect.reason),
        }

    async def answer(self, offer: str) -> str:
        """Return the SDP answer to a browser's offer. Raises Refused for an offer that makes no sense."""
        connection = self._connection
        connection.on("datachannel", self._open_channel)
        connection.on("track", self._open_track)
        connection.on("connectionstatechange", self._watch_connection)
        _is_firefox.set(_FIREFOX in offer)
        try:
            await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            connection.addTrack(self._loudspeaker)
            await connection.setLocalDescription(await connection.createAnswer())
        except Exception as error:
            # aiortc parses SDP without errors of its own: a broken offer may raise nearly anything.
            logger.info("offer refused: %r", error)
            raise Refused("invalid_offer", "Failed to parse offer.") from error
        self._later(LONGEST_CONNECTING, self._give_up_connecting)
        self._later(self._longest, self._expire)
        answer: str = connection.localDescription.sdp
        return answer

    def hang_up(self, reason: str) -> "asyncio.Task[None]":
        """Begin to close the call, once; return the task that closes it."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(reason))
        return self._closing

    async def _close(self, reason: str) -> None:
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._loudspeaker.stop()
        await self._connection.close()
        for listener in self._listeners:
            listener.end(self._close_code)
        self._on_end(self, reason)
        self.ended.set()

    # --- The second line -------------------------------------------------------------------------

    def join(self, listener: Listener) -> None:
        """Let a listener hear every server event from now on, the session's config first."""
        self._listeners.add(listener)
        listener.tell(json.dumps(self._script.session_created(), ensure_ascii=False))

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        self._listeners.discard(listener)

    def obey(self, message: str | bytes) -> None:
        """Do what a client event says, whichever line it came by; all of them hear what follows."""
        if self._closing is None:
            self._perform(self._script.receive(message, time.monotonic()))

    # --- What the connection brings --------------------------------------------------------------

    def _open_channel(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        channel.on("message", self.obey)
        channel.on("close", self._lose_channel)
        self._perform(self._script.opened())

    def _lose_channel(self) -> None:
        self.hang_up("channel closed")

    def _open_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._spawn(self._listen(track))

    def _watch_connection(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self.hang_up(f"connection {self._connection.connectionState}")

    async def _listen(self, track: MediaStreamTrack) -> None:
        """Cut the microphone's sound into 20 ms frames for the script, until the track ends."""
        resampler = av.AudioResampler(
            format="s16", layout="mono", rate=SAMPLE_RATE, frame_size=SAMPLE_RATE * FRAME_MS // 1000
        )
        while True:
            try:
                async with asyncio.timeout(MISSING_SECONDS if self._turns.speaking else None):
                    frame = await track.recv()
            except TimeoutError:
                self._hear_silence()
                continue
            except MediaStreamError:
                return
            assert isinstance(frame, av.AudioFrame)  # noqa: S101 # an audio track
            for part in resampler.resample(frame):
                # The planes of PyAV are padded.
                self._hear_frame(bytes(part.planes[0])[:FRAME_BYTES])

    def _hear_silence(self) -> None:
        """End the turn that is under way, as the silence would that follows it."""
        while self._turns.speaking:
            self._hear_frame(bytes(FRAME_BYTES))

    def _hear_frame(self, frame: bytes) -> None:
        if self._channel is None:
            return
        moment = self._turns.feed(frame)
        self._perform(self._script.frame(FRAME_MS))
        if moment is Moment.STARTED:
            self._perform(self._script.speech_started(time.monotonic()))
        elif moment is Moment.STOPPED:
            self._perform(self._script.speech_stopped())

    def _played(self, response_id: str) -> None:
        self._perform(self._script.played(response_id, time.monotonic()))

    def _resume(self, response_id: str) -> None:
        self._perform(self._script.resume(response_id))

    def _expire(self) -> None:
        self._close_code = GOING_AWAY
        self._perform(self._script.expire())

    def _give_up_connecting(self) -> None:
        if self._channel is None:
            self.hang_up("never connected")

    # --- What the script asks for ----------------------------------------------------------------

    def _perform(self, wanted: list[Effect]) -> None:
        for effect in wanted:
            self._performers[type(effect)](effect)

    def _send(self, effect: effects.Send) -> None:
        message = json.dumps(effect.event, ensure_ascii=False)
        if len(message.encode()) > MESSAGE_LIMIT:
            logger.warning("call %s: %s is too long to be sent", self.id, effect.event["type"])
            error = {"type": "server_error", "code": "event_too_long", "message": "An event was too long to be sent."}
            message = json.dumps({"type": "error", "event_id": effect.event["event_id"], "error": error})
        if self._channel is not None and self._channel.readyState == "open":
            self._channel.send(message)
        for listener in self._listeners:
            listener.tell(message)

    def _listen_anew(self, effect: effects.ListenAnew) -> None:
        self._turns = TurnDetector(effect.turn_detection)

    def _drop_audio(self, effect: effects.DropAudio) -> None:
        self._turns.take()

    async def _synthesise(self, effect: effects.Synthesise) -> None:
        seconds = None
        try:
            sound = await self._speech.speak(
                effect.text, language=effect.language, voice=effect.voice, speed=effect.speed
            )
            self._sounds[effect.response_id] = sound
            seconds = sound.seconds
        except SpeechUnavailable as missing:
            logger.warning("call %s goes on without a voice: %s", self.id, missing)
        self._perform(self._script.voiced(effect.response_id, seconds, time.monotonic()))
        # Still there when the response was cancelled meanwhile.
        self._sounds.pop(effect.response_id, None)

    async def _transcribe(self, effect: effects.Transcribe, samples: bytes) -> None:
        if effect.language != "en":
            found = self._script.not_heard(effect.item_id, code="unsupported_language", message=ONLY_ENGLISH)
        elif not samples:
            found = self._script.heard(effect.item_id, "")
        else:
            found = await self._recognise(effect, samples)
        self._perform(found)

    async def _recognise(self, effect: effects.Transcribe, samples: bytes) -> list[Effect]:
        try:
            text = await self._speech.hear(samples, texts=effect.texts)
        except SpeechUnavailable as missing:
            logger.warning("call %s: a turn could not be heard: %s", self.id, missing)
            return self._script.not_heard(effect.item_id, code="server_error", message=NO_EAR)
        return self._script.heard(effect.item_id, text)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            logger.error("call %s: a task failed", self.id, exc_info=task.exception())

    def _later(self, seconds: float, call: Callable[..., object], *arguments: Any) -> None:
        loop = asyncio.get_running_loop()
        self._timers = [timer for timer in self._timers if timer.when() > loop.time()]
        self._timers.append(loop.call_later(seconds, call, *arguments))
