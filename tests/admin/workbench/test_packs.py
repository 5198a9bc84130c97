"""Taking lessons out as files, and bringing them in."""

import json
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.admin.workbench.pages import said, url
from tests.lessons import PLAN
from tests.rows import row_counts
from tutor import plan as plans
from tutor.models import Lesson, LessonVersion
from tutor.services import authoring

IMPORT = "/admin/tutor/lesson/import/"
PACK = plans.to_yaml(PLAN)
ADDRESSED = plans.to_yaml(PLAN, address="the-cafe")
BROKEN = PACK.replace("turns: 0", "turns: many")


def bring(client, **data):
    return client.post(IMPORT, data, follow=True)


def file_of(text: str, name: str = "in-the-cafe.yaml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def test_address_is_as_promised():
    assert reverse("admin:tutor_lesson_import") == IMPORT


def test_export_is_a_download_of_the_draft(teacher_client, lesson):
    Lesson.objects.update(title="Ordering")

    response = teacher_client.get(url(lesson, "export"))

    assert response["Content-Disposition"] == 'attachment; filename="cafe.yaml"'
    # Read, for PostgreSQL keeps no order in JSON.
    assert plans.from_yaml(response.content.decode()) == replace(PLAN, title="Ordering")


def test_export_of_a_version_gives_what_was_published(teacher_client, lesson):
    Lesson.objects.update(title="Ordering")

    response = teacher_client.get(url(lesson, "export"), {"version": "1"})

    assert response["Content-Disposition"] == 'attachment; filename="cafe-version-1.yaml"'
    assert plans.from_yaml(response.content.decode()) == PLAN


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        ({"text": PACK}, "ordering-in-a-cafe"),
        ({"text": plans.to_json(PLAN)}, "ordering-in-a-cafe"),
        ({"text": PACK, "slug": "my-own"}, "my-own"),
        ({"text": ADDRESSED}, "the-cafe"),
        ({"text": json.dumps(plans.to_data(PLAN, address="the-cafe"))}, "the-cafe"),
        ({"text": ADDRESSED, "slug": "my-own"}, "my-own"),
        ({"file": file_of(ADDRESSED)}, "the-cafe"),
        ({"file": file_of(PACK)}, "in-the-cafe"),
        ({"file": file_of("\ufeff" + PACK)}, "in-the-cafe"),
    ],
)
def test_a_new_pack_becomes_a_draft_of_the_teachers(teacher_client, teacher, data, slug):
    if "file" in data:
        data["file"].seek(0)

    response = bring(teacher_client, **data)

    made = Lesson.objects.get()
    assertRedirects(response, url(made, "change"))
    assert (made.slug, made.owner, authoring.compile_plan(made)) == (slug, teacher, PLAN)
    assert said(response) == [
        (
            "success",
            "“Ordering in a café” is a draft now, with 3 stages. Learners see nothing of it until you publish it.",
        )
    ]
    assert not LessonVersion.objects.exists()


def test_a_pack_that_was_exported_is_the_same_lesson_whatever_its_file_is_called(teacher_client, lesson):
    pack = teacher_client.get(url(lesson, "export")).content.decode()

    response = bring(teacher_client, file=file_of(pack, "cafe (2).yaml"))

    assert said(response) == [
        ("info", "The draft of “Ordering in a café” says the same already: there was nothing to bring in.")
    ]
    assert Lesson.objects.get() == lesson


def test_an_address_in_the_wrong_letters_is_refused_with_its_line(teacher_client):
    response = bring(teacher_client, text=ADDRESSED.replace("the-cafe", "The café"))

    assert response.context["faults"] == [
        "Line 2, address: an address has small letters, digits and - only, at most 50 of them."
    ]
    assert not Lesson.objects.exists()


def test_a_published_plan_is_the_same_after_export_import_and_publish(teacher_client, teacher, lesson):
    taken_out = teacher_client.get(url(lesson, "export")).content.decode()

    bring(teacher_client, text=taken_out, slug="copy")

    copy = authoring.publish(Lesson.objects.get(slug="copy"), by=teacher)
    assert copy.checksum == lesson.versions.get().checksum


def test_a_broken_pack_is_refused_whole_with_lines(teacher_client):
    before = row_counts()

    response = bring(teacher_client, text=BROKEN)

    line = BROKEN.splitlines().index("  turns: many") + 1
    assert response.context["faults"] == [
        f"Line {line}, stage 3, turns: a whole number from 0 to 32767 is expected here."
    ]
    assert row_counts() == before


