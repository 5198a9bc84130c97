"""Joining a class by its code, and leaving it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache

from tutor.models import Assignment, Audience, Classroom
from tutor.services import access, attempts, classrooms

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_tried():
    cache.clear()


@pytest.fixture
def classroom(teacher) -> Classroom:
    return Classroom.objects.create(name="7b", teacher=teacher, join_code="ABCD234")


@pytest.mark.parametrize("typed", ["ABCD234", "abcd234", " ABCD 234 ", "abc-d234", "A B C D\t2 3 4\n", "AbCd–234"])
def test_join_takes_the_code_in_any_spelling(classroom, learner, typed):
    assert classrooms.join_classroom(typed, learner=learner) == classroom
    assert list(classroom.learners.all()) == [learner]


@pytest.mark.parametrize("typed", ["", "ABCD23", "ABCD2345", "\x00", "%", "é"])
def test_join_refuses_any_other_code_with_a_sentence(classroom, learner, typed):
    with pytest.raises(classrooms.UnknownJoinCodeError) as refusal:
        classrooms.join_classroom(typed, learner=learner)

    assert refusal.value.message == "There is no class with this code. Ask your teacher to read it out again."
    assert list(classroom.learners.all()) == []


def test_join_twice_is_once(classroom, learner):
    for _ in range(2):
        classrooms.join_classroom("ABCD234", learner=learner)

    assert list(classroom.learners.all()) == [learner]


def _guess(learner, *, times: int) -> list[type[Exception]]:
    refusals = []
    for number in range(times):
        with pytest.raises(classrooms.ServiceError) as refusal:
            classrooms.join_classroom(f"WRONG{number}", learner=learner)
        refusals.append(refusal.type)
    return refusals


def test_guessing_ends_after_twenty_wrong_codes_even_for_the_right_one(classroom, learner):
    with time_machine.travel(NOON, tick=False):
        assert set(_guess(learner, times=20)) == {classrooms.UnknownJoinCodeError}

        with pytest.raises(classrooms.TooManyTriesError):
            classrooms.join_classroom("ABCD234", learner=learner)


def test_guessing_is_forgotten_after_an_hour(classroom, learner):
    with time_machine.travel(NOON, tick=False) as clock:
        _guess(learner, times=20)

        clock.shift(timedelta(hours=1))
        assert classrooms.join_classroom("ABCD234", learner=learner) == classroom


def test_guessing_of_one_does_not_keep_another_out(classroom, learner, other_learner):
    _guess(learner, times=20)

    assert classrooms.join_classroom("ABCD234", learner=other_learner) == classroom


def test_right_code_does_not_count_as_a_try(classroom, learner):
    for _ in range(20):
        classrooms.join_classroom("ABCD234", learner=learner)

    assert _guess(learner, times=1) == [classrooms.UnknownJoinCodeError]


def test_leaving_takes_the_lessons_away_but_not_the_one_in_the_middle(classroom, learner, lesson):
    lesson.audience = Audience.CLASSES
    lesson.save()
    Assignment.objects.create(classroom=classroom, lesson=lesson)
    classrooms.join_classroom("ABCD234", learner=learner)
    attempt = attempts.start_attempt(lesson, learner=learner)[0]

    classrooms.leave_classroom(classroom, learner=learner)

    assert list(classroom.learners.all()) == []
    assert list(access.visible_to(learner)) == [lesson]
    attempts.end_attempt(attempt)
    assert list(access.visible_to(learner)) == []


def test_leaving_a_class_one_is_not_in_changes_nothing(classroom, learner, other_learner):
    classroom.learners.add(learner)

    classrooms.leave_classroom(classroom, learner=other_learner)

    assert list(classroom.learners.all()) == [learner]


def test_a_new_code_opens_the_class_and_the_old_one_no_more(classroom, learner, other_learner):
    classrooms.join_classroom("ABCD234", learner=learner)

    classrooms.renew_join_code(classroom)

    with pytest.raises(classrooms.UnknownJoinCodeError):
        classrooms.join_classroom("ABCD234", learner=other_learner)
    assert classrooms.join_classroom(classroom.join_code, learner=other_learner) == classroom
    assert set(classroom.learners.all()) == {learner, other_learner}
