"""What the rehearsal tutor says and which tools it calls, decided from the stage's briefing and the learner's words.

It knows nothing of the wire. It speaks the stage's opening, repeats what it understood, asks about the goal, and asks
for the next stage after a few turns or when the learner wants to go on.
"""

import json
import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

from tutor.realtime import briefing
from tutor.rehearsal.arguments import example

STAGE_COMPLETE = "stage_complete"
# Learner turns after which a stage has been rehearsed enough.
TURNS_PER_STAGE = 3
# A command counts only in a short sentence: "next please", but not "it stands next to the house by the river".
LONGEST_COMMAND = 4
COMMANDS_TO_GO_ON = ("next", "finish", "finished", "i am done", "i'm done", "next stage")
COMMANDS_TO_REPEAT = ("repeat", "again", "say that again", "pardon")
MOST_EVIDENCE = 5
# Characters of the learner's words that are read back.
LONGEST_ECHO = 200

QUESTIONS = (
    "What comes to your mind first?",
    "Can you tell me more about it?",
    "How would you say it in your own words?",
)
PICTURE_SEEN = "I can see your picture."
NOT_UNDERSTOOD = "I heard you, but I could not make out the words. Please say it again, or type it."
STILL_WAITING = "One moment, please. I am waiting for the lesson to answer."
ASK_FOR_MORE = "Not yet: the lesson would like to hear a little more from you."
GOODBYE = "That was the last stage. Thank you for the conversation, and goodbye!"


@dataclass(frozen=True, slots=True)
class Call:
    """A function call the tutor makes."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """What the tutor says, and the calls it makes after it.

    `authored` is true for a text written by the lesson's author, in the lesson's language; the tutor's own phrases are
    English.
    """

    text: str
    calls: tuple[Call, ...] = ()
    authored: bool = False


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """The answer to one of the tutor's calls; `output` is the text as it was sent, usually JSON."""

    name: str
    output: str


@dataclass(slots=True)
class News:
    """What has happened since the tutor spoke last."""

    said: list[str] = field(default_factory=list)
    pictures: int = 0
    not_understood: int = 0
    outputs: list[ToolOutput] = field(default_factory=list)
    # A conversation held before this call was put back into the model's memory.
    restored: bool = False
    # A call of the tutor has not been answered yet.
    waiting: bool = False