def test_a_broken_files_text_is_there_to_be_mended(teacher_client):
    response = bring(teacher_client, file=file_of(BROKEN))

    assert response.context["text"] == BROKEN
    assertContains(response, "turns: many")


def test_what_is_no_yaml_is_refused_with_its_line(teacher_client):
    response = bring(teacher_client, text="title: A\nstages: [")

    (fault,) = response.context["faults"]
    assert fault.startswith("This is not YAML in line 2")


def test_a_pack_that_rows_cannot_hold_is_refused_with_its_lines(teacher_client):
    twice = replace(PLAN, stages=(*PLAN.stages, PLAN.stages[0]))
    before = row_counts()

    response = bring(teacher_client, text=plans.to_yaml(twice))

    assert response.context["faults"][0].startswith("Line ")
    assert "“warm-up”" in response.context["faults"][0]
    assert row_counts() == before


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({}, "text", "Choose a file, or paste the text of a lesson pack."),
        ({"text": PACK, "slug": "a b"}, "slug", None),
        ({"file": SimpleUploadedFile("x.yaml", b"\xff\xfe")}, "file", "The file is not written in UTF-8."),
        (
            {"text": plans.to_yaml(replace(PLAN, title="你好"))},
            "slug",
            "Choose an address: small letters, digits and hyphens.",
        ),
    ],
)
def test_a_form_that_is_not_filled_in_well_says_so(teacher_client, data, field, message):
    response = bring(teacher_client, **data)

    (said_there,) = response.context["form"].errors[field]
    assert message is None or said_there == message
    assert not Lesson.objects.exists()


def test_a_pack_for_a_lesson_that_is_there_is_shown_before_it_replaces_the_draft(teacher_client, lesson):
    pack = plans.to_yaml(replace(PLAN, title="Ordering"))

    asked = bring(teacher_client, text=pack, slug="cafe")

    assertContains(asked, "Replace the draft</button>")
    assert [change.place for change in asked.context["changes"]] == ["Lesson, title"]
    assert Lesson.objects.get().title == PLAN.title

    done = bring(teacher_client, text=asked.context["text"], slug="cafe", replaces=asked.context["seen"])

    assertRedirects(done, url(lesson, "change"))
    assert Lesson.objects.get().title == "Ordering"
    assert lesson.versions.get().plan["title"] == PLAN.title


def test_a_draft_that_changed_meanwhile_is_shown_again(teacher_client, lesson):
    pack = plans.to_yaml(replace(PLAN, title="Ordering"))
    seen = bring(teacher_client, text=pack, slug="cafe").context["seen"]
    Lesson.objects.update(title="Changed by a colleague meanwhile")

    response = bring(teacher_client, text=pack, slug="cafe", replaces=seen)

    assertContains(response, "Replace the draft</button>")
    assert Lesson.objects.get().title == "Changed by a colleague meanwhile"


def test_importing_twice_does_not_duplicate(teacher_client):
    bring(teacher_client, text=PACK)
    before = row_counts()

    response = bring(teacher_client, text=PACK)

    assert said(response) == [
        ("info", "The draft of “Ordering in a café” says the same already: there was nothing to bring in.")
    ]
    assert row_counts() == before


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_address_of_somebody_elses_lesson_is_taken(teacher_client, lesson, by_hand):
    plan = replace(PLAN, title="Mine now")
    data = {"text": plans.to_yaml(plan), "slug": "cafe"} if by_hand else {"text": plans.to_yaml(plan, address="cafe")}
    lesson.title = "Nobody else's business"
    lesson.owner = User.objects.create_user("carl")
    lesson.save(update_fields=["owner", "title"])

    response = bring(teacher_client, **data)

    assert response.context["form"].errors["slug"] == [
        "This address belongs to a lesson of somebody else: choose another."
    ]
    assertNotContains(response, "business")
    assert Lesson.objects.get().title == lesson.title


def test_reviewers_bring_in_nothing(reviewer_client):
    assert reviewer_client.get(IMPORT).status_code == 404
    assert reviewer_client.post(IMPORT, {"text": PACK}).status_code == 404
    assert not Lesson.objects.exists()
