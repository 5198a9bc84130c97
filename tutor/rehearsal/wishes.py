"""What somebody's words ask the tutor to do: commands, requests for tools, and what is left as answers."""

import re
from collections.abc import Iterable

from tutor.rehearsal.phrases import contains, words_of

STAGE_COMPLETE = "stage_complete"
GO_ON = ("next", "finish", "finished", "i am done", "i'm done", "next stage")
REPEAT = ("repeat", "again", "say that again", "pardon")
# A command counts only in a short sentence: "next please", but not "it stands next to the house by the river".
LONGEST_COMMAND = 4
# Words of "can you give me a hint", which asks for a tool and is no answer.
LONGEST_REQUEST = 6
# A tool with this word in its name is called when the learner says the word, and never unasked.
HINT = "hint"


def is_command(text: str, commands: Iterable[str]) -> bool:
    """Whether a text is one of the commands, perhaps with a word or two around it."""
    words = words_of(text)
    return len(words) <= LONGEST_COMMAND and any(contains(words, words_of(command)) for command in commands)


def requested_tool(text: str, names: Iterable[str]) -> str | None:
    """Return the tool whose name is said; in a short sentence its words may stand apart: "show me the card"."""
    words = words_of(text)
    return next((name for name in names if name != STAGE_COMPLETE and _names(words, words_of(name))), None)


def _names(words: list[str], name: list[str]) -> bool:
    if contains(words, name):
        return True
    wanted = {HINT} if HINT in name else set(name)
    return len(words) <= LONGEST_REQUEST and bool(wanted) and wanted <= set(words)


def answers(said: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return what the learner said in answer to the tutor: no commands, and no mere requests for one of the tools."""
    names = tuple(names)
    return [text for text in said if not is_command(text, GO_ON + REPEAT) and not _is_request(text, names)]


def _is_request(text: str, names: Iterable[str]) -> bool:
    return len(words_of(text)) <= LONGEST_REQUEST and requested_tool(text, names) is not None


def mentioned_tools(instructions: str, names: Iterable[str]) -> list[str]:
    """Return the tools that a stage's instructions name and a tutor uses unasked, in the order of the tools."""
    return [
        name
        for name in names
        if name != STAGE_COMPLETE
        and HINT not in words_of(name)
        and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", instructions)
    ]
