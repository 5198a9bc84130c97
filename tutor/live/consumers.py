"""What happens in an attempt, pushed to its room and to observers."""

import asyncio
import logging
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AnonymousUser, User
from redis.exceptions import RedisError

from tutor.models import Attempt
from tutor.services.broadcast import PATIENCE, group_of

log = logging.getLogger(__name__)

# Close codes of our own: 4000 plus the HTTP status that says the same.
SIGNED_OUT = 4401
NOT_FOUND = 4404
NO_TALKING = 4405
NO_NEWS = 4503

# How a channel layer fails that cannot be reached. A page without news reads the state of the attempt instead.
LAYER_AWAY = (RedisError, OSError, TimeoutError)


class AttemptConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """One watcher of one attempt: its learner. The browser only listens here; everything it says goes over HTTP."""

    group = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one watcher. If the channel layer goes away, the page is told so, and comes back later."""
        try:
            await super().__call__(scope, receive, send)
        except LAYER_AWAY as error:
            log.warning("no live news error=%s", type(error).__name__)
            await self.close(NO_NEWS)

    async def connect(self) -> None:
        """Let the attempt's own learner in; everyone else is told why not, with a close code."""
        user, code = self.scope["user"], self.scope["url_route"]["kwargs"]["code"]
        if not user.is_authenticated:
            await self._refuse(SIGNED_OUT)
        elif not await _may_watch(user, code):
            await self._refuse(NOT_FOUND)
        else:
            # Watching begins before the browser knows that it does: nothing in between is missed.
            self.group = group_of(code)
            if await self._in_time(self.channel_layer.group_add(self.group, self.channel_name)):
                await self.accept()
            else:
                await self._refuse(NO_NEWS)

    async def _in_time(self, work: Any) -> bool:
        """Whether the channel layer did as it was asked; it may be away, or never answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except LAYER_AWAY as error:
            log.warning("no live news error=%s", type(error).__name__)
            return False
        return True

    async def _refuse(self, code: int) -> None:
        # Accepted first: a refusal before that reaches the browser without its code.
        await self.accept()
        await self.close(code)

    async def disconnect(self, code: int) -> None:
        """Stop watching."""
        if self.group:
            await self._in_time(self.channel_layer.group_discard(self.group, self.channel_name))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Refuse to be talked to."""
        await self.close(NO_TALKING)

    async def attempt_changed(self, event: dict[str, Any]) -> None:
        """Pass on what `services.broadcast.tell` was told."""
        await self.send_json(event["message"])


@database_sync_to_async  # type: ignore[untyped-decorator]  # channels is untyped
def _may_watch(user: User | AnonymousUser, code: UUID) -> bool:
    return Attempt.objects.filter(code=code, learner_id=user.pk).exists()
