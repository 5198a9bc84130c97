"""Texts for a picture: cleaned of what XML cannot hold, measured without a font, wrapped."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

ELLIPSIS = "…"
# Control characters and surrogates, the two noncharacters XML forbids, and the marks that turn the direction of
# everything after them: none of them can be seen, and each can spoil the text around it.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")

# Widths in ems, a little more than the sans-serif faces of base.css need, so that an estimate errs to the wide side.
_NARROW, _SLIM, _USUAL, _BROAD, _FULL = 0.31, 0.42, 0.6, 0.74, 1.0
_WIDTHS = (
    ("ijlI.,:;'|!`‘’ ", _NARROW),
    ('frt()[]{}/\\-"“”*°', _SLIM),
    ("mwMW@%…—&", 0.97),
)
_WIDTH_OF = {char: width for chars, width in _WIDTHS for char in chars}


@dataclass(frozen=True, slots=True)
class Face:
    """A size of type and the distance between its lines. `stretch` widens the estimate for bold type."""

    size: float
    leading: float
    stretch: float = 1.0


def clean(text: str) -> str:
    """Return the text on one line, without the characters an SVG may not or should not hold."""
    return " ".join(_UNFIT.sub("", text).split())


def width(text: str, face: Face) -> float:
    """Return an estimate of how wide a text is drawn, never much too small."""
    return sum(map(_ems, text)) * face.size * face.stretch


@lru_cache(maxsize=4096)
def _ems(char: str) -> float:
    if char in _WIDTH_OF:
        return _WIDTH_OF[char]
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return _FULL if unicodedata.category(char).startswith(("L", "P")) else 1.4  # the rest are mostly emoji
    if ord(char) < 0x250:
        return _BROAD if char.isupper() else _USUAL
    return _FULL if unicodedata.category(char).startswith("S") else _BROAD


def wrap(text: str, face: Face, room: float, lines: int) -> tuple[str, ...]:
    """Return a clean text as at most so many lines, each fitting the room; what is left over becomes an ellipsis."""
    wrapped: list[str] = []
    while text and len(wrapped) < lines - 1:
        line, text = _first_line(text, face, room)
        wrapped.append(line)
    return (*wrapped, shorten(text, face, room)) if text else tuple(wrapped)


def shorten(text: str, face: Face, room: float) -> str:
    """Return the text, or as much of it as fits the room together with an ellipsis."""
    if _fitting(text, face, room) == len(text):
        return text
    return text[: _fitting(text, face, room - width(ELLIPSIS, face))].rstrip() + ELLIPSIS


def _first_line(text: str, face: Face, room: float) -> tuple[str, str]:
    fitting = _fitting(text, face, room)
    if fitting == len(text):
        return text, ""
    space = text.rfind(" ", 0, fitting + 1)
    cut = space if space > 0 else max(1, fitting)  # a word longer than the line is broken where the line ends
    return text[:cut].rstrip(), text[cut:].lstrip()


def _fitting(text: str, face: Face, room: float) -> int:
    """How many characters of the text fit the room."""
    left = room
    for count, char in enumerate(text):
        left -= _ems(char) * face.size * face.stretch
        if left < 0:
            return count
    return len(text)
