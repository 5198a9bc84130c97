"""What a function takes, as rows that people fill in, and as the JSON Schema that the model gets."""

import math
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
    """One row: a parameter of a function.

    `choices` are the texts to choose from, for the kind CHOICE alone; `example` is for TEXT and CHOICE; `least` and
    `most` are for the two kinds of numbers.
    """

    name: str
    kind: ParameterKind = ParameterKind.TEXT
    description: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""
    least: float | None = None
    most: float | None = None


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
    said = {
        "enum": list(parameter.choices),
        "minimum": parameter.least,
        "maximum": parameter.most,
        "description": parameter.description,
        "examples": [parameter.example] if parameter.example else [],
    }
    return _SHAPES[parameter.kind] | {key: value for key, value in said.items() if value not in (None, "", [])}


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


# What a property may say besides its type.
_SAID = frozenset({"enum", "minimum", "maximum", "description", "examples"})


def _row(name: Any, schema: object, required: bool) -> Parameter | None:
    if not isinstance(schema, Mapping) or not isinstance(name, str):
        return None
    shape = {key: value for key, value in schema.items() if key not in _SAID}
    kind = next((kind for kind, wanted in _SHAPES.items() if wanted == shape), None)
    choices, examples = schema.get("enum", []), schema.get("examples", [])
    limits = schema.get("minimum"), schema.get("maximum")
    if kind is None or not _are_texts(choices, examples, [schema.get("description", "")]):
        return None
    if not _are_limits(kind, limits) or (kind is not ParameterKind.TEXT and (choices or examples)):
        return None
    return Parameter(
        name=name,
        kind=ParameterKind.CHOICE if choices else kind,
        description=schema.get("description", ""),
        required=required,
        choices=tuple(choices),
        example=examples[0] if examples else "",
        least=limits[0],
        most=limits[1],
    )


def _are_texts(*lists: object) -> bool:
    return all(isinstance(items, list) and all(isinstance(item, str) for item in items) for items in lists)


def _are_limits(kind: ParameterKind, limits: Iterable[object]) -> bool:
    """Whether the limits fit the kind: whole ones for whole numbers, none for what is no number."""
    given = [limit for limit in limits if limit is not None]
    if kind not in (ParameterKind.NUMBER, ParameterKind.WHOLE):
        return not given
    return all(_is_number(limit, whole=kind is ParameterKind.WHOLE) for limit in given)


def _is_number(value: object, *, whole: bool) -> bool:
    if isinstance(value, float):
        return math.isfinite(value) and not whole
    return isinstance(value, int) and not isinstance(value, bool)


def _says_the_same(schema: Mapping[str, Any], rows: Mapping[str, Any]) -> bool:
    """Whether a schema says what rows say; the order of required names and an empty description mean nothing."""
    full = {"properties": {}, "required": [], "additionalProperties": False, **schema}
    names = full["required"]
    return (
        full.keys() == rows.keys()
        and full["type"] == rows["type"]
        and full["additionalProperties"] is False
        and {name: _without_nothing(value) for name, value in full["properties"].items()} == rows["properties"]
        and len(names) == len(rows["required"])
        and all(name in rows["required"] for name in names)
    )


def _without_nothing(schema: Any) -> Any:
    """A property without an empty description or an empty list of examples."""
    if not isinstance(schema, Mapping):
        return schema
    return {key: value for key, value in schema.items() if (key, value) not in (("description", ""), ("examples", []))}
