"""Finding words, and putting them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.rehearsal.phrases import counted, last_question, quoted, sentence, shortened


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("", ""),
        ("Good. Go on.", ""),
        ("Good! And then? Think.", "And then?"),
        ("Is it? Or not?", "Or not?"),
        ("好。你好吗？", "你好吗？"),
    ],
)
def test_last_question_is_the_last_sentence_with_a_question_mark(text, question):
    assert last_question(text) == question


@pytest.mark.parametrize(("text", "end"), [("a", "a."), (" a? ", "a?"), ("a …", "a …"), ("好。", "好。")])
def test_sentence_has_one_end(text, end):
    assert sentence(text) == end


def test_shortened_text_ends_at_a_space_if_there_is_one():
    assert shortened("a  text\nthat fits", 16) == "a text that fits"
    assert shortened("one, two, three", 9) == "one …"
    assert shortened("好" * 30, 5) == "好好好好好 …"


@given(st.text(), st.integers(1, 50))
def test_shortened_text_is_hardly_longer_than_allowed(text, longest):
    assert len(shortened(text, longest)) <= longest + 2


def test_quoted_texts_have_marks_and_commas():
    assert quoted(["yes", "no way"], 3) == "“yes”, “no …”"
    assert quoted([], 9) == ""


def test_counted_thing_has_its_plural():
    assert [counted(number, "answer") for number in range(3)] == ["no answers", "1 answer", "2 answers"]
