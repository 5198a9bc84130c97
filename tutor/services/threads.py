"""Using the database from the event loop, by tasks that have to end when they are told to."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
R = TypeVar("R")


def in_thread(run: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let something use the database in another thread, so that neither requests nor the event loop wait for it.

    A thread of its own for each: one that waits for a lock holds up no other. A task that is cancelled meanwhile ends,
    whatever becomes of the thread: asgiref takes the cancellation to what the thread itself waits for, such as a
    broadcast, and where that has ended just then, or makes nothing of it, the task would hear of it no more.
    """
    in_database = database_sync_to_async(run, thread_sensitive=False)

    @wraps(run)
    async def called(*args: P.args, **kwargs: P.kwargs) -> R:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        result: R = await in_database(*args, **kwargs)
        if task and task.cancelling() > before:
            raise asyncio.CancelledError
        return result

    return called
