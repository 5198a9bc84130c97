"""Calls that nobody ends: their room has gone, their hour is over, their answer never came."""

import asyncio
import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests import lessons
from tests.capture import answered, closed_port
from tests.peers import inside
from tests.services.calling import call_in
from tutor.models import Attempt, Connection
from tutor.peers import client
from tutor.services import attempts, connections, hang_ups, journal, tending
from tutor.services.errors import AttemptEndedError
from tutor.services.tending import Round

pytestmark = pytest.mark.django_db(transaction=True)

OFFER = b"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
SECONDS = timedelta(seconds=1)
MINUTES = timedelta(minutes=1)

# Everything in the database goes through another thread here, as in the server.
calling = sync_to_async(call_in)


@pytest.fixture
def talk(provider, attempt) -> Attempt:
    """An attempt whose calls are made with a provider."""
    assert not attempt.is_rehearsal
    return attempt


def hung_up(provider) -> list[str]:
    """Ids of the calls that the provider was told to end."""
    paths = [request.line.split()[1] for request in provider.requests]
    return [path.split("/")[-2] for path in paths if path.endswith("/hangup")]


def will_hang_up(provider, *statuses: int) -> None:
    provider.answers.extend(answered(status) for status in statuses)


async def facts(call: Connection) -> tuple[bool, bool, str]:
    """Whether a call is over, whether the provider is still to be told, and what went wrong."""
    await call.arefresh_from_db()
    return call.ended_at is not None, call.hang_up_at is not None, call.error


async def tend(**options: object) -> Round:
    return await tending.tend(**{"here": True} | options)


# --- A room that has gone --------------------------------------------------------------------------------------------


async def test_a_call_whose_room_is_heard_goes_on(provider, talk):
    call = await calling(talk, heard=44 * SECONDS)

    assert not await tend()
    assert await facts(call) == (False, False, "")
    assert hung_up(provider) == []


async def test_a_call_whose_room_is_not_heard_any_more_is_hung_up_and_its_attempt_stays_open(provider, talk):
    call = await calling(talk, heard=46 * SECONDS)
    will_hang_up(provider, 200)

    assert await tend() == Round(silent=1, hung_up=1)
    assert await facts(call) == (True, False, "silent")
    assert hung_up(provider) == [call.call_id]
    await talk.arefresh_from_db()
    state = await sync_to_async(attempts.state)(talk)
    assert (talk.ended_at, state["ended"], state["stage"]["key"]) == (None, False, "warm-up")


async def test_the_learner_comes_back_to_a_new_call_in_the_same_stage(provider, talk):
    await calling(talk, heard=46 * SECONDS)
    will_hang_up(provider, 404)
    await tend()

    connection, _ = await connections.open_connection(talk, OFFER)

    assert await sync_to_async(lambda: connection.visit.stage_key)() == "warm-up"
    assert await tend() == Round()


async def test_the_lease_is_a_setting(provider, talk, settings):
    settings.CALL_LEASE = 90
    await calling(talk, heard=80 * SECONDS)

    assert not await tend()


async def test_a_call_that_the_provider_gave_no_id_is_ended_and_cannot_be_hung_up(provider, talk):
    call = await calling(talk, heard=46 * SECONDS, call_id="")

    assert await tend() == Round(silent=1)
    assert await facts(call) == (True, False, "silent")


async def test_a_silence_that_began_while_nobody_could_be_heard_is_no_sign(provider, talk):
    call = await calling(talk, heard=300 * SECONDS)

    assert not await tend(heard_since=timezone.now() - 44 * SECONDS)
    assert await facts(call) == (False, False, "")

    will_hang_up(provider, 200)
    assert await tend(heard_since=timezone.now() - 46 * SECONDS) == Round(silent=1, hung_up=1)


async def test_a_beat_that_is_being_stored_saves_the_call(provider, talk):
    call = await calling(talk, heard=46 * SECONDS)
    storing, go_on = threading.Event(), threading.Event()

    def beat() -> None:
        with transaction.atomic():
            journal.store_entries(talk, [], connection=str(call.code))
            storing.set()
            go_on.wait(20)
        connection.close()

    beating = asyncio.create_task(asyncio.to_thread(beat))
    await asyncio.to_thread(storing.wait, 20)
    tended = asyncio.create_task(tend())
    if connection.features.has_select_for_update_skip_locked:
        # Not held up by the beat either.
        await tended
    go_on.set()
    await beating

    assert await tended == Round()
    assert await facts(call) == (False, False, "")


