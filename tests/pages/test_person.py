"""The page on which those who run the site hand over or erase what is kept of somebody."""

import io
import zipfile

import pytest
from django.contrib.auth.models import User
from pytest_django.asserts import assertContains, assertNotContains

from tutor.models import Attempt, Look


def test_page_shows_what_there_is(admin_client, attempt):
    answer = admin_client.get("/review/person/", {"username": "lea"})

    assertContains(answer, "What is kept of lea")
    assertContains(answer, '<th scope="row">Attempts</th><td>1</td>')


def test_unknown_name_is_said(admin_client):
    answer = admin_client.get("/review/person/", {"username": "<b>"})

    assertContains(answer, "Nobody found")
    assertNotContains(answer, "<b>")


@pytest.mark.parametrize("who", ["learner_client", "teacher_client", "reviewer_client"])
def test_only_superusers_find_it(request, attempt, learner, who):
    client = request.getfixturevalue(who)
    base = f"/review/person/{learner.pk}"

    assert client.get("/review/person/", {"username": "lea"}).status_code == 404
    assert client.get(f"{base}/export/").status_code == 404
    assert client.post(f"{base}/erase/", {"confirm": "lea"}).status_code == 404
    assert Attempt.objects.exists()


def test_export_is_a_zip_and_its_learner_sees_who_took_it(admin_client, attempt, learner):
    answer = admin_client.get(f"/review/person/{learner.pk}/export/")

    names = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
    assert "rows/tutor.attempt.jsonl" in names
    assert list(Look.objects.values_list("viewer__username", "kind")) == [("admin", "taken")]


def test_erase_needs_the_name_typed(admin_client, attempt, learner):
    path = f"/review/person/{learner.pk}/erase/"

    answer = admin_client.post(path, {"confirm": "Lea"}, follow=True)
    assertContains(answer, "That is not the username: nothing was deleted.")
    assert admin_client.get(path).status_code == 405
    assert Attempt.objects.exists()

    answer = admin_client.post(path, {"confirm": "lea"}, follow=True)
    assert answer.redirect_chain == [("/review/person/", 302)]
    assertContains(answer, "3 rows were deleted for good.")
    assert not User.objects.filter(username="lea").exists()
    assert admin_client.post(path, {"confirm": "lea"}).status_code == 404


def test_erase_says_what_others_need_and_spares_oneself(admin_client, admin_user, teacher, lesson):
    lesson.owner = teacher
    lesson.save()
    assertContains(admin_client.get("/review/person/", {"username": "tess"}), "others need what it wrote or owns")
    answer = admin_client.post(f"/review/person/{teacher.pk}/erase/", {"confirm": "tess"}, follow=True)
    assertContains(answer, "others need 1 lessons.")

    answer = admin_client.post(f"/review/person/{admin_user.pk}/erase/", {"confirm": "admin"}, follow=True)
    assertContains(answer, "Nobody erases their own account")
