"""Small shapes that JSON values are checked against, and the refusal that names the first fault.

A shape is a frozen value with one method, `check(value, path)`, which raises Refused. The codes are
those of the provider (protocol reference sections 1.4 and 9); `path` is the `param` of its errors.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

TYPE_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
}


class Refused(Exception):
    """The sender's mistake, in the provider's words.

    `code` and `param` are those of the provider's error object; `param` may be None.
    """

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param

    def error(self) -> dict[str, Any]:
        """The inner `error` object, the same over HTTP and on the data channel."""
        return {"type": "invalid_request_error", "code": self.code, "message": self.message, "param": self.param}


class Shape(Protocol):
    """Anything that can check a JSON value."""

    def check(self, value: Any, path: str) -> None:
        """Raise Refused when the value at `path` does not have this shape."""


def wrong_type(value: Any, path: str, expected: str) -> Refused:
    """The refusal of a value of the wrong JSON type."""
    got = "null" if value is None else TYPE_NAMES.get(type(value), "something else")
    return Refused("invalid_type", f"Invalid type for '{path}': expected {expected}, but got {got} instead.", path)


def wrong_value(path: str, message: str) -> Refused:
    """The refusal of a value of the right type that is not allowed."""
    return Refused("invalid_value", f"Invalid value for '{path}': {message}", path)


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""

    def check(self, value: Any, path: str) -> None:
        """Accept."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string, at most `longest` characters."""

    longest: int | None = None
    shortest: int = 0

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if len(value) < self.shortest or (self.longest is not None and len(value) > self.longest):
            raise wrong_value(path, f"expected {self.shortest} to {self.longest or 'any number of'} characters.")


@dataclass(frozen=True, slots=True)
class Matching:
    """A string accepted by `accepts`; `rule` completes the sentence "expected ..."."""

    accepts: Callable[[str], bool]
    rule: str

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if not self.accepts(value):
            raise wrong_value(path, f"expected {self.rule}.")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a closed set of strings."""

    options: tuple[str, ...]

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if value not in self.options:
            supported = ", ".join(f"'{option}'" for option in self.options)
            raise Refused("invalid_value", f"Invalid value: '{value}'. Supported values are: {supported}.", path)


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `low` to `high`, both included."""

    low: float
    high: float
    whole: bool = False

    def check(self, value: Any, path: str) -> None:
        allowed = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise wrong_type(value, path, "an integer" if self.whole else "a decimal")
        if not self.low <= value <= self.high:
            raise wrong_value(path, f"expected a number from {self.low:g} to {self.high:g}, but got {value}.")


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, bool):
            raise wrong_type(value, path, "a boolean")


@dataclass(frozen=True, slots=True)
class Maybe:
    """null, or the given shape."""

    shape: Shape

    def check(self, value: Any, path: str) -> None:
        if value is not None:
            self.shape.check(value, path)


@dataclass(frozen=True, slots=True)
class Items:
    """An array whose members have one shape."""

    member: Shape
    most: int | None = None
    least: int = 0

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(value, path, "an array")
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            raise wrong_value(path, f"expected {self.least} to {self.most or 'any number of'} members.")
        for index, member in enumerate(value):
            self.member.check(member, f"{path}[{index}]")


@dataclass(frozen=True, slots=True)
class Pairs:
    """An object with any keys and values of one shape."""

    value: Shape
    most: int

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        if len(value) > self.most:
            raise wrong_value(path, f"expected at most {self.most} pairs.")
        for key, member in value.items():
            self.value.check(member, f"{path}.{key}")


def no_rule(value: Mapping[str, Any], path: str) -> None:
    """The rule of an object whose fields do not depend on each other."""


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with known fields; any other field is refused.

    `rule` runs last and may raise Refused about fields that depend on each other.
    """

    fields: Mapping[str, Shape]
    required: Sequence[str] = ()
    rule: Callable[[Mapping[str, Any], str], None] = field(default=no_rule)

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        prefix = f"{path}." if path else ""
        for name in value:
            if name not in self.fields:
                raise Refused("unknown_parameter", f"Unknown parameter: '{prefix}{name}'.", f"{prefix}{name}")
        for name in self.required:
            if name not in value:
                param = f"{prefix}{name}"
                raise Refused("missing_required_parameter", f"Missing required parameter: '{param}'.", param)
        for name, member in value.items():
            self.fields[name].check(member, f"{prefix}{name}")
        self.rule(value, path)


@dataclass(frozen=True, slots=True)
class Tagged:
    """An object whose `tag` field says which shape the whole object has."""

    shapes: Mapping[str, Shape]
    tag: str = "type"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        param = f"{path}.{self.tag}" if path else self.tag
        if self.tag not in value:
            raise Refused("missing_required_parameter", f"Missing required parameter: '{param}'.", param)
        Choice(tuple(self.shapes)).check(value[self.tag], param)
        self.shapes[value[self.tag]].check(value, path)


@dataclass(frozen=True, slots=True)
class Either:
    """A string of one shape, or anything else of another."""

    text: Shape
    other: Shape

    def check(self, value: Any, path: str) -> None:
        (self.text if isinstance(value, str) else self.other).check(value, path)
