"""`manage.py learner show | export | erase`."""

import zipfile
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tutor.models import Attempt

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: object) -> str:
    out = StringIO()
    call_command("learner", *map(str, words), stdout=out)
    return out.getvalue()


def test_show_lists_what_there_is(attempt):
    assert run("show", "lea").splitlines() == ["       1  users", "       1  attempts", "       1  stage visits"]


def test_export_writes_one_file_for_its_owner_and_overwrites_none(attempt, tmp_path):
    file = tmp_path / "lea.zip"

    run("export", "lea", file)

    assert "rows/tutor.attempt.jsonl" in zipfile.ZipFile(file).namelist()
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="File exists"):
        run("export", "lea", file)


def test_erase_asks_for_the_name_first(attempt):
    said = run("erase", "lea")
    assert said.endswith("Nothing was deleted. To erase all of it for good, add: --yes-erase lea\n")
    with pytest.raises(CommandError, match=r"^“Lea” is not “lea”: nothing was deleted\.$"):
        run("erase", "lea", "--yes-erase", "Lea")
    assert Attempt.objects.exists()

    assert run("erase", "lea", "--yes-erase", "lea").startswith("       1  users\n       1  attempts\n")
    assert not User.objects.filter(username="lea").exists()


def test_erase_says_what_others_need(lesson):
    lesson.owner = User.objects.create_user("tess")
    lesson.save()

    assert "Others need this, so the account cannot be erased:\n       1  lessons\n" in run("erase", "tess")
    with pytest.raises(CommandError, match=r"others need 1 lessons\."):
        run("erase", "tess", "--yes-erase", "tess")


def test_unknown_names_are_said(db):
    with pytest.raises(CommandError, match=r"^There is no account “nobody”\.$"):
        run("show", "nobody")
