"""What the models cost, as of a day, and what a lesson will about cost (protocol reference, sections 10.1 and 10.3)."""

from datetime import date
from decimal import Decimal

from tutor.realtime.usage import Price, Usage, cost

# The day on which the prices below were read. They change: check them before a budget leans on them.
AS_OF = date(2026, 10, 1)


def _price(text: str, audio: str, image: str) -> Price:
    """Return the prices written as in the protocol reference: uncached / cached / out, USD for a million tokens."""
    text_in, cached_text_in, text_out = map(Decimal, text.split("/"))
    audio_in, cached_audio_in, audio_out = map(Decimal, audio.split("/"))
    image_in, cached_image_in = map(Decimal, image.split("/"))
    return Price(
        text_in=text_in,
        cached_text_in=cached_text_in,
        text_out=text_out,
        audio_in=audio_in,
        cached_audio_in=cached_audio_in,
        audio_out=audio_out,
        image_in=image_in,
        cached_image_in=cached_image_in,
    )


_FULL = _price("4/0.40/24", "32/0.40/64", "5/0.50")
_FULL_BEFORE = _price("4/0.40/16", "32/0.40/64", "5/0.50")
_MINI = _price("0.60/0.06/2.40", "10/0.30/20", "0.80/0.08")
PRICES: dict[str, Price] = {
    "gpt-realtime-2.1": _FULL,
    "gpt-realtime-2": _FULL,
    "gpt-realtime-2.1-mini": _MINI,
    "gpt-realtime-1.5": _FULL_BEFORE,
    "gpt-realtime": _FULL_BEFORE,
    "gpt-realtime-mini": _MINI,
}
# USD for a minute of the learner's speech.
TRANSCRIPTION_PRICES: dict[str, Decimal] = {
    "gpt-transcribe": Decimal("0.0045"),
    "gpt-live-transcribe": Decimal("0.017"),
    "gpt-realtime-whisper": Decimal("0.017"),
    "gpt-4o-transcribe": Decimal("0.006"),
    "gpt-4o-mini-transcribe": Decimal("0.003"),
}
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


def forecast(*, model: str, transcription_model: str, minutes: int, instruction_tokens: int) -> Decimal | None:
    """Return about how many USD so many minutes of a lesson cost; None where a model's price is not known.

    `instruction_tokens` are those of the instructions and tools of one stage. Every reply is charged for them and for
    the whole conversation before it, so the cost of a minute grows; how much is said and cached is assumed as above.
    A talkative learner, a stage that forgets, or a model that thinks before it speaks make it another number: half
    or double is possible.
    """
    if model not in PRICES or transcription_model not in TRANSCRIPTION_PRICES:
        return None
    usage = _usage(minutes, instruction_tokens, _LONG_MEMORY if model in _WITH_LONG_MEMORY else _SHORT_MEMORY)
    return cost(usage, PRICES[model]) + minutes * LEARNER_SHARE * TRANSCRIPTION_PRICES[transcription_model]


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
