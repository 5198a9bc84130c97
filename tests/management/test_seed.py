"""Seeding a laptop."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tutor.models import Lesson, LessonVersion
from tutor.services import authoring


@pytest.fixture(autouse=True)
def _laptop(settings, db):
    settings.DEBUG = True


def seed() -> str:
    out = StringIO()
    call_command("seed", stdout=out)
    return out.getvalue()


def test_seed_publishes_the_two_lessons_and_makes_the_accounts():
    seed()

    assert list(LessonVersion.objects.order_by("lesson__slug").values_list("lesson__slug", "number")) == [
        ("ordering-in-a-cafe", 1),
        ("why-is-the-sky-blue", 1),
    ]
    assert [
        (user.username, user.email, user.is_staff, user.is_superuser, [group.name for group in user.groups.all()])
        for user in User.objects.order_by("username")
    ] == [
        ("learner", "learner@demo.invalid", False, False, []),
        ("reviewer", "reviewer@demo.invalid", True, False, ["Reviewers"]),
        ("teacher", "teacher@demo.invalid", True, False, ["Teachers"]),
    ]


def test_seed_prints_the_accounts():
    assert seed().splitlines()[-4:] == [
        "Accounts, all with the password viva-demo:",
        "  learner    takes lessons",
        "  teacher    writes lessons",
        "  reviewer   reads what was said",
    ]


def test_seed_makes_accounts_that_can_sign_in(client):
    seed()

    assert client.login(username="learner", password="viva-demo")


def test_seed_twice_changes_nothing():
    seed()
    before = list(LessonVersion.objects.values()), list(User.objects.values())

    seed()

    assert (list(LessonVersion.objects.values()), list(User.objects.values())) == before


def test_seed_leaves_a_teachers_changes_alone():
    seed()
    Lesson.objects.filter(slug="why-is-the-sky-blue").update(title="Mine")

    assert "Lesson why-is-the-sky-blue: already there, left as it is" in seed()
    assert Lesson.objects.get(slug="why-is-the-sky-blue").title == "Mine"


def test_seed_refuses_to_run_in_production(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="only works with DEBUG on"):
        seed()
    assert User.objects.count() == 0


@pytest.mark.parametrize("slug", ["ordering-in-a-cafe", "why-is-the-sky-blue"])
def test_seeded_lessons_have_no_findings(slug):
    seed()

    assert authoring.findings(authoring.compile_plan(Lesson.objects.get(slug=slug))) == []
