"""Who may listen to an attempt, and what they hear."""

import asyncio
import uuid

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Permission, User
from redis.exceptions import RedisError

from config.asgi import application
from tests.api.helpers import CALL
from tests.capture import answered, call_made
from tests.live.sockets import OURS, socket
from tests.services.calling import call_in
from tutor.models import Speaker, UtteranceStatus
from tutor.services import attempts, connections, journal, tool_calls

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def strangers_cookie(cookie_of, other_learner) -> bytes:
    return cookie_of(other_learner)


async def close_code(watcher: WebsocketCommunicator) -> int:
    """Connect to be refused; return the close code."""
    connected, _ = await watcher.connect()
    assert connected
    message = await watcher.receive_output()
    assert message["type"] == "websocket.close"
    await watcher.disconnect()
    return message["code"]


async def test_learner_hears_what_happens(attempt, learners_cookie):
    watcher = socket(attempt.code, learners_cookie)
    assert (await watcher.connect())[0]
    entry = journal.UtteranceEntry(id="item_1", speaker=Speaker.LEARNER, status=UtteranceStatus.COMPLETE, text="Tea.")
    arguments = '{"outcome": "understood", "reasoning": "r", "summary": "", "evidence": []}'

    await sync_to_async(journal.store_entries)(attempt, [entry, entry])
    await sync_to_async(tool_calls.answer_tool_call)(
        attempt, call_id="call_1", name="stage_complete", arguments=arguments
    )
    await sync_to_async(attempts.end_attempt)(attempt)

    assert [await watcher.receive_json_from() for _ in range(3)] == [
        {"type": "utterance", "item_id": "item_1"},
        {"type": "stage.changed", "visit": 2},
        {"type": "ended"},
    ]
    assert await watcher.receive_nothing()
    await watcher.disconnect()


async def test_learner_hears_which_call_is_the_one_that_counts(provider, attempt, learners_cookie):
    provider.answers.extend([call_made("rtc_a"), call_made("rtc_b"), answered(200)])
    watcher = socket(attempt.code, learners_cookie)
    await watcher.connect()

    calls = [(await connections.open_connection(attempt, b"v=0"))[0] for _ in range(2)]

    told = [await watcher.receive_json_from() for _ in calls]
    assert told == [{"type": "connection.replaced", "connection": str(call.code)} for call in calls]
    assert (await sync_to_async(attempts.state)(attempt))["connection"] == str(calls[-1].code)
    await watcher.disconnect()


async def test_learner_hears_only_the_end_of_a_finished_lesson(lesson, attempt, learners_cookie):
    watcher = socket(attempt.code, learners_cookie)
    await watcher.connect()
    await attempt.visits.aupdate(stage_key="goodbye")
    arguments = '{"outcome": "done", "reasoning": "r", "summary": "", "evidence": []}'

    await sync_to_async(tool_calls.answer_tool_call)(
        attempt, call_id="call_1", name="stage_complete", arguments=arguments
    )

    assert await watcher.receive_json_from() == {"type": "ended"}
    assert await watcher.receive_nothing()
    await watcher.disconnect()


async def test_learner_hears_nothing_of_what_changes_nothing(attempt, learners_cookie):
    watcher = socket(attempt.code, learners_cookie)
    await watcher.connect()

    await sync_to_async(tool_calls.answer_tool_call)(attempt, **CALL)

    assert await watcher.receive_nothing()
    await watcher.disconnect()


async def test_learner_hears_nothing_of_others(attempt, lesson, other_learner, learners_cookie):
    other, _ = await sync_to_async(attempts.start_attempt)(lesson, learner=other_learner)
    watcher = socket(attempt.code, learners_cookie)
    await watcher.connect()

    await sync_to_async(attempts.end_attempt)(other)

    assert await watcher.receive_nothing()
    await watcher.disconnect()


async def test_stranger_and_unknown_are_refused_alike(attempt, strangers_cookie):
    assert await close_code(socket(attempt.code, strangers_cookie)) == 4404
    assert await close_code(socket(uuid.uuid4(), strangers_cookie)) == 4404


async def test_anonymous_is_told_to_sign_in(attempt):
    assert await close_code(socket(attempt.code)) == 4401


async def test_deactivated_learner_is_refused(attempt, learner, learners_cookie):
    learner.is_active = False
    await learner.asave()

    assert await close_code(socket(attempt.code, learners_cookie)) == 4401


@pytest.mark.parametrize("message", [{"text": "{}"}, {"text": "not json"}, {"bytes": b"\x00"}])
async def test_talking_ends_the_connection(attempt, learners_cookie, message):
    watcher = socket(attempt.code, learners_cookie)
    await watcher.connect()

    await watcher.send_input({"type": "websocket.receive", **message})

    assert await watcher.receive_output() == {"type": "websocket.close", "code": 4405}
    await watcher.disconnect()


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null", None])
async def test_pages_of_other_sites_are_refused(attempt, learners_cookie, origin):
    watcher = socket(attempt.code, learners_cookie, origin)

    connected, _ = await watcher.connect()

    assert not connected
    await watcher.disconnect()


@pytest.fixture
def broken_layer(monkeypatch):
    """A channel layer whose Redis fails at one of its functions."""

    def break_at(name: str, error: Exception | None) -> None:
        async def fail(*arguments):
            if error is None:
                await asyncio.Event().wait()
            raise error

        monkeypatch.setattr(get_channel_layer(), name, fail)

    return break_at


