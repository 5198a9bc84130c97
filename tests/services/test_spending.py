"""What attempts cost, added up."""

from datetime import date
from decimal import Decimal

import pytest

from tests import lessons
from tutor.models import Assignment, Attempt, Classroom, DayUse
from tutor.services import attempts, spending

pytestmark = pytest.mark.django_db
FIRST, SECOND = date(2026, 10, 31), date(2026, 11, 1)


@pytest.fixture
def used(lesson, learner, other_learner):
    """Two learners, two lessons, two days: 1 + 2 USD of the first, and 4 USD and something unpriced of the second."""
    other = lessons.publish(slug="other")
    mine = attempts.start_attempt(lesson, learner=learner)[0]
    theirs = attempts.start_attempt(other, learner=other_learner)[0]
    Attempt.objects.filter(lesson=other).update(is_rehearsal=False)
    for attempt, day, model, cost in (
        (mine, FIRST, "voice", 1),
        (mine, SECOND, "voice", 2),
        (theirs, SECOND, "voice", 4),
        (theirs, SECOND, "ears", None),
    ):
        DayUse.objects.create(attempt=attempt, day=day, model=model, cost=cost, text_in=10, seconds=1.5)
    return mine, theirs


def found(user, by, *, since=None, until=None):
    rows = spending.grouped(user, by=by, since=since, until=until)
    return [
        (row.get("when") or row.get("name") or row["key"], row["attempts"], row["unpriced"], row["cost_sum"])
        for row in rows
    ]


def test_days_and_months_come_latest_first(reviewer, used):
    assert found(reviewer, "day") == [(SECOND, 2, 1, 6), (FIRST, 1, 0, 1)]
    assert found(reviewer, "month") == [(SECOND, 2, 1, 6), (date(2026, 10, 1), 1, 0, 1)]


def test_lessons_and_learners_come_by_name_and_never_by_money(reviewer, used):
    title = lessons.PLAN.title
    assert found(reviewer, "lesson") == [(title, 1, 0, 3), (title, 1, 1, 4)]
    assert found(reviewer, "learner") == [("lea", 1, 0, 3), ("otto", 1, 1, 4)]


def test_a_class_has_what_its_learners_did_in_its_lessons(reviewer, teacher, learner, other_learner, lesson, used):
    for name, pupils in (("7a", [learner]), ("7b", [learner, other_learner]), ("8c", [])):
        classroom = Classroom.objects.create(name=name, teacher=teacher)
        classroom.learners.set(pupils)
        Assignment.objects.create(classroom=classroom, lesson=lesson)
    Classroom.objects.create(name="9d", teacher=teacher).learners.add(learner)

    assert found(reviewer, "class") == [("7a", 1, 0, 3), ("7b", 1, 0, 3)]
    assert spending.outside_classes(reviewer, since=None, until=None).cost == 4


def test_a_time_has_both_its_days(reviewer, used):
    assert found(reviewer, "learner", since=SECOND) == [("lea", 1, 0, 2), ("otto", 1, 1, 4)]
    assert found(reviewer, "learner", until=FIRST) == [("lea", 1, 0, 1)]
    assert spending.total(reviewer, since=FIRST, until=FIRST).cost == 1


def test_a_total_leaves_out_what_has_no_price_and_says_so(reviewer, used):
    total = spending.total(reviewer, since=None, until=None)

    assert (total.attempts, total.unpriced, total.cost) == (2, 1, Decimal(7))
    assert (total.tokens["text_in"], total.seconds) == (40, 6.0)


def test_what_has_no_price_at_all_costs_nothing_that_is_known(reviewer, used):
    DayUse.objects.update(cost=None)

    assert spending.total(reviewer, since=None, until=None).cost is None


def test_a_trial_with_the_real_model_counts_and_belongs_to_no_class(reviewer, teacher, lesson, learner, used):
    classroom = Classroom.objects.create(name="7a", teacher=teacher)
    classroom.learners.add(learner)
    Assignment.objects.create(classroom=classroom, lesson=lesson)
    Attempt.objects.filter(lesson=lesson).update(is_trial=True)

    assert found(reviewer, "class") == []
    assert spending.outside_classes(reviewer, since=None, until=None).cost == 7


def test_a_teacher_sees_only_the_money_of_their_classes(teacher, reviewer, lesson, learner, used):
    assert spending.total(teacher, since=None, until=None).attempts == 0
    classroom = Classroom.objects.create(name="7a", teacher=teacher)
    classroom.learners.add(learner)
    Assignment.objects.create(classroom=classroom, lesson=lesson)
    elsewhere = Classroom.objects.create(name="8b", teacher=reviewer)
    elsewhere.learners.add(learner)
    Assignment.objects.create(classroom=elsewhere, lesson=lesson)

    assert found(teacher, "learner") == [("lea", 1, 0, 3)]
    assert found(teacher, "class") == [("7a", 1, 0, 3)]
    assert spending.total(teacher, since=None, until=None).cost == 3
    assert spending.outside_classes(teacher, since=None, until=None).attempts == 0
