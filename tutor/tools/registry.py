"""Which code a tool's `kind` stands for. A new kind is one file in this package and one line in KINDS."""

from types import ModuleType
from typing import Any

import jsonschema
from referencing import Registry

from tutor.plan import Tool
from tutor.tools import hint, note
from tutor.tools.scene import Scene, ToolError

KINDS: dict[str, ModuleType] = {"note": note, "hint": hint}


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
    try:
        jsonschema.Draft202012Validator.check_schema(parameters)
    except jsonschema.SchemaError as error:
        return f"{error.json_path}: {error.message}"
    return ""


def _check(tool: Tool, arguments: dict[str, Any]) -> None:
    # An empty registry: no `$ref` is ever fetched from anywhere.
    validator = jsonschema.Draft202012Validator(dict(tool.parameters), registry=Registry())
    fault = jsonschema.exceptions.best_match(validator.iter_errors(arguments))
    if fault is not None:
        raise ToolError(f"The arguments of “{tool.name}” do not fit at {fault.json_path}: {fault.message}.")
