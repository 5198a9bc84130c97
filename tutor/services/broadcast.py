"""Tell the room and its observers what has changed. Best effort, after commit: never on the write path."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from tutor.models import Attempt

log = logging.getLogger(__name__)
# Seconds a broken channel layer may cost, however many messages there are.
PATIENCE = 1.0
# Seconds for which a layer that failed is left alone: no request waits for it again before.
PAUSE = 5.0

# When the layer is next worth asking, on the monotonic clock.
_quiet_until = 0.0


def group_of(code: object) -> str:
    """The channel-layer group of everyone who watches one attempt."""
    return f"attempt.{code}"


def watchers_of(code: object) -> str:
    """The channel-layer group of those of the staff who read along in one attempt."""
    return f"watch.{code}"


def tell(attempt: Attempt, *messages: dict[str, Any]) -> None:
    """Send messages to everyone who watches the attempt, once the running transaction has committed.

    What a broken layer swallows, watchers find in the state of the attempt.
    """
    if messages:
        transaction.on_commit(lambda: async_to_sync(_send)(group_of(attempt.code), messages))


async def _send(group: str, messages: Iterable[dict[str, Any]]) -> None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(PATIENCE):
            for message in messages:
                await layer.group_send(group, {"type": "attempt.changed", "message": message})
    except Exception as error:  # whatever the layer's backend raises: watchers re-read, the learner must not notice
        _quiet_until = time.monotonic() + PAUSE
        log.warning("broadcast failed group=%s error=%s", group, type(error).__name__)
