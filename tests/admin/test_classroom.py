"""A teacher's classes."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import strip_tags
from pytest_django.asserts import assertContains, assertRedirects

from tests import lessons
from tests.admin.forms import filled_in, row
from tutor.models import Assignment, Classroom, Lesson


@pytest.fixture
def classroom(teacher) -> Classroom:
    return Classroom.objects.create(name="7b", teacher=teacher, join_code="ABCD234")


@pytest.fixture
def foreign(colleague) -> Classroom:
    """A class of another teacher."""
    return Classroom.objects.create(name="9c", teacher=colleague, join_code="WXYZ567")


def url(classroom: Classroom, page: str = "change") -> str:
    return reverse(f"admin:tutor_classroom_{page}", args=[classroom.pk])


def filled(page, **changes) -> dict:
    """What a browser sends back of the page: nobody is ticked to leave."""
    return filled_in(page, **{"leaving": None, **changes})


def test_a_new_class_is_its_makers_and_has_a_code(teacher_client, teacher):
    response = teacher_client.post("/admin/tutor/classroom/add/", {"name": "8a"})

    made = Classroom.objects.get()
    assertRedirects(response, url(made))
    assert (made.name, made.teacher, len(made.join_code)) == ("8a", teacher, 7)


def test_page_shows_the_code_and_who_is_there(teacher_client, classroom, learner):
    classroom.learners.add(learner)

    response = teacher_client.get(url(classroom))

    assertContains(response, '<strong class="join-code__code">ABCD234</strong>', html=True)
    assertContains(response, "What learners of this class say in its lessons you can read under Review")
    assert [str(label) for _, label in response.context["adminform"].form.fields["leaving"].choices] == ["lea"]


def test_a_new_code_takes_the_place_of_the_old_one(teacher_client, classroom):
    response = teacher_client.post(url(classroom, "new_code"))

    assertRedirects(response, url(classroom))
    classroom.refresh_from_db()
    assert classroom.join_code != "ABCD234"


def test_a_link_makes_no_new_code(teacher_client, classroom):
    assert teacher_client.get(url(classroom, "new_code")).status_code == 405


def test_those_who_are_ticked_leave_and_who_joined_meanwhile_stays(teacher_client, classroom, learner, other_learner):
    classroom.learners.add(learner)
    page = teacher_client.get(url(classroom))
    classroom.learners.add(other_learner)

    teacher_client.post(url(classroom), filled(page, leaving=[learner.pk]))

    assert list(classroom.learners.all()) == [other_learner]


def test_a_class_is_given_a_lesson_for_a_time(teacher_client, classroom, lesson):
    page = teacher_client.get(url(classroom))
    times = {"opens_at": "2026-03-01T08:00", "closes_at": "2026-03-08T18:30"}

    teacher_client.post(url(classroom), filled(page, **row("assignments", 0, lesson=lesson.pk, **times)))

    given = Assignment.objects.get()
    assert (given.lesson, given.opens_at, given.closes_at) == (
        lesson,
        datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
        datetime(2026, 3, 8, 18, 30, tzinfo=UTC),
    )


def test_the_times_of_an_assignment_change_but_not_its_lesson(teacher_client, classroom, lesson):
    Assignment.objects.create(classroom=classroom, lesson=lesson)
    other = lessons.publish(slug="other")
    page = teacher_client.get(url(classroom))
    changes = {"assignments-0-lesson": other.pk, "assignments-0-opens_at": "2026-03-01T08:00"}

    teacher_client.post(url(classroom), filled(page, **changes))

    given = Assignment.objects.get()
    assert (given.lesson, given.opens_at) == (lesson, datetime(2026, 3, 1, 8, 0, tzinfo=UTC))


def test_an_assignment_stays_when_its_lesson_is_private_again(teacher_client, colleague, classroom, lesson):
    Assignment.objects.create(classroom=classroom, lesson=lesson)
    lesson.owner = colleague
    lesson.save()

    response = teacher_client.post(url(classroom), filled(teacher_client.get(url(classroom)), name="7c"))

    assert response.status_code == 302
    assert (Classroom.objects.get().name, Assignment.objects.get().lesson) == ("7c", lesson)


def test_lessons_to_choose_have_their_address_and_say_if_nobody_would_find_them(teacher_client, classroom, lesson):
    draft = Lesson.objects.create(title=lesson.title, slug="again", owner=lesson.owner)

    response = teacher_client.get(url(classroom))

    choices = dict(response.context["inline_admin_formsets"][0].formset.empty_form.fields["lesson"].choices)
    assert choices[lesson.pk] == f"{lesson.title} ({lesson.slug})"
    assert choices[draft.pk] == f"{lesson.title} (again), not published yet"


def test_closing_before_opening_is_refused_in_words(teacher_client, classroom, lesson):
    page = teacher_client.get(url(classroom))
    times = {"opens_at": "2026-03-08T08:00", "closes_at": "2026-03-08T08:00"}

    response = teacher_client.post(url(classroom), filled(page, **row("assignments", 0, lesson=lesson.pk, **times)))

    errors = response.context["inline_admin_formsets"][0].formset.errors
    assert errors == [{"closes_at": ["It must close after it opens."]}]


def test_a_lesson_given_twice_is_refused_in_words(teacher_client, classroom, lesson):
    page = teacher_client.get(url(classroom))
    twice = row("assignments", 0, lesson=lesson.pk) | row("assignments", 1, lesson=lesson.pk)

    response = teacher_client.post(url(classroom), filled(page, **twice))

    errors = response.context["inline_admin_formsets"][0].formset.non_form_errors()
    assert list(errors) == [f"“{lesson}” is there twice: once is enough."]
    assert Assignment.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ["change", "delete", "history", "new_code"])
def test_another_teachers_class_is_not_there(teacher_client, foreign, page, method):
    response = getattr(teacher_client, method)(url(foreign, page), {"name": "Mine", "post": "yes"})

    assert response.status_code in (302, 404, 405)
    # Without the tags: the random token of a form may spell anything.
    assert "9c" not in strip_tags(response.content.decode())
    assert list(Classroom.objects.values_list("name", "join_code")) == [("9c", "WXYZ567")]


def test_the_list_shows_ones_own_classes(teacher_client, classroom, foreign):
    assert list(teacher_client.get("/admin/tutor/classroom/").context["cl"].result_list) == [classroom]


def test_a_superuser_gives_a_class_to_another_teacher(admin_client, classroom, colleague):
    admin_client.post(url(classroom), filled(admin_client.get(url(classroom)), teacher=colleague.pk))

    classroom.refresh_from_db()
    assert classroom.teacher == colleague


def test_reviewers_have_no_classes(reviewer_client, classroom):
    assert reviewer_client.get("/admin/tutor/classroom/").status_code == 404
    assert reviewer_client.post(url(classroom, "new_code")).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_the_same_queries_however_many_learners_and_lessons(
    teacher_client, classroom, django_assert_num_queries, count
):
    for number in range(count):
        classroom.learners.add(User.objects.create_user(f"learner-{number}"))
        Assignment.objects.create(classroom=classroom, lesson=lessons.publish(slug=f"lesson-{number}"))
    teacher_client.get(url(classroom))

    # login, user, two for rights; the class; its learners, asked whether there are any and listed; its assignments
    # with their lessons; the lessons to choose from
    with django_assert_num_queries(9):
        teacher_client.get(url(classroom))


def test_those_who_run_the_site_name_reviewers_of_a_class(admin_client, classroom, reviewer, learner):
    page = admin_client.get(url(classroom))
    admin_client.post(url(classroom), filled(page, reviewers=[reviewer.pk]))
    assert list(classroom.reviewers.all()) == [reviewer]

    # A learner is nobody whom one could choose.
    refused = admin_client.post(url(classroom), filled(page, reviewers=[learner.pk]))
    assert "reviewers" in refused.context["adminform"].form.errors
    assert list(classroom.reviewers.all()) == [reviewer]


def test_a_teacher_names_no_reviewers(teacher_client, classroom, reviewer):
    page = teacher_client.get(url(classroom))

    teacher_client.post(url(classroom), filled(page, reviewers=[reviewer.pk]))

    assert "reviewers" not in page.context["adminform"].form.fields
    assert not classroom.reviewers.exists()
