"""Finding a quote in what a learner said."""

import random
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import any_text, patient
from tutor.plan.evidence import count_found

SAID = ["Hello! I would like a cup of green tea, please.", "Uh, without sugar.", "Yes: café au lait is nice, too"]


@pytest.mark.parametrize(
    "quote",
    [
        "I would like a cup of green tea",
        "i WOULD like a cup of green tea!!",
        "green tea",
        "tea",
        "I would like a cup of green tee",  # heard differently
        "I would like a cup of grean tea",
        "I'd like a cup of green tea",
        "green tea, please. Uh, without sugar",  # over two utterances
        "Cafe au lait",
        "cafe\u0301 au lait",
        "…without sugar…",
        "CAFÉ AU LAIT",
    ],
)
def test_quote_that_was_said_is_found(quote):
    assert count_found([quote], SAID) == 1


@pytest.mark.parametrize(
    "quote",
    [
        "",
        " … ",
        "I would like a cup of coffee, black, and the bill",
        "sugar with tea",
        "ea",  # a piece of a word
        "lai",
        "The photosynthesis of plants needs light",
    ],
)
def test_quote_that_was_not_said_is_not_found(quote):
    assert count_found([quote], SAID) == 0


def test_quotes_are_counted():
    assert count_found(["green tea", "without sugar", "with milk and honey"], SAID) == 2


def test_quote_brought_twice_counts_once():
    assert count_found(["green tea", "Green  tea!"], SAID) == 1


def test_nothing_is_found_where_nothing_was_said():
    assert count_found(["tea"], []) == count_found(["tea"], ["", " "]) == 0


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("你好我想喝咖啡谢谢", "我想喝咖啡"),
        ("コーヒーをください", "コーヒー"),
        ("ฉันอยากดื่มกาแฟ", "ดื่มกาแฟ"),
        ("मुझे चाय चाहिए", "चाय चाहिए"),
        ("저는 커피를 마시고 싶어요", "커피를 마시고"),
        ("أريد فنجان قهوة من فضلك", "فنجان قهوة"),
    ],
)
def test_quote_is_found_in_any_script(said, quote):
    assert count_found([quote], [said]) == 1
    assert count_found([quote], ["".join(reversed(said))]) == 0


def test_chinese_sentence_that_was_not_said_is_not_found():
    assert count_found(["他昨天去了北京"], ["你好我想喝咖啡谢谢"]) == 0


words = st.text(string.ascii_lowercase + "éüñç", min_size=1, max_size=8)


@patient
@given(st.lists(words, min_size=1, max_size=40), st.data())
def test_every_run_of_words_is_found_however_it_is_written(spoken, data):
    start = data.draw(st.integers(0, len(spoken) - 1))
    run = spoken[start : data.draw(st.integers(start + 1, len(spoken)))]
    write = data.draw(
        st.sampled_from([str, str.upper, str.title, lambda text: unicodedata.normalize("NFD", text), _bare])
    )
    gap = data.draw(st.sampled_from([" ", ", ", " … ", "\n", "—"]))
    assert count_found([write(gap.join(run))], [" ".join(spoken)]) == 1


def _bare(text):
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


@patient
@given(st.lists(any_text, max_size=4), st.lists(any_text, max_size=4))
def test_any_texts_give_a_count(quotes, said):
    assert 0 <= count_found(quotes, said) <= len(quotes)


@patient
@given(st.text("ab", min_size=5, max_size=12), st.text("ab", max_size=20))
def test_slips_forgiven_are_those_of_the_table_of_edits(quote, said):
    """The bit-parallel search against the plain table it stands for."""
    allowed = len(quote) // 5
    assert count_found([quote], [said]) == (_fewest_edits(f" {quote} ", f" {said} ") <= allowed)


def _fewest_edits(wanted, text):
    above = [0] * (len(text) + 1)
    for number, letter in enumerate(wanted, start=1):
        row = [number]
        for place, other in enumerate(text, start=1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (letter != other)))
        above = row
    return min(above)


def test_long_quote_is_judged_by_its_beginning():
    said = " ".join(f"word{number}" for number in range(200))
    assert count_found([said + " and something that was never said"], [said]) == 1
    assert count_found(["something that was never said " * 20 + said], [said]) == 0


def test_nonsense_is_not_found_in_a_long_text():
    chance = random.Random(7)
    lexicon = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(600)]
    said = " ".join(chance.choices(lexicon, k=1_400))
    quotes = [" ".join(chance.choices(lexicon, k=count)) for count in range(4, 60)]
    assert count_found(quotes, [said]) == 0
