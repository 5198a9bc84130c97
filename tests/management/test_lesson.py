"""Lessons out of and into files."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.lessons import PLAN
from tests.rows import row_counts
from tutor import plan as plans
from tutor.models import Lesson, LessonVersion
from tutor.services import authoring

DRAFT = "Lesson cafe-order: 3 stages loaded as a draft\n"


def lesson_command(*args: object) -> str:
    out = StringIO()
    call_command("lesson", *map(str, args), stdout=out)
    return out.getvalue()


def refusal(*args: object) -> list[str]:
    with pytest.raises(CommandError) as caught:
        lesson_command(*args)
    return str(caught.value).splitlines()


@pytest.fixture
def pack(tmp_path) -> Path:
    file = tmp_path / "Café order.yaml"
    file.write_text(plans.to_yaml(PLAN), encoding="utf-8")
    return file


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


# --- export


def test_export_prints_the_draft(lesson):
    Lesson.objects.update(title="Draft")

    assert plans.from_yaml(lesson_command("export", "cafe")) == replace(PLAN, title="Draft")


def test_export_prints_a_published_version(lesson):
    Lesson.objects.update(title="Draft")

    assert plans.from_yaml(lesson_command("export", "cafe", "--published", 1)) == PLAN


def test_export_writes_a_file(lesson, tmp_path):
    assert lesson_command("export", "cafe", tmp_path / "cafe.yaml") == ""

    assert (tmp_path / "cafe.yaml").read_text(encoding="utf-8") == lesson_command("export", "cafe")


def test_export_writes_json_a_person_can_compare(lesson, tmp_path):
    lesson_command("export", "cafe", tmp_path / "cafe.json")

    text = (tmp_path / "cafe.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "format": 1,\n  "address": "cafe",\n  "title": "Ordering in a café",\n')
    assert plans.from_json(text) == PLAN


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["nowhere"], "There is no lesson “nowhere”."),
        (["cafe", "--published", "7"], "The lesson “cafe” has no version 7."),
        (["cafe", "/nowhere/cafe.yaml"], "/nowhere/cafe.yaml cannot be written: No such file or directory."),
    ],
)
def test_export_says_what_is_not_there(lesson, args, complaint):
    assert refusal("export", *args) == [complaint]


# --- import


def test_import_makes_a_draft_named_after_its_file(db, pack):
    assert lesson_command("import", pack) == DRAFT

    lesson = Lesson.objects.get(slug="cafe-order")
    assert authoring.compile_plan(lesson) == PLAN
    assert (lesson.owner, lesson.versions.count()) == (None, 0)


@pytest.mark.parametrize("name", ["renamed.yaml", "renamed.json"])
def test_import_of_a_renamed_file_is_still_the_same_lesson(lesson, tmp_path, name):
    lesson_command("export", "cafe", tmp_path / name)

    assert lesson_command("import", tmp_path / name) == "Lesson cafe: the draft says the same already\n"
    assert Lesson.objects.get().slug == "cafe"


def test_import_to_another_address_than_the_packs_makes_a_copy(lesson, tmp_path):
    file = tmp_path / "cafe.yaml"
    lesson_command("export", "cafe", file)

    lesson_command("import", file, "--slug", "copy", "--publish")

    versions = LessonVersion.objects.order_by("pk")
    assert [version.lesson.slug for version in versions] == ["cafe", "copy"]
    assert versions[0].checksum == versions[1].checksum


def test_import_refuses_an_address_in_the_wrong_letters_with_its_line(db, tmp_path):
    file = written(tmp_path / "cafe.yaml", plans.to_yaml(PLAN).replace("format: 1", "format: 1\naddress: Two words"))

    assert refusal("import", file) == [
        f"{file}:2: error: address: An address has small letters, digits and - only, at most 50 of them.",
        "Nothing was imported: mend the errors first.",
    ]
    assert not Lesson.objects.exists()


def test_import_reads_json(db, tmp_path):
    pack = written(tmp_path / "cafe-order.json", json.dumps(plans.to_data(PLAN), indent="\t"))

    assert lesson_command("import", pack) == DRAFT


def test_import_can_publish(db, pack):
    assert lesson_command("import", pack, "--slug", "cafe", "--publish").splitlines() == [
        "Lesson cafe: 3 stages loaded as a draft",
        "Lesson cafe: published as version 1",
    ]


def test_import_twice_changes_nothing(db, pack):
    lesson_command("import", pack, "--publish")
    before = row_counts(), list(Lesson.objects.values()), list(LessonVersion.objects.values())

    assert lesson_command("import", pack, "--publish").splitlines() == [
        "Lesson cafe-order: the draft says the same already",
        "Lesson cafe-order: nothing new since version 1",
    ]
    assert before[0] == row_counts()
    assert before[2] == list(LessonVersion.objects.values())


def test_import_gives_the_lesson_to_a_teacher(teacher, pack):
    lesson_command("import", pack, "--owner", "tess")

    assert Lesson.objects.get().owner == teacher


@pytest.mark.parametrize("name", ["nobody", "lea"])
def test_import_gives_no_lesson_to_who_is_no_teacher(learner, pack, name):
    assert refusal("import", pack, "--owner", name) == [f"“{name}” is no teacher here."]
    assert not Lesson.objects.exists()


def test_import_takes_no_lesson_away_from_its_owner(lesson, teacher, pack):
    assert refusal("import", pack, "--slug", "cafe", "--owner", "tess", "--replace") == [
        "The lesson “cafe” is there already and not tess's: hand it over in the admin."
    ]
    assert Lesson.objects.get().owner is None


def test_import_replaces_a_draft_only_when_told_to(lesson, pack):
    Lesson.objects.update(title="Mine")

    assert refusal("import", pack, "--slug", "cafe") == [
        "The lesson “cafe” is there already. Add --replace to replace its draft."
    ]
    assert authoring.compile_plan(Lesson.objects.get()) == replace(PLAN, title="Mine")

    assert lesson_command("import", pack, "--slug", "cafe", "--replace") == "Lesson cafe: 3 stages loaded as a draft\n"
    assert authoring.compile_plan(Lesson.objects.get()) == PLAN


@pytest.mark.parametrize("slug", ["Two words", "é", "x" * 51])
def test_import_refuses_what_is_no_address(db, pack, slug):
    assert refusal("import", pack, "--slug", slug) == [
        f"“{slug}” cannot be a lesson's address: add --slug with small letters, digits and -."
    ]


def test_import_of_a_file_without_a_usable_name_asks_for_an_address(db, tmp_path):
    pack = written(tmp_path / "語.yaml", plans.to_yaml(PLAN))

    assert refusal("import", pack) == ["“” cannot be a lesson's address: add --slug with small letters, digits and -."]


FAULTY = """format: 1
title: T
minuets: 5
stages:
- key: one
  title: One
  goal: Begin.
  outcomes:
  - key: done
    when: Now.
    next: two
  evidence: 9
