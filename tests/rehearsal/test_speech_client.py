"""The speech worker, as a process of its own."""

import array
import asyncio
import sys

import pytest

from tests.rehearsal.caller import samples_of
from tests.rehearsal.helpers import posted
from tests.rehearsal.test_turns import frames_of
from tutor.rehearsal import config, speech_client
from tutor.rehearsal.speech_client import SpeechClient, SpeechUnavailable
from tutor.rehearsal.vocabulary import lesson_texts

TEXTS = lesson_texts(config.initial(posted(), call_id="rtc_1", expires_at=0))


async def say(rehearsal, text: str, *, language: str = "en"):
    # No two sentences of espeak-ng sound alike; this voice is clear enough for that not to matter (72 of 72 heard).
    return await rehearsal.speech.speak(text, language=language, voice="coral", speed=1.0)


async def test_voice_makes_audible_opus(rehearsal):
    sound = await say(rehearsal, "Hello! What does a plant need to grow?")
    assert 1.5 < sound.seconds < 4
    assert max(array.array("h", samples_of(sound))) > 5_000


async def test_voice_speaks_other_languages_and_paces(rehearsal):
    german = await say(rehearsal, "Guten Tag, wie geht es?", language="de")
    unknown = await say(rehearsal, "Good day", language="xx")
    slow = await rehearsal.speech.speak("Good day", language="en", voice="marin", speed=0.5)
    assert german.seconds > 1
    assert slow.seconds > unknown.seconds > 0.4


@pytest.mark.parametrize(
    "words", ["next", "i am done", "understood", "it needs practice", "yes please", "what does it mean"]
)
async def test_ear_understands_the_vocabulary_of_the_lesson(rehearsal, words):
    frames = frames_of(await say(rehearsal, words))
    assert await rehearsal.speech.hear(bytes(6400) + b"".join(frames) + bytes(3200), texts=TEXTS) == words


async def test_ear_hears_nothing_in_silence(rehearsal):
    assert await rehearsal.speech.hear(bytes(32_000), texts=TEXTS) == ""


async def test_requests_may_overlap_and_a_caller_may_give_up(rehearsal):
    abandoned = asyncio.ensure_future(say(rehearsal, "never mind this long sentence " * 20))
    short = asyncio.ensure_future(say(rehearsal, "Yes."))
    await asyncio.sleep(0)
    abandoned.cancel()
    assert (await short).seconds < 1.5


async def test_worker_starts_again_after_it_has_died(monkeypatch, caplog):
    monkeypatch.setattr(speech_client, "SHORTEST_LIFE", 0.0)
    client = SpeechClient()
    await client.warm_up()
    first = client._process
    first.kill()
    await first.wait()
    await client._reader
    assert (await client.speak("Yes.", language="en", voice="marin", speed=1.0)).seconds > 0.2
    assert client._process.pid != first.pid
    await client.close()
    assert "speech worker ended by itself" in caplog.text


async def test_worker_that_cannot_live_is_not_started_all_the_time(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    client = SpeechClient()
    for _ in range(2):
        with pytest.raises(SpeechUnavailable):
            await client.speak("Yes.", language="en", voice="marin", speed=1.0)
    await client.close()


async def test_worker_ends_when_its_input_ends():
    client = SpeechClient()
    await client.warm_up()
    process = client._process
    await client.close()
    assert process.returncode == 0
