"""Using the database from the event loop."""

import asyncio
from contextlib import suppress

import pytest
from asgiref.sync import async_to_sync

from tutor.services.threads import in_thread

# Seconds after which a test gives up.
PATIENCE = 20


async def test_what_a_thread_returns_and_raises_is_that_of_the_function():
    assert await in_thread(divmod)(7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod)(7, 0)


async def test_a_task_ends_whose_thread_waits_for_what_makes_nothing_of_a_cancellation():
    loop, begun = asyncio.get_running_loop(), asyncio.Event()

    async def tell() -> None:
        loop.call_soon_threadsafe(begun.set)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    task = asyncio.create_task(in_thread(async_to_sync(tell))())
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_task_that_was_cancelled_may_still_tidy_up():
    begun, tidied = asyncio.Event(), []

    async def wait() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await in_thread(tidied.append)("tidy")
            tidied.append("after")
            raise

    task = asyncio.create_task(wait())
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert tidied == ["tidy", "after"]
