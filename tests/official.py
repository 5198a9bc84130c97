"""Strict validation against the official `openai` types: no extra field at any depth (reference section 14)."""

from collections.abc import Iterator
from typing import Any, get_args

import pydantic
from openai.types.realtime import (
    RealtimeClientEvent,
    RealtimeServerEvent,
    RealtimeSessionCreateRequest,
    RealtimeSessionCreateResponse,
)


def _by_type(alias: Any) -> dict[str, type[pydantic.BaseModel]]:
    """The classes of one of the official unions, by the value of their `type`."""
    return {get_args(cls.model_fields["type"].annotation)[0]: cls for cls in get_args(get_args(alias)[0])}


CLIENT = _by_type(RealtimeClientEvent)
SERVER = _by_type(RealtimeServerEvent)


def _extras(node: Any, path: str = "") -> Iterator[str]:
    if isinstance(node, pydantic.BaseModel):
        yield from (f"{path}.{name}".lstrip(".") for name in (node.model_extra or {}))
        for name in type(node).model_fields:
            yield from _extras(getattr(node, name), f"{path}.{name}")
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from _extras(item, f"{path}[{number}]")


def _problems(cls: type[pydantic.BaseModel], payload: Any, allow: tuple[str, ...] = ()) -> list[str]:
    try:
        value = cls.model_validate(payload)
    except pydantic.ValidationError as error:
        return [f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in error.errors()]
    return [f"{path}: not in the official types" for path in _extras(value) if path not in allow]


def check_session(payload: Any) -> list[str]:
    """Return what is wrong with the flat session of a new call; [] if nothing is."""
    return _problems(RealtimeSessionCreateRequest, payload)


def check_client_event(payload: dict[str, Any]) -> list[str]:
    """Return what is wrong with a client event; [] if nothing is."""
    cls = CLIENT.get(payload.get("type", ""))
    return _problems(cls, payload) if cls else [f"type: unknown {payload.get('type')!r}"]


def check_server_event(payload: dict[str, Any]) -> list[str]:
    """Return what is wrong with a server event; [] if nothing is."""
    cls = SERVER.get(payload.get("type", ""))
    if not cls:
        return [f"type: unknown {payload.get('type')!r}"]
    if payload["type"] in ("session.created", "session.updated"):
        return _problems(RealtimeSessionCreateResponse, payload.get("session", {}))
    return _problems(cls, payload, allow=("obfuscation",))
