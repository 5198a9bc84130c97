"""What models cost on a day, and what a lesson will about cost (protocol reference, sections 10.1 and 10.3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tutor.realtime.usage import Price, Usage, cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one model costs from the day `since` on: for tokens, for a minute of the learner's speech, or for both.

    USD; None where a price is not known.
    """

    model: str
    since: date
    tokens: Price | None = None
    minute: Decimal | None = None


class PriceList:
    """All rates of all models, to be asked for those of a day."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates = sorted(rates, key=lambda rate: rate.since)

    def in_force(self, model: str, day: date) -> Rate | None:
        """Return what a model costs on a day; None before its first rate, and for a model that has none."""
        return self.all_in_force(day).get(model)

    def all_in_force(self, day: date) -> dict[str, Rate]:
        """Return what models cost on a day, by their names; of each model the latest rate that had begun."""
        return {rate.model: rate for rate in self._rates if rate.since <= day}


# Tokens of a conversation that the smaller models still see; the others see more than an hour of it.
_SHORT_MEMORY = 28_000
_LONG_MEMORY = 96_000
_WITH_LONG_MEMORY = ("gpt-realtime-2.1", "gpt-realtime-2", "gpt-realtime-2.1-mini")

# What a minute of a lesson is taken to be. The learner thinks for the rest of it, and silence costs nothing.
LEARNER_SHARE = Decimal("0.35")
TUTOR_SHARE = Decimal("0.45")
TURNS_PER_MINUTE = 3
# Of what the model has read before, how much it is charged for as cached: a new stage's instructions spoil the rest.
CACHED_SHARE = Decimal("0.8")
# Tokens of a minute of speech (section 10.3), and of its words, which the tutor's speech comes with.
_LEARNER_TOKENS = 600
_TUTOR_TOKENS = 1_200
_TUTOR_WORDS = 200


def forecast(
    *, voice: Rate | None, transcription: Rate | None, minutes: int, instruction_tokens: int
) -> Decimal | None:
    """Return about how many USD so many minutes of a lesson cost; None where a model's price is not known.

    `instruction_tokens` are those of the instructions and tools of one stage. Every reply is charged for them and for
    the whole conversation before it, so the cost of a minute grows; how much is said and cached is assumed as above.
    A talkative learner, a stage that forgets, or a model that thinks before it speaks make it another number: half
    or double is possible.
    """
    if voice is None or voice.tokens is None or transcription is None or transcription.minute is None:
        return None
    usage = _usage(minutes, instruction_tokens, _LONG_MEMORY if voice.model in _WITH_LONG_MEMORY else _SHORT_MEMORY)
    return cost(usage, voice.tokens) + minutes * LEARNER_SHARE * transcription.minute


def _usage(minutes: int, instruction_tokens: int, memory: int) -> Usage:
    """The tokens of all replies together, one reply for each turn of the learner."""
    heard = int(LEARNER_SHARE * _LEARNER_TOKENS / TURNS_PER_MINUTE)
    spoken = int(TUTOR_SHARE * _TUTOR_TOKENS / TURNS_PER_MINUTE)
    words = int(TUTOR_SHARE * _TUTOR_WORDS / TURNS_PER_MINUTE)
    total = Usage()
    for turn in range(minutes * TURNS_PER_MINUTE):
        before = min(turn * (heard + spoken), memory)
        total += Usage(
            text_in=instruction_tokens,
            cached_text_in=int(CACHED_SHARE * instruction_tokens) if turn else 0,
            audio_in=before + heard,
            cached_audio_in=int(CACHED_SHARE * before),
            text_out=words,
            audio_out=spoken,
        )
    return total
