"""How the site stands, out of the database."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.asserts import assertNumQueries

from tutor.models import Attempt, Connection, DayUse, Pulse
from tutor.services import operating, pulses


def call(attempt: Attempt, *, ago: timedelta, wait: float | None = None, **facts: object) -> Connection:
    """A call that was asked for so long ago, and answered after so many seconds."""
    at = timezone.now() - ago
    answered = None if wait is None else at + timedelta(seconds=wait)
    made = attempt.connections.create(visit=attempt.visits.get(), config={}, answered_at=answered, **facts)
    made.requested_at = at
    made.save()
    return made


def test_calls_are_sorted_into_minutes_and_hours(attempt) -> None:
    now = timezone.now()
    call(attempt, ago=timedelta(seconds=5), wait=1.0, ended_at=now)
    call(attempt, ago=timedelta(seconds=10), wait=3.0, ended_at=now)
    call(attempt, ago=timedelta(minutes=5, seconds=30), error="provider_busy", ended_at=now)
    call(attempt, ago=timedelta(hours=3, minutes=30), wait=2.0, error="silent", ended_at=now)
    call(attempt, ago=timedelta(hours=25), wait=9.0, ended_at=now)

    with assertNumQueries(2):
        found = operating.course()

    assert [(place, span.calls, span.failed, span.wait) for place, span in enumerate(found.minutes) if span.calls] == [
        (54, 1, 1, None),
        (59, 2, 0, 2.0),
    ]
    assert [(place, span.calls, span.failed) for place, span in enumerate(found.hours) if span.calls] == [
        (20, 1, 0),
        (23, 3, 1),
    ]
    assert (found.calls, found.failed) == (4, 1)
    assert found.failures == (("provider_busy", 1),)
    assert found.waits == (2.0, 3.0)


def test_site_without_calls_has_no_waits(db) -> None:
    found = operating.course()

    assert (found.calls, found.failures, found.faults, found.waits) == (0, (), (), None)
    assert (len(found.minutes), len(found.hours)) == (60, 24)


def test_what_waits_is_counted(attempt) -> None:
    now = timezone.now()
    call(attempt, ago=timedelta(minutes=1), wait=1.0, heard_at=now)
    call(
        attempt,
        ago=timedelta(minutes=9),
        wait=1.0,
        call_id="rtc_1",
        ended_at=now,
        hang_up_at=now - timedelta(minutes=5),
    )
    today = timezone.localdate()
    DayUse.objects.create(attempt=attempt, day=today, model="a", cost=Decimal("0.25"))
    DayUse.objects.create(attempt=attempt, day=today, model="b", cost=None)
    DayUse.objects.create(attempt=attempt, day=today - timedelta(days=1), model="a", cost=Decimal("0.5"))

    with assertNumQueries(5):
        found = operating.standing()

    assert (found.calls_open, found.hang_ups_due, found.hang_ups_late, found.unheard_calls) == (1, 1, 1, 0)
    assert (found.digests_due, found.cost_today) == (1, Decimal("0.25"))
    assert operating.spent_by_day()[-2:] == [
        (today - timedelta(days=1), Decimal("0.5")),
        (today, Decimal("0.25")),
    ]


def test_machine_is_described(db) -> None:
    assert operating.database_size() > 10_000
    names = dict(operating.versions())
    assert set(names) == {"Viva", "Python", "Django", connection.display_name}
    assert all(disk.size >= disk.free > 0 for disk in operating.disks())


# --- Processes -----------------------------------------------------------------------------------


@pytest.fixture
def itself(monkeypatch) -> pulses._Self:
    """A process that has not said anything yet."""
    monkeypatch.setattr(pulses, "_self", pulses._Self())
    return pulses._self


def test_process_says_again_and_again_that_it_is_there(db, itself) -> None:
    pulses.give_sign(Pulse.Role.SERVER)
    first = Pulse.objects.get()
    pulses.note_round()
    pulses.give_sign(Pulse.Role.SERVER)

    again = Pulse.objects.get()
    assert (again.pk, again.started_at) == (first.pk, first.started_at)
    assert again.seen_at > first.seen_at
    assert (first.tended_at, again.tended_at) == (None, itself.tended_at)
    assert not pulses.is_missing(again)


def test_process_that_was_killed_is_missed_for_a_day(db, itself) -> None:
    pulses.give_sign(Pulse.Role.SERVER)
    Pulse.objects.update(name="killed", seen_at=timezone.now() - timedelta(minutes=2))
    pulses.give_sign(Pulse.Role.SERVER)
    assert sorted((one.name, pulses.is_missing(one)) for one in pulses.processes()) == sorted(
        [("killed", True), (itself.name, False)]
    )

    Pulse.objects.filter(name="killed").update(seen_at=timezone.now() - timedelta(days=2))
    pulses.give_sign(Pulse.Role.SERVER)

    assert [one.name for one in pulses.processes()] == [itself.name]


@pytest.mark.django_db(transaction=True)
async def test_process_that_goes_is_not_missed(itself) -> None:
    import asyncio

    signed = asyncio.Event()
    loop = asyncio.get_running_loop()
    give_sign = pulses.give_sign

    def give_and_tell(role: Pulse.Role) -> None:
        give_sign(role)
        loop.call_soon_threadsafe(signed.set)

    pulses.give_sign = give_and_tell
    try:
        beating = asyncio.ensure_future(pulses.beat(Pulse.Role.TENDER))
        await signed.wait()
        assert await Pulse.objects.acount() == 1

        await pulses.end(beating)
    finally:
        pulses.give_sign = give_sign

    assert await Pulse.objects.acount() == 0
