"""`manage.py calls`: whether calls may be made, and stopping them all."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from tutor.services import switch


def calls(*words: str) -> str:
    out = StringIO()
    call_command("calls", *words, stdout=out)
    return out.getvalue()


def test_calls_are_stopped_and_allowed_again(db):
    assert calls() == "Calls are allowed.\n"

    said = calls("off", "We are looking into it.")
    assert said.startswith("Calls have been off since 20")
    assert said.endswith(" UTC, by the command line. We are looking into it.\n")
    assert switch.off().reason == "We are looking into it."
    assert calls() == said

    assert calls("on") == "Calls are allowed.\n"
    assert switch.off() is None


def test_it_says_who_did_it(db, admin_user):
    switch.turn(allowed=False, by=admin_user)

    assert calls().endswith(" UTC, by admin.\n")


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_empty_reason_is_refused_and_none_is_fine(db, reason):
    with pytest.raises(CommandError, match=r"^The reason is empty: give learners a sentence, or leave it out"):
        calls("off", reason)
    assert switch.off() is None

    calls("off")
    assert switch.off().reason == ""


def test_it_says_in_one_sentence_that_the_database_is_away(db, monkeypatch):
    def fail(**options: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(switch, "turn", fail)

    with pytest.raises(CommandError, match=r"^The database does not answer: OperationalError\.$"):
        calls("off")
