"""Messages between the web process and the speech worker: a JSON header and raw bytes, both with their length."""

import asyncio
import json
import struct
from typing import Any, BinaryIO

LENGTHS = struct.Struct(">II")


def packed(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """Return one message as bytes."""
    text = json.dumps(header).encode()
    return LENGTHS.pack(len(text), len(payload)) + text + payload


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Return the next message of a blocking stream, None at its end."""
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    header_length, payload_length = LENGTHS.unpack(lengths)
    return json.loads(stream.read(header_length)), stream.read(payload_length)


async def receive_message(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    """Return the next message. Raises asyncio.IncompleteReadError at the end of the stream."""
    header_length, payload_length = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
    header = json.loads(await reader.readexactly(header_length))
    return header, await reader.readexactly(payload_length)
