"""How lessons go, in figures over many attempts."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests import lessons
from tests.walking import complete
from tutor.models import Assignment, Attempt, AttemptOutcome, Classroom, LessonVersion, StayDigest
from tutor.services import attempts, digests, learning
from tutor.services.learning import ONLY, WITH, Which

pytestmark = pytest.mark.django_db
ANY = Which()


@pytest.fixture
def begin(lesson, django_user_model, said):
    """Let pupils begin the lesson, with the real tutor unless said otherwise; `then` ends it, or not."""

    def one(*, then: str = "", rehearsal: bool = False) -> Attempt:
        pupil = django_user_model.objects.create_user(f"pupil{Attempt.objects.count()}")
        attempt = attempts.start_attempt(lesson, learner=pupil)[0]
        Attempt.objects.filter(pk=attempt.pk).update(is_rehearsal=rehearsal)
        said(attempt, "I like tea.")
        if then == "on":
            complete(attempt, "understood")
        elif then == "again":
            complete(attempt, "needs-practice")
        elif then:
            attempts.end_attempt(attempt, outcome=AttemptOutcome(then))
        digests.refresh(attempt)
        return attempt

    return one


def test_stays_are_added_up_by_stage_end_and_way_out(reviewer, lesson, begin):
    for then in ("on", "again", "left", "left", "time_up"):
        begin(then=then)
    StayDigest.objects.filter(stage_key="warm-up").update(seconds=30, learner_words=3, tutor_words=9)

    figures = learning.of_lesson(reviewer, lesson, ANY)

    assert (figures.attempts, figures.completed, figures.left, figures.time_up, figures.open) == (5, 0, 2, 1, 2)
    first, second = figures.stage("warm-up"), figures.stage("order")
    assert (first.attempts, first.stays, first.again, first.left, first.still_there) == (5, 6, 1, 2, 1)
    assert first.ways == {"understood": 1, "needs-practice": 1}
    assert (first.left_share, first.again_share, first.seconds_each, first.tutor_share) == (0.4, 1 / 6, 30, 0.75)
    assert (first.turns_each, first.misunderstood_share, first.wait) == (5 / 6, 0, None)
    assert (second.attempts, second.still_there, second.seconds_each) == (1, 1, None)
    assert figures.stage("goodbye").stays == 0


@pytest.mark.parametrize(("times", "shares"), [(2, [None, None, None]), (3, [1.0, 0.0, 0.0])])
def test_no_figure_is_made_of_fewer_than_three_attempts(reviewer, lesson, begin, times, shares):
    for _ in range(times):
        begin(then="left")

    figures = learning.of_lesson(reviewer, lesson, ANY)

    assert [figures.stage("warm-up").left_share, figures.seconds_each, figures.completed_share] == shares


def test_misunderstandings_are_for_each_sentence_of_a_learner(reviewer, lesson, begin):
    for _ in range(3):
        begin()
    StayDigest.objects.update(learner_turns=9, unwritten=1, corrected=1, misheard=2, waits=2, wait_ms=3000)

    stage = learning.of_lesson(reviewer, lesson, ANY).stage("warm-up")

    assert (stage.misunderstood, stage.misunderstood_share, stage.wait) == (12, 0.4, 1.5)


@pytest.mark.parametrize(
    ("rehearsals", "real", "expected"),
    [("", 3, (3, 2, False)), (WITH, 3, (5, 0, False)), (ONLY, 3, (2, 0, True)), ("", 0, (2, 0, True))],
)
def test_rehearsals_are_left_out_unless_there_is_nothing_else(reviewer, lesson, begin, rehearsals, real, expected):
    for is_rehearsal in (*[False] * real, True, True):
        begin(rehearsal=is_rehearsal)

    figures = learning.of_lesson(reviewer, lesson, Which(rehearsals=rehearsals))

    assert (figures.attempts, figures.left_out, figures.rehearsed) == expected
    assert figures.stage("warm-up").stays == expected[0]


def test_trials_never_count(reviewer, lesson, begin):
    trial = begin()
    Attempt.objects.update(is_trial=True)
    digests.refresh(trial)

    figures = learning.of_lesson(reviewer, lesson, ANY)

    assert (figures.attempts, figures.stages) == (0, {})


def test_versions_are_kept_apart(reviewer, lesson, begin):
    begin(then="left")
    first = lesson.versions.get()
    second = LessonVersion.objects.create(lesson=lesson, number=2, plan=first.plan, checksum="2")
    begin()
    begin()

    versions = learning.versions_of(lesson)
    found = learning.of_versions(reviewer, versions, ANY)

    assert versions == [second, first]
    assert [(one.attempts, one.stage("warm-up").stays) for one in found] == [(2, 2), (1, 1)]
    assert learning.of_lesson(reviewer, lesson, ANY).attempts == 3


def test_a_period_counts_what_began_in_it(reviewer, lesson, begin):
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]
    for day in days:
        one = begin()
        noon = timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 12))
        Attempt.objects.filter(pk=one.pk).update(started_at=noon)
        digests.refresh(one)

    def count(**bounds: date) -> tuple[int, int]:
        figures = learning.of_lesson(reviewer, lesson, Which(**bounds))
        return figures.attempts, figures.stage("warm-up").stays

    assert count(since=days[1]) == (2, 2)
    assert count(until=days[1]) == (2, 2)
    assert count(since=days[1], until=days[1]) == (1, 1)
    assert count(until=days[0] - timedelta(days=1)) == (0, 0)


def test_a_class_counts_its_learners(reviewer, teacher, lesson, begin):
    one, _other = begin(), begin()
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(one.learner)

    figures = learning.of_lesson(reviewer, lesson, Which(classroom=classroom))

    assert (figures.attempts, figures.stage("warm-up").stays) == (1, 1)


def test_a_teacher_counts_only_what_they_may_read(teacher, lesson, begin):
    mine, _other = begin(), begin()
    assert learning.of_lesson(teacher, lesson, ANY).stages == {}
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(mine.learner)
    Assignment.objects.create(classroom=classroom, lesson=lesson)

    figures = learning.of_lesson(teacher, lesson, ANY)

    assert (figures.attempts, figures.stage("warm-up").stays) == (1, 1)
    assert learning.overview(teacher, [lesson], ANY)[lesson.pk].attempts == 1


def test_teachers_find_the_lessons_they_author_or_may_read_attempts_at(
    teacher, reviewer, learner, lesson, django_user_model
):
    other = lessons.publish(slug="other")
    for one in (lesson, other):
        one.owner = django_user_model.objects.create_user(f"owner-{one.slug}")
        one.save()
    assert list(learning.lessons_of(teacher)) == []
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    Assignment.objects.create(classroom=classroom, lesson=lesson)
    attempts.start_attempt(lesson, learner=learner)

    assert list(learning.lessons_of(teacher)) == [lesson]
    assert set(learning.lessons_of(reviewer)) == {lesson, other}


@pytest.mark.parametrize("times", [1, 3])
def test_figures_take_two_queries_for_one_attempt_as_for_three(
    reviewer, lesson, begin, django_assert_num_queries, times
):
    for _ in range(times):
        begin(then="on")

    reviewer.has_perm("tutor.view_attempt")
    with django_assert_num_queries(2):
        learning.of_lesson(reviewer, lesson, ANY)
