"""Which code a tool's `kind` stands for. A new kind is one file in this package and one line in KINDS."""

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import jsonschema
from referencing import Registry

from tutor.plan import Tool
from tutor.plan.text import MAX_DEPTH, is_json
from tutor.tools import hint, note
from tutor.tools.scene import Scene, ToolError

KINDS: dict[str, ModuleType] = {"note": note, "hint": hint}
# With them a schema could lead in a circle, or outside.
_REFUSED_KEYWORDS = frozenset({"$ref", "$dynamicRef", "$id"})
# Characters of a complaint: it may quote a whole argument.
_MAX_COMPLAINT = 300


def run(tool: Tool, scene: Scene, arguments: dict[str, Any]) -> dict[str, Any]:
    """Check the arguments against the tool's schema and carry the call out; return what the model is told.

    Raises ToolError with a sentence for the model.
    """
    kind = KINDS.get(tool.kind)
    if kind is None:
        raise ToolError(f"The tool “{tool.name}” does not work at the moment: go on without it.")
    _check(tool, arguments)
    output: dict[str, Any] = kind.run(scene, arguments)
    return output


def schema_fault(parameters: Any) -> str:
    """Return what is wrong with a tool's JSON Schema, in one sentence; empty if nothing is."""
    if not is_json(parameters):
        return f"only plain JSON values are allowed, at most {MAX_DEPTH} deep"
    for keyword in _names(parameters):
        if keyword in _REFUSED_KEYWORDS:
            return f"“{keyword}” is not supported: write out what it stands for"
    try:
        jsonschema.Draft202012Validator.check_schema(parameters)
    except jsonschema.SchemaError as error:
        return _complaint(error)
    except (OverflowError, RecursionError):
        return "a “pattern” in it is too big"
    return ""


def _names(value: Any) -> Iterator[str]:
    """Every name of every object in a JSON value."""
    if isinstance(value, Mapping):
        yield from value
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _names(part)


def _complaint(error: jsonschema.SchemaError | jsonschema.ValidationError) -> str:
    return f"{error.json_path}: {error.message}"[:_MAX_COMPLAINT]


def _check(tool: Tool, arguments: dict[str, Any]) -> None:
    # An empty registry: no `$ref` is ever fetched from anywhere.
    validator = jsonschema.Draft202012Validator(dict(tool.parameters), registry=Registry())
    fault = jsonschema.exceptions.best_match(validator.iter_errors(arguments))
    if fault is not None:
        raise ToolError(f"The arguments of “{tool.name}” do not fit: {_complaint(fault)}.")
