"""Telling those who watch, without ever holding up those who work."""

import asyncio
import time

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers, get_channel_layer
from django.db import transaction

from tutor.services import broadcast

pytestmark = pytest.mark.django_db(transaction=True)


class Layer:
    """A channel layer as a test wants it."""

    def __init__(self, fault: Exception | None = None, *, hangs: bool = False) -> None:
        self.sent: list[tuple[str, object]] = []
        self.fault, self.hangs = fault, hangs

    async def group_send(self, group: str, message: dict[str, object]) -> None:
        if self.fault:
            raise self.fault
        if self.hangs:
            await asyncio.Event().wait()
        self.sent.append((group, message))


@pytest.fixture(autouse=True)
def _trusted(monkeypatch):
    """No test before has shown that the layer is broken."""
    monkeypatch.setattr(broadcast, "_quiet_until", 0.0)


@pytest.fixture
def use_layer():
    """Put a layer in the place of the configured one."""
    before = get_channel_layer()

    def use(layer: Layer) -> Layer:
        channel_layers.set("default", layer)
        return layer

    yield use
    channel_layers.set("default", before)


def test_tell_waits_for_the_commit(attempt, use_layer):
    layer = use_layer(Layer())

    with transaction.atomic():
        broadcast.tell(attempt, {"type": "ended"}, {"type": "utterance", "item_id": "i"})
        assert layer.sent == []

    group = f"attempt.{attempt.code}"
    assert layer.sent == [
        (group, {"type": "attempt.changed", "message": {"type": "ended"}}),
        (group, {"type": "attempt.changed", "message": {"type": "utterance", "item_id": "i"}}),
    ]


def test_tell_says_nothing_after_a_rollback(attempt, use_layer):
    layer = use_layer(Layer())

    with transaction.atomic():
        broadcast.tell(attempt, {"type": "ended"})
        transaction.set_rollback(True)

    assert layer.sent == []


def test_tell_forgives_a_broken_layer(attempt, use_layer, caplog):
    use_layer(Layer(ConnectionError("redis://user:secret@host is away")))

    broadcast.tell(attempt, {"type": "ended"})

    assert caplog.messages[-1] == f"broadcast failed group=attempt.{attempt.code} error=ConnectionError"


def test_tell_costs_a_hanging_layer_its_patience_once(attempt, use_layer, caplog, monkeypatch):
    monkeypatch.setattr(broadcast, "PATIENCE", 0.1)
    use_layer(Layer(hangs=True))
    began = time.monotonic()

    broadcast.tell(attempt, *[{"type": "utterance", "item_id": str(number)} for number in range(50)])

    assert 0.1 <= time.monotonic() - began < 0.5
    assert caplog.messages[-1] == f"broadcast failed group=attempt.{attempt.code} error=TimeoutError"


async def test_tell_works_under_a_running_loop(attempt, use_layer):
    layer = use_layer(Layer())

    await sync_to_async(broadcast.tell)(attempt, {"type": "ended"})

    assert len(layer.sent) == 1


def test_tell_leaves_a_broken_layer_alone_for_a_while(attempt, use_layer, caplog, monkeypatch):
    layer = use_layer(Layer(ConnectionError()))
    broadcast.tell(attempt, {"type": "ended"})
    layer.fault = None

    broadcast.tell(attempt, {"type": "ended"})
    assert (layer.sent, len(caplog.messages)) == ([], 1)

    assert 0 < broadcast._quiet_until - time.monotonic() <= broadcast.PAUSE
    monkeypatch.setattr(broadcast, "_quiet_until", time.monotonic())
    broadcast.tell(attempt, {"type": "ended"})
    assert len(layer.sent) == 1
