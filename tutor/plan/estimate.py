"""About how many tokens a text is, without the model's own tokenizer (a download of megabytes).

It splits a text as the provider's tokenizer (o200k) begins to, into words, numbers, marks and blank runs, and guesses
into how many pieces each is cut. Prose in the languages below is met within a quarter of the true count; lists of rare
words, chemical names and long codes may have twice as many tokens as said here.
"""

import re
from collections.abc import Callable

# How far from the truth an estimate of prose may be, as a share of the true count.
ERROR = 0.25
# Letters of a word up to which it is usually one token; the tokenizer has seen most English, so it cuts that least.
_LETTERS = {"en": 10, "es": 7, "fr": 7, "it": 6, "pt": 7, "de": 6, "nl": 6, "vi": 6, "tr": 4}
_OTHER_LATIN = 5
_LETTERS_ELSEWHERE = 5  # Cyrillic, Greek, Arabic, Hebrew, the scripts of India
# Characters of Chinese, Japanese and Korean for one token: they are written without spaces, or with many forms.
_DENSE = 1.5

_PIECES = re.compile(
    r"(?P<dense>[\u0e00-\u0eff\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+)"
    r"|(?P<latin>(?:[A-Za-z\u00c0-\u024f\u1e00-\u1eff][\u0300-\u036f]*)+(?:['’](?:s|t|re|ve|m|ll|d)\b)?)"
    r"|(?P<word>(?:(?![\d_])\w[\u0300-\u036f\u0900-\u0dff]*)+)"
    r"|(?P<digits>\d+)"
    r"|(?P<line>\s*\n\s*)"
    r"|(?P<blank>\s+)"
    r"|(?P<marks>[!-/:-@\[-`{-~]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)


def tokens(text: str, language: str = "en") -> int:
    """Return about how many tokens a text is; `language` is the ISO 639-1 code of what is in Latin letters."""
    latin = _LETTERS.get(language, _OTHER_LATIN)
    guess: dict[str, Callable[[int], float]] = {
        "dense": lambda length: length / _DENSE,
        "latin": lambda length: _cuts(length, latin),
        "word": lambda length: _cuts(length, _LETTERS_ELSEWHERE),
        "digits": lambda length: _cuts(length, 3),
        "line": lambda length: 1,
        "blank": lambda length: length > 1,  # a single space belongs to the word after it
        "marks": lambda length: _cuts(length, 2),
        "other": lambda length: 1.5,  # rare signs and pictures: one to three
    }
    return round(sum(guess[str(piece.lastgroup)](len(piece.group())) for piece in _PIECES.finditer(text)))


def _cuts(length: int, size: int) -> int:
    return -(-length // size)
