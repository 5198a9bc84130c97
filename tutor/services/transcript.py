"""The transcript of an attempt as it is read: what was heard, and what the learner really said. Reads only."""

from collections.abc import Iterable, Mapping
from typing import Any

from tutor.models import Attempt, Utterance


def corrected(attempt: Attempt) -> dict[int, str]:
    """Return the corrected texts of an attempt by the keys of their utterances; the latest correction counts."""
    return dict(attempt.corrections.order_by("id").values_list("utterance_id", "text"))


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