async def test_an_old_browser_that_never_beats_cannot_keep_a_call(provider, talk):
    await calling(talk, answered=46 * SECONDS, heard=46 * SECONDS)
    will_hang_up(provider, 200)

    assert await tend() == Round(silent=1, hung_up=1)


# --- The hour --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "is_over"), [(60 * MINUTES + 9 * SECONDS, False), (60 * MINUTES + 11 * SECONDS, True)])
async def test_a_call_that_has_had_its_hour_is_hung_up_though_its_room_is_heard(provider, talk, age, is_over):
    call = await calling(talk, answered=age, heard=SECONDS)
    will_hang_up(provider, 200)

    assert await tend() == (Round(expired=1, hung_up=1) if is_over else Round())
    assert await facts(call) == (is_over, False, "expired" if is_over else "")
    await talk.arefresh_from_db()
    assert talk.ended_at is None


# --- The time of a lesson --------------------------------------------------------------------------------------------


async def begun(attempt: Attempt, *minutes: int) -> None:
    """Calls of an attempt that lasted so long, the last of which goes on; it began long ago."""
    await Attempt.objects.filter(pk=attempt.pk).aupdate(started_at=timezone.now() - timedelta(days=2))
    for length in minutes[:-1]:
        await calling(attempt, answered=length * MINUTES, ended_at=timezone.now())
    await calling(attempt, answered=minutes[-1] * MINUTES, heard=SECONDS)


@pytest.mark.parametrize(
    ("minutes", "is_over"), [((30, 29), False), ((30, 31), True), ((59,), False), ((50, 9, 2), True)]
)
async def test_a_lesson_ends_when_all_its_time_was_spent_in_calls(provider, talk, minutes, is_over):
    await begun(talk, *minutes)

    assert await tend() == (Round(over_time=1) if is_over else Round())
    await talk.arefresh_from_db()
    assert talk.outcome == ("time_up" if is_over else "")


async def test_the_call_of_a_lesson_whose_time_is_up_is_hung_up_should_the_page_not_do_it(provider, talk):
    await begun(talk, 30, 31)
    await tend()
    will_hang_up(provider, 200)

    assert await tend() == Round()
    with time_machine.travel(timezone.now() + 11 * SECONDS):
        assert await tend() == Round(hung_up=1)
    with pytest.raises(AttemptEndedError):
        await connections.open_connection(talk, OFFER)


