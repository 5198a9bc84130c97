"""Lessons out of and into files."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests import lessons
from tutor import plan as plans
from tutor.models import Lesson
from tutor.services import authoring


def run(*args: object) -> str:
    out = StringIO()
    call_command(*map(str, args), stdout=out)
    return out.getvalue()


@pytest.fixture
def pack(tmp_path) -> Path:
    file = tmp_path / "Café order.yaml"
    file.write_text(plans.to_yaml(lessons.PLAN), encoding="utf-8")
    return file


def test_export_prints_the_draft(lesson):
    Lesson.objects.update(title="Draft")

    assert plans.from_yaml(run("export_lesson", "cafe")) == replace(lessons.PLAN, title="Draft")


def test_export_prints_a_published_version(lesson):
    Lesson.objects.update(title="Draft")

    assert plans.from_yaml(run("export_lesson", "cafe", "--published", 1)) == lessons.PLAN


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["nowhere"], "There is no lesson “nowhere”."),
        (["cafe", "--published", "7"], "The lesson “cafe” has no version 7."),
    ],
)
def test_export_says_what_is_not_there(lesson, args, complaint):
    with pytest.raises(CommandError, match=complaint):
        run("export_lesson", *args)


def test_import_makes_a_draft_named_after_its_file(db, pack):
    assert run("import_lesson", pack) == "Lesson cafe-order: 3 stages loaded as a draft\n"

    lesson = Lesson.objects.get(slug="cafe-order")
    assert authoring.compile_plan(lesson) == lessons.PLAN
    assert not lesson.versions.exists()


def test_import_can_publish(db, pack):
    printed = run("import_lesson", pack, "--slug", "cafe", "--publish")

    assert printed.splitlines()[-1] == "Lesson cafe: published as version 1"


def test_import_replaces_a_draft_only_when_told_to(lesson, pack):
    Lesson.objects.update(title="Mine")

    with pytest.raises(CommandError, match="Add --replace"):
        run("import_lesson", pack, "--slug", "cafe")
    assert Lesson.objects.get().title == "Mine"

    run("import_lesson", pack, "--slug", "cafe", "--replace")
    assert Lesson.objects.get().title == "Ordering in a café"


def test_import_lists_findings_and_does_not_publish_errors(db, pack):
    first, *others = lessons.PLAN.stages
    faulty = replace(lessons.PLAN, stages=(replace(first, instructions=""), *others))
    pack.write_text(plans.to_yaml(faulty), encoding="utf-8")

    with pytest.raises(CommandError, match="Not published"):
        run("import_lesson", pack, "--publish")
    expected = "error at stages[0].instructions: Stage “Warm-up” has no instructions: tell the tutor what to do."
    assert expected in run("import_lesson", pack, "--replace")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"title: [", "This is not YAML"),
        (b"title: Hello", "“stages” is missing"),
        (b"\xff\xfe", "not written in UTF-8"),
        (None, "No such file or directory"),
    ],
)
def test_import_says_what_is_wrong_with_a_file(db, tmp_path, content, complaint):
    file = tmp_path / "pack.yaml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CommandError, match=complaint):
        run("import_lesson", file)
    assert not Lesson.objects.exists()
