"""The switch that stops all calls."""

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.utils import timezone

from tests.capture import answered
from tests.services.calling import call_in
from tutor.models import Connection, Switch
from tutor.services import attempts, connections, switch, tending
from tutor.services.errors import CallsOffError
from tutor.services.tending import Round

pytestmark = pytest.mark.django_db(transaction=True)
OFFER = b"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


def test_calls_are_allowed_until_somebody_says_otherwise(db, learner):
    assert switch.off() is None

    switch.turn(allowed=False, reason=" We are looking into it. ", by=learner)
    found = switch.off()
    assert (found.reason, found.changed_by) == ("We are looking into it.", learner)

    switch.turn(allowed=True)
    assert switch.off() is None
    assert Switch.objects.count() == 1


async def test_no_call_is_made_while_calls_are_off(provider, attempt):
    await sync_to_async(switch.turn)(allowed=False, reason="We are looking into it.")

    with pytest.raises(CallsOffError) as caught:
        await connections.open_connection(attempt, OFFER)

    assert caught.value.message == (
        "We are looking into it. Nothing is lost: what you said is kept, and the lesson goes on where you stopped."
    )
    assert (provider.requests, await Connection.objects.acount()) == ([], 0)
    await sync_to_async(switch.turn)(allowed=True)
    await connections.open_connection(attempt, OFFER)


async def test_calls_that_go_on_are_hung_up_in_one_round(provider, attempt, monkeypatch):
    monkeypatch.setattr("tutor.services.hang_ups.MOST", 3)
    calls = [await sync_to_async(call_in)(attempt) for _ in range(7)]
    provider.answers.extend([answered(200)] * 7)
    await sync_to_async(switch.turn)(allowed=False)

    assert await tending.tend(here=True) == Round(switched_off=7, hung_up=7)

    told = sorted(request.line.split("/")[4] for request in provider.requests)
    assert told == sorted(call.call_id for call in calls)
    assert {call.error async for call in Connection.objects.all()} == {"calls_off"}
    await attempt.arefresh_from_db()
    assert attempt.ended_at is None


async def test_a_call_that_slips_through_is_hung_up_by_the_next_round(provider, attempt):
    async def switched_off_meanwhile(writer) -> bool:
        await sync_to_async(switch.turn)(allowed=False)
        return await provider._make_call()(writer)

    provider.answers.append(switched_off_meanwhile)
    await connections.open_connection(attempt, OFFER)
    provider.answers.append(answered(200))

    with time_machine.travel(timezone.now()):
        assert await tending.tend(here=True) == Round(switched_off=1, hung_up=1)


def test_the_state_says_why_no_call_can_be_made(attempt):
    switch.turn(allowed=False, reason="We are looking into it.")

    barred = attempts.state(attempt)["barred"]

    assert barred["code"] == "calls_off"
    assert barred["message"].startswith("We are looking into it. Nothing is lost")


def test_without_a_reason_learners_are_told_that_the_tutor_is_off(attempt):
    switch.turn(allowed=False)

    assert attempts.state(attempt)["barred"]["message"].startswith("The tutor is switched off for now. Nothing")


def test_who_switches_is_put_down_in_the_log(learner, caplog):
    switch.turn(allowed=False, reason="Costs", by=learner)
    switch.turn(allowed=True)

    assert caplog.messages == [
        f"calls switched off by={learner.pk} reason=Costs",
        "calls switched on by=the command line",
    ]
