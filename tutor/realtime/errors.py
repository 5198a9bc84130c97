"""What a provider says when it refuses, as a value (protocol reference, sections 1.4 and 9)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RealtimeError(ValueError):
    """Something from the wire is not what the protocol allows. The only exception `tutor.realtime` raises."""


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """The `error` object of a refused request or of an `error` event; texts may be empty, never None."""

    type: str = ""
    code: str = ""
    message: str = ""
    param: str = ""
    event_id: str = ""


def read_error(body: bytes | str) -> ErrorDetail:
    """Return the detail in the JSON body of a refused request; an empty one for HTML, junk or silence."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ErrorDetail()
    return error_detail(data.get("error") if isinstance(data, Mapping) else None)


def error_detail(data: object) -> ErrorDetail:
    """Return the detail of an `error` object; anything that is not text counts as absent."""
    if not isinstance(data, Mapping):
        return ErrorDetail()
    return ErrorDetail(**{name: _text(data, name) for name in ErrorDetail.__slots__})


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value[:2000] if isinstance(value, str) else ""
