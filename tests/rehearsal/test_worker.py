"""The speech worker's own parts, without its process."""

import array
import io
import shutil

import pytest

from tutor.rehearsal import speech, worker
from tutor.rehearsal.pipe import packed, read_message


def test_worker_answers_one_request_after_the_other_until_its_input_ends(monkeypatch):
    monkeypatch.setattr(speech, "speak", lambda text, **voice: [text.encode(), b"!"])
    asked = {"task": "speak", "language": "en", "voice": "marin", "speed": 1.0}
    requests = io.BytesIO(packed({"id": 1, "text": "one", **asked}) + packed({"id": 2, "text": "two", **asked}))
    replies = io.BytesIO()
    worker.serve(requests, replies)
    replies.seek(0)
    assert read_message(replies) == ({"id": 1, "lengths": [3, 1]}, b"one!")
    assert read_message(replies) == ({"id": 2, "lengths": [3, 1]}, b"two!")
    assert read_message(replies) is None


def test_worker_says_when_there_is_no_voice(monkeypatch):
    def no_voice() -> None:
        raise speech.NoVoice("nothing here")

    monkeypatch.setattr(speech, "find_voice", no_voice)
    replies = io.BytesIO()
    request = {"id": 7, "task": "speak", "text": "x", "language": "en", "voice": "marin", "speed": 1.0}
    worker.serve(io.BytesIO(packed(request)), replies)
    replies.seek(0)
    assert read_message(replies) == ({"id": 7, "unavailable": "nothing here"}, b"")


def test_worker_hears_where_it_cannot_speak(monkeypatch):
    def no_voice() -> None:
        raise speech.NoVoice("nothing here")

    monkeypatch.setattr(speech, "find_voice", no_voice)
    assert worker.warm_up({}, b"") == ({"speech_out": "", "speech_in": "pocketsphinx"}, b"")


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="the program espeak-ng is not installed")
def test_program_speaks_where_the_library_cannot_be_loaded():
    samples = speech.CommandVoice().say("Hello", name="no such voice", words_per_minute=175)
    assert len(samples) > 10_000
    assert max(array.array("h", samples)) > 5_000


def test_machine_without_library_and_program_has_no_voice(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(speech.NoVoice):
        speech.CommandVoice()


@pytest.mark.parametrize(
    ("language", "voice", "name"),
    [("en", "marin", "en-us+f3"), ("de", "cedar", "de+m3"), ("zh", "voice_custom", "cmn")],
)
def test_voice_is_named_after_the_language_and_the_choice(language, voice, name):
    assert speech.voice_name(language, voice) == name


def test_encode_makes_packets_of_20_ms():
    assert len(speech.encode(bytes(2 * 22_050), rate=22_050)) in (50, 51)
    assert speech.encode(b"", rate=22_050) == []
