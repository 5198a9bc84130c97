"""What happens in an attempt, pushed to its room and to those who read along; and words on their way between them."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError
from redis.exceptions import RedisError

from tutor import logs, metrics
from tutor.live import attendance
from tutor.live.told import Unfit, captions_of
from tutor.models import Attempt, Look
from tutor.services import access, live, review
from tutor.services.broadcast import PATIENCE, group_of, watchers_of

log = logging.getLogger(__name__)

# Close codes of our own: 4000 plus the HTTP status that says the same.
SIGNED_OUT = 4401
NOT_FOUND = 4404
NO_TALKING = 4405
TOO_MUCH = 4429
NO_NEWS = 4503

# How a channel layer fails that cannot be reached. A page without news reads the state of the attempt instead.
LAYER_AWAY = (RedisError, OSError, TimeoutError)

# Seconds between two signs of somebody who reads along, and for which one holds (static/tutor/js/lesson/watchers.js).
SIGN_EVERY = 5.0
SIGN_HOLDS = 12.0
# Signs until access is looked at anew.
LOOK_EVERY = 6
# Messages of a room in a second: it sends one in 150 ms.
MOST_MESSAGES = 20
# Seconds between two looks at which lessons are going on.
LIST_EVERY = 5.0


class _Listener(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """One page that is told something; its groups are left when it goes."""

    # In the figures of the process.
    kind = "page"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups_joined: set[str] = set()
        self.task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one page. If the channel layer goes away, it is told so, and comes back later."""
        logs.begin(logs.Occasion(logs.new_request_id(), lambda: str(scope["url_route"]["kwargs"].get("code", ""))))
        try:
            with metrics.WEBSOCKETS.labels(self.kind).track_inprogress():
                await super().__call__(scope, receive, send)
        except LAYER_AWAY as error:
            log.warning("no live news error=%s", type(error).__name__)
            await self.close(NO_NEWS)
        finally:
            attendance.here().leave(self.sign_out)
            if self.task is not None:
                self.task.cancel()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside listening, for as long as the page is there."""
        self.task = asyncio.create_task(self._guard(work))

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (DatabaseError, User.DoesNotExist) as error:
            log.warning("no live news error=%s", type(error).__name__)
            await self.close(NO_NEWS)

    async def welcome(self) -> None:
        """Let somebody in, for as long as they stay signed in."""
        await self.accept()
        person = attendance.Person(self.scope["user"].pk, self.scope["session"].session_key)
        attendance.here().enter(person, self.sign_out)

    async def sign_out(self) -> None:
        """Whoever has opened the page is signed in no more."""
        await self.close(SIGNED_OUT)

    async def join(self, group: str) -> bool:
        """Hear what a group is told; whether that worked."""
        if await self.in_time(self.channel_layer.group_add(group, self.channel_name)):
            self.groups_joined.add(group)
            return True
        return False

    async def leave(self, group: str) -> None:
        """Hear it no more."""
        self.groups_joined.discard(group)
        await self.in_time(self.channel_layer.group_discard(group, self.channel_name))

    async def in_time(self, work: Any) -> bool:
        """Whether the channel layer did as it was asked; it may be away, or never answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except LAYER_AWAY as error:
            log.warning("no live news error=%s", type(error).__name__)
            return False
        return True

    async def refuse(self, code: int) -> None:
        """Say why not, with a close code."""
        # Accepted first: a refusal before that reaches the browser without its code.
        await self.accept()
        await self.close(code)

    async def disconnect(self, code: int) -> None:
        """Stop listening."""
        for group in list(self.groups_joined):
            await self.leave(group)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Refuse to be talked to."""
        await self.close(NO_TALKING)

    async def attempt_changed(self, event: dict[str, Any]) -> None:
        """Pass on what `services.broadcast.tell` was told."""
        await self.send_json(event["message"])


class AttemptConsumer(_Listener):
    """One window of an attempt's learner. What it says here is words under way, for those who read along; no record."""

    kind = "room"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = ""
        # Until when somebody reads along for certain, and how many messages are free until when; monotonic clock.
        self.watched_until = 0.0
        self.second, self.messages = 0.0, 0

    async def connect(self) -> None:
        """Let the attempt's own learner in; everyone else is told why not, with a close code."""
        user, code = self.scope["user"], self.scope["url_route"]["kwargs"]["code"]
        if not user.is_authenticated:
            await self.refuse(SIGNED_OUT)
        elif not await _is_own(user, code):
            await self.refuse(NOT_FOUND)
        # Watching begins before the browser knows that it does: nothing in between is missed.
        elif await self.join(group_of(code)):
            self.code = str(code)
            await self.welcome()
            # Whoever reads along says so at once.
            await self.in_time(self.channel_layer.group_send(watchers_of(code), {"type": "room.here"}))
        else:
            await self.refuse(NO_NEWS)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Pass words under way on to those who read along, if anybody does: bounded, never stored, never believed."""
        try:
            captions = captions_of(text_data)
        except Unfit:
            await self.close(NO_TALKING)
            return
        now = time.monotonic()
        if now - self.second >= 1:
            self.second, self.messages = now, 0
        self.messages += 1
        if self.messages > MOST_MESSAGES:
            await self.close(TOO_MUCH)
        elif now < self.watched_until:
            message = {"type": "attempt.changed", "message": {"type": "captions", "captions": captions}}
            if not await self.in_time(self.channel_layer.group_send(watchers_of(self.code), message)):
                # The next sign of somebody shows that the layer is back.
                self.watched_until = 0.0

    async def attempt_changed(self, event: dict[str, Any]) -> None:
        """Pass on the news, and remember that somebody reads along."""
        if event["message"]["type"] == "watched":
            self.watched_until = time.monotonic() + SIGN_HOLDS
        await super().attempt_changed(event)


class WatchConsumer(_Listener):
    """One window of somebody who reads along. The room is told so for as long as it is open."""

    kind = "watch"

    async def connect(self) -> None:
        """Let in who may read the attempt, and put down that they do."""
        user, code = self.scope["user"], self.scope["url_route"]["kwargs"]["code"]
        self.user, self.code = user, code
        if not user.is_authenticated:
            await self.refuse(SIGNED_OUT)
        elif not await _may_watch(user, code):
            await self.refuse(NOT_FOUND)
        elif await self.join(group_of(code)) and await self.join(watchers_of(code)):
            await self.welcome()
            self.begin(self._give_signs())
        else:
            await self.refuse(NO_NEWS)

    async def disconnect(self, code: int) -> None:
        """Stop reading along, and say so."""
        if self.task is not None:
            self.task.cancel()
            await self._say("unwatched")
        await super().disconnect(code)

    async def attempt_changed(self, event: dict[str, Any]) -> None:
        """Pass on the news; who else reads along is none."""
        if event["message"]["type"] not in ("watched", "unwatched"):
            await super().attempt_changed(event)

    async def room_here(self, event: dict[str, Any]) -> None:
        """A window of the learner has just been opened: it must not wait for the next sign."""
        await self._say("watched")

    async def _give_signs(self) -> None:
        number = 0
        while True:
            number += 1
            if number % LOOK_EVERY == 0 and not await _may_watch(self.user, self.code):
                await self.close(NOT_FOUND)
                return
            if not await self._say("watched"):
                await self.close(NO_NEWS)
                return
            await asyncio.sleep(SIGN_EVERY)

    async def _say(self, what: str) -> bool:
        name = self.user.get_full_name() or self.user.get_username()
        sign = {"type": what, "watcher": self.channel_name, "by": name}
        message = {"type": "attempt.changed", "message": sign}
        return await self.in_time(self.channel_layer.group_send(group_of(self.code), message))


class LiveConsumer(_Listener):
    """One window with the list of lessons in progress: told that something has changed, it reads it anew."""

    kind = "list"

    async def connect(self) -> None:
        """Let in who may read anybody's words."""
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.refuse(SIGNED_OUT)
        elif not await _may_list(user):
            await self.refuse(NOT_FOUND)
        else:
            await self.welcome()
            self.begin(self._follow(user))

    async def attempt_changed(self, event: dict[str, Any]) -> None:
        """Whatever it was, the list is not what it was."""
        await self.send_json({"type": "changed"})

    async def _follow(self, user: User) -> None:
        """Listen to what is in progress, and see every few seconds what that is."""
        while True:
            wanted = {group_of(code) for code in await _in_progress(user)}
            for group in wanted - self.groups_joined:
                if not await self.join(group):
                    await self.close(NO_NEWS)
                    return
            for group in self.groups_joined - wanted:
                await self.leave(group)
            await self.send_json({"type": "changed"})
            await asyncio.sleep(LIST_EVERY)


@database_sync_to_async  # type: ignore[untyped-decorator]  # channels is untyped
def _is_own(user: User | AnonymousUser, code: UUID) -> bool:
    return Attempt.objects.filter(code=code, learner_id=user.pk).exists()


@database_sync_to_async  # type: ignore[untyped-decorator]  # channels is untyped
def _may_watch(user: User, code: UUID) -> bool:
    """Whether a user may read along; that they do is put down."""
    user = User.objects.get(pk=user.pk)
    attempt = access.watched_by(user).filter(code=code).first()
    if attempt is not None:
        review.note_looks([attempt], user, Look.Kind.WATCHED)
    return attempt is not None


@database_sync_to_async  # type: ignore[untyped-decorator]  # channels is untyped
def _may_list(user: User) -> bool:
    return access.reads_others(User.objects.get(pk=user.pk))


@database_sync_to_async  # type: ignore[untyped-decorator]  # channels is untyped
def _in_progress(user: User) -> list[UUID]:
    return live.codes_in_progress(User.objects.get(pk=user.pk))
