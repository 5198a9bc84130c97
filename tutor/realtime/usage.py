"""Tokens the provider reports, and what they cost (protocol reference, section 10)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens by kind; `seconds` of audio where a transcription is billed so.

    The cached ones are contained in the input ones of the same kind.
    """

    text_in: int = 0
    audio_in: int = 0
    image_in: int = 0
    cached_text_in: int = 0
    cached_audio_in: int = 0
    cached_image_in: int = 0
    text_out: int = 0
    audio_out: int = 0
    seconds: float = 0.0

    def __add__(self, other: Self) -> Self:
        """Return the sum, kind by kind."""
        return type(self)(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD for a million tokens of each kind, as of a date the owner of the number knows."""

    text_in: Decimal
    cached_text_in: Decimal
    text_out: Decimal
    audio_in: Decimal
    cached_audio_in: Decimal
    audio_out: Decimal
    image_in: Decimal = Decimal(0)
    cached_image_in: Decimal = Decimal(0)


def read_usage(raw: object) -> Usage:
    """Return the tokens in a `usage` object of `response.done` or of a finished transcription.

    Every field is optional on the wire: what is missing, negative or not a number counts as 0.
    """
    data = _part(raw)
    inputs, outputs = _part(data.get("input_token_details")), _part(data.get("output_token_details"))
    if data.get("type") == "tokens":
        # A transcription hears sound and writes text: without details it is clear what was counted (section 10.2).
        inputs = inputs or {"audio_tokens": data.get("input_tokens")}
        outputs = {"text_tokens": data.get("output_tokens")}
    cached = _part(inputs.get("cached_tokens_details"))
    return Usage(
        text_in=_count(inputs, "text_tokens"),
        audio_in=_count(inputs, "audio_tokens"),
        image_in=_count(inputs, "image_tokens"),
        cached_text_in=_count(cached, "text_tokens"),
        cached_audio_in=_count(cached, "audio_tokens"),
        cached_image_in=_count(cached, "image_tokens"),
        text_out=_count(outputs, "text_tokens"),
        audio_out=_count(outputs, "audio_tokens"),
        seconds=_seconds(data),
    )


def cost(usage: Usage, price: Price) -> Decimal:
    """Return USD. Cached tokens are billed at their own price and not a second time at the full one."""
    total = usage.text_out * price.text_out + usage.audio_out * price.audio_out
    for kind in ("text", "audio", "image"):
        cached = min(getattr(usage, f"cached_{kind}_in"), getattr(usage, f"{kind}_in"))
        fresh = getattr(usage, f"{kind}_in") - cached
        total += fresh * getattr(price, f"{kind}_in") + cached * getattr(price, f"cached_{kind}_in")
    return total / MILLION


def _part(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0


def _seconds(data: Mapping[str, Any]) -> float:
    value = data.get("seconds") if data.get("type") == "duration" else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6 else 0.0
