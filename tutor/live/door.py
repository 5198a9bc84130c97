"""Who is let in to hear news: as on pages, nobody who is half in is anybody."""

from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser

from tutor.services import second_factors


class SecondFactorDoor:
    """Goes inside of what finds out who somebody is (`scope["user"]`, `scope["session"]`)."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Serve one page, as a visitor's if the code of its reader is still due."""
        if await database_sync_to_async(second_factors.is_half_in)(scope["user"], scope["session"]):
            scope = {**scope, "user": AnonymousUser()}
        return await self.inner(scope, receive, send)
