"""One call after another: what is noted of each, and which of them stays."""

import pytest
from asgiref.sync import sync_to_async

from tests.capture import answered
from tests.peers import inside
from tutor.models import Connection
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
