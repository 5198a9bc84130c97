"""Did the learner say that? Quotes the model brings, looked up in what was heard."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

# One letter in so many may be heard differently: recognition slips stay below it, other sentences do not.
LETTERS_PER_SLIP = 5
# A longer quote is judged by its beginning: that much is evidence enough, and bounds the time.
MAX_QUOTE = 500
# Scripts without spaces (Thai to Khmer, kana, Chinese characters): there each letter counts as a word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORDS = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


def count_found(quotes: Iterable[str], said: Sequence[str]) -> int:
    """Return how many different quotes are in the texts a learner said.

    Case, punctuation, accents and small recognition slips are forgiven; a quote may run over several texts.
    """
    heard = plain(" ".join(said))
    return sum(_is_in(quote, heard) for quote in {plain(quote) for quote in quotes} if quote.strip())


def plain(text: str) -> str:
    """Return the words of a text, lower case and without accents, with one space around each."""
    letters = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return f" {' '.join(_WORDS.findall(''.join(letters).casefold()))} "


def _is_in(quote: str, heard: str) -> bool:
    quote = quote[:MAX_QUOTE]
    slips = len(quote.replace(" ", "")) // LETTERS_PER_SLIP
    return quote in heard or (slips > 0 and _fewest_edits(quote, heard) <= slips)


def _fewest_edits(wanted: str, text: str) -> int:
    """Return how many letters must be changed, added or dropped at least to find `wanted` somewhere in `text`.

    Myers' bit-parallel search (Journal of the ACM 46, 1999; here in Hyyrö's form): a column of the table of edit
    distances is kept as two integers, the places where it grows by one and those where it falls. So each letter of
    the text costs a few operations on integers of `len(wanted)` bits, whatever it is compared with.
    """
    places: dict[str, int] = {}
    for place, letter in enumerate(wanted):
        places[letter] = places.get(letter, 0) | 1 << place
    every, last = (1 << len(wanted)) - 1, 1 << (len(wanted) - 1)
    grows, falls = every, 0
    edits = fewest = len(wanted)
    for letter in text:
        same = places.get(letter, 0)
        diagonal = ((((same & grows) + grows) ^ grows) | same | falls) & every
        right_grows = (falls | ~(diagonal | grows)) & every
        right_falls = diagonal & grows
        edits += bool(right_grows & last) - bool(right_falls & last)
        fewest = min(fewest, edits)
        grows = ((right_falls << 1) | ~(diagonal | right_grows << 1)) & every
        falls = diagonal & (right_grows << 1)
    return fewest
