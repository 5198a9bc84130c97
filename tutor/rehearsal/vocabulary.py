"""The words a learner may say in a stage, taken from the lesson's own texts.

The offline recogniser understands only what it expects: with a vocabulary of a few hundred words it is nearly always
right, with the whole language it is wrong half of the time.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tutor.realtime import briefing
from tutor.rehearsal.config import Config

# Said in any lesson: commands of the rehearsal, and what people answer with.
COMMON = (
    "next",
    "next please",
    "next stage",
    "let us go to the next stage",
    "finish",
    "i am done",
    "i am finished",
    "repeat",
    "repeat please",
    "say that again",
    "hint",
    "give me a hint",
    "i need a hint",
    "yes",
    "no",
    "yes please",
    "no thank you",
    "okay",
    "hello",
    "goodbye",
    "thank you",
    "i do not know",
    "i am not sure",
    "i do not understand",
    "i think it is",
    "i think so",
    "it is",
    "because",
    "for example",
    "what is it",
    "what does it mean",
    "can you help me",
    "can you explain it",
    "i would like to",
    "they need",
    "it needs",
    "we need",
    "there is",
    "there are",
    "the answer is",
    "one two three four five six seven eight nine ten",
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty",
    "thirty forty fifty sixty seventy eighty ninety hundred thousand",
    "first second third half",
)
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
# A very long lesson would make the recogniser slow and unsure.
MOST_SENTENCES = 300


def lesson_texts(config: Config) -> tuple[str, ...]:
    """Return the texts of a session from which learners take their words: the stage first, then the tools."""
    told = briefing.read(config["instructions"])
    stage = [told.stage, told.goal, told.opening, told.instructions, told.lesson, told.preamble]
    stage += [part for pair in told.outcomes for part in pair]
    tools = [text for tool in config["tools"] for text in _texts_of_tool(tool)]
    return tuple(text for text in (*stage, *tools) if text)


def sentences(texts: Iterable[str]) -> list[list[str]]:
    """Return the sentences of the texts, then the common ones, as lower-case words without punctuation."""
    own = [words for text in texts for words in _sentences_of(text)]
    return [*own[:MOST_SENTENCES], *(text.split() for text in COMMON)]


def _sentences_of(text: str) -> Iterator[list[str]]:
    for sentence in re.split(r"[.!?:;\n]+", text):
        words = re.findall(r"[a-z]+(?:'[a-z]+)*|\d+", sentence.lower().replace("’", "'"))
        spelled = [word for word in map(_spelled_out, words) if word]
        if spelled:
            yield spelled


def _spelled_out(word: str) -> str:
    """Small numbers as words, larger ones not at all."""
    if not word.isdecimal():
        return word
    return DIGITS[int(word)] if len(word) < 3 and int(word) < len(DIGITS) else ""


def _texts_of_tool(tool: dict[str, Any]) -> Iterator[str]:
    """A tool's name and description, and the names, descriptions and choices of its parameters."""
    yield str(tool.get("name", "")).replace("_", " ").replace("-", " ")
    yield str(tool.get("description", ""))
    properties = tool.get("parameters", {}).get("properties", {})
    for schema in properties.values() if isinstance(properties, dict) else ():
        if isinstance(schema, dict):
            choices = schema.get("enum", [])
            yield from (choice.replace("_", " ") for choice in choices if isinstance(choice, str))