@dataclass(slots=True)
class Brain:
    """Memory of one call: the stage it is in, and what the learner said there."""

    stage: briefing.Briefing = field(default_factory=lambda: briefing.Briefing(stage=""))
    # Whether the tutor has said anything at all in this call.
    greeted: bool = False
    opened: bool = False
    turns: int = 0
    said: list[str] = field(default_factory=list)
    refused: bool = False
    finished: bool = False
    last_line: str = ""

    def read(self, instructions: str) -> None:
        """Take in the instructions of the session; another stage starts afresh."""
        told = briefing.read(instructions)
        if (told.stage, told.goal, told.opening) != (self.stage.stage, self.stage.goal, self.stage.opening):
            self._start_afresh()
        self.stage = told

    def reply(self, news: News, *, tools: dict[str, dict[str, Any]], tool_choice: Any = "auto") -> Line:
        """Return the tutor's next line; `tools` are the function tools of the session by name."""
        line = self._line(news, {} if tool_choice == "none" else tools)
        line = self._with_forced_call(line, tools, tool_choice)
        self.greeted = True
        self.last_line = line.text
        return line

    def aside(self) -> str:
        """What the tutor answers out of band, to whoever watches the lesson."""
        return f"In this stage the learner has said {len(self.said)} thing(s)."

    def _line(self, news: News, tools: dict[str, dict[str, Any]]) -> Line:
        self._take_answers(news.outputs)
        if self.finished:
            return Line(GOODBYE)
        if not self.greeted and news.restored:
            self.opened = True
            return Line(f"Welcome back. {self._goal()} {self._question()}")
        self._remember(news)
        if not self.opened:
            return self._opening()
        if news.outputs:
            return Line(self._about_answer(news.outputs[-1]))
        return self._answer_to_learner(news, tools)

    def _start_afresh(self) -> None:
        self.opened = self.refused = False
        self.turns = 0
        self.said = []

    def _remember(self, news: News) -> None:
        words = [text for text in news.said if not _is_command(text, COMMANDS_TO_GO_ON + COMMANDS_TO_REPEAT)]
        self.said += words
        self.turns += len(words)

    def _opening(self) -> Line:
        self.opened = True
        if self.stage.opening:
            return Line(self.stage.opening, authored=True)
        return Line(f"Welcome to this stage: {_sentence(self.stage.stage or 'the lesson')} {self._goal()}".strip())

    def _take_answers(self, outputs: list[ToolOutput]) -> None:
        """A stage was left, refused or the lesson is over."""
        for answer in outputs:
            if answer.name != STAGE_COMPLETE:
                continue
            fields = _object(answer.output)
            if fields.get("lesson") == "complete":
                self.finished = True
            elif fields.get("status") == "accepted":
                self._start_afresh()
            else:
                self.refused = True

    def _about_answer(self, answer: ToolOutput) -> str:
        if answer.name == STAGE_COMPLETE:
            return f"{ASK_FOR_MORE} {self._question()}"
        fields = _object(answer.output)
        if fields.get("status") == "refused":
            return f"That did not work. {self._question()}"
        shown = " ".join(_sentence(text) for text in _texts(fields))
        return f"{shown or 'Done.'} {self._question()}"

    def _answer_to_learner(self, news: News, tools: dict[str, dict[str, Any]]) -> Line:
        latest = news.said[-1] if news.said else ""
        if news.waiting:
            return Line(STILL_WAITING)
        if _is_command(latest, COMMANDS_TO_REPEAT):
            return Line(self.last_line)
        if STAGE_COMPLETE in tools and (self._has_enough(news) or _is_command(latest, COMMANDS_TO_GO_ON)):
            return self._leaving(news, tools[STAGE_COMPLETE])
        wanted = _named_tool(latest, tools)
        if wanted:
            arguments = example(tools[wanted].get("parameters", {}), latest)
            return Line(_heard(news.said), (Call(wanted, arguments if isinstance(arguments, dict) else {}),))
        return Line(self._echo(news))

    def _echo(self, news: News) -> str:
        parts = [PICTURE_SEEN] if news.pictures else []
        if news.said:
            parts.append(_heard(news.said))
        elif news.not_understood:
            return NOT_UNDERSTOOD
        return " ".join((*parts, self._goal(), self._question()))

    def _has_enough(self, news: News) -> bool:
        return bool(news.said) and (self.refused or self.turns >= TURNS_PER_STAGE)

    def _leaving(self, news: News, tool: dict[str, Any]) -> Line:
        words = [text for text in news.said if not _is_command(text, COMMANDS_TO_GO_ON)]
        before = f"{_heard(words)} " if words else ""
        return Line(f"{before}Let me see whether we can go on.", (self._stage_complete(tool),))

    def _stage_complete(self, tool: dict[str, Any]) -> Call:
        summary = " / ".join(self.said) or "Nothing yet."
        return Call(
            STAGE_COMPLETE,
            {
                "outcome": self._outcome(tool),
                "reasoning": f"Rehearsal: the learner spoke {len(self.said)} time(s) in this stage, or asked to go on.",
                "summary": f"The learner said: {summary}"[:600],
                "evidence": self.said[-MOST_EVIDENCE:],
            },
        )

    def _outcome(self, tool: dict[str, Any]) -> str:
        """The outcome whose key the learner spoke last, else the first one."""
        offered = tool.get("parameters", {}).get("properties", {}).get("outcome", {}).get("enum", [])
        keys = [str(key) for key in offered] or [key for key, _ in self.stage.outcomes]
        for text in reversed(self.said):
            for key in keys:
                if _contains(_words(text), _words(key)):
                    return key
        return keys[0] if keys else ""

    def _with_forced_call(self, line: Line, tools: dict[str, dict[str, Any]], tool_choice: Any) -> Line:
        """Obey `tool_choice`: "required", or one tool by name."""
        name = tool_choice.get("name") if isinstance(tool_choice, dict) else None
        if tool_choice == "required" and tools:
            name = STAGE_COMPLETE if STAGE_COMPLETE in tools else next(iter(tools))
        if name not in tools or line.calls:
            return line
        if name == STAGE_COMPLETE:
            return Line(line.text, (self._stage_complete(tools[name]),), line.authored)
        arguments = example(tools[name].get("parameters", {}), self.said[-1] if self.said else "")
        return Line(line.text, (Call(name, arguments if isinstance(arguments, dict) else {}),), line.authored)

    def _goal(self) -> str:
        goal = self.stage.goal or self.stage.stage
        return f"Our goal: {_sentence(goal)}" if goal else ""

    def _question(self) -> str:
        return QUESTIONS[self.turns % len(QUESTIONS)]


def _words(text: str) -> list[str]:
    """Lower-case words; underscores and hyphens separate words, apostrophes belong to them."""
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.casefold())


def _contains(words: list[str], phrase: list[str]) -> bool:
    return bool(phrase) and any(words[start : start + len(phrase)] == phrase for start in range(len(words)))


def _is_command(text: str, commands: tuple[str, ...]) -> bool:
    words = _words(text)
    return len(words) <= LONGEST_COMMAND and any(_contains(words, _words(command)) for command in commands)


def _named_tool(text: str, tools: dict[str, dict[str, Any]]) -> str | None:
    words = _words(text)
    return next((name for name in tools if name != STAGE_COMPLETE and _contains(words, _words(name))), None)


def _heard(said: list[str]) -> str:
    return f"You said: {_sentence(textwrap.shorten(' '.join(said), LONGEST_ECHO, placeholder=' …'))}"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _object(output: str) -> dict[str, Any]:
    """The JSON object in a tool's answer, an empty one when it holds anything else."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _texts(fields: dict[str, Any]) -> list[str]:
    """What a tool's answer says to people: its texts, without the marks meant for the model."""
    return [value for key, value in fields.items() if isinstance(value, str) and key not in ("status", "next", "error")]
