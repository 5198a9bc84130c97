"""What the rehearsal tutor says and which tools it calls, decided from the stage's briefing and the learner's words.

It knows nothing of the wire. It speaks the stage's opening, repeats what it understood, names the goal once, asks for
more, and asks for the next stage after a few turns or when the learner wants to go on.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from tutor.realtime import briefing
from tutor.realtime.reminder import LEARNER, Reminder
from tutor.rehearsal import wishes
from tutor.rehearsal.arguments import example
from tutor.rehearsal.phrases import contains, counted, joined, last_question, quoted, sentence, shortened, words_of
from tutor.rehearsal.wishes import STAGE_COMPLETE

# Learner turns after which a stage has been rehearsed enough.
TURNS_PER_STAGE = 3
MOST_EVIDENCE = 5
# Answers that a summary quotes, the latest ones.
MOST_QUOTES = 3
# Characters of the learner's words, of each answer in a summary, and of a text made up for a tool.
LONGEST_ECHO = 100
LONGEST_QUOTE = 80
LONGEST_EXAMPLE = 100

FOLLOW_UPS = (
    "Can you tell me more about it?",
    "How would you say it in your own words?",
    "Can you give me an example?",
    "What else comes to your mind?",
)
LOOK = "Please have a look at your screen."
TAKE_YOUR_TIME = "You see on your screen what to do. Take your time."
PICTURE_SEEN = "I can see your picture."
NOT_UNDERSTOOD = "I heard you, but I could not make out the words. Please say it again, or type it."
STILL_WAITING = "One moment, please. I am waiting for the lesson to answer."
ASK_FOR_MORE = "Not yet: the lesson would like to hear a little more from you."
LEAVING = "Let me see whether we can go on."
WELCOME_BACK = "Welcome back."
GOODBYE = "That was the last stage. Thank you for the conversation, and goodbye!"

Tools = dict[str, dict[str, Any]]


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
    # What went before this call, if it is not the first of its lesson.
    reminder: Reminder | None = None
    # A call of the tutor has not been answered yet.
    waiting: bool = False


@dataclass(slots=True)
class Stay:
    """Memory of one stay in a stage."""

    opened: bool = False
    goal_told: bool = False
    # The lesson has not accepted the end of the stage.
    refused: bool = False
    # The learner's answers, without commands and requests for tools.
    said: list[str] = field(default_factory=list)
    pictures: int = 0
    # Tools called because the stage's instructions mention them.
    shown: set[str] = field(default_factory=set)

    @property
    def turns(self) -> int:
        """How often the learner has answered."""
        return len(self.said) + self.pictures


@dataclass(slots=True)
class Brain:
    """Memory of one call: the stage it is in, and what the learner said there."""

    stage: briefing.Briefing = field(default_factory=lambda: briefing.Briefing(stage=""))
    stay: Stay = field(default_factory=Stay)
    finished: bool = False
    last_line: str = ""
    # How many follow-ups have been asked: the next one is another.
    asked: int = 0

    def read(self, instructions: str) -> None:
        """Take in the instructions of the session; another stage starts afresh."""
        told = briefing.read(instructions)
        if (told.stage, told.goal, told.opening) != (self.stage.stage, self.stage.goal, self.stage.opening):
            self.stay = Stay()
        self.stage = told

    def reply(self, news: News, *, tools: Tools, tool_choice: Any = "auto") -> Line:
        """Return the tutor's next line; `tools` are the function tools of the session by name."""
        line = self._line(news, {} if tool_choice == "none" else tools)
        line = self._with_forced_call(line, tools, tool_choice)
        self.last_line = line.text
        return line

    def aside(self) -> str:
        """What the tutor answers out of band, to whoever watches the lesson."""
        return f"The learner has given {counted(self.stay.turns, 'answer')} in this stage."

    def _line(self, news: News, tools: Tools) -> Line:
        self._take_answers(news.outputs)
        if self.finished:
            return Line(GOODBYE)
        if news.reminder and news.reminder.begun:
            self._recall(news.reminder, news, tools)
        self._remember(news, tools)
        if not self.stay.opened:
            return self._opening(news)
        if news.outputs:
            return Line(self._about_answer(news.outputs[-1]))
        if news.reminder and not (news.said or news.pictures):
            return self._going_on(news.reminder)
        return self._answer_to_learner(news, tools)

    # --- Taking in what happened -----------------------------------------------------------------

    def _take_answers(self, outputs: list[ToolOutput]) -> None:
        """A stage was left, refused or the lesson is over."""
        for answer in outputs:
            if answer.name != STAGE_COMPLETE:
                continue
            fields = _object(answer.output)
            if fields.get("lesson") == "complete":
                self.finished = True
            elif fields.get("status") == "accepted":
                self.stay = Stay()
            else:
                self.stay.refused = True

    def _recall(self, reminder: Reminder, news: News, tools: Tools) -> None:
        """Go on with a stage that another call has begun. What nobody has answered there is as if said just now."""
        before = [text for speaker, text in reminder.said if speaker == LEARNER]
        if reminder.unanswered:
            news.said.insert(0, before.pop())
        said = wishes.answers(before, tools)
        # As far as anybody can tell, each of these turns was followed by a question and has shown a tool.
        self.asked = len(said)
        shown = set(wishes.mentioned_tools(self.stage.instructions, tools)[: len(said)])
        self.stay = Stay(opened=True, goal_told=bool(said), said=said, shown=shown)

    def _remember(self, news: News, tools: Tools) -> None:
        self.stay.said += wishes.answers(news.said, tools)
        self.stay.pictures += news.pictures

    # --- Saying something ------------------------------------------------------------------------

    def _opening(self, news: News) -> Line:
        """Begin the stage; what the learner typed or showed before the tutor could speak is not passed over."""
        self.stay.opened = True
        heard = _noticed(news)
        if self.stage.opening:
            return Line(joined(heard, self.stage.opening), authored=not heard)
        welcome = f"Welcome to this stage: {sentence(self.stage.stage or 'the lesson')}"
        return Line(joined(heard, welcome, self._goal_once()))

    def _going_on(self, reminder: Reminder) -> Line:
        """Repeat the last question that was asked before the connection was lost."""
        opening = " ".join(self.stage.opening.split())
        for text in reversed([text for speaker, text in reminder.said if speaker != LEARNER]):
            question = last_question(text)
            if opening.startswith(text) or (question and question in opening):
                return Line(self.stage.opening, authored=True)
            if question:
                return Line(joined(WELCOME_BACK, question))
        return Line(joined(WELCOME_BACK, self._goal_once(), self._follow_up()))

    def _about_answer(self, answer: ToolOutput) -> str:
        fields = _object(answer.output)
        if answer.name == STAGE_COMPLETE:
            return joined(ASK_FOR_MORE, self._follow_up())
        if fields.get("status") == "refused":
            return joined("That did not work.", self._follow_up())
        if fields.get("asked") is True:
            return TAKE_YOUR_TIME
        done = LOOK if fields.get("shown") is True else "Done."
        told = joined(*(sentence(text) for text in _texts(fields))) or done
        return told if told.endswith("?") else joined(told, self._follow_up())

    def _answer_to_learner(self, news: News, tools: Tools) -> Line:
        latest = news.said[-1] if news.said else ""
        if news.waiting:
            return Line(STILL_WAITING)
        if wishes.is_command(latest, wishes.REPEAT):
            return Line(self.last_line)
        if STAGE_COMPLETE in tools and wishes.is_command(latest, wishes.GO_ON):
            return self._leaving(news, tools, "the learner asked to go on after")
        wanted = wishes.requested_tool(latest, tools)
        if wanted:
            return Line(_heard(news.said), (self._call(wanted, tools, self._latest_answer()),))
        if STAGE_COMPLETE in tools and self._has_enough(news):
            return self._leaving(news, tools, "the learner gave")
        return self._echo(news, tools)

    def _echo(self, news: News, tools: Tools) -> Line:
        if news.not_understood and not (news.said or news.pictures):
            return Line(NOT_UNDERSTOOD)
        echo = _noticed(news)
        name = self._next_to_show(tools) if echo else None
        if name:
            self.stay.shown.add(name)
            return Line(echo, (self._call(name, tools, self.stage.goal or self.stage.stage),))
        return Line(joined(echo, self._goal_once(), self._follow_up()))

    def _has_enough(self, news: News) -> bool:
        return bool(news.said or news.pictures) and (self.stay.refused or self.stay.turns >= TURNS_PER_STAGE)

    def _leaving(self, news: News, tools: Tools, reason: str) -> Line:
        words = [text for text in news.said if not wishes.is_command(text, wishes.GO_ON)]
        text = joined(PICTURE_SEEN if news.pictures else "", _heard(words), LEAVING)
        return Line(text, (self._stage_complete(tools[STAGE_COMPLETE], reason),))

    def _goal_once(self) -> str:
        """Name the goal, unless it has been named in this stay."""
        goal = "" if self.stay.goal_told else self.stage.goal or self.stage.stage
        self.stay.goal_told = True
        return f"Our goal: {sentence(goal)}" if goal else ""

    def _follow_up(self) -> str:
        self.asked += 1
        return FOLLOW_UPS[(self.asked - 1) % len(FOLLOW_UPS)]

    # --- Calling tools ---------------------------------------------------------------------------

    def _next_to_show(self, tools: Tools) -> str | None:
        """A tool that the stage's instructions mention and that has not been called unasked yet."""
        mentioned = wishes.mentioned_tools(self.stage.instructions, tools)
        return next((name for name in mentioned if name not in self.stay.shown), None)

    def _stage_complete(self, tool: dict[str, Any], reason: str) -> Call:
        return Call(
            STAGE_COMPLETE,
            {
                "outcome": self._outcome(tool),
                "reasoning": f"Rehearsal: {reason} {counted(self.stay.turns, 'answer')} in this stage.",
                "summary": self._summary(),
                "evidence": self.stay.said[-MOST_EVIDENCE:],
            },
        )

    def _summary(self) -> str:
        """What the learner finds on the card; nothing rather than a phrase when there was no answer."""
        said = quoted(self.stay.said[-MOST_QUOTES:], LONGEST_QUOTE)
        return joined(f"Said: {said}." if said else "", "Sent a picture." if self.stay.pictures else "")

    def _outcome(self, tool: dict[str, Any]) -> str:
        """The outcome whose key the learner spoke last, else the first one."""
        offered = tool.get("parameters", {}).get("properties", {}).get("outcome", {}).get("enum", [])
        keys = [str(key) for key in offered] or [key for key, _ in self.stage.outcomes]
        for text in reversed(self.stay.said):
            for key in keys:
                if contains(words_of(text), words_of(key)):
                    return key
        return keys[0] if keys else ""

    def _with_forced_call(self, line: Line, tools: Tools, tool_choice: Any) -> Line:
        """Obey `tool_choice`: "required", or one tool by name."""
        name = tool_choice.get("name") if isinstance(tool_choice, dict) else None
        if tool_choice == "required" and tools:
            name = STAGE_COMPLETE if STAGE_COMPLETE in tools else next(iter(tools))
        if name not in tools or line.calls:
            return line
        if name == STAGE_COMPLETE:
            call = self._stage_complete(tools[name], "the end was asked for after")
        else:
            call = self._call(name, tools, self._latest_answer())
        return Line(line.text, (call,), line.authored)

    def _call(self, name: str, tools: Tools, words: str) -> Call:
        """A call with arguments made up around these words."""
        arguments = example(tools[name].get("parameters", {}), shortened(words, LONGEST_EXAMPLE))
        return Call(name, arguments if isinstance(arguments, dict) else {})

    def _latest_answer(self) -> str:
        return self.stay.said[-1] if self.stay.said else self.stage.goal or self.stage.stage


def _noticed(news: News) -> str:
    return joined(PICTURE_SEEN if news.pictures else "", _heard(news.said))


def _heard(said: list[str]) -> str:
    return f"You said: {sentence(shortened(' '.join(said), LONGEST_ECHO))}" if said else ""


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
