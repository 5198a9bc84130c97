"""What a function takes, as rows that people fill in, and as the JSON Schema that the model gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ParameterKind(StrEnum):
    """What may stand in a parameter."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    YES_NO = "yes-no"
    CHOICE = "choice"
    TEXTS = "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One row: a parameter of a function. `choices` are the texts to choose from, for the kind CHOICE alone."""

    name: str
    kind: ParameterKind = ParameterKind.TEXT
    description: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()


_SHAPES: dict[ParameterKind, dict[str, Any]] = {
    ParameterKind.TEXT: {"type": "string"},
    ParameterKind.NUMBER: {"type": "number"},
    ParameterKind.WHOLE: {"type": "integer"},
    ParameterKind.YES_NO: {"type": "boolean"},
    ParameterKind.CHOICE: {"type": "string"},
    ParameterKind.TEXTS: {"type": "array", "items": {"type": "string"}},
}


def schema_of(rows: Iterable[Parameter]) -> dict[str, Any]:
    """Return the JSON Schema of an object with these parameters, in their order, and no others."""
    parameters = tuple(rows)
    return {
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in parameters},
        "required": [parameter.name for parameter in parameters if parameter.required],
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    schema = dict(_SHAPES[parameter.kind])
    if parameter.kind is ParameterKind.CHOICE:
        schema["enum"] = list(parameter.choices)
    if parameter.description:
        schema["description"] = parameter.description
    return schema


def rows_of(schema: object) -> tuple[Parameter, ...] | None:
    """Return the rows a JSON Schema stands for; None when it says more than rows can.

    A schema that leaves open whether other parameters are allowed is read as one that allows none.
    """
    if not isinstance(schema, Mapping):
        return None
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        return None
    rows = tuple(_row(name, value, name in required) for name, value in properties.items())
    found = tuple(row for row in rows if row is not None)
    # Rows are right only if nothing of the schema is missing in what they would become.
    return found if _says_the_same(schema, schema_of(found)) else None


def _row(name: Any, schema: object, required: bool) -> Parameter | None:
    if not isinstance(schema, Mapping) or not isinstance(name, str):
        return None
    shape = {key: value for key, value in schema.items() if key not in ("description", "enum")}
    kind = next((kind for kind, wanted in _SHAPES.items() if wanted == shape), None)
    description, choices = schema.get("description", ""), schema.get("enum")
    if kind is None or not isinstance(description, str):
        return None
    if choices is None:
        return Parameter(name=name, kind=kind, description=description, required=required)
    if kind is not ParameterKind.TEXT or not _are_texts(choices):
        return None
    return Parameter(
        name=name, kind=ParameterKind.CHOICE, description=description, required=required, choices=tuple(choices)
    )


def _are_texts(choices: object) -> bool:
    return isinstance(choices, list) and len(choices) > 0 and all(isinstance(choice, str) for choice in choices)


def _says_the_same(schema: Mapping[str, Any], rows: Mapping[str, Any]) -> bool:
    """Whether a schema says what rows say; the order of required names and an empty description mean nothing."""
    full = {"properties": {}, "required": [], "additionalProperties": False, **schema}
    names = full["required"]
    return (
        full.keys() == rows.keys()
        and full["type"] == rows["type"]
        and full["additionalProperties"] is False
        and {name: _without_empty(value) for name, value in full["properties"].items()} == rows["properties"]
        and len(names) == len(rows["required"])
        and all(name in rows["required"] for name in names)
    )


def _without_empty(schema: Any) -> Any:
    if isinstance(schema, Mapping) and schema.get("description") == "":
        return {key: value for key, value in schema.items() if key != "description"}
    return schema