@pytest.mark.parametrize(("overtime", "minutes", "is_over"), [(13, 64, False), (13, 66, True), (0, 300, False)])
async def test_how_much_time_a_lesson_has_is_a_setting(provider, talk, settings, overtime, minutes, is_over):
    settings.LESSON_OVERTIME = overtime
    await begun(talk, *[20] * (minutes // 20), minutes % 20)

    assert bool(await tend()) is is_over


async def test_who_is_in_no_call_has_no_clock(provider, talk):
    await begun(talk, 50, 50)
    await Connection.objects.aupdate(ended_at=timezone.now())

    assert await tend() == Round()


async def test_servers_that_tend_at_once_end_a_lesson_once(provider, talk):
    await begun(talk, 30, 31)

    rounds = await asyncio.gather(*(tend() for _ in range(3)))

    assert sum(one.over_time for one in rounds) == 1


# --- An answer that never came ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "is_closed"), [(69 * SECONDS, False), (71 * SECONDS, True)])
async def test_what_a_server_asked_for_that_was_killed_is_closed(provider, talk, age, is_closed):
    call = await calling(talk, answered=None)
    await Connection.objects.aupdate(requested_at=timezone.now() - age)

    assert await tend() == (Round(unanswered=1) if is_closed else Round())
    assert await facts(call) == (is_closed, False, "unanswered" if is_closed else "")
    assert provider.requests == []


async def test_an_answer_after_the_attempt_has_ended_is_hung_up(provider, talk):
    async def end_meanwhile(writer) -> bool:
        await sync_to_async(attempts.end_attempt)(talk)
        return await provider._make_call()(writer)

    provider.answers.append(end_meanwhile)
    connection, _ = await connections.open_connection(talk, OFFER)
    will_hang_up(provider, 200)

    assert await facts(connection) == (True, True, "")
    with time_machine.travel(timezone.now() + 11 * SECONDS):
        assert await tend() == Round(hung_up=1)
    assert await facts(connection) == (True, False, "")


# --- Attempts that have ended ----------------------------------------------------------------------------------------


async def test_the_call_of_an_attempt_that_was_left_is_hung_up_after_ten_seconds(provider, talk):
    call = await calling(talk)
    await sync_to_async(attempts.end_attempt)(talk)
    will_hang_up(provider, 200)

    assert await tend() == Round()
    with time_machine.travel(timezone.now() + 11 * SECONDS):
        assert await tend() == Round(hung_up=1)
    assert hung_up(provider) == [call.call_id]


# --- Exactly once ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def silent(provider, learner, other_learner) -> list[Connection]:
    """Five calls whose rooms have gone."""

    def make() -> list[Connection]:
        lesson = lessons.publish()
        third = User.objects.create_user("tilda")
        begun = [attempts.start_attempt(lesson, learner=who)[0] for who in (learner, other_learner, third)]
        return [call_in(attempt, heard=50 * SECONDS) for attempt in (*begun, *begun[:2])]

    return await sync_to_async(make)()


async def test_servers_that_tend_at_once_hang_up_each_call_once(provider, silent):
    will_hang_up(provider, *[200] * 20)

    rounds = await asyncio.gather(*(tend() for _ in range(4)))

    assert sorted(hung_up(provider)) == sorted(call.call_id for call in silent)
    assert (sum(one.silent for one in rounds), sum(one.hung_up for one in rounds)) == (5, 5)
    assert await tend() == Round()


async def test_a_hang_up_whose_server_died_is_carried_out_by_another_a_little_later(provider, silent):
    now = timezone.now()
    await sync_to_async(tending.end_silent)(now)
    # Claimed, and never heard of again.
    assert len(await sync_to_async(hang_ups.claim)(now, here=True)) == 5
    will_hang_up(provider, *[200] * 5)

    assert await tend() == Round()
    with time_machine.travel(now + 31 * SECONDS):
        assert await tend() == Round(hung_up=5)


async def test_rounds_take_the_same_queries_for_one_call_and_for_three(provider, silent, django_assert_num_queries):
    def look(count: int) -> int:
        Connection.objects.filter(pk__in=[call.pk for call in silent[count:]]).update(ended_at=timezone.now())
        now = timezone.now()
        # A transaction 2, the silent calls 1, their end 1.
        with django_assert_num_queries(4):
            ended = tending.end_silent(now)
        # A transaction 2, the due ones 1, their claim 1.
        with django_assert_num_queries(4):
            claimed = hang_ups.claim(now, here=True)
        # Told 1.
        with django_assert_num_queries(1):
            hang_ups._note(claimed, [True] * count)
        Connection.objects.update(ended_at=None)
        return ended

    assert [await sync_to_async(look)(count) for count in (1, 3)] == [1, 3]


async def test_a_round_with_nothing_to_do_takes_few_queries(provider, talk, django_assert_num_queries):
    duties = (
        tending.end_silent,
        tending.end_expired,
        tending.close_unanswered,
        tending.end_over_time,
        tending.end_spent,
        tending.end_switched_off,
        hang_ups.give_up,
    )

    def look() -> None:
        now = timezone.now()
        # Three duties and a claim with a transaction 2 and a look 1 each, the lessons 1, budgets 1, the switch 1, and
        # one to give up.
        with django_assert_num_queries(16):
            for duty in duties:
                assert duty(now) == 0
            assert hang_ups.claim(now, here=True) == []

    await calling(talk)
    await sync_to_async(look)()


# --- A provider that cannot be told ----------------------------------------------------------------------------------


async def test_a_hang_up_that_fails_is_tried_again_at_the_next_round(provider, talk, settings, caplog):
    call = await calling(talk, heard=46 * SECONDS)
    url, settings.REALTIME_BASE_URL = settings.REALTIME_BASE_URL, f"http://127.0.0.1:{closed_port()}/v1"

    with caplog.at_level("WARNING"):
        assert await tend() == Round(silent=1, unreached=1)
        assert await tend() == Round(unreached=1)

    line = f"hang-up failed attempt={talk.code} call={call.call_id} error=provider_unreachable"
    assert [message for message in caplog.messages if message.startswith("hang-up")] == [line] * 2
    assert await facts(call) == (True, True, "silent")
    settings.REALTIME_BASE_URL = url
    will_hang_up(provider, 200)
    assert await tend() == Round(hung_up=1)


async def test_a_hang_up_is_given_up_when_no_provider_can_still_have_the_call(provider, talk, caplog):
    call = await calling(talk, answered=119 * MINUTES, ended_at=timezone.now(), hang_up_at=timezone.now())

    with time_machine.travel(timezone.now() + 2 * MINUTES), caplog.at_level("ERROR"):
        assert await tend() == Round()

    assert await facts(call) == (True, False, "")
    assert (provider.requests, caplog.messages) == ([], ["hang-ups given up count=1"])


async def test_a_replaced_call_that_could_not_be_hung_up_at_once_is_so_later(provider, talk):
    first, _ = await connections.open_connection(talk, OFFER)
    provider.answers.extend([provider._make_call(), answered(503)])
    await connections.open_connection(talk, OFFER)
    await asyncio.gather(*connections._hang_ups)
    assert await facts(first) == (True, True, "")
    will_hang_up(provider, 200)

    assert await tend() == Round(hung_up=1)
    assert hung_up(provider) == [first.call_id] * 2


# --- The rehearsal peer ----------------------------------------------------------------------------------------------


async def test_only_the_process_of_the_rehearsal_peer_hangs_up_its_calls(attempt, settings):
    settings.REHEARSAL_APP = inside.PATH
    inside.asked.clear()
    call = await calling(attempt, heard=46 * SECONDS)

    assert await tend(here=False) == Round(silent=1)
    assert (inside.asked, await facts(call)) == ([], (True, True, "silent"))
    assert await tend(here=True) == Round(hung_up=1)
    assert inside.asked == [(f"/v1/realtime/calls/{call.call_id}/hangup", None)]
    await client.close()


async def test_trials_inside_a_server_with_a_key_are_left_to_it(provider, talk):
    await calling(talk, heard=46 * SECONDS)
    await Attempt.objects.aupdate(is_rehearsal=True)

    assert await tend(here=False) == Round(silent=1)
    assert provider.requests == []


# --- For ever --------------------------------------------------------------------------------------------------------

START = datetime.fromisoformat("2026-11-28T10:00:00+00:00")


def hearing_since(*rounds: int, failing: tuple[int, ...] = ()) -> list[int]:
    """Since when rooms could be heard in rounds at these seconds, some of which failed."""
    hearing = tending.Hearing(every=15)
    heard = []
    for second in rounds:
        heard.append(int((hearing.begin(START + second * SECONDS) - START).total_seconds()))
        if second in failing:
            hearing.fail()
    return heard


def test_rooms_have_the_time_of_a_lease_to_be_heard_after_a_start_a_failure_and_a_sleep():
    assert hearing_since(0, 15, 30, 45) == [0, 0, 0, 0]
    assert hearing_since(0, 15, 30, 45, 60, failing=(15, 30)) == [0, 0, 30, 45, 45]
    assert hearing_since(0, 15, 3600, 3615) == [0, 0, 3600, 3600]
    # A round may take its time, as with a provider that does not answer.
    assert hearing_since(0, 60, 120) == [0, 0, 0]


async def test_tending_goes_on_whatever_happens(monkeypatch, caplog):
    fates = [DatabaseError("gone"), RuntimeError("odd"), Round(hung_up=1), Round()]
    over = asyncio.get_running_loop().create_future()

    async def one_round(**options: object) -> Round:
        fate = fates.pop(0)
        if not fates:
            over.set_result(None)
            await asyncio.get_running_loop().create_future()
        if isinstance(fate, Exception):
            raise fate
        return fate

    monkeypatch.setattr(tending, "tend", one_round)
    with caplog.at_level("INFO"):
        task = asyncio.ensure_future(tending.tend_for_ever(0, here=True))
        await over
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert caplog.messages == [
        "tending failed error=DatabaseError",
        "tending failed",
        "tended silent=0 expired=0 unanswered=0 over_time=0 spent=0 switched_off=0 hung_up=1 unreached=0",
    ]
