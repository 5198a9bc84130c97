"""Translation files, read in plain Python: the texts that source code marks, and what a catalogue says to them."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
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