@pytest.mark.parametrize("error", [RedisError("away"), ConnectionRefusedError(), None])
async def test_page_is_told_that_there_is_no_news_while_redis_is_away(
    attempt, learners_cookie, broken_layer, monkeypatch, caplog, error
):
    monkeypatch.setattr("tutor.live.consumers.PATIENCE", 0.01)
    broken_layer("group_add", error)

    assert await close_code(socket(attempt.code, learners_cookie)) == 4503
    assert f"no live news error={type(error or TimeoutError()).__name__}" in caplog.messages


async def test_page_is_told_when_redis_goes_away(attempt, learners_cookie, broken_layer):
    broken_layer("receive", RedisError("gone"))
    watcher = socket(attempt.code, learners_cookie)
    await watcher.connect()

    assert await watcher.receive_output() == {"type": "websocket.close", "code": 4503}


# --- Reading along -----------------------------------------------------------------------------------------------


def staff(name: str, right: str) -> User:
    """Somebody with one right: groups do not outlive a test that commits."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=right))
    return user


@pytest.fixture
def reviewer(db) -> User:
    return staff("rita", "view_attempt")


@pytest.fixture
def teacher(db) -> User:
    return staff("tess", "change_lesson")


@pytest.fixture
def reviewers_cookie(cookie_of, reviewer) -> bytes:
    return cookie_of(reviewer)


def watching(code, cookie: bytes = b"") -> WebsocketCommunicator:
    headers = [(b"host", b"localhost:8000"), (b"cookie", cookie), (b"origin", OURS.encode())]
    return WebsocketCommunicator(application, f"/ws/live/{code}/" if code else "/ws/live/", headers)


CAPTION = {"item_id": "item_1", "speaker": "tutor", "status": "partial", "text": "Hel"}
WORDS = {"type": "captions", "captions": [CAPTION]}


async def test_words_reach_whoever_reads_along(attempt, learners_cookie, reviewers_cookie):
    room, watcher = socket(attempt.code, learners_cookie), watching(attempt.code, reviewers_cookie)
    await room.connect()
    await watcher.connect()
    sign = await room.receive_json_from()

    await room.send_json_to(WORDS)

    assert (sign["type"], sign["by"]) == ("watched", "rita")
    assert await watcher.receive_json_from() == WORDS
    await watcher.disconnect()
    gone = await room.receive_json_from()
    assert gone == sign | {"type": "unwatched"}
    await room.disconnect()


async def test_a_room_that_is_opened_later_hears_at_once_who_reads_along(attempt, learners_cookie, reviewers_cookie):
    watcher = watching(attempt.code, reviewers_cookie)
    await watcher.connect()
    room = socket(attempt.code, learners_cookie)
    await room.connect()

    assert (await room.receive_json_from())["type"] == "watched"
    await watcher.disconnect()
    await room.disconnect()


async def test_words_go_nowhere_while_nobody_reads_along(attempt, learners_cookie, monkeypatch):
    room = socket(attempt.code, learners_cookie)
    await room.connect()
    sent = []

    async def note(group, message):
        sent.append(group)

    monkeypatch.setattr(get_channel_layer(), "group_send", note)
    await room.send_json_to(WORDS)

    assert await room.receive_nothing()
    assert sent == []
    await room.disconnect()


async def test_a_look_is_put_down_when_somebody_reads_along(attempt, reviewer, reviewers_cookie):
    for _ in range(2):
        watcher = watching(attempt.code, reviewers_cookie)
        await watcher.connect()
        await watcher.disconnect()

    looks = [(look.viewer_id, look.kind) async for look in attempt.looks.all()]
    assert looks == [(reviewer.pk, "watched")]


async def test_nobody_reads_along_but_staff(attempt, learners_cookie, strangers_cookie):
    assert await close_code(watching(attempt.code)) == 4401
    assert await close_code(watching(attempt.code, strangers_cookie)) == 4404
    # Not even the learner: that is what the room is for.
    assert await close_code(watching(attempt.code, learners_cookie)) == 4404
    assert await close_code(watching("", strangers_cookie)) == 4404


async def test_teacher_of_another_class_reads_nothing(attempt, cookie_of, teacher):
    cookie = await sync_to_async(cookie_of)(teacher)

    assert await close_code(watching(attempt.code, cookie)) == 4404


async def test_who_reads_along_says_nothing(attempt, reviewers_cookie):
    watcher = watching(attempt.code, reviewers_cookie)
    await watcher.connect()

    await watcher.send_json_to(WORDS)

    assert await watcher.receive_output() == {"type": "websocket.close", "code": 4405}
    await watcher.disconnect()


async def test_a_room_that_talks_too_fast_is_closed(attempt, learners_cookie):
    room = socket(attempt.code, learners_cookie)
    await room.connect()

    for _ in range(50):
        await room.send_json_to(WORDS)

    assert await room.receive_output() == {"type": "websocket.close", "code": 4429}
    await room.disconnect()


async def test_the_list_is_told_that_something_has_changed(attempt, reviewers_cookie):
    await sync_to_async(call_in)(attempt)
    page = watching("", reviewers_cookie)
    await page.connect()
    assert await page.receive_json_from() == {"type": "changed"}

    await sync_to_async(attempts.end_attempt)(attempt)

    assert await page.receive_json_from() == {"type": "changed"}
    await page.disconnect()
