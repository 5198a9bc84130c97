"""The voice: espeak-ng, and its sound as Opus packets. Used by the speech worker only.

espeak-ng is licensed under GPL-3.0-or-later, so it is loaded in a process of its own and never in the web process.
"""

import ctypes
import functools
import shutil
import subprocess
from typing import Protocol

import av
import espeakng_loader

OPUS_RATE = 48_000
FRAME_SAMPLES = 960
FRAME_SECONDS = FRAME_SAMPLES / OPUS_RATE
# Words per minute of espeak-ng's own pace.
WORDS_PER_MINUTE = 175
DEFAULT_VOICE = "en-us"
# espeak-ng's names where they are not the two letters of the language.
LANGUAGES = {"en": "en-us", "zh": "cmn", "no": "nb"}
# A variant for each of the provider's voices, so that a lesson's choice can be heard.
VARIANTS = {
    "alloy": "klatt4",
    "ash": "m1",
    "ballad": "m2",
    "cedar": "m3",
    "coral": "f1",
    "echo": "m7",
    "marin": "f3",
    "sage": "f2",
    "shimmer": "f4",
    "verse": "m4",
}


class NoVoice(Exception):
    """There is no espeak-ng on this machine."""


class Voice(Protocol):
    """Makes sound of text: 16-bit mono samples at `rate`. `name` is for people."""

    name: str
    rate: int

    def say(self, text: str, *, name: str, words_per_minute: int) -> bytes:
        """Return the samples; `name` is espeak-ng's name of the voice."""


class LibraryVoice:
    """espeak-ng as a library: one engine per process, a sentence takes a few milliseconds."""

    name = "espeak-ng"
    _RETRIEVAL = 1
    _DONT_EXIT = 0x8000
    _UTF8 = 1
    _RATE = 1
    _OK = 0

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
            data = espeakng_loader.get_data_path().encode()
        except (OSError, RuntimeError) as error:
            raise NoVoice(str(error)) from error
        self.rate = self._library.espeak_Initialize(self._RETRIEVAL, 0, data, self._DONT_EXIT)
        if self.rate <= 0:
            raise NoVoice("espeak-ng could not be initialised")
        self._chunks: list[bytes] = []
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
        # Kept, because the library holds only a pointer to it.
        self._callback = callback(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, *, name: str, words_per_minute: int) -> bytes:
        self._chunks.clear()
        if self._library.espeak_SetVoiceByName(name.encode()) != self._OK:
            self._library.espeak_SetVoiceByName(DEFAULT_VOICE.encode())
        self._library.espeak_SetParameter(self._RATE, words_per_minute, 0)
        data = text.encode(errors="replace") + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 0, 0, self._UTF8, None, None)
        self._library.espeak_Synchronize()
        return b"".join(self._chunks)

    def _collect(self, samples: int | None, count: int, events: int) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, count * 2))
        return 0


class CommandVoice:
    """espeak-ng as a program, for a machine where the library of the package cannot be loaded."""

    name = "the program espeak-ng"
    rate = 22_050
    _WAV_HEADER = 44

    def __init__(self) -> None:
        program = shutil.which("espeak-ng")
        if program is None:
            raise NoVoice("there is neither the library nor the program espeak-ng")
        self._program = program

    def say(self, text: str, *, name: str, words_per_minute: int) -> bytes:
        for voice in (name, DEFAULT_VOICE):
            command = [self._program, "--stdout", "--stdin", "-b", "1", "-v", voice, "-s", str(words_per_minute)]
            done = subprocess.run(command, input=text.encode(errors="replace"), capture_output=True, check=False)  # noqa: S603 # no shell, own arguments
            if done.returncode == 0 and done.stdout:
                return done.stdout[self._WAV_HEADER :]
        return b""


@functools.cache
def find_voice() -> Voice:
    """Return the best voice of this machine. Raises NoVoice when there is none."""
    try:
        return LibraryVoice()
    except NoVoice:
        return CommandVoice()


def voice_name(language: str, voice: str) -> str:
    """Return espeak-ng's name for one of the provider's voices speaking a language."""
    variant = VARIANTS.get(voice)
    name = LANGUAGES.get(language, language)
    return f"{name}+{variant}" if variant else name


def speak(text: str, *, language: str, voice: str, speed: float) -> list[bytes]:
    """Return the sound of a text as Opus packets of 20 ms each. Raises NoVoice."""
    engine = find_voice()
    samples = engine.say(text, name=voice_name(language, voice), words_per_minute=round(WORDS_PER_MINUTE * speed))
    return encode(samples, rate=engine.rate)


def encode(samples: bytes, *, rate: int) -> list[bytes]:
    """Return 16-bit mono samples as Opus packets of 20 ms each, the last one filled up with silence."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = OPUS_RATE
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = 32_000
    encoder.options = {"application": "voip"}
    packets: list[bytes] = []
    for frame in (*_resampled(samples, rate), None):
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def _resampled(samples: bytes, rate: int) -> list[av.AudioFrame]:
    """Return frames of exactly 20 ms at 48 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=OPUS_RATE, frame_size=FRAME_SAMPLES)
    padding = bytes(2 * int(rate * FRAME_SECONDS))
    frames = resampler.resample(_frame(samples + padding, rate)) if samples else []
    return [frame for frame in frames if frame.samples == FRAME_SAMPLES]


def _frame(samples: bytes, rate: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
    frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate = rate
    return frame
