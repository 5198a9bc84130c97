"""Which code a tool's `kind` stands for. A new kind is one file in this package and one line in KINDS."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
from referencing import Registry

from tutor.plan import Tool
from tutor.plan.phrase import Phrase, gettext_noop
from tutor.plan.text import MAX_DEPTH, is_json
from tutor.tools.card import CARD
from tutor.tools.drawing import DRAWING
from tutor.tools.hint import HINT
from tutor.tools.note import NOTE
from tutor.tools.scene import Answer, Call, Errand, Kind, Scene, ToolError
from tutor.tools.webhook import WEBHOOK

KINDS: dict[str, Kind] = {"card": CARD, "hint": HINT, "note": NOTE, "drawing": DRAWING, "webhook": WEBHOOK}
# With them a schema could lead in a circle, or outside.
_REFUSED_KEYWORDS = frozenset({"$ref", "$dynamicRef", "$id"})
# Characters of a complaint: it may quote a whole argument.
_MAX_COMPLAINT = 300


def run(tool: Tool, scene: Scene, arguments: dict[str, Any], *, found: Mapping[str, Any] | None = None) -> Answer:
    """Check the arguments against the tool's schema and carry the call out; return what came of it.

    `found` is what the call's errand brought back. Raises ToolError with a sentence for the model.
    """
    return _kind(tool).run(_call(tool, scene, arguments, found))


def asks_outside(tool: Tool) -> bool:
    """Whether calls of a tool have an errand."""
    return tool.kind in KINDS and KINDS[tool.kind].errand is not None


def errand(tool: Tool, scene: Scene, arguments: dict[str, Any]) -> Errand | None:
    """Return what must be asked outside before the call can be run; None for most. Raises ToolError as `run` does."""
    kind = _kind(tool)
    return kind.errand(_call(tool, scene, arguments, None)) if kind.errand else None


def _kind(tool: Tool) -> Kind:
    kind = KINDS.get(tool.kind)
    if kind is None:
        raise ToolError(f"The tool “{tool.name}” does not work at the moment: go on without it.")
    return kind


def _call(tool: Tool, scene: Scene, arguments: dict[str, Any], found: Mapping[str, Any] | None) -> Call:
    # An empty registry: no `$ref` is ever fetched from anywhere.
    validator = jsonschema.Draft202012Validator(dict(tool.parameters), registry=Registry())
    fault = jsonschema.exceptions.best_match(validator.iter_errors(arguments))
    if fault is not None:
        raise ToolError(f"The arguments of “{tool.name}” do not fit: {_complaint(fault)}.")
    return Call(tool, scene, arguments, found)


def options_fault(kind: str, options: Mapping[str, Any]) -> str:
    """Return what is wrong with the options of a tool of this kind, in one sentence (a Phrase); empty if nothing is."""
    known = KINDS.get(kind)
    return known.options_fault(options) if known else ""


def schema_fault(parameters: Any) -> str:
    """Return what is wrong with a tool's JSON Schema, in one sentence (a Phrase); empty if nothing is."""
    if not is_json(parameters):
        return Phrase(gettext_noop("only plain JSON values are allowed, at most %(depth)s deep"), depth=MAX_DEPTH)
    for keyword in _names(parameters):
        if keyword in _REFUSED_KEYWORDS:
            template = gettext_noop("“%(keyword)s” is not supported: write out what it stands for")
            return Phrase(template, keyword=keyword)
    try:
        jsonschema.Draft202012Validator.check_schema(parameters)
    except jsonschema.SchemaError as error:
        return _complaint(error)
    except (OverflowError, RecursionError):
        return Phrase(gettext_noop("a “pattern” in it is too big"))
    return ""


def _names(value: Any) -> Iterator[str]:
    """Every name of every object in a JSON value."""
    if isinstance(value, Mapping):
        yield from value
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _names(part)


def _complaint(error: jsonschema.SchemaError | jsonschema.ValidationError) -> str:
    return f"{error.json_path}: {error.message}"[:_MAX_COMPLAINT]
