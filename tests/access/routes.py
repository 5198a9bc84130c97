"""Every address that there is, as the resolver knows it; and every WebSocket."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tutor.live.routing import websocket_urlpatterns


@dataclass(frozen=True, slots=True)
class Route:
    """One address: its pattern, written in one piece; its full name; and the names of what is to be filled in."""

    path: str
    name: str
    fields: tuple[str, ...]

    def filled(self, values: dict[str, Any]) -> str:
        """The address with values in it."""
        found = self.path
        for piece, field in zip(_pieces(self.path), self.fields, strict=True):
            found = found.replace(piece, str(values[field]), 1)
        return found


def routes() -> list[Route]:
    """All addresses over HTTP."""
    return list(_walk(get_resolver(), "/", ""))


def sockets() -> list[Route]:
    """All addresses of WebSockets."""
    return [_route(pattern, "/", "") for pattern in websocket_urlpatterns]


def _walk(resolver: URLResolver, path: str, name: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{name}{pattern.namespace}:" if pattern.namespace else name
            yield from _walk(pattern, path + _plain(str(pattern.pattern)), inner)
        else:
            yield _route(pattern, path, name)


def _route(pattern: URLPattern, path: str, name: str) -> Route:
    text = path + _plain(str(pattern.pattern))
    fields = tuple(piece.strip("<>").rpartition(":")[2] for piece in _pieces(text))
    return Route(text, name + (pattern.name or "") if pattern.name else "", fields)


def _plain(text: str) -> str:
    """A pattern as `path()` would have written it: the admin still has two of the older kind."""
    return _OLD.get(text, text)


_OLD = {"^(?P<app_label>auth|tutor)/$": "<app_label>/", "(?P<url>.*)$": "<path:url>"}


def _pieces(path: str) -> list[str]:
    return [f"<{piece.partition('>')[0]}>" for piece in path.split("<")[1:]]
