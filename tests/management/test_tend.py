"""`manage.py tend`: once, and for ever."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from tests.running import ROOT
from tests.services.calling import call_in
from tutor.models import Connection
from tutor.services import attempts, tending

pytestmark = pytest.mark.django_db(transaction=True)


def tend(**options: object) -> str:
    out = StringIO()
    call_command("tend", stdout=out, **options)
    return out.getvalue()


def test_tend_says_what_it_did_in_one_line(attempt):
    # A rehearsal: only the server that holds its call can hang it up.
    call_in(attempt, heard=timedelta(seconds=50))
    call_in(attempt, answered=timedelta(minutes=61))

    done = "silent=1 expired=1 unanswered=0 over_time=0 spent=0 switched_off=0 hung_up=0 unreached=0"
    assert tend() == f"tended {done} digests=1\n"
    assert list(Connection.objects.order_by("id").values_list("error", flat=True)) == ["silent", "expired"]
    assert tend() == "nothing to do\n"


def test_tend_says_in_one_sentence_that_the_database_is_away(db, monkeypatch):
    def fail(*args: object, **options: object) -> None:
        raise OperationalError("could not connect to 10.0.0.1")

    monkeypatch.setattr(tending, "end_silent", fail)

    with pytest.raises(CommandError, match=r"^The database does not answer: OperationalError\.$"):
        tend()


@pytest.mark.parametrize("every", [-1, 0, 0.5, float("nan")])
def test_tend_refuses_a_pace_that_makes_no_sense(db, every):
    with pytest.raises(CommandError, match=r"^--every takes a number of seconds, at least 1\.$"):
        tend(every=every)


def test_tend_goes_on_until_a_signal_whatever_the_database_does(tmp_path):
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'not-migrated.sqlite3'}"}
    command = [sys.executable, "manage.py", "tend", "--every", "1"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        # Beside, that the process cannot say that it is there.
        lines = [line for line in (process.stderr.readline() for _ in range(3)) if " ERROR " in line]

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=20) == 0
    assert [line.partition(" ERROR ")[2] for line in lines] == [
        "tutor.services.tending tending failed error=OperationalError\n"
    ] * 2


def test_tend_deletes_words_that_were_kept_long_enough(attempt, said, settings):
    settings.KEEP_WORDS_DAYS = 30
    said(attempt, "I like tea.")
    attempts.end_attempt(attempt)
    assert tend() == "digests=1\n"

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert tend() == "words_deleted=1\n"
        assert tend() == "nothing to do\n"
    assert attempt.utterances.get().text == ""
