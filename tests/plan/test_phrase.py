"""English that knows what it was made from."""

import pytest

from tutor.plan.phrase import Phrase, capital, joined

GERMAN = {
    "%(what)s is %(count)s characters long.": "%(what)s hat %(count)s Zeichen.",
    "the title": "der Titel",
    "stage": "Etappe",
}


def in_german(phrase: Phrase) -> str:
    return phrase.said(lambda text: GERMAN.get(text, text), lambda number: f"{number:,}".replace(",", "."))


TOO_LONG = Phrase("%(what)s is %(count)s characters long.", what=Phrase("the title"), count=1234)


@pytest.mark.parametrize(
    ("phrase", "english", "german"),
    [
        (Phrase("stage"), "stage", "Etappe"),
        (Phrase("50% of it"), "50% of it", "50% of it"),
        (TOO_LONG, "the title is 1,234 characters long.", "der Titel hat 1.234 Zeichen."),
        (capital(TOO_LONG), "The title is 1,234 characters long.", "Der Titel hat 1.234 Zeichen."),
        (joined(", ", [Phrase("stage"), "%(what)s"]), "stage, %(what)s", "Etappe, %(what)s"),
        (joined(", ", []), "", ""),
    ],
)
def test_a_phrase_is_english_and_can_be_said_otherwise(phrase, english, german):
    assert phrase == english
    assert in_german(phrase) == german


def test_what_is_put_in_is_not_translated():
    assert in_german(Phrase("%(key)s", key="stage")) == "stage"


def test_capital_takes_any_text():
    assert capital("a note") == "A note"
    assert capital("") == ""
