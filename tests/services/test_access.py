"""Who sees, starts and edits which lessons."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, Group, User

from tests import lessons
from tutor.models import Assignment, Audience, Classroom, Lesson
from tutor.services import access, attempts, trials
from tutor.services.errors import NotPublishedError

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
EVENING = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)


@pytest.fixture
def classroom(teacher, learner) -> Classroom:
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    return classroom


@pytest.fixture
def class_lesson(lesson) -> Lesson:
    lesson.audience = Audience.CLASSES
    lesson.save()
    return lesson


def slugs(found) -> list[str]:
    return [lesson.slug for lesson in found]


# --- Learners ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "is_assigned", "expected"),
    [
        (Audience.EVERYONE, False, ["cafe"]),
        (Audience.EVERYONE, True, ["cafe"]),
        (Audience.CLASSES, False, []),
        (Audience.CLASSES, True, ["cafe"]),
        (Audience.NOBODY, False, []),
        (Audience.NOBODY, True, []),
    ],
)
def test_lesson_is_open_by_its_audience(lesson, learner, classroom, audience, is_assigned, expected):
    Lesson.objects.update(audience=audience)
    if is_assigned:
        Assignment.objects.create(classroom=classroom, lesson=lesson)

    assert slugs(access.open_to(learner)) == expected
    assert slugs(access.visible_to(learner)) == expected


def test_lesson_of_a_class_is_open_to_nobody_else(class_lesson, classroom, other_learner, teacher):
    Assignment.objects.create(classroom=classroom, lesson=class_lesson)

    assert slugs(access.open_to(other_learner)) == []
    assert slugs(access.open_to(teacher)) == []


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "now", "is_open"),
    [
        (None, None, NOON, True),
        (NOON, None, datetime(2026, 3, 4, 11, 59, 59, tzinfo=UTC), False),
        (NOON, None, NOON, True),
        (None, EVENING, datetime(2026, 3, 4, 17, 59, 59, tzinfo=UTC), True),
        (None, EVENING, EVENING, False),
        (NOON, EVENING, datetime(2026, 3, 3, 15, 0, tzinfo=UTC), False),
        (NOON, EVENING, datetime(2026, 3, 4, 15, 0, tzinfo=UTC), True),
        (NOON, EVENING, datetime(2026, 3, 5, 15, 0, tzinfo=UTC), False),
    ],
)
def test_assignment_is_open_from_its_opening_until_its_closing(
    class_lesson, learner, classroom, opens_at, closes_at, now, is_open
):
    Assignment.objects.create(classroom=classroom, lesson=class_lesson, opens_at=opens_at, closes_at=closes_at)

    with time_machine.travel(now, tick=False):
        assert access.open_to(learner).exists() is is_open
        assert access.visible_to(learner).exists() is is_open


def test_closed_lesson_is_finished_by_who_is_in_the_middle_but_not_begun_again(class_lesson, learner, classroom):
    Assignment.objects.create(classroom=classroom, lesson=class_lesson, closes_at=EVENING)
    with time_machine.travel(NOON):
        attempt = attempts.start_attempt(class_lesson, learner=learner)[0]

    with time_machine.travel(EVENING):
        assert slugs(access.open_to(learner)) == []
        assert slugs(access.visible_to(learner)) == ["cafe"]
        assert attempts.start_attempt(class_lesson, learner=learner) == (attempt, False)

        attempts.end_attempt(attempt)
        assert slugs(access.visible_to(learner)) == []
        with pytest.raises(NotPublishedError):
            attempts.start_attempt(class_lesson, learner=learner)


def test_closing_time_of_a_class_does_not_close_what_is_open_to_all(lesson, learner, classroom):
    Assignment.objects.create(classroom=classroom, lesson=lesson, closes_at=NOON)

    with time_machine.travel(EVENING):
        assert slugs(access.open_to(learner)) == ["cafe"]


def test_lesson_of_two_classes_is_found_once(class_lesson, learner, teacher, classroom):
    second = Classroom.objects.create(name="Club", teacher=teacher)
    second.learners.add(learner)
    for group in (classroom, second):
        Assignment.objects.create(classroom=group, lesson=class_lesson)
    lessons.publish(slug="cafe")
    attempts.start_attempt(class_lesson, learner=learner)

    assert slugs(access.open_to(learner)) == ["cafe"]
    assert slugs(access.visible_to(learner)) == ["cafe"]


def test_lesson_of_two_classes_is_open_while_one_of_them_has_it(class_lesson, learner, teacher, classroom):
    second = Classroom.objects.create(name="Club", teacher=teacher)
    second.learners.add(learner)
    Assignment.objects.create(classroom=classroom, lesson=class_lesson, closes_at=NOON)
    Assignment.objects.create(classroom=second, lesson=class_lesson, opens_at=NOON)

    with time_machine.travel(EVENING):
        assert slugs(access.open_to(learner)) == ["cafe"]


def test_draft_is_open_to_nobody_even_when_it_is_assigned_and_tried(learner, teacher, classroom):
    draft = lessons.authoring.load_draft(lessons.PLAN, slug="draft", owner=teacher)
    Assignment.objects.create(classroom=classroom, lesson=draft)
    trials.start_trial(draft, teacher=teacher)

    assert [slugs(access.visible_to(user)) for user in (learner, teacher)] == [[], []]
    assert list(access.assigned_to(learner)) == []


def test_trial_does_not_make_a_hidden_lesson_visible(lesson, teacher):
    Lesson.objects.update(audience=Audience.NOBODY)
    trials.start_trial(lesson, teacher=teacher)

    assert slugs(access.visible_to(teacher)) == []


def test_assigned_to_names_what_is_not_open_yet_and_what_is_no_more(class_lesson, learner, classroom):
    later = lessons.publish(slug="later")
    hidden = lessons.publish(slug="hidden")
    Lesson.objects.filter(slug="hidden").update(audience=Audience.NOBODY)
    Assignment.objects.create(classroom=classroom, lesson=class_lesson, closes_at=NOON)
    Assignment.objects.create(classroom=classroom, lesson=later, opens_at=EVENING)
    Assignment.objects.create(classroom=classroom, lesson=hidden)

    with time_machine.travel(datetime(2026, 3, 4, 15, 0, tzinfo=UTC)):
        found = access.assigned_to(learner)

    assert [assignment.lesson.slug for assignment in found] == ["cafe", "later"]


def test_user_who_is_not_active_or_not_signed_in_finds_nothing(class_lesson, learner, classroom):
    Assignment.objects.create(classroom=classroom, lesson=class_lesson)
    lessons.publish(slug="open")
    attempts.start_attempt(class_lesson, learner=learner)
    learner.is_active = False
    learner.save()

    for nobody in (learner, AnonymousUser()):
        assert list(access.assigned_to(nobody)) == []
        assert list(access.open_to(nobody)) == []
        assert list(access.visible_to(nobody)) == []


def test_superuser_learns_like_everybody_else(class_lesson):
    superuser = User.objects.create_superuser("root")

    assert slugs(access.visible_to(superuser)) == []


# --- Teachers ----------------------------------------------------------------------------------------


@pytest.fixture
def four_lessons(teacher, other_learner) -> None:
    Lesson.objects.create(slug="own", title="A", owner=teacher)
    Lesson.objects.create(slug="private", title="B", owner=other_learner)
    Lesson.objects.create(slug="shared", title="C", owner=other_learner, is_shared=True)
    Lesson.objects.create(slug="ownerless", title="D")


def test_teacher_authors_own_shared_and_ownerless_lessons(four_lessons, teacher):
    assert slugs(access.authored_by(teacher)) == ["own", "shared", "ownerless"]


def test_superuser_authors_every_lesson(four_lessons):
    superuser = User.objects.create_superuser("root")

    assert access.may_author(superuser) is True
    assert slugs(access.authored_by(superuser)) == ["own", "private", "shared", "ownerless"]


@pytest.mark.parametrize("who", ["learner", "reviewer"])
def test_others_author_nothing(four_lessons, request, who):
    user = request.getfixturevalue(who)

    assert access.may_author(user) is False
    assert slugs(access.authored_by(user)) == []


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_author_without_account_or_staff_status_authors_nothing(four_lessons, teacher, lost):
    superuser = User.objects.create_superuser("root")
    for user in (teacher, superuser):
        setattr(user, lost, False)
        assert access.may_author(user) is False
        assert slugs(access.authored_by(user)) == []


# --- Reviewers of a class ----------------------------------------------------------------------------


@pytest.fixture
def named(classroom) -> User:
    """Staff without any right, named as a reviewer of the class."""
    user = User.objects.create_user("nora", is_staff=True)
    classroom.reviewers.add(user)
    return user


def test_reviewer_of_a_class_reads_what_it_said_in_its_lessons(named, class_lesson, classroom, learner, other_learner):
    elsewhere = lessons.publish(slug="open")
    Assignment.objects.create(classroom=classroom, lesson=class_lesson)
    mine, _ = attempts.start_attempt(class_lesson, learner=learner)
    attempts.start_attempt(elsewhere, learner=learner)
    attempts.start_attempt(elsewhere, learner=other_learner)

    assert access.reads_others(named) is True
    assert list(access.classes_read_by(named)) == [classroom]
    assert list(access.reviewed_by(named)) == [mine]


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_reviewer_of_a_class_without_account_or_staff_status_reads_nothing(
    named, class_lesson, classroom, learner, lost
):
    Assignment.objects.create(classroom=classroom, lesson=class_lesson)
    attempts.start_attempt(class_lesson, learner=learner)
    setattr(named, lost, False)

    assert access.reads_others(named) is False
    assert list(access.classes_read_by(named)) == []
    assert list(access.reviewed_by(named)) == []


def test_teacher_named_in_a_colleagues_class_reads_both(named, teacher, classroom, class_lesson, learner):
    own = Classroom.objects.create(name="own", teacher=named)
    named.groups.add(Group.objects.get(name="Teachers"))

    assert set(access.classes_read_by(User.objects.get(pk=named.pk))) == {own, classroom}
