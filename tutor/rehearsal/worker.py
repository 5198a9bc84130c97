"""The speech worker: a process that speaks and hears for the web process, over its standard input and output.

    python -m tutor.rehearsal.worker

Each request carries an id, and so does its reply. The worker ends when its input ends, so it never outlives the
process that started it.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from tutor.rehearsal import hearing, speech
from tutor.rehearsal.pipe import packed, read_message

Answer = tuple[dict[str, Any], bytes]


def warm_up(request: dict[str, Any], payload: bytes) -> Answer:
    """Load everything that is slow to load; answer with what speaks and what hears, "" for nothing."""
    hearing.hear(bytes(3200), ())
    try:
        speech.speak("Ready.", language="en", voice="marin", speed=1.0)
        voice = speech.find_voice().name
    except speech.NoVoice:
        voice = ""
    return {"speech_out": voice, "speech_in": "pocketsphinx"}, b""


def speak(request: dict[str, Any], payload: bytes) -> Answer:
    """Answer with Opus packets: their lengths in the header, their bytes in a row."""
    wanted = {name: request[name] for name in ("language", "voice", "speed")}
    packets = speech.speak(request["text"], **wanted)
    return {"lengths": [len(packet) for packet in packets]}, b"".join(packets)


def hear(request: dict[str, Any], payload: bytes) -> Answer:
    """Answer with the words in the sound."""
    return {"text": hearing.hear(payload, tuple(request["texts"]))}, b""


TASKS: dict[str, Callable[[dict[str, Any], bytes], Answer]] = {"warm_up": warm_up, "speak": speak, "hear": hear}


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer one request after the other until the input ends."""
    while message := read_message(requests):
        request, payload = message
        try:
            header, body = TASKS[request["task"]](request, payload)
        except speech.NoVoice as missing:
            header, body = {"unavailable": str(missing)}, b""
        replies.write(packed({"id": request["id"], **header}, body))
        replies.flush()


def main() -> None:
    """Keep the reply channel to ourselves: whatever a library prints goes to the log instead."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
