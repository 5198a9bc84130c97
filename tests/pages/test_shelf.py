"""Which lessons a learner finds on the first page, and where."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User

from tests import lessons
from tests.walking import finish
from tutor.models import Assignment, Audience, Classroom, Lesson
from tutor.pages.shelf import Board, Record, ShelfLesson, Window, shelf
from tutor.services import attempts, trials

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)


@pytest.fixture
def classroom(teacher, learner) -> Classroom:
    return _classroom("7b", teacher, learner)


def _classroom(name: str, teacher: User, learner: User) -> Classroom:
    classroom = Classroom.objects.create(name=name, teacher=teacher, join_code=f"{name.upper()}CODE")
    classroom.learners.add(learner)
    return classroom


def _publish(slug: str, audience: Audience = Audience.CLASSES) -> Lesson:
    lesson = lessons.publish(replace(lessons.PLAN, title=slug.title()), slug=slug)
    lesson.audience = audience
    lesson.save()
    return lesson


def _titles(user: User) -> list[tuple[str, list[str]]]:
    return [(board.title, [lesson.title for lesson in board.lessons]) for board in shelf(user)]


def _only(user: User) -> ShelfLesson:
    [board] = [board for board in shelf(user) if board.lessons]
    [lesson] = board.lessons
    return lesson


def test_shelf_shows_what_was_published_last_not_the_draft(learner, lesson):
    Lesson.objects.update(title="Draft")
    assert _titles(learner) == [("Open to all", ["Ordering in a café"])]

    lessons.publish(replace(lessons.PLAN, title="At the counter", minutes=7))
    found = ShelfLesson(
        slug="cafe",
        title="At the counter",
        summary="You order a drink.",
        minutes=7,
        language="English",
        lang="en",
        window=Window.OPEN,
        when="",
        record=Record(),
    )
    assert shelf(learner) == [Board("Open to all", (found,))]


def test_shelf_leaves_out_what_is_hidden_or_not_published(learner, classroom, lesson):
    draft = Lesson.objects.create(slug="draft", title="Draft")
    for unseen in (draft, lesson):
        Assignment.objects.create(classroom=classroom, lesson=unseen)
    Lesson.objects.filter(slug="cafe").update(audience=Audience.NOBODY)

    assert _titles(learner) == [("7b", [])]


def test_shelf_groups_by_class_then_what_is_open_then_what_was_begun(learner, teacher, classroom):
    club = _classroom("Club", teacher, learner)
    Assignment.objects.create(classroom=classroom, lesson=_publish("fractions"))
    Assignment.objects.create(classroom=classroom, lesson=_publish("angles"))
    Assignment.objects.create(classroom=club, lesson=_publish("chess", Audience.EVERYONE))
    _publish("sky", Audience.EVERYONE)
    begun = _publish("begun", Audience.EVERYONE)
    attempts.start_attempt(begun, learner=learner)
    Lesson.objects.filter(slug="begun").update(audience=Audience.NOBODY)
    _publish("of-another-class")

    assert _titles(learner) == [
        ("7b", ["Angles", "Fractions"]),
        ("Club", ["Chess"]),
        ("Open to all", ["Sky"]),
        ("What you have begun", ["Begun"]),
    ]
    assert [(board.join_code, board.teacher) for board in shelf(learner)] == [
        ("7BCODE", "tess"),
        ("CLUBCODE", "tess"),
        ("", ""),
        ("", ""),
    ]


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "window", "when"),
    [
        (None, None, Window.OPEN, ""),
        (NOON - HOUR, NOON + HOUR, Window.OPEN, "Open until today, 13:00"),
        (None, NOON + 54 * HOUR, Window.OPEN, "Open until Friday, 18:00"),
        (NOON, None, Window.OPEN, ""),
        (NOON + HOUR, NOON + 5 * HOUR, Window.AHEAD, "Opens today, 13:00"),
    ],
)
def test_lesson_of_a_class_says_when_it_opens_and_closes(learner, classroom, opens_at, closes_at, window, when):
    lesson = _publish("angles")
    Assignment.objects.create(classroom=classroom, lesson=lesson, opens_at=opens_at, closes_at=closes_at)

    with time_machine.travel(NOON, tick=False):
        found = _only(learner)

    assert (found.window, found.when, found.can_enter) == (window, when, window is Window.OPEN)


def test_lesson_that_has_closed_is_listed_only_for_what_was_done_in_it(learner, classroom, said):
    lesson = _publish("cafe")
    Assignment.objects.create(classroom=classroom, lesson=lesson, closes_at=NOON)
    with time_machine.travel(NOON, tick=False):
        assert _titles(learner) == [("7b", [])]

    with time_machine.travel(NOON - HOUR):
        attempt = attempts.start_attempt(lesson, learner=learner)[0]
    with time_machine.travel(NOON, tick=False):
        begun = _only(learner)
        assert (begun.when, begun.can_enter, begun.record) == (
            "Closed today, 12:00",
            True,
            Record(open_code=str(attempt.code)),
        )

        finish(attempt, said)
        done = _only(learner)
        assert (done.can_enter, done.record) == (False, Record(card_code=str(attempt.code), is_done=True))


def test_class_lists_what_is_open_before_what_is_not(learner, classroom):
    for slug, opens_at in {"angles": NOON + HOUR, "zeros": NOON - HOUR}.items():
        Assignment.objects.create(classroom=classroom, lesson=_publish(slug), opens_at=opens_at)

    with time_machine.travel(NOON, tick=False):
        assert _titles(learner) == [("7b", ["Zeros", "Angles"])]


# The windows of a lesson in the classes 7b and Club, and the class that shows it, as of noon.
WORTHS = [
    ((None, NOON - HOUR), (None, NOON + HOUR), "Club"),
    ((NOON + HOUR, None), (None, NOON + HOUR), "Club"),
    ((None, NOON + HOUR), (None, NOON + 2 * HOUR), "Club"),
    ((None, None), (None, NOON + 2 * HOUR), "7b"),
    ((NOON + HOUR, None), (NOON + 2 * HOUR, None), "7b"),
    ((NOON + HOUR, None), (None, NOON - HOUR), "7b"),
]


@pytest.mark.parametrize(("first", "second", "expected"), WORTHS)
def test_lesson_of_two_classes_is_listed_once_where_there_is_most_time(
    learner, teacher, classroom, first, second, expected
):
    lesson = _publish("angles")
    for group, (opens_at, closes_at) in ((classroom, first), (_classroom("Club", teacher, learner), second)):
        Assignment.objects.create(classroom=group, lesson=lesson, opens_at=opens_at, closes_at=closes_at)

    with time_machine.travel(NOON, tick=False):
        assert [title for title, found in _titles(learner) if found] == [expected]


def test_times_of_a_class_do_not_bind_what_is_open_to_all(learner, classroom):
    lesson = _publish("sky", Audience.EVERYONE)
    Assignment.objects.create(classroom=classroom, lesson=lesson, closes_at=NOON)

    with time_machine.travel(NOON + HOUR):
        assert (_only(learner).window, _only(learner).when) == (Window.OPEN, "")


def test_lesson_is_done_once_it_was_completed(learner, attempt, said):
    finish(attempt, said)
    assert _only(learner).record == Record(card_code=str(attempt.code), is_done=True)

    again = attempts.start_attempt(attempt.lesson, learner=learner)[0]
    assert _only(learner).record == Record(open_code=str(again.code), card_code=str(attempt.code), is_done=True)

    attempts.end_attempt(again)
    assert _only(learner).record == Record(card_code=str(again.code), is_done=True)


def test_lesson_that_was_left_is_not_done(learner, attempt):
    attempts.end_attempt(attempt)

    assert _only(learner).record == Record(card_code=str(attempt.code))


def test_shelf_knows_nothing_of_what_others_did(other_learner, attempt):
    assert _only(other_learner).record == Record()


def test_shelf_knows_nothing_of_trials(lesson, teacher):
    trials.start_trial(lesson, teacher=teacher)

    assert _only(teacher).record == Record()
