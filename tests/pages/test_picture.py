"""A picture that a learner showed the tutor: who may look at it, and what else it can do (nothing)."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tutor.models import Look, PictureType
from tutor.services import journal

JPEG = b"\xff\xd8\xff\xe0 a <script>picture</script>"


@pytest.fixture
def path(attempt) -> str:
    entry = journal.PictureEntry(id="item_1", media_type=PictureType.JPEG, data=JPEG)
    journal.store_entries(attempt, [entry])
    return f"/attempts/{attempt.code}/pictures/item_1/"


def client_of(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


@pytest.mark.parametrize("who", ["learner", "reviewer"])
def test_learner_and_reviewers_see_the_picture(path, request, who):
    response = client_of(request.getfixturevalue(who)).get(path)

    assert (response.status_code, response.content) == (200, JPEG)


def test_others_looking_at_the_picture_is_put_down(path, learner, reviewer):
    for user in (learner, reviewer, reviewer):
        client_of(user).get(path)

    assert list(Look.objects.values_list("viewer__username", "kind")) == [("rita", "read")]


def test_picture_can_do_nothing_but_be_looked_at(path, learner_client):
    headers = learner_client.get(path).headers

    assert {
        "Content-Type": "image/jpeg",
        "Content-Disposition": "inline",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }.items() <= headers.items()


@pytest.mark.parametrize("who", [None, "other_learner", "teacher"])
def test_for_everybody_else_there_is_no_picture(path, request, who):
    assert client_of(who and request.getfixturevalue(who)).get(path).status_code == 404


def test_the_right_to_read_attempts_is_nothing_without_being_staff(path, other_learner):
    other_learner.user_permissions.add(Permission.objects.get(codename="view_attempt"))

    assert client_of(other_learner).get(path).status_code == 404


@pytest.mark.parametrize("who", ["learner", "reviewer"])
def test_unknown_pictures_are_not_found(attempt, path, request, who):
    client = client_of(request.getfixturevalue(who))

    assert client.get(path.replace("item_1", "item_2")).status_code == 404
    assert client.get(path.replace(str(attempt.code), "6f1c1f0e-6d4c-4a53-9d1c-0d6a5b2f7a11")).status_code == 404


def test_picture_takes_three_queries(path, learner_client, django_assert_num_queries):
    # The login 2, the picture 1.
    with django_assert_num_queries(3):
        learner_client.get(path)
