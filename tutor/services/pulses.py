"""Every process of the site says now and then that it is there, so that an operator sees all of them on one page."""

import asyncio
import logging
import os
import platform
import tomllib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from tutor.models import Pulse
from tutor.services.threads import in_thread

log = logging.getLogger(__name__)

# Seconds between two signs of a process.
EVERY = 15.0
# A process that was not seen for so long is gone, or stuck; after the second time nobody asks for it any more.
MISSING = timedelta(seconds=60)
FORGOTTEN = timedelta(days=1)


@dataclass(slots=True)
class _Self:
    """This process."""

    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    started_at: datetime = field(default_factory=timezone.now)
    tended_at: datetime | None = None
    wrote_about: str = ""


_self = _Self()


@cache
def version() -> str:
    """Return the version of Viva, as pyproject.toml has it."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def note_round() -> None:
    """Remember that this process has just looked after the calls; the next sign says so."""
    _self.tended_at = timezone.now()


def give_sign(role: Pulse.Role) -> None:
    """Write down that this process is there, and throw away what is left of others. Two queries, three at first."""
    now = timezone.now()
    facts = {"seen_at": now, "tended_at": _self.tended_at}
    if not Pulse.objects.filter(name=_self.name).update(**facts):
        Pulse.objects.create(
            name=_self.name,
            role=role,
            host=platform.node()[:100],
            pid=os.getpid(),
            version=version(),
            started_at=_self.started_at,
            **facts,
        )
    Pulse.objects.filter(seen_at__lt=now - FORGOTTEN).delete()


def leave() -> None:
    """Say that this process goes, so that nobody misses it. One query."""
    Pulse.objects.filter(name=_self.name).delete()


async def beat(role: Pulse.Role) -> None:
    """Give signs until cancelled; then say that the process goes."""
    try:
        while True:
            await _try(partial(give_sign, role))
            await asyncio.sleep(EVERY)
    except asyncio.CancelledError:
        # In time, or not at all: who ends us does not wait for a database.
        await asyncio.wait_for(_try(leave), 2)
        raise


async def end(beating: asyncio.Future[None]) -> None:
    """End the signs of this process, and wait until it has said that it goes."""
    beating.cancel()
    await asyncio.wait([beating])


async def _try(work: Callable[[], None]) -> None:
    """Use the database; while it is away there is nothing to be said, and the next time comes soon."""
    try:
        await in_thread(work)()
    except Exception as error:  # the outer edge of a task that has to go on
        trouble = type(error).__name__
        if _self.wrote_about != trouble:
            log.warning("no sign of this process error=%s", trouble)
        _self.wrote_about = trouble
    else:
        _self.wrote_about = ""


def processes() -> QuerySet[Pulse]:
    """The processes that were there in the last day and did not say that they go."""
    return Pulse.objects.all()


def is_new(pulse: Pulse) -> bool:
    """Whether a process has begun so short a time ago that it need not have done anything yet."""
    return timezone.now() - pulse.started_at < MISSING


def is_missing(pulse: Pulse) -> bool:
    """Whether a process has not been seen for so long that somebody should look."""
    return timezone.now() - pulse.seen_at > MISSING
