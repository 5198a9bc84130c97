"""The second record: our own listener to every call, beside the browser (protocol reference, section 12).

`SIDEBAND=server`: the process that makes a call listens to it. `SIDEBAND=workers`: it hands the call over Redis to
`manage.py sideband`. Either way the database says who listens to what: a listener takes a call by a filtered update,
shows signs of life, and when it dies another takes the call over. What is heard is stored by `services.journal`.
"""

import asyncio
import contextvars
import logging
import uuid
import weakref
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from tutor.models import Connection, Witness
from tutor.peers import client, sideband
from tutor.realtime.errors import RealtimeError
from tutor.realtime.events import SessionEcho
from tutor.realtime.listening import Listening, Record
from tutor.services import hearing
from tutor.services.calls import LONGEST_CALL
from tutor.services.threads import in_thread

log = logging.getLogger(__name__)

OFF, SERVER, WORKERS = "off", "server", "workers"
MODES = (OFF, SERVER, WORKERS)
# The channel on which calls wait for a worker.
CHANNEL = "sideband"
# Seconds: between two signs of life, two looks for calls without a listener, two tries of a database that is away.
BEAT = 5.0
LOOK_EVERY = 5.0
RETRY_EVERY = 1.0
# Tries of the last words, once the call is over.
LAST_TRIES = 30
# Seconds that handing a call over may take, and that calls of this process's rehearsal may take to end.
HAND_OVER_WITHIN = 1.0
END_WITHIN = 0.5
# Whoever gets in later than this after the call was made may have missed its beginning.
ON_TIME = timedelta(seconds=5)
# Records that wait for a database that is away.
MOST_WAITING = 5_000


# --- Listening to one call -------------------------------------------------------------------------------------------


class _Ear:
    """One call, from the moment it was taken to its end.

    Two tasks: one hears, so that the line is never kept waiting; the other stores what was heard and shows signs of
    life, and waits out a database that is away.
    """

    def __init__(self, job: hearing.Job) -> None:
        self._job = job
        self._listening = Listening(visit=job.visit, known=job.known)
        self._records: list[Record] = []
        self._state = Witness(job.connection.witness)
        self._stored_state = self._state
        self._heard_at: datetime | None = None
        self._over = False
        self._stir = asyncio.Event()

    async def run(self) -> None:
        listening = asyncio.create_task(self._hear())
        try:
            await self._keep_record()
        except asyncio.CancelledError:
            with suppress(DatabaseError):
                await self._store()
                await in_thread(hearing.let_go)(self._job)
            raise
        finally:
            listening.cancel()
            await asyncio.wait([listening])

    async def _hear(self) -> None:
        """Hear the call to its end, and say how much of it was heard."""
        call = self._job.connection
        try:
            line = sideband.listen(call.call_id, rehearsal=self._job.attempt.is_rehearsal)
            async with asyncio.timeout(LONGEST_CALL.total_seconds()), aclosing(line) as messages:
                async for message in messages:
                    if isinstance(message, sideband.Opened):
                        self._get_in(again=message.again)
                    else:
                        await self._take_in(message)
            self._state = Witness.WHOLE if self._state == Witness.LISTENING else Witness.PARTLY
        except (sideband.SidebandError, TimeoutError) as error:
            why = getattr(error, "code", "too_long")
            log.warning("listening ended call=%s state=%s why=%s", call.call_id, self._state, why)
            self._state = Witness.NONE if self._state == Witness.AWAITED else Witness.PARTLY
        except Exception:
            log.exception("listening failed call=%s", call.call_id)
            self._state = Witness.NONE if self._state == Witness.AWAITED else Witness.PARTLY
        self._note(self._listening.end())
        self._over = True
        self._stir.set()

    def _get_in(self, *, again: bool) -> None:
        answered_at = self._job.connection.answered_at or timezone.now()
        late = timezone.now() - answered_at > ON_TIME
        self._state = Witness.GAPS if again or late or self._job.missed else Witness.LISTENING
        self._stir.set()

    async def _take_in(self, message: str | bytes) -> None:
        try:
            records = self._listening.hear(message)
        except RealtimeError as error:
            log.warning("not an event call=%s: %s", self._job.connection.call_id, error)
            return
        self._heard_at = timezone.now()
        for record in records:
            if isinstance(record, SessionEcho):
                await self._follow(record)
        self._note(records)

    async def _follow(self, echo: SessionEcho) -> None:
        """Whatever is said from now on belongs to the visit whose session the model has."""
        if not echo.instructions:
            return
        try:
            visit = await in_thread(hearing.visit_of)(self._job, echo)
            if visit is not None:
                self._listening.visit = visit
            else:
                await in_thread(hearing.note_changed_config)(self._job)
        except DatabaseError as error:
            log.warning("stage not looked up call=%s error=%s", self._job.connection.call_id, error)

    def _note(self, records: list[Record]) -> None:
        self._records += records
        if len(self._records) > MOST_WAITING:
            log.error("record given up call=%s: the database is away", self._job.connection.call_id)
            self._records.clear()
            self._state = Witness.GAPS
        if records:
            self._stir.set()

    async def _keep_record(self) -> None:
        """Store what is heard as it comes, until the call is over or another listener has it."""
        tries = 0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT):
                    await self._stir.wait()
            self._stir.clear()
            over = self._over
            try:
                if not await self._store() or over:
                    return
            except DatabaseError as error:
                tries += over
                log.warning("record waits call=%s error=%s", self._job.connection.call_id, error)
                if tries == LAST_TRIES:
                    return
                await asyncio.sleep(RETRY_EVERY)
                self._stir.set()

    async def _store(self) -> bool:
        records, self._records = self._records, []
        changes: dict[str, Any] = {"witness": self._state}
        if self._heard_at is not None:
            changes["witness_heard_at"] = self._heard_at
        try:
            return bool(await in_thread(hearing.store)(self._job, records, changes))
        except BaseException:
            # Storing twice what was stored changes nothing.
            self._records = records + self._records
            raise


