"""Translation files, read in plain Python: the texts that source code marks, and what a catalogue says to them."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from django.utils.translation import templatize

# (context, singular, plural); the first and the last are empty where there is none.
Key = tuple[str, str, str]

# The position of context, text and plural in the arguments of each function that marks a text.
FUNCTIONS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_JS_CALL = re.compile(r"(?<![\w.#])(?<!function )(n?gettext)\(\s*")
_JS_TEXT = r'("(?:[^"\\]|\\.)*")'
_JS_ARGUMENTS = {"gettext": re.compile(_JS_TEXT), "ngettext": re.compile(_JS_TEXT + r",\s*" + _JS_TEXT)}


class UnreadableError(ValueError):
    """A call that marks something else than a literal text: no tool could collect it."""


def marked_in_python(source: str) -> Iterator[Key]:
    """Find the texts that Python code marks."""
    for node in ast.walk(ast.parse(source)):
        name = _name(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in FUNCTIONS and node.args:
            yield _key([_literal(argument) for argument in node.args], name)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _key(arguments: list[str | None], name: str) -> Key:
    wanted = [None if place is None else arguments[place] for place in FUNCTIONS[name]]
    if any(text is None for text, place in zip(wanted, FUNCTIONS[name], strict=True) if place is not None):
        raise UnreadableError(f"{name}() with something else than literal texts")
    context, text, plural = wanted
    return context or "", text or "", plural or ""


def marked_in_template(source: str) -> Iterator[Key]:
    """Find the texts that a template marks, by Django's own reading of it."""
    for call in re.finditer(r"\b(n?p?gettext|_)\(", templatize(source)):
        yield from _first_call(templatize(source)[call.start() :])


def _first_call(text: str) -> Iterator[Key]:
    """The texts of the call that some Python code begins with; what comes behind it need not be Python."""
    for end in (match.end() for match in re.finditer(r"\)", text)):
        try:
            tree = ast.parse(text[:end].strip(), mode="eval")
        except SyntaxError:
            continue
        yield from marked_in_python(ast.unparse(tree))
        return
    raise UnreadableError(text[:80])


# What a template marks for translation, what only its authors read, and blocks that hold names of styles.
_MARKED = re.compile(r"\{%\s*translate\b.*?%\}|\{#.*?#\}", re.DOTALL)
_MARKED_BLOCK = re.compile(
    r"\{%\s*blocktranslate\b.*?\{%\s*endblocktranslate\s*%\}|\{%\s*block\s+\w*class\s*%\}.*?\{%\s*endblock\s*%\}",
    re.DOTALL,
)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_LITERAL = re.compile(r"""(_\()?(?:"([^"]*)"|'([^']*)')""")
# More than one word, or a capital letter as at the beginning of a sentence: no name that only programs read.
_FOR_PEOPLE = re.compile(r"[A-Za-z][,.:;]? [A-Za-z]|[A-Z][a-z]")


def unmarked_in_template(source: str) -> list[str]:
    """Find what a template says to people without marking it. A part with a language of its own is no such text."""
    source = _MARKED.sub("", source)
    reader = _PageReader()
    reader.feed(_TAG.sub("", _MARKED_BLOCK.sub("", source)))
    reader.close()
    literals = [literal for tag in _TAG.findall(source) for literal in _LITERAL.findall(tag)]
    return reader.texts + [one or two for marked, one, two in literals if not marked and _FOR_PEOPLE.search(one or two)]


class _PageReader(HTMLParser):
    """Collects the texts of a page, those in attributes too."""

    ATTRIBUTES = ("alt", "aria-label", "data-label", "data-try", "label", "placeholder", "title")
    SAMPLES = ("code", "script", "style")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.passed_over: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self.passed_over or tag in self.SAMPLES or values.get("lang"):
            self.passed_over += [tag] if tag in self.passed_over or not self.passed_over else []
            return
        is_button = tag == "input" and values.get("type") in ("submit", "button", "reset")
        for name in (*self.ATTRIBUTES, *(["value"] if is_button else [])):
            self.handle_data(values.get(name) or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.passed_over:
            self.passed_over.pop()

    def handle_data(self, data: str) -> None:
        text = data.strip(" \n·")
        if not self.passed_over and any(letter.isalpha() for letter in text):
            self.texts.append(text)


def marked_in_script(source: str) -> Iterator[Key]:
    """Find the texts that a script marks, in double quotes as everywhere in our scripts."""
    for call in _JS_CALL.finditer(source):
        found = _JS_ARGUMENTS[call[1]].match(source, call.end())
        if found is None:
            raise UnreadableError(source[call.start() : call.start() + 80])
        text, plural = [json.loads(part) for part in (*found.groups(), '""')][:2]
        yield "", text, plural


@dataclass(frozen=True)
class Entry:
    """What a .po file says to one text: a translation, or one for each plural form."""

    key: Key
    translations: tuple[str, ...]
    flags: frozenset[str]


_LINE = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)? ?(".*")$')


def read_po(path: Path) -> list[Entry]:
    """Read a .po file as `makemessages` writes it, without its header."""
    entries = [_entry(block) for block in path.read_text().strip().split("\n\n")]
    return [entry for entry in entries if entry.key[1]]


def _entry(block: str) -> Entry:
    fields: dict[str, str] = {}
    flags: set[str] = set()
    field = ""
    for line in block.splitlines():
        if line.startswith("#,"):
            flags |= {flag.strip() for flag in line[2:].split(",")}
        if match := _LINE.match(line):
            field = match[1] or field
            fields[field] = fields.get(field, "") + ast.literal_eval(match[2])
    key = (fields.get("msgctxt", ""), fields["msgid"], fields.get("msgid_plural", ""))
    return Entry(key, tuple(text for name, text in fields.items() if name.startswith("msgstr")), frozenset(flags))
