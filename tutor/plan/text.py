"""Plans as text and back: plain data (for the database), JSON, and YAML lesson packs (readable, diffable).

Reading checks the shape only, and says every fault with its place; whether the lesson makes sense is `lint`'s question.
A text may say beside the plan at which address the lesson is; no plan holds it, so a lesson is the same wherever it is.
`lines_of` tells in which line of a text a place is.
"""

import difflib
import json
import math
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, cast

import yaml

from tutor.plan.model import Outcome, Plan, Stage, Tool
from tutor.plan.phrase import Phrase, gettext_noop

FORMAT = 1
MAX_ADDRESS = 50
# What the rows of lessons hold: Django's slugs.
ADDRESS = re.compile(rf"[-a-zA-Z0-9_]{{1,{MAX_ADDRESS}}}")
# Deeper than any JSON Schema a teacher would write; shallow enough never to trouble the interpreter's stack.
MAX_DEPTH = 40
# Beside that, what of a pack is around the deepest JSON it holds.
_MAX_YAML_DEPTH = MAX_DEPTH + 10
# Characters of a lesson pack: ten times a long lesson, and read in a few seconds at worst.
MAX_TEXT = 262_144
# What the smallest integer column of every database holds.
MAX_NUMBER = 32_767
# Nobody mends more at a time.
MAX_FAULTS = 50
# Characters of the name of a field that is not known.
_MAX_NAME = 60


class PlanError(ValueError):
    """The text is not a plan. `faults` holds one sentence per fault, each naming its place.

    They are made by `fault_at`, or are a Phrase about the whole text.
    """

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(" ".join(faults))


def fault_at(place: str, sentence: str) -> Phrase:
    """Return a fault with its place before it."""
    return Phrase("%(place)s: %(sentence)s", place=place, sentence=sentence)


def located(fault: str) -> tuple[str, str]:
    """Return the place of a fault, and what is wrong there.

    A fault of the whole text has what comes before its colon as its place, and none without a colon.
    """
    if isinstance(fault, Phrase) and "place" in fault.parameters:
        return str(fault.parameters["place"]), cast(str, fault.parameters["sentence"])
    place, _, sentence = fault.partition(": ")
    return (place, sentence) if sentence else ("", fault)


@dataclass(frozen=True, slots=True)
class Pack:
    """What a text says: a plan, and the address of its lesson, empty if it names none."""

    plan: Plan
    address: str = ""


def to_data(plan: Plan, *, address: str = "") -> dict[str, Any]:
    """Return the plan as plain JSON data, `{"format": 1, "title": …}`, every field present."""
    return {**_head(address), **_plain(plan)}


def _head(address: str) -> dict[str, Any]:
    return {"format": FORMAT, "address": address} if address else {"format": FORMAT}


def from_data(data: object) -> Plan:
    """Return the plan that plain data describes. Raises PlanError."""
    return _pack(data).plan


def from_stored(data: object) -> Plan:
    """Return the same for a plan that many learners go through: what was read lately is not read again."""
    return _from_canonical(json.dumps(data, sort_keys=True))


@lru_cache(maxsize=128)
def _from_canonical(text: str) -> Plan:
    return from_data(json.loads(text))


def _pack(data: object) -> Pack:
    if not isinstance(data, Mapping):
        raise PlanError([Phrase(gettext_noop("A lesson pack needs “title” and “stages”."))])
    if data.get("format", FORMAT) != FORMAT:
        sentence = Phrase(gettext_noop("only format %(number)s is known here."), number=FORMAT)
        raise PlanError([fault_at("format", sentence)])
    reader = _Reader()
    address = reader.read_address(data["address"]) if "address" in data else ""
    plan = reader.read(Plan, {key: value for key, value in data.items() if key not in ("format", "address")}, "")
    if reader.faults:
        raise PlanError(reader.faults[:MAX_FAULTS])
    return Pack(plan, address)


