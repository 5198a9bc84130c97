"""The second line to a call: what is heard, what ends it, and how often it is tried."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from tests.conftest import SENTINEL_KEY
from tests.second_line import SecondLine, breaks_off, says, second_line
from tutor.peers import sideband
from tutor.peers.sideband import Opened, SidebandError

FIRST, AGAIN = Opened(again=False), Opened(again=True)


@pytest.fixture
async def line(settings, monkeypatch) -> AsyncIterator[SecondLine]:
    monkeypatch.setattr(sideband, "PAUSE", 0.0)
    async with second_line() as line:
        settings.OPENAI_API_KEY = SENTINEL_KEY
        settings.REHEARSAL = False
        settings.REALTIME_BASE_URL = line.url
        yield line


async def heard(call_id: str = "rtc_1") -> list[object]:
    """Everything until the call has ended, or the code of the error."""
    found: list[object] = []
    try:
        async with aclosing(sideband.listen(call_id)) as messages:
            async for message in messages:
                found.append(message)
    except SidebandError as error:
        found.append(error.code)
    return found


async def test_what_is_said_is_heard_until_the_call_ends(line: SecondLine):
    line.acts.append(says("one", "two"))

    assert await heard() == [FIRST, b"one", b"two"]
    assert line.asked == [("rtc_1", f"Bearer {SENTINEL_KEY}")]


async def test_azure_s_header_is_sent_in_its_form(line: SecondLine, settings):
    settings.REALTIME_AUTH_HEADER = "api-key"
    line.acts.append(says())

    assert await heard() == [FIRST]
    assert line.asked == [("rtc_1", "")]


async def test_garbage_is_passed_on_and_ends_nothing(line: SecondLine):
    line.acts.append(says(b"\xff\x00", "{", "", "two"))

    assert await heard() == [FIRST, b"\xff\x00", b"{", b"", b"two"]


@pytest.mark.parametrize("code", [None, 1001, 1011])
async def test_line_that_is_lost_is_opened_again(line: SecondLine, code: int | None):
    line.acts += [breaks_off("one", code=code), says("two")]

    assert await heard() == [FIRST, b"one", AGAIN, b"two"]


async def test_line_that_is_lost_with_its_call_has_ended(line: SecondLine):
    line.acts += [breaks_off("one", code=1001), 404]

    assert await heard() == [FIRST, b"one"]
    assert len(line.asked) == 2


async def test_line_that_is_lost_again_and_again_is_given_up(line: SecondLine):
    line.acts += [breaks_off()] * 5

    assert await heard() == [FIRST, AGAIN, AGAIN, AGAIN, "lost"]
    assert len(line.acts) == 1


async def test_loss_of_a_line_that_lived_long_is_a_new_one(line: SecondLine, monkeypatch):
    monkeypatch.setattr(sideband, "STEADY", 0.0)
    line.acts += [breaks_off()] * 6 + [says("at last")]

    assert await heard() == [FIRST, *[AGAIN] * 6, b"at last"]


async def test_message_that_is_too_long_ends_the_line_not_the_listening(line: SecondLine):
    line.acts += [says("x" * (sideband.MAX_MESSAGE + 1)), says("two")]

    assert await heard() == [FIRST, AGAIN, b"two"]


@pytest.mark.parametrize(
    ("statuses", "expected", "tries"),
    [
        ([404] * 4, ["not_found"], 4),
        ([404, 404], [FIRST, b"one"], 3),
        ([500] * 4, ["failed"], 4),
        ([503], [FIRST, b"one"], 2),
        ([401], ["refused"], 1),
        ([403], ["refused"], 1),
        # To another host: the key must not go there.
        ([302] * 4, ["failed"], 4),
    ],
)
async def test_refusal_is_tried_again_where_that_may_help(line: SecondLine, statuses, expected, tries):
    line.acts += [*statuses, says("one")]

    assert await heard() == expected
    assert len(line.asked) == tries


async def test_provider_that_is_not_there_is_given_up(line: SecondLine, settings):
    settings.REALTIME_BASE_URL = "http://127.0.0.1:1/v1"

    assert await heard() == ["unreachable"]


async def test_pauses_grow_and_are_drawn_anew(monkeypatch, settings):
    settings.REALTIME_BASE_URL = "http://127.0.0.1:1/v1"
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(sideband.asyncio, "sleep", pause)

    assert await heard() == ["unreachable"]
    assert [0.25 <= pauses[0] <= 0.5, 0.5 <= pauses[1] <= 1, 1 <= pauses[2] <= 2, len(pauses)] == [True, True, True, 3]


async def test_rehearsal_inside_this_process_is_heard_without_an_address(settings, monkeypatch):
    monkeypatch.setattr(sideband, "PAUSE", 0.0)
    settings.REHEARSAL_APP = "tests.peers.test_sideband.inside"

    assert await heard("rtc_1") == [FIRST, "one", AGAIN, "two"]
    assert await heard("rtc_2") == ["not_found"]
    assert await heard("rtc_3") == ["lost"]


_visits: list[str] = []


async def inside(scope, receive, send) -> None:
    """A peer in this process: its first line is lost, its second ends well; rtc_2 is unknown, rtc_3 fails."""
    assert (await receive())["type"] == "websocket.connect"
    call = scope["query_string"]
    if call == b"call_id=rtc_2":
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
        return
    if call == b"call_id=rtc_3":
        raise RuntimeError("broken on purpose")
    _visits.append("visit")
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "one" if len(_visits) == 1 else "two"})
    await send({"type": "websocket.close", "code": 1001 if len(_visits) == 1 else 1000})


async def test_whoever_stops_listening_leaves_the_line(line: SecondLine):
    line.acts.append(says("one", "two"))

    async with aclosing(sideband.listen("rtc_1")) as messages:
        async for message in messages:
            if message == b"one":
                break

    assert len(line.asked) == 1
