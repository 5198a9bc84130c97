"""Finding words in what was said, and putting words into what is said."""

import re
from collections.abc import Iterable

# A question with the mark it ends with: European, Arabic, or of Chinese and Japanese.
_QUESTION = re.compile(r"[^.!?…。！？؟]+[?？؟]")
_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟")


def words_of(text: str) -> list[str]:
    """Return the lower-case words; underscores and hyphens separate words, apostrophes belong to them."""
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.casefold())


def contains(words: list[str], phrase: list[str]) -> bool:
    """Whether the words of the phrase stand in this order, side by side."""
    return bool(phrase) and any(words[start : start + len(phrase)] == phrase for start in range(len(words)))


def sentence(text: str) -> str:
    """Return the text with a full stop, unless it has an end already."""
    text = text.strip()
    return text if text.endswith(_ENDS) else f"{text}."


def joined(*parts: str) -> str:
    """Return the parts that are not empty, with a space between them."""
    return " ".join(part for part in parts if part)


def shortened(text: str, longest: int) -> str:
    """Return the text on one line, cut at a space to about `longest` characters."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    cut = text[:longest]
    return f"{(cut.rpartition(' ')[0] or cut).rstrip(' ,;:')} …"


def quoted(texts: Iterable[str], longest: int) -> str:
    """Return the texts in quotation marks with commas between them, each cut to about `longest` characters."""
    return ", ".join(f"“{shortened(text, longest)}”" for text in texts)


def counted(number: int, noun: str) -> str:
    """Return "no answers", "1 answer", "2 answers"."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def last_question(text: str) -> str:
    """Return the last sentence that is a question; empty if there is none."""
    questions = _QUESTION.findall(text)
    return questions[-1].strip() if questions else ""
