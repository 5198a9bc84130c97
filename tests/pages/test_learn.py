"""The pages that say how lessons go."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests import lessons
from tests.walking import complete
from tutor.models import Assignment, Classroom, LessonVersion, StayDigest
from tutor.pages.learn_figures import duration, heat_of, share
from tutor.services import attempts, digests

LIST, CAFE = "/review/lessons/", "/review/lessons/cafe/"


@pytest.fixture
def begin(lesson, django_user_model, said):
    """Let so many pupils begin the lesson, and leave it in its first stage if they are to."""

    def some(times: int = 1, *, leave: bool = False) -> None:
        for _ in range(times):
            pupil = django_user_model.objects.create_user(f"pupil{django_user_model.objects.count()}")
            attempt = attempts.start_attempt(lesson, learner=pupil)[0]
            said(attempt, "I like tea.")
            if leave:
                attempts.end_attempt(attempt)
            else:
                complete(attempt, "understood")
            digests.refresh(attempt)

    return some


def test_the_list_has_every_published_lesson_with_its_figures(reviewer_client, begin):
    lessons.publish(slug="other")
    begin(3, leave=True)

    response = reviewer_client.get(LIST)

    assertContains(response, 'href="/review/lessons/cafe/"')
    assertContains(response, 'href="/review/lessons/other/"')
    rows = {lesson.slug: figures for lesson, figures in response.context["rows"]}
    assert (rows["cafe"].attempts, rows["cafe"].left, rows["other"].attempts) == (3, 3, 0)
    assertContains(response, "only rehearsals", count=1)


def test_a_lesson_is_shown_on_its_map_with_its_figures_and_ways_out(reviewer_client, begin):
    begin(4)
    begin(1, leave=True)
    StayDigest.objects.filter(stage_key="warm-up").update(seconds=125)

    response = reviewer_client.get(CAFE)

    assertContains(response, ">2:05 min</text>")
    assertContains(response, 'class="lesson-map__stage lesson-map__stage--heat-4" href="#stage-warm-up"')
    assertContains(response, ">4 × Understood</text>")
    assertContains(response, "80 %")
    assertContains(response, "these are rehearsals")


@pytest.mark.parametrize("measure", ["time", "left", "again", "misunderstood", "wait", "turns", "talk", "nonsense"])
def test_the_map_shows_what_was_chosen(reviewer_client, begin, measure):
    begin(3, leave=True)

    response = reviewer_client.get(CAFE, {"measure": measure})

    assert response.context["measure"].key == ("time" if measure == "nonsense" else measure)


def test_the_attempts_that_ended_in_a_stage_are_one_press_away(reviewer_client, begin):
    begin(1, leave=True)
    begin(2)
    rows = {row.key: row for row in reviewer_client.get(CAFE, {"period": "week"}).context["rows"]}
    ends = {part.name: part for part in rows["warm-up"].sides[0].parts}

    assert {name: part.count for name, part in ends.items()} == {"Understood": 2, "Left early": 1}
    parts = [part for row in rows.values() for part in row.sides[0].parts]
    assert [part.name for part in parts] == ["Understood", "Left early", "Still there"]
    for part in parts:
        found = reviewer_client.get(part.find)
        assert not found.context["form"].errors
        assert found.context["page"].paginator.count == part.count


def test_two_versions_stand_side_by_side(reviewer_client, lesson, begin):
    begin(3, leave=True)
    first = lesson.versions.get()
    gone = {**first.plan, "stages": first.plan["stages"][1:]}
    LessonVersion.objects.create(lesson=lesson, number=2, plan=gone, checksum="2")

    response = reviewer_client.get(CAFE, {"version": "2", "against": "1"})

    rows = response.context["rows"]
    assert [(row.key, row.is_gone) for row in rows] == [("order", False), ("goodbye", False), ("warm-up", True)]
    assert [side.figures.stays for side in rows[2].sides] == [0, 3]
    assertContains(response, "not in this version")
    assertContains(response, '<th scope="row">Version 2</th><td>0</td>')


def test_too_few_attempts_are_said_to_be_too_few(reviewer_client, begin):
    begin(2, leave=True)

    response = reviewer_client.get(CAFE)

    assertContains(response, "only 2 attempts")
    assertContains(response, "too few attempts")
    assertNotContains(response, "100 %")


def test_nobody_is_named(reviewer_client, begin):
    begin(3)

    for page in (LIST, CAFE):
        assertNotContains(reviewer_client.get(page), "pupil")


@pytest.mark.parametrize(
    "query",
    [
        {"version": "99", "against": "x", "since": "no", "classroom": "7", "rehearsals": "y", "period": "z"},
        {"version": "1", "against": "1"},
        {"until": "0001-01-01", "since": "9999-12-31"},
        {"until": "9999-12-31", "since": "0001-01-01"},
        {"page": "99999999999999999999"},
    ],
)
def test_what_cannot_be_read_breaks_nothing(reviewer_client, begin, query):
    begin()

    for page in (LIST, CAFE):
        assert reviewer_client.get(page, query).status_code == 200


def test_what_authors_and_models_wrote_is_escaped(reviewer_client, lesson):
    plan = {**lesson.versions.get().plan, "title": "<b>T"}
    plan["stages"] = [{**stage, "title": "<i>S"} for stage in plan["stages"]]
    LessonVersion.objects.create(lesson=lesson, number=2, plan=plan, checksum="2")

    response = reviewer_client.get(CAFE)

    assertContains(response, "&lt;b&gt;T")
    assertContains(response, "&lt;i&gt;S")
    assertNotContains(response, "<b>T")
    assertNotContains(response, "<i>S")


@pytest.mark.parametrize("times", [1, 3])
def test_pages_take_as_many_queries_for_one_attempt_as_for_three(
    reviewer_client, begin, django_assert_num_queries, times
):
    begin(times)

    with django_assert_num_queries(8):
        reviewer_client.get(LIST)
    with django_assert_num_queries(10):
        reviewer_client.get(CAFE)
    with django_assert_num_queries(10):
        reviewer_client.get(CAFE, {"version": "1"})


@pytest.mark.parametrize("page", [LIST, CAFE])
def test_nobody_else_finds_anything_there(client, learner_client, lesson, page):
    assert learner_client.get(page).status_code == 404
    assertRedirects(client.get(page), f"/accounts/login/?next={page}")


def test_a_teacher_finds_their_lessons_and_no_others(
    teacher_client, teacher, learner, lesson, attempt, django_user_model
):
    lesson.owner = django_user_model.objects.create_user("owner")
    lesson.save()
    assert teacher_client.get(CAFE).status_code == 404
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    Assignment.objects.create(classroom=classroom, lesson=lesson)

    response = teacher_client.get(CAFE)

    assert response.status_code == 200
    assertNotContains(response, "Change this lesson")


def test_a_draft_has_no_page(reviewer_client, lesson):
    LessonVersion.objects.all().delete()

    assert reviewer_client.get(CAFE).status_code == 404
    assertContains(reviewer_client.get(LIST), "No lessons yet")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1:00 min"), (125, "2:05 min"), (3600, "60:00 min")]
)
def test_a_duration_is_written_as_people_do(seconds, text):
    assert duration(seconds) == text


def test_a_share_is_written_in_per_cent():
    assert share(1 / 3) == "33 %"


@pytest.mark.parametrize(("value", "heat"), [(0, 0), (0.01, 1), (0.5, 2), (1, 4)])
def test_heat_is_a_part_of_the_most(value, heat):
    assert heat_of(value, 1) == heat
    assert heat_of(0, 0) == 0