def to_json(plan: Plan) -> str:
    """Return canonical JSON: the same plan always gives the same text."""
    return json.dumps(to_data(plan), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> Plan:
    """Return the plan in a JSON text. Raises PlanError."""
    return pack_from_json(text).plan


def pack_from_json(text: str) -> Pack:
    """Return the plan in a JSON text, and its address. Raises PlanError."""
    _check_length(text)
    try:
        data = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        template = gettext_noop("This is not JSON in line %(line)s: %(problem)s.")
        raise PlanError([Phrase(template, line=str(error.lineno), problem=error.msg)]) from error
    except (ValueError, RecursionError) as error:
        sentence = gettext_noop("This is not JSON: it repeats a name, or holds too long a number or too deep a list.")
        raise PlanError([Phrase(sentence)]) from error
    return _pack(data)


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        template = gettext_noop("The text is too long for a lesson pack: at most %(limit)s characters are read.")
        raise PlanError([Phrase(template, limit=MAX_TEXT)])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("A name is there twice.")
    return data


class _Writer(yaml.SafeDumper):
    """YAML as a person would write it: long texts as blocks."""


class _Loader(yaml.SafeLoader):
    """YAML as far as JSON goes, so “yes” and a date are texts.

    No aliases (a page of them unfolds to gigabytes), no tags, no name twice, and no deeper than a plan could be:
    a thousand brackets take the scanner half a second.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.tag is not None:
            raise yaml.MarkedYAMLError(
                problem=Phrase(gettext_noop("aliases and tags are not allowed")), problem_mark=event.start_mark
            )
        if self._depth > _MAX_YAML_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=Phrase(gettext_noop("it is nested too deeply")), problem_mark=event.start_mark
            )
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        data: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        seen: set[str] = set()
        for name, _ in node.value:
            if name.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=Phrase(gettext_noop("this name is there twice")), problem_mark=name.start_mark
                )
            seen.add(name.value)
        return data


# What is no text when it stands without quotes: the words and numbers of JSON, and nothing else.
_WHOLE = r"[-+]?(?:0|[1-9][0-9]*)"
_PLAIN_SCALARS = (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", _WHOLE, list("-+0123456789")),
    ("float", rf"{_WHOLE}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-+0123456789")),
)
for _tag, _pattern, _first in _PLAIN_SCALARS:
    for _side in (_Loader, _Writer):
        _side.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    if any(char in text for char in "\x85\u2028\u2029"):
        style = '"'  # YAML takes them for line breaks, and would fold them away
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _represent_text)


def to_yaml(plan: Plan, *, address: str = "") -> str:
    """Return the plan as a YAML lesson pack, fields that hold their default left out."""
    data = {**_head(address), **_plain(plan, skip_defaults=True)}
    return yaml.dump(data, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100)


def from_yaml(text: str) -> Plan:
    """Return the plan in a YAML lesson pack. Raises PlanError."""
    return pack_from_yaml(text).plan


def pack_from_yaml(text: str) -> Pack:
    """Return the plan in a YAML lesson pack, and its address. Raises PlanError."""
    _check_length(text)
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that refuses even more
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise PlanError([_not_yaml(error)]) from error
    return _pack(data)


def _not_yaml(error: Exception) -> Phrase:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or Phrase(gettext_noop("it cannot be read"))
    if mark is None:
        return Phrase(gettext_noop("This is not YAML: %(problem)s."), problem=problem)
    template = gettext_noop("This is not YAML in line %(line)s: %(problem)s.")
    return Phrase(template, line=str(mark.line + 1), problem=problem)


def _plain(value: Any, *, skip_defaults: bool = False) -> Any:
    if is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name), skip_defaults=skip_defaults)
            for field in fields(value)
            if not (skip_defaults and getattr(value, field.name) == _default(field))
        }
    if isinstance(value, tuple | list):
        return [_plain(item, skip_defaults=skip_defaults) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item, skip_defaults=skip_defaults) for key, item in value.items()}
    return value.value if isinstance(value, Enum) else value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


_EXPECTED = {
    str: gettext_noop("text is expected here."),
    int: gettext_noop("a whole number from 0 to %(most)s is expected here."),
}
_PARTS = {
    Plan: Phrase(gettext_noop("a plan")),
    Stage: Phrase(gettext_noop("a stage")),
    Outcome: Phrase(gettext_noop("an outcome")),
    Tool: Phrase(gettext_noop("a tool")),
}


class _Reader:
    """Builds values from plain data by the types of the dataclass fields, and collects every fault."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def read(self, kind: Any, data: object, place: str) -> Any:
        """Return `data` as a value of `kind`; after a fault the value returned is of no use."""
        if is_dataclass(kind):
            return self._read_record(kind, data, place)
        origin = typing.get_origin(kind)
        if origin is tuple:
            return self._read_list(typing.get_args(kind)[0], data, place)
        if origin is types.UnionType:
            return None if data is None else self.read(typing.get_args(kind)[0], data, place)
        if origin is Mapping:
            return self._read_json(data, place)
        if issubclass(kind, Enum):
            return self._read_choice(kind, data, place)
        return self._read_scalar(kind, data, place)

    def read_address(self, data: object) -> str:
        """Return `data` as the address of a lesson; after a fault the value returned is of no use."""
        if isinstance(data, str) and ADDRESS.fullmatch(data):
            return data
        template = gettext_noop("an address has small letters, digits and - only, at most %(limit)s of them.")
        self._fault("address", template, limit=MAX_ADDRESS)
        return ""

    def _fault(self, place: str, template: str, /, **parameters: object) -> None:
        # Field names come from the text and may hold what no database or terminal takes.
        place = (place or "lesson").encode(errors="backslashreplace").decode()
        self.faults.append(fault_at(place, Phrase(template, **parameters)))

    def _read_record(self, kind: Any, data: object, place: str) -> Any:
        if not isinstance(data, Mapping):
            return self._fault(place, gettext_noop("a mapping of named fields is expected here."))
        hints = typing.get_type_hints(kind)
        for name in data:
            if not isinstance(name, str):
                self._fault(place, gettext_noop("the name of a field must be text."))
            elif name not in hints:
                self._unknown(_join(place, name[:_MAX_NAME]), name, kind, hints)
        values: dict[str, Any] = {}
        for field in fields(kind):
            if field.name in data:
                values[field.name] = self.read(hints[field.name], data[field.name], _join(place, field.name))
            elif field.default is MISSING and field.default_factory is MISSING:
                self._fault(place, gettext_noop("“%(field)s” is missing."), field=field.name)
        return None if self.faults else kind(**values)

    def _unknown(self, place: str, name: str, kind: type, known: Iterable[str]) -> None:
        meant = difflib.get_close_matches(name, known, n=1)
        if meant:
            template = gettext_noop("%(part)s has no such field: did you mean “%(field)s”?")
            self._fault(place, template, part=_PARTS[kind], field=meant[0])
        else:
            self._fault(place, gettext_noop("%(part)s has no such field."), part=_PARTS[kind])

    def _read_list(self, kind: Any, data: object, place: str) -> Any:
        if not isinstance(data, list | tuple):
            return self._fault(place, gettext_noop("a list is expected here."))
        return tuple(self.read(kind, item, f"{place}[{number}]") for number, item in enumerate(data))

    def _read_choice(self, kind: Any, data: object, place: str) -> Any:
        known = [member.value for member in kind]
        if data not in known:
            return self._fault(place, gettext_noop("choose one of: %(choices)s."), choices=", ".join(known))
        return kind(data)

    def _read_scalar(self, kind: Any, data: object, place: str) -> Any:
        if not isinstance(data, kind) or isinstance(data, bool):
            return self._fault(place, _EXPECTED[kind], most=str(MAX_NUMBER))
        if isinstance(data, int) and not 0 <= data <= MAX_NUMBER:
            return self._fault(place, _EXPECTED[kind], most=str(MAX_NUMBER))
        if isinstance(data, str) and not _storable(data):
            return self._fault(place, gettext_noop("the text holds characters that cannot be stored."))
        return data

    def _read_json(self, data: object, place: str) -> Any:
        if not isinstance(data, Mapping):
            return self._fault(place, gettext_noop("a JSON object is expected here."))
        if not is_json(data, MAX_DEPTH):
            template = gettext_noop("only plain JSON values are allowed here, at most %(depth)s deep.")
            return self._fault(place, template, depth=MAX_DEPTH)
        return _plain(data)


def lines_of(text: str) -> dict[str, int]:
    """Return the line, counted from 1, of every place in a YAML or JSON lesson pack; nothing if it cannot be read.

    Places are written as in faults and findings: `stages[1].goal`. The whole pack is the place "".
    """
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented with tabs, YAML may not; no JSON text can hold one
    try:
        _check_length(text)
        root = yaml.compose(text, Loader=_Loader)
    except (PlanError, yaml.YAMLError, RecursionError, ValueError, OverflowError):
        return {}
    return {} if root is None else dict(_places(root, "", root.start_mark.line + 1))


def _places(node: yaml.Node, place: str, line: int) -> Iterator[tuple[str, int]]:
    yield place, line
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name.value, str):
                yield from _places(value, _join(place, name.value[:_MAX_NAME]), name.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _places(item, f"{place}[{number}]", item.start_mark.line + 1)


def line_at(lines: Mapping[str, int], place: str) -> int | None:
    """Return the line of a place, or, if it is not written out, of what would hold it.

    None without `lines`, and for what is no place but the beginning of a sentence.
    """
    holder = place
    while holder and holder not in lines:
        holder = holder[: max(holder.rfind("."), holder.rfind("["), 0)]
    return None if " " in place and not holder else lines.get(holder)


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _storable(text: str) -> bool:
    """Whether every database can hold it: PostgreSQL refuses NUL, UTF-8 refuses lone surrogates."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def is_json(value: object, depth: int = MAX_DEPTH) -> bool:
    """Whether a value is plain JSON that every database can hold, at most `depth` levels deep."""
    if depth == 0:
        return False
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and _storable(k) and is_json(v, depth - 1) for k, v in value.items())
    if isinstance(value, list):
        return all(is_json(item, depth - 1) for item in value)
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, float):
        return math.isfinite(value) and _fits(value)
    if isinstance(value, int):
        return _fits(value)
    return value is None


def _fits(number: float) -> bool:
    """Whether a number fits into 64 bits once it is whole: PostgreSQL writes 1e16 out with all its digits."""
    return -(2**63) <= number < 2**63