- key: two
  title: Two
  instructions: |
    Say <|end|>
    and go.
  outcomes:
  - key: done
    when: ''
"""


def test_import_refuses_a_misshapen_pack_whole_with_the_line_of_each_fault(lesson, tmp_path):
    pack = written(tmp_path / "cafe.yaml", FAULTY.replace("evidence: 9", "evidence: none"))
    before = authoring.compile_plan(lesson), row_counts()

    assert refusal("import", pack, "--replace") == [
        f"{pack}:3: error: minuets: A plan has no such field: did you mean “minutes”?",
        f"{pack}:12: error: stages[0].evidence: A whole number from 0 to 32767 is expected here.",
        "Nothing was imported: mend the errors first.",
    ]
    assert (authoring.compile_plan(lesson), row_counts()) == before


def test_import_refuses_a_faulty_pack_whole_with_the_line_of_each_finding(lesson, tmp_path):
    pack = written(tmp_path / "cafe.yaml", FAULTY.replace("minuets", "minutes"))
    before = authoring.compile_plan(lesson), row_counts()

    assert refusal("import", pack, "--replace") == [
        f"{pack}:5: error: stages[0].instructions: Stage “One” has no instructions: tell the tutor what to do.",
        f"{pack}:12: error: stages[0].evidence: 9 quotes are too many: choose a number from 0 to 5.",
        f"{pack}:13: warning: stages[1].goal: Stage “Two” has no goal: tell the learner what to reach.",
        f"{pack}:15: error: stages[1].instructions: “<|end|>” is a mark that models keep for themselves: leave it out.",
        f"{pack}:20: warning: stages[1].outcomes[0].when: The tutor cannot tell when to choose “done”: "
        "say what the learner has done then.",
        "Nothing was imported: mend the errors first.",
    ]
    assert (authoring.compile_plan(lesson), row_counts()) == before


def test_import_goes_on_after_warnings(db, pack):
    first, *others = PLAN.stages
    written(pack, plans.to_yaml(replace(PLAN, stages=(replace(first, goal=""), *others))))

    assert lesson_command("import", pack).splitlines() == [
        f"{pack}:4: warning: stages[0].goal: Stage “Warm-up” has no goal: tell the learner what to reach.",
        DRAFT.strip(),
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"title: [", ": error: This is not YAML in line 1: Expected the node content, but found '<stream end>'."),
        (b"title: Hello", ":1: error: lesson: “stages” is missing."),
        (b"- a", ":1: error: lesson: A lesson pack needs “title” and “stages”."),
        (b"\xff\xfe", " is not written in UTF-8."),
        (None, " cannot be read: No such file or directory."),
    ],
)
def test_import_says_what_is_wrong_with_a_file(db, tmp_path, content, complaint):
    file = tmp_path / "pack.yaml"
    if content is not None:
        file.write_bytes(content)

    assert refusal("import", file)[0] == f"{file}{complaint}"
    assert not Lesson.objects.exists()


# --- lint


def test_lint_of_good_lessons_and_packs_says_so(lesson, pack):
    assert lesson_command("lint", pack, "cafe") == "Nothing to mend.\n"


def test_lint_lists_warnings(lesson):
    lesson.stages.filter(key="order").update(goal="")

    assert lesson_command("lint", "cafe") == (
        "cafe: warning: stages[1].goal: Stage “Order” has no goal: tell the learner what to reach.\n"
    )


def test_lint_fails_on_errors_after_it_has_listed_them_all(lesson, tmp_path, capsys):
    lesson.stages.filter(key="order").update(instructions="")
    pack = written(tmp_path / "cafe.yaml", "title: T\nstages: []\n")

    with pytest.raises(SystemExit) as caught:
        call_command("lesson", "lint", str(pack), "cafe")

    assert caught.value.code == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{pack}:2: error: stages: The lesson has no stage: add one.",
        "cafe: error: stages[1].instructions: Stage “Order” has no instructions: tell the tutor what to do.",
    ]


def test_lint_warns_of_the_models_in_the_settings(lesson, settings):
    settings.REHEARSAL = False
    settings.REALTIME_MODEL = "gpt-4o-realtime-preview"
    settings.TRANSCRIPTION_MODEL = "gpt-transcribe"

    assert lesson_command("lint", "cafe").splitlines() == [
        "settings: warning: REALTIME_MODEL: The model “gpt-4o-realtime-preview” was shut down on 2026-05-07: "
        "ask whoever runs this server to set REALTIME_MODEL to another model.",
        "Nothing to mend.",
    ]


def test_lint_says_what_is_not_there(db):
    assert refusal("lint", "nowhere") == ["There is no lesson “nowhere”."]
    assert refusal("lint", "nowhere.yaml") == ["nowhere.yaml cannot be read: No such file or directory."]
