"""One call after another: what is noted of each, and which of them stays."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from tests import lessons
from tests.capture import answered, call_made
from tests.peers import inside
from tutor.models import Attempt, Connection
from tutor.peers import client
from tutor.services import attempts, connections, sideband
from tutor.services.errors import AttemptEndedError

pytestmark = pytest.mark.django_db(transaction=True)
OFFER = b"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


async def test_open_connection_notes_the_call_before_the_provider_hears_of_it(provider, attempt):
    noted: list[tuple[str, str]] = []

    async def look_first(writer) -> bool:
        noted.extend([(row.call_id, row.config["type"]) async for row in Connection.objects.all()])
        return await answered(400)(writer)

    provider.answers.append(look_first)

    with pytest.raises(client.ProviderError):
        await connections.open_connection(attempt, OFFER)

    assert noted == [("", "realtime")]


async def test_open_connection_holds_no_lock_while_it_waits(provider, attempt):
    async def end_meanwhile(writer) -> bool:
        await sync_to_async(attempts.end_attempt)(attempt)
        return await answered(400)(writer)

    provider.answers.append(end_meanwhile)

    with pytest.raises(client.ProviderError):
        await connections.open_connection(attempt, OFFER)

    await attempt.arefresh_from_db()
    assert attempt.outcome == "left"


async def test_open_connection_refuses_an_ended_attempt(provider, attempt):
    await sync_to_async(attempts.end_attempt)(attempt)

    with pytest.raises(AttemptEndedError):
        await connections.open_connection(attempt, OFFER)

    assert provider.requests == []


async def test_open_connection_asks_for_the_stage_the_attempt_is_in(provider, attempt):
    await attempt.visits.aupdate(session={"instructions": "as stored", "tools": []})

    connection, _ = await connections.open_connection(attempt, OFFER)

    assert (connection.config["instructions"], connection.config["tools"]) == ("as stored", [])


async def test_open_connection_logs_the_call(provider, attempt, caplog, settings):
    settings.REALTIME_MODEL = "gpt-realtime-2.1"

    with caplog.at_level("INFO"):
        await connections.open_connection(attempt, OFFER)

    line = next(message for message in caplog.messages if message.startswith("call made"))
    assert line.rpartition(" ms=")[0] == f"call made attempt={attempt.code} call=rtc_1 model=gpt-realtime-2.1"


@pytest.mark.parametrize(
    ("mode", "state", "listened"), [("off", "", 0), ("server", "awaited", 1), ("workers", "awaited", 0)]
)
async def test_answered_call_is_listened_to_where_a_second_record_is_kept(
    provider, attempt, settings, mode, state, listened
):
    settings.SIDEBAND = mode

    connection, _ = await connections.open_connection(attempt, OFFER)

    await connection.arefresh_from_db()
    assert (connection.witness, sideband.listeners().count) == (state, listened)
    await sideband.end_all()


async def test_rehearsal_inside_is_listened_to_by_its_own_server_even_where_there_are_workers(attempt, settings):
    settings.SIDEBAND, settings.REHEARSAL_APP = "workers", inside.PATH

    connection, _ = await connections.open_connection(attempt, OFFER)

    assert (connection.witness, sideband.listeners().count) == ("awaited", 1)
    await sideband.end_all()
    await client.close()


# --- One learner, one call, whatever lessons they are in ---


@pytest.fixture
def second(attempt, learner) -> Attempt:
    """Another lesson of the same learner."""
    return attempts.start_attempt(lessons.publish(slug="second"), learner=learner)[0]


@pytest.fixture
def of_another(attempt, other_learner) -> Attempt:
    """The same lesson, of another learner."""
    return attempts.start_attempt(attempt.lesson, learner=other_learner)[0]


@pytest.fixture
def news(monkeypatch) -> list[tuple[int, str, str]]:
    """What rooms are told: of which attempt, what, and of which call."""
    told: list[tuple[int, str, str]] = []
    monkeypatch.setattr(
        connections, "tell", lambda attempt, message: told.append((attempt.pk, message["type"], message["connection"]))
    )
    return told


async def going_on() -> set[str]:
    return {call.call_id async for call in Connection.objects.filter(ended_at__isnull=True)}


async def test_a_call_in_another_lesson_hangs_up_the_one_before(provider, attempt, second, of_another, news):
    first, _ = await connections.open_connection(attempt, OFFER)
    others, _ = await connections.open_connection(of_another, OFFER)
    news.clear()
    latest, _ = await connections.open_connection(second, OFFER)
    await asyncio.gather(*connections._hang_ups)

    hung_up = [request.line for request in provider.requests if "hangup" in request.line]
    assert hung_up == [f"POST /v1/realtime/calls/{first.call_id}/hangup HTTP/1.1"]
    assert await going_on() == {latest.call_id, others.call_id}
    # Both rooms are told, and nobody else's.
    assert sorted(news) == sorted((one.pk, "connection.replaced", str(latest.code)) for one in (attempt, second))


async def test_an_earlier_call_that_is_answered_late_gives_way_though_it_is_in_another_lesson(
    provider, attempt, second
):
    asked, release = asyncio.Event(), asyncio.Event()

    async def late(writer) -> bool:
        asked.set()
        await release.wait()
        return await call_made("rtc_early")(writer)

    provider.answers.extend([late, call_made("rtc_late"), answered(200)])
    early = asyncio.create_task(connections.open_connection(attempt, OFFER))
    await asked.wait()
    await connections.open_connection(second, OFFER)
    release.set()
    await early
    await asyncio.gather(*connections._hang_ups)

    assert await going_on() == {"rtc_late"}


async def test_the_state_of_a_lesson_names_the_call_in_another_one_as_long_as_it_goes_on(provider, attempt, second):
    state = sync_to_async(attempts.state)
    own, _ = await connections.open_connection(attempt, OFFER)
    latest, _ = await connections.open_connection(second, OFFER)

    here, there = await state(attempt), await state(second)
    assert (here["connection"], here["elsewhere"]) == (str(latest.code), "Ordering in a café")
    assert (there["connection"], there["elsewhere"]) == (str(latest.code), None)

    await Connection.objects.filter(pk=latest.pk).aupdate(ended_at=timezone.now())
    here = await state(attempt)
    assert (here["connection"], here["elsewhere"]) == (str(own.code), None)


async def test_two_lessons_of_one_learner_that_call_at_once_end_with_one_call(provider, attempt, second):
    await asyncio.gather(*(connections.open_connection(one, OFFER) for one in [attempt, second] * 5))
    await asyncio.gather(*connections._hang_ups)

    assert len(await going_on()) == 1
