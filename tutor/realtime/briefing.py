"""The text of a session's `instructions`: written from a Briefing, and read back into one.

The model gets prose under fixed headings. The headings are fixed because a second reader
depends on them: the rehearsal peer knows nothing of lessons, and plays a stage from what
its session says.
"""

from dataclasses import dataclass

# Heading of each field, in the order in which they are written.
HEADINGS = {
    "role": "Role",
    "lesson": "Lesson",
    "language": "Language",
    "preamble": "Rules for the whole lesson",
    "stage": "Stage",
    "goal": "Goal",
    "instructions": "Instructions",
    "opening": "Opening",
    "outcomes": "Ways out of this stage",
}
_FIELD_OF = {heading: name for name, heading in HEADINGS.items()}


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a model is told for one stage.

    `outcomes` are pairs of (key, when to choose it). An empty field is left out of the text.
    """

    stage: str
    role: str = ""
    lesson: str = ""
    language: str = ""
    preamble: str = ""
    goal: str = ""
    instructions: str = ""
    opening: str = ""
    outcomes: tuple[tuple[str, str], ...] = ()


def write(briefing: Briefing) -> str:
    """Return the instructions text: one `# Heading` and its body for each field that is not empty."""
    parts = []
    for name, heading in HEADINGS.items():
        value = getattr(briefing, name)
        body = _write_pairs(value) if isinstance(value, tuple) else _escape(_tidy(value))
        if body:
            parts.append(f"# {heading}\n{body}")
    return "\n\n".join(parts) + "\n"


def read(instructions: str) -> Briefing:
    """Return the Briefing that a text holds; fields whose heading is missing stay empty.

    Never raises: any text is a briefing, in the worst case one with an empty stage.
    """
    bodies: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in instructions.split("\n"):
        name = _FIELD_OF.get(line[2:].strip()) if line.startswith("# ") else None
        if name is not None:
            current = bodies.setdefault(name, [])
        elif current is not None:
            current.append(line)
    texts = {name: _tidy(_unescape("\n".join(lines))) for name, lines in bodies.items()}
    outcomes = _read_pairs(texts.pop("outcomes", ""))
    return Briefing(**{"stage": "", **texts}, outcomes=outcomes)


def _tidy(text: str) -> str:
    """One kind of line break, no blank lines at either end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _escape(text: str) -> str:
    """Keep an author's own `# ...` line from being taken for one of our headings."""
    return "\n".join("\\" + line if line.lstrip("\\").startswith("# ") else line for line in text.split("\n"))


def _unescape(text: str) -> str:
    return "\n".join(
        line[1:] if line.startswith("\\") and line.lstrip("\\").startswith("# ") else line for line in text.split("\n")
    )


def _write_pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f"- {_one_line(key)}: {_one_line(text)}" for key, text in pairs)


def _read_pairs(text: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for line in text.split("\n"):
        key, colon, rest = line.removeprefix("- ").partition(":")
        if line.startswith("- ") and colon:
            pairs.append((key, rest.strip()))
    return tuple(pairs)


def _one_line(text: str) -> str:
    return " ".join(text.split())
