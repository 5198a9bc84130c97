"""The transcript of an attempt as it is read: what was heard, and what the learner really said. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from django.utils.safestring import SafeString, mark_safe

from tutor.models import Attempt, Utterance
from tutor.tools.mathml import checked

L = TypeVar("L")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Shown:
    """A card the tutor showed. `math` is MathML, `image` a data URI, `alt` what it shows; each may be empty."""

    kind: str
    title: str
    text: str
    math: SafeString
    image: str
    alt: str

    @classmethod
    def of(cls, card: Mapping[str, Any]) -> "Shown":
        """Return a stored card as a page shows it."""
        math = mark_safe(checked(card["math"]))  # noqa: S308 # nothing but MathML comes out
        return cls(card["kind"], card["title"], card["text"], math, card["image"], card["alt"])


def corrected(attempt: Attempt) -> dict[int, str]:
    """Return the corrected texts of an attempt by the keys of their utterances; the latest correction counts."""
    return dict(attempt.corrections.order_by("id").values_list("utterance_id", "text"))


def interleaved(said: Iterable[tuple[str, L]], shown: Iterable[tuple[str | None, C]]) -> list[L | C]:
    """Return what was said in a stay with the cards that were shown in it, each behind the utterance it followed.

    Both come in order, as pairs: the id of an utterance and it, the id of what a card followed and the card. What
    followed something that was said before this stay comes first, as it does in the room.
    """
    lines, cards = list(said), list(shown)
    here = {item_id for item_id, _line in lines}
    behind: dict[str | None, list[C]] = {}
    for after, card in cards:
        behind.setdefault(after if after in here else None, []).append(card)
    return [*behind.get(None, ()), *chain.from_iterable((line, *behind.get(item_id, ())) for item_id, line in lines)]


def placed(entries: Iterable[tuple[datetime | None, L]], acts: Iterable[tuple[datetime, C]]) -> list[L | C]:
    """Return entries of a conversation in their order, with what was done meanwhile before the first that came later.

    Both come in order, as pairs of the moment and it; an entry without a moment stays with the one before.
    """
    waiting, found = list(acts), list[L | C]()
    for moment, entry in entries:
        while waiting and moment is not None and waiting[0][0] < moment:
            found.append(waiting.pop(0)[1])
        found.append(entry)
    return [*found, *(act for _moment, act in waiting)]


def versions(said: Iterable[tuple[int, str]], corrections: Mapping[int, str]) -> tuple[list[str], list[str]]:
    """Return what was heard and what was meant, each in order, of pairs of (key of the utterance, its text)."""
    pairs = list(said)
    return [text for _, text in pairs], [corrections.get(key, text) for key, text in pairs]


def as_data(
    utterance: Utterance, *, visit: int, stage: str, corrected: str | None, picture: str | None = None
) -> dict[str, Any]:
    """Return an utterance as a room is told of it.

    `text` is what was heard, `corrected` what was meant, `picture` the address of what was shown with it; or None.
    """
    return {
        "item_id": utterance.item_id,
        "speaker": utterance.speaker,
        "status": utterance.status,
        "text": utterance.text,
        "corrected": corrected,
        "picture": picture,
        "visit": visit,
        "stage": stage,
    }
