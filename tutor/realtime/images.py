"""Pictures as data URIs. Their first bytes say what they are, whatever they are called."""

import base64
import binascii
import re
from dataclasses import dataclass

# What stands for a picture in the text of its message: static/tutor/js/realtime/picture.js writes it there. The model
# reads it; people see the picture, or are told of it in their own language.
MARK = "(a picture)"
_DATA_URI = re.compile(r"data:image/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/]+={0,2})")
_SIGNATURES = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


def words_beside(text: str) -> str:
    """Return the words of a message without the mark of its picture."""
    return text.removesuffix(MARK).strip()


@dataclass(frozen=True, slots=True)
class Image:
    """A picture file: its media type, for example `image/png`, and its bytes."""

    media_type: str
    data: bytes


def read(uri: str) -> Image | None:
    """Return the picture in a data URI; None if there is none, or one of another kind than it is called."""
    found = _DATA_URI.fullmatch(uri)
    if found is None:
        return None
    try:
        data = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return None
    return Image(f"image/{found[1]}", data) if _SIGNATURES[found[1]].match(data) else None


def write(data: bytes) -> str:
    """Return a picture file as a data URI; empty if it is not PNG, JPEG, GIF or WebP."""
    for name, signature in _SIGNATURES.items():
        if signature.match(data):
            return f"data:image/{name};base64,{base64.b64encode(data).decode()}"
    return ""


def largest_uri(size: int) -> int:
    """Return how many characters the data URI of a picture of `size` bytes has at most."""
    return len("data:image/jpeg;base64,") + 4 * ((size + 2) // 3)