# --- All the calls of a process --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Listeners:
    """All the calls that this process listens to, at most `most` of them."""

    most: int = 200
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _errands: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many calls are being listened to."""
        return len(self._tasks)

    def listen(self, connection_id: int) -> None:
        """Begin to listen to a call, unless another listener has it."""
        if connection_id not in self._tasks and self.count < self.most:
            # In a context of its own: that of the request ends with the request.
            task = asyncio.create_task(self._listen(connection_id), context=contextvars.Context())
            self._tasks[connection_id] = task
            task.add_done_callback(lambda _task: self._tasks.pop(connection_id, None))

    def hand_over(self, connection_id: int) -> None:
        """Send a call to the workers."""
        task = asyncio.create_task(_hand_over(connection_id), context=contextvars.Context())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def watch(self) -> None:
        """Look for calls without a listener, again and again."""
        while True:
            try:
                for connection_id in await in_thread(self._look)():
                    self.listen(connection_id)
            except DatabaseError as error:
                log.warning("looking for calls failed error=%s", error)
            await asyncio.sleep(LOOK_EVERY)

    async def end(self, *, within: float = END_WITHIN) -> None:
        """Stop listening. Calls that end by themselves within so many seconds are recorded to the end; others are let
        go, and may be taken by another process at once."""
        tasks = [*self._tasks.values(), *self._errands]
        if tasks:
            await asyncio.wait(tasks, timeout=within)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _look(self) -> list[int]:
        hearing.close_old()
        return list(hearing.waiting().values_list("pk", flat=True)[: max(0, self.most - self.count)])

    async def _listen(self, connection_id: int) -> None:
        try:
            job = await in_thread(hearing.take)(connection_id, self.name)
            if job is not None:
                await _Ear(job).run()
        except DatabaseError as error:
            log.warning("listener lost its call connection=%d error=%s", connection_id, error)


async def _hand_over(connection_id: int) -> None:
    try:
        async with asyncio.timeout(HAND_OVER_WITHIN):
            await get_channel_layer().send(CHANNEL, {"type": "sideband.call", "connection": connection_id})
    except (
        Exception
    ) as error:  # whatever the layer's backend raises: a worker finds the call by looking, a little later
        log.warning("call not handed over connection=%d error=%s", connection_id, type(error).__name__)


# A server has one loop.
_of_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Listeners] = weakref.WeakKeyDictionary()


def listeners() -> Listeners:
    """The listeners of the running loop."""
    return _of_loop.setdefault(asyncio.get_running_loop(), Listeners())


def is_wanted() -> bool:
    """Whether calls are to be listened to at all."""
    return bool(settings.SIDEBAND != OFF)


def call_made(connection: Connection, *, rehearsal: bool) -> None:
    """Have a call listened to that was just answered; nothing waits for it. Call it in the server's loop."""
    if not is_wanted() or not connection.call_id:
        return
    # What lives in this process can be heard in no other.
    if settings.SIDEBAND == SERVER or client.is_inside(rehearsal=rehearsal):
        listeners().listen(connection.pk)
    else:
        listeners().hand_over(connection.pk)


async def watch() -> None:
    """Take over, in this process, the calls whose listener has died; for `SIDEBAND=server`."""
    await listeners().watch()


async def end_all() -> None:
    """End the listeners of this process."""
    await listeners().end()


async def work(listeners: Listeners) -> None:
    """Take calls as they are handed over, and look for others, until cancelled; for `SIDEBAND=workers`."""
    async with asyncio.TaskGroup() as group:
        group.create_task(listeners.watch())
        group.create_task(_receive(listeners))


async def _receive(listeners: Listeners) -> None:
    while True:
        try:
            message = await get_channel_layer().receive(CHANNEL)
            listeners.listen(int(message["connection"]))
        except Exception as error:  # whatever the layer's backend raises
            log.warning("no calls from the channel layer error=%s", type(error).__name__)
            await asyncio.sleep(RETRY_EVERY)
