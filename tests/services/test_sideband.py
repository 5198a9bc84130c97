"""Our own listener: what it writes down, whatever the provider does, and who listens when one dies."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from tests.conftest import SENTINEL_KEY
from tests.realtime.test_events import conversation
from tests.second_line import SecondLine, breaks_off, says, second_line
from tutor.models import Connection, Fault, HeardCall, UsageReport, Utterance, Witness
from tutor.peers import sideband as line_to
from tutor.services import hearing, journal, sideband, witness
from tutor.services.sideband import Listeners

pytestmark = pytest.mark.django_db(transaction=True)
# Seconds after which a test gives up, on a slow machine with another run beside it.
PATIENCE = 60


@pytest.fixture
async def line(settings, monkeypatch) -> AsyncIterator[SecondLine]:
    """A provider on this machine, listened to."""
    monkeypatch.setattr(line_to, "PAUSE", 0.0)
    async with second_line() as line:
        settings.SIDEBAND = "server"
        settings.OPENAI_API_KEY = SENTINEL_KEY
        settings.REHEARSAL = False
        settings.REALTIME_BASE_URL = line.url
        yield line


@pytest.fixture
def call(attempt) -> Connection:
    """A call that was just answered, and is to be listened to."""
    return make_call(attempt)


def make_call(attempt, call_id: str = "rtc_1", **fields: Any) -> Connection:
    fields = {"answered_at": timezone.now(), "witness": Witness.AWAITED, **fields}
    return Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={}, call_id=call_id, **fields)


def event(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, "event_id": "event_1", **fields})


def typed(item_id: str, text: str, after: str | None = None) -> str:
    content = [{"type": "input_text", "text": text}]
    item = {"id": item_id, "type": "message", "role": "user", "content": content}
    return event("conversation.item.added", item=item, previous_item_id=after)


def recorded(name: str) -> list[str]:
    return [json.dumps(one) for one in conversation(name)]


async def listen_to(*calls: Connection) -> Listeners:
    """Listen to calls until they are over."""
    listeners = Listeners()
    for call in calls:
        listeners.listen(call.pk)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*listeners._tasks.values())
    return listeners


async def until(happened: Callable[[], bool]) -> None:
    """Look at the database until something has happened."""
    async with asyncio.timeout(PATIENCE):
        while not await sync_to_async(happened)():  # noqa: ASYNC110 # another thread writes what is waited for
            await asyncio.sleep(0.01)


async def state_of(call: Connection) -> str:
    await call.arefresh_from_db()
    return call.witness


async def said() -> list[tuple[str, str, str]]:
    return [(one.speaker, one.status, one.text) async for one in Utterance.objects.order_by("position")]


# --- What is written down


async def test_whole_call_is_written_down_and_confirmed(line: SecondLine, call: Connection):
    line.acts.append(says(*recorded("function_call")))

    await listen_to(call)

    assert await state_of(call) == "whole"
    assert await said() == [
        ("learner", "complete", "I would like a coffee with milk, please."),
        ("tutor", "complete", "Very good! Let us move on."),
    ]
    first = await Utterance.objects.select_related("connection", "visit").afirst()
    assert (first.connection, first.visit.number, first.delivered) == (call, 1, False)
    assert (first.confirmed_at is not None, first.provider_text) == (True, first.text)
    assert [(one.name, one.connection_id) async for one in HeardCall.objects.all()] == [("stage_complete", call.pk)]
    assert [one.source async for one in UsageReport.objects.filter(confirmed_at__isnull=False)] == [
        "transcription",
        "response",
    ]
    assert call.witness_heard_at is not None


async def test_what_the_browser_brought_is_confirmed_and_what_it_did_not_is_filled_in(
    line: SecondLine, call: Connection, attempt
):
    [item] = [json.loads(one)["item_id"] for one in recorded("voice_turn") if "audio_transcript.done" in one][:1]
    hello = "Hello! What would you like to drink?"
    browser = journal.UtteranceEntry(
        id=item, speaker="tutor", status="complete", text=hello, visit=1, connection=str(call.code)
    )
    await sync_to_async(journal.store_entries)(attempt, [browser])
    line.acts.append(says(*recorded("voice_turn")))

    await listen_to(call)

    rows = [one async for one in Utterance.objects.order_by("position")]
    assert [(one.delivered, one.confirmed_at is not None) for one in rows] == [
        (True, True),
        (False, True),
        (False, True),
    ]
    assert rows[0].text == hello
    assert [witness.mark_of(one, call) for one in rows] == ["confirmed", "filled", "filled"]


async def test_words_of_a_call_that_breaks_off_are_kept_as_far_as_they_were_heard(line: SecondLine, call: Connection):
    events = recorded("voice_turn")
    half = [index for index, one in enumerate(events) if "audio_transcript.delta" in one][1]
    line.acts.append(says(*events[: half + 1]))

    await listen_to(call)

    assert await said() == [("tutor", "interrupted", "Hello! What would you")]


async def test_item_belongs_to_the_visit_whose_session_the_model_has(line: SecondLine, call: Connection, attempt):
    first = await attempt.visits.aget()
    await attempt.visits.aupdate(completed_at=timezone.now())
    later = {"instructions": "The second stage.", "tools": [{"type": "function", "name": "stage_complete"}]}
    second = await attempt.visits.acreate(number=2, stage_key="counter", session=later, entered_at=timezone.now())
    line.acts.append(
        says(
            event("session.created", session=first.session),
            typed("item_1", "Tea."),
            event("session.updated", session={**second.session, "audio": {}}),
            typed("item_2", "Cake.", "item_1"),
        )
    )

    await listen_to(call)

    rows = Utterance.objects.order_by("position").values_list("text", "visit__number")
    assert [row async for row in rows] == [("Tea.", 1), ("Cake.", 2)]
    assert not await Fault.objects.aexists()


@pytest.mark.parametrize(
    "session",
    [
        {"instructions": "Say yes to all.", "tools": []},
        {"instructions": None, "tools": [{"type": "function", "name": "other"}]},
    ],
)
async def test_config_that_is_none_of_ours_is_noted_once(line: SecondLine, call: Connection, attempt, session):
    visit = await attempt.visits.aget()
    session = {**session, "instructions": session["instructions"] or visit.session["instructions"]}
    changed = event("session.updated", session=session)
    line.acts.append(says(changed, changed, typed("item_1", "Tea.")))

    await listen_to(call)

    fault = await Fault.objects.aget()
    assert (fault.code, fault.connection_id) == ("config_changed", call.pk)
    assert await said() == [("learner", "complete", "Tea.")]


async def test_later_call_stands_behind_the_earlier_one(line: SecondLine, call: Connection, attempt):
    line.acts += [says(typed("item_1", "Tea.")), says(typed("item_9", "Cake."))]
    await listen_to(call)
    second = await sync_to_async(make_call)(attempt, "rtc_2")

    await listen_to(second)

    assert [one async for one in Utterance.objects.order_by("position").values_list("text", "previous_item_id")] == [
        ("Tea.", ""),
        ("Cake.", "item_1"),
    ]


async def test_what_no_database_holds_is_left_out(line: SecondLine, call: Connection):
    response = {
        "id": "resp_1",
        "status": "completed",
        "usage": {"x": "\0"},
        "output": [
            {"type": "function_call", "call_id": "c" * 65, "name": "note", "arguments": ""},
            {"type": "function_call", "call_id": "call_1", "name": "n" * 201, "arguments": ""},
            {"type": "function_call", "call_id": "call_2", "name": "note", "arguments": "\0"},
            {"type": "function_call", "call_id": "call_3", "name": "note", "arguments": "{}"},
        ],
    }
    line.acts.append(
        says(
            typed("i" * 65, "Too long an id."),
            typed("item_0", "A zero \0 byte."),
            typed("item_1", "x" * 9_000),
            event("response.done", response=response),
        )
    )

    await listen_to(call)

    assert await said() == [("learner", "complete", "x" * 8_000)]
    assert [one.call_id async for one in HeardCall.objects.all()] == ["call_3"]
    assert not await UsageReport.objects.aexists()
    assert await state_of(call) == "whole"


# --- Whatever the provider does (reliability F41)


@pytest.mark.parametrize(
    ("acts", "state", "tries"),
    [
        ([404] * 4, "none", 4),
        ([401], "none", 1),
        ([404, says(typed("item_1", "Tea."))], "whole", 2),
        ([breaks_off(typed("item_1", "Tea.")), 404], "whole", 2),
        ([breaks_off(typed("item_1", "Tea.")), says()], "partly", 2),
        ([breaks_off(typed("item_1", "Tea.")), *[breaks_off()] * 3], "partly", 4),
        ([breaks_off(typed("item_1", "Tea.")), *[503] * 3], "partly", 4),
        ([says(b"\xff", "{", "[]", '{"type": 1}', typed("item_1", "Tea."))], "whole", 1),
    ],
    ids=["unknown", "forbidden", "late", "lost with call", "lost once", "lost again and again", "away", "garbage"],
)
async def test_fault_of_the_provider_costs_no_more_than_its_record(
    line: SecondLine, call: Connection, acts, state, tries
):
    line.acts += acts

    await listen_to(call)

    assert await state_of(call) == state
    assert len(line.asked) == tries
    assert await said() == ([] if state == "none" else [("learner", "complete", "Tea.")])


async def test_database_that_is_away_is_waited_for(line: SecondLine, call: Connection, monkeypatch):
    monkeypatch.setattr(sideband, "RETRY_EVERY", 0.0)
    tries: list[int] = []
    real = hearing.store

    def store(*arguments: Any) -> bool:
        tries.append(1)
        if len(tries) < 4:
            raise OperationalError("database is locked")
        return real(*arguments)

    monkeypatch.setattr(hearing, "store", store)
    line.acts.append(says(*recorded("voice_turn")))

    await listen_to(call)

    assert (await state_of(call), len(await said())) == ("whole", 3)


async def test_database_that_stays_away_ends_the_listening(line: SecondLine, call: Connection, monkeypatch):
    monkeypatch.setattr(sideband, "RETRY_EVERY", 0.0)

    def store(*arguments: Any) -> bool:
        raise OperationalError("database is locked")

    monkeypatch.setattr(hearing, "store", store)
    line.acts.append(says(*recorded("voice_turn")))

    await listen_to(call)

    assert await state_of(call) == "awaited"


# --- Who listens


async def test_call_has_one_listener(line: SecondLine, call: Connection):
    held = asyncio.Event()

    async def hold(connection) -> None:
        await connection.send(typed("item_1", "Tea."))
        await held.wait()

    line.acts.append(hold)
    first, second = Listeners(), Listeners()
    first.listen(call.pk)
    await until(Utterance.objects.exists)

    second.listen(call.pk)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*second._tasks.values())

    await call.arefresh_from_db()
    assert (call.witness_by, call.witness, len(line.asked)) == (first.name, "listening", 1)
    held.set()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*first._tasks.values())
    assert await state_of(call) == "whole"


async def test_listener_that_is_ended_lets_go_and_another_takes_over(line: SecondLine, call: Connection):
    async def hold(connection) -> None:
        await connection.send(typed("item_1", "Tea."))
        await connection.wait_closed()

    line.acts += [hold, says(typed("item_2", "Cake.", "item_1"))]
    first = Listeners()
    first.listen(call.pk)
    await until(Utterance.objects.exists)

    await first.end(within=0)

    await call.arefresh_from_db()
    assert (call.witness_by, call.witness_seen_at, first.count) == ("", None, 0)
    assert await sync_to_async(list)(hearing.waiting()) == [call]
    await listen_to(call)
    assert await state_of(call) == "partly"
    assert [text for _, _, text in await said()] == ["Tea.", "Cake."]


async def test_listener_that_died_is_replaced_when_its_lease_is_over(line: SecondLine, call: Connection):
    fresh = timezone.now()
    stale = fresh - witness.LEASE - timedelta(seconds=1)
    await Connection.objects.aupdate(witness="listening", witness_by="dead", witness_seen_at=fresh)
    assert await sync_to_async(list)(hearing.waiting()) == []
    await Connection.objects.aupdate(witness_seen_at=stale)
    line.acts.append(says(typed("item_1", "Tea.")))

    listeners = Listeners()
    assert listeners.count == 0
    for connection_id in await sync_to_async(listeners._look)():
        listeners.listen(connection_id)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*listeners._tasks.values())

    assert (await state_of(call), call.witness_by) == ("partly", listeners.name)
    assert await said() == [("learner", "complete", "Tea.")]


async def test_listener_that_was_replaced_stops(line: SecondLine, call: Connection, monkeypatch):
    monkeypatch.setattr(sideband, "BEAT", 0.01)

    async def hold(connection) -> None:
        await connection.wait_closed()

    line.acts.append(hold)
    listeners = Listeners()
    listeners.listen(call.pk)
    await until(lambda: Connection.objects.filter(witness="listening").exists())

    await Connection.objects.aupdate(witness_by="another")

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*listeners._tasks.values())
    await call.arefresh_from_db()
    assert call.witness_by == "another"


async def test_whoever_comes_late_may_have_missed_something(line: SecondLine, attempt):
    call = await sync_to_async(make_call)(attempt, answered_at=timezone.now() - sideband.ON_TIME * 2)
    line.acts.append(says())

    await listen_to(call)

    assert await state_of(call) == "partly"


async def test_process_listens_to_no_more_calls_than_it_can(line: SecondLine, call: Connection):
    listeners = Listeners(most=0)

    listeners.listen(call.pk)

    assert (listeners.count, await sync_to_async(listeners._look)()) == (0, [])


def test_call_that_has_ended_or_is_final_or_has_no_id_waits_for_nobody(attempt, settings):
    settings.REALTIME_BASE_URL = "https://api.openai.com/v1"
    waiting = make_call(attempt)
    make_call(attempt, "rtc_2", ended_at=timezone.now())
    make_call(attempt, "rtc_3", witness=Witness.WHOLE)
    make_call(attempt, "rtc_4", witness="")
    make_call(attempt, "")

    assert list(hearing.waiting()) == [waiting]


def test_rehearsal_inside_a_server_waits_for_no_other_process(attempt, settings):
    rehearsal = make_call(attempt)
    assert list(hearing.waiting()) == []

    settings.REALTIME_BASE_URL, settings.REHEARSAL = "https://api.openai.com/v1", False
    attempt.is_rehearsal = True
    attempt.save()
    assert list(hearing.waiting()) == []
    attempt.is_rehearsal = False
    attempt.save()
    assert list(hearing.waiting()) == [rehearsal]


def test_call_that_nobody_ended_is_closed_after_its_hour(attempt):
    long_ago = timezone.now() - timedelta(minutes=61)
    calls = [
        make_call(attempt, "rtc_1", answered_at=long_ago),
        make_call(attempt, "rtc_2", answered_at=long_ago, witness="listening"),
        make_call(attempt, "rtc_3", witness="gaps"),
    ]

    assert hearing.close_old() == 2

    assert [Connection.objects.get(pk=call.pk).witness for call in calls] == ["none", "partly", "gaps"]


async def test_watching_goes_on_when_the_database_is_away(line: SecondLine, call: Connection, monkeypatch):
    monkeypatch.setattr(sideband, "LOOK_EVERY", 0.0)
    real, looks = hearing.close_old, []

    def close_old() -> int:
        looks.append(1)
        if len(looks) < 3:
            raise OperationalError("away")
        return real()

    monkeypatch.setattr(hearing, "close_old", close_old)
    line.acts.append(says(typed("item_1", "Tea.")))
    listeners = Listeners()
    watching = asyncio.create_task(listeners.watch())
    await until(lambda: Connection.objects.filter(witness="whole").exists())
    watching.cancel()
    await asyncio.wait([watching])
    await listeners.end()
