"""Tell the room and its observers what has changed. Best effort, after commit: never on the write path."""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from tutor.models import Attempt

log = logging.getLogger(__name__)
# Seconds a broken channel layer may cost.
PATIENCE = 1.0


def group_of(code: object) -> str:
    """The channel-layer group of everyone who watches one attempt."""
    return f"attempt.{code}"


def tell(attempt: Attempt, message: dict[str, Any]) -> None:
    """Send a message to everyone who watches the attempt, once the running transaction has committed."""
    transaction.on_commit(lambda: async_to_sync(_send)(group_of(attempt.code), message))


async def _send(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(PATIENCE):
            await layer.group_send(group, {"type": "attempt.changed", "message": message})
    except Exception as error:  # whatever the layer's backend raises: watchers re-read, the learner must not notice
        log.warning("broadcast failed group=%s error=%s", group, type(error).__name__)
