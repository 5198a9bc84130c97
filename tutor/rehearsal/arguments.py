"""Arguments that satisfy a tool's JSON Schema, made up around what the learner said."""

import math
from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any]

FORMATS = {
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "learner@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
# A schema may refer to itself; deeper than this nothing optional is filled in and the rest is null.
DEEPEST = 12


def example(schema: Any, words: str) -> Any:
    """Return a value that satisfies the schema, with the learner's words wherever a free text is wanted.

    Covers what tools are written with: type, enum, const, default, examples, required and optional
    properties, array and number limits, formats, local references, allOf, anyOf and oneOf. A `pattern` is met
    only by the author's own default or example.
    """
    return _Maker(schema if isinstance(schema, dict) else {}, words).make(schema, 0)


class _Maker:
    """Walks one schema; `root` is where local references start."""

    def __init__(self, root: Schema, words: str) -> None:
        self._root = root
        self._words = words
        self._makers: dict[str, Callable[[Schema, int], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._number,
            "number": self._number,
            "boolean": lambda schema, depth: True,
            "null": lambda schema, depth: None,
        }

    def make(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, dict) or depth > DEEPEST:
            return None
        schema = self._resolved(schema, depth)
        found, value = _given(schema)
        if found:
            return value
        return self._makers.get(_type_of(schema), self._string)(schema, depth)

    def _resolved(self, schema: Schema, depth: int) -> Schema:
        """Return one flat schema: references followed, all parts of allOf and the first choice of anyOf taken in."""
        if depth > DEEPEST:
            return {}
        parts = [self._referenced(schema["$ref"])] if isinstance(schema.get("$ref"), str) else []
        parts += _list(schema.get("allOf"))
        parts += _list(schema.get("anyOf"))[:1] + _list(schema.get("oneOf"))[:1]
        result = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}
        for part in parts:
            if isinstance(part, dict):
                result = _united(result, self._resolved(part, depth + 1))
        return result

    def _referenced(self, pointer: str) -> Any:
        node: Any = self._root
        for step in pointer.removeprefix("#").strip("/").split("/"):
            if step:
                node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
        return node

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        required = [name for name in _list(schema.get("required")) if isinstance(name, str)]
        return {name: self.make(properties.get(name, {}), depth + 1) for name in required}

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        least = _number(schema.get("minItems"), 1)
        most = _number(schema.get("maxItems"), max(least, 1))
        members = schema.get("items", {})
        made = [self.make(members, depth + 1) for _ in range(int(min(least, most)))]
        return _all_different(made, members) if schema.get("uniqueItems") is True else made

    def _string(self, schema: Schema, depth: int) -> str:
        text = FORMATS.get(str(schema.get("format")), self._words or "rehearsal")
        least = int(_number(schema.get("minLength"), 0))
        most = int(_number(schema.get("maxLength"), max(len(text), least)))
        return text.ljust(least, ".")[:most]

    def _number(self, schema: Schema, depth: int) -> float:
        fitting = (value for value in _numbers_to_try(schema) if _number_fits(value, schema))
        return next(fitting, 1)


def _numbers_to_try(schema: Schema) -> Iterator[float]:
    """One, the limits, the middle between them, and the multiples next to the limits."""
    low = max(_number(schema.get("minimum"), -math.inf), _number(schema.get("exclusiveMinimum"), -math.inf))
    high = min(_number(schema.get("maximum"), math.inf), _number(schema.get("exclusiveMaximum"), math.inf))
    low = low if math.isfinite(low) else min(high, 1) - 1
    high = high if math.isfinite(high) else low + 1
    yield from (1, low, high, (low + high) / 2)
    step = abs(_number(schema.get("multipleOf"), 1)) or 1
    if math.isfinite(low / step) and math.isfinite(high / step):
        yield from (math.ceil(low / step) * step, (math.floor(low / step) + 1) * step)
        yield from (math.floor(high / step) * step, (math.ceil(high / step) - 1) * step)


def _number_fits(value: float, schema: Schema) -> bool:
    step = _number(schema.get("multipleOf"), 1 if schema.get("type") == "integer" else 0)
    return (
        value >= _number(schema.get("minimum"), -math.inf)
        and value <= _number(schema.get("maximum"), math.inf)
        and value > _number(schema.get("exclusiveMinimum"), -math.inf)
        and value < _number(schema.get("exclusiveMaximum"), math.inf)
        and (step == 0 or value % step == 0)
    )


def _given(schema: Schema) -> tuple[bool, Any]:
    """Return (True, value) when the author wrote down a value that fits."""
    for key, first in (("const", False), ("default", False), ("enum", True), ("examples", True)):
        if key in schema and not (first and not _list(schema[key])):
            return True, schema[key][0] if first else schema[key]
    return False, None


def _type_of(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any, otherwise: float) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def _united(first: Schema, second: Schema) -> Schema:
    """Two schemas that must both hold, as far as an example needs it."""
    united = {**second, **first}
    for key in ("properties",):
        if isinstance(first.get(key), dict) and isinstance(second.get(key), dict):
            united[key] = {**second[key], **first[key]}
    if "required" in first and "required" in second:
        united["required"] = [*_list(first["required"]), *_list(second["required"])]
    return united


def _all_different(made: list[Any], members: Any) -> list[Any]:
    """Members that must differ: the first of an enum, counted numbers, numbered texts."""
    options = _list(members.get("enum")) if isinstance(members, dict) else []
    if options:
        return options[: len(made)]
    return [
        value + index if isinstance(value, int | float) else f"{value} {index + 1}" for index, value in enumerate(made)
    ]
