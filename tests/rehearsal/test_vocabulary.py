"""Words for the recogniser."""

from tests.rehearsal.helpers import posted
from tutor.rehearsal import config
from tutor.rehearsal.vocabulary import COMMON, lesson_texts, sentences


def test_lesson_texts_hold_the_stage_and_the_tools():
    texts = lesson_texts(config.initial(posted(), call_id="rtc_1", expires_at=0))
    assert texts[:3] == ("Warm-up", "Say what plants need to grow.", "Hello! What does a plant need to grow?")
    assert {"give hint", "Show a hint.", "needs practice", "understood"} <= set(texts)


def test_sentences_are_lower_case_words_with_small_numbers_spelled_out():
    own = sentences(["It's 3 o'clock. Isn’t it? Über 2026: yes!"])[: -len(COMMON)]
    assert own == [["it's", "three", "o'clock"], ["isn't", "it"], ["ber"], ["yes"]]


def test_sentences_always_hold_the_commands():
    assert [words for words in sentences([]) if words == ["next"]] == [["next"]]
