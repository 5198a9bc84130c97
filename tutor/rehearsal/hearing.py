"""The ear: pocketsphinx with a small language model made of the lesson's own texts. Used by the speech worker only.

pocketsphinx holds the interpreter lock while it works, which is why it has a process of its own.
"""

import array
import functools
import itertools
import operator
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pocketsphinx
from pocketsphinx.lm import ArpaBoLM

from tutor.rehearsal.vocabulary import sentences

SAMPLE_RATE = 16_000
# Noise is added to every sample, because exact digital silence spoils the recogniser's normalisation: at least this
# much, and this part of the loudest sample (word errors measured on 96 sentences: 11 % with +-20, 6 % with +-150).
LEAST_DITHER = 12
DITHER_PART = 1 / 160
# Decoders kept ready, about 8 MB each; one is needed per stage in use.
DECODERS_KEPT = 16
MODEL = Path(pocketsphinx.get_model_path()) / "en-us"


def hear(samples: bytes, texts: tuple[str, ...]) -> str:
    """Return the words in the sound (16 kHz, 16 bit, mono), "" if there are none.

    Only words that occur in `texts`, and a few common ones, can be understood; others come out as similar ones.
    """
    decoder = decoder_for(texts)
    decoder.start_utt()
    decoder.process_raw(dithered(samples), no_search=False, full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return found.hypstr if found else ""


@functools.lru_cache(maxsize=DECODERS_KEPT)
def decoder_for(texts: tuple[str, ...]) -> pocketsphinx.Decoder:
    """Return a decoder for this vocabulary."""
    known = [[word for word in words if word in pronunciations()] for words in sentences(texts)]
    spoken = [words for words in known if words]
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        model, dictionary = Path(folder) / "model.arpa", Path(folder) / "words.dict"
        write_language_model(spoken, model)
        write_dictionary({word for words in spoken for word in words}, dictionary)
        return pocketsphinx.Decoder(
            hmm=str(MODEL / "en-us"),
            lm=str(model),
            dict=str(dictionary),
            samprate=SAMPLE_RATE,
            # The second pass costs time and gains nothing with so few words.
            fwdflat=False,
            loglevel="FATAL",
        )


@functools.cache
def pronunciations() -> dict[str, list[str]]:
    """Return every known word with its dictionary lines, one per way of saying it."""
    known: dict[str, list[str]] = {}
    for line in (MODEL / "cmudict-en-us.dict").read_text(encoding="utf-8").splitlines():
        entry = line.split(" ", 1)[0]
        known.setdefault(entry.split("(", 1)[0], []).append(line)
    return known


def write_language_model(spoken: Iterable[list[str]], path: Path) -> None:
    """Write the likelihood of words following each other, from whole sentences."""
    model = ArpaBoLM(text="\n".join(" ".join(words) for words in spoken), add_start=True)
    model.compute()
    with path.open("w", encoding="utf-8") as file:
        model.write(file)


def write_dictionary(words: Iterable[str], path: Path) -> None:
    """Write the pronunciation of these words alone: the full dictionary makes loading take seconds."""
    lines = [line for word in sorted(words) for line in pronunciations()[word]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@functools.cache
def noise(loudness: int) -> "array.array[int]":
    """Return one second of faint noise, the same in every run."""
    source = random.Random(loudness)  # noqa: S311 # noise, not a secret
    return array.array("h", (source.randint(-loudness, loudness) for _ in range(SAMPLE_RATE)))


def dithered(samples: bytes) -> bytes:
    """Return the sound with faint noise added."""
    sound = array.array("h", samples)
    peak = max(max(sound, default=0), -min(sound, default=0))
    # In steps, so that few different noises are ever made.
    loudness = max(LEAST_DITHER, round(int(peak * DITHER_PART), -1))
    mixed = map(operator.add, sound, itertools.cycle(noise(loudness)))
    return array.array("h", (max(-32_768, min(32_767, value)) for value in mixed)).tobytes()
