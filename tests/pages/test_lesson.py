"""One lesson's page, and starting it."""

import re
from dataclasses import replace

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests import lessons
from tests.walking import complete, finish
from tutor.models import Attempt, Lesson
from tutor.pages.contents import detours
from tutor.plan import Outcome, Plan, Stage
from tutor.services import attempts, trials


def test_lesson_shows_its_stages_and_goals(learner_client, lesson):
    response = learner_client.get("/lessons/cafe/")

    assertContains(response, '<h1 lang="en">Ordering in a café</h1>', html=True)
    assertContains(response, '<h3><span lang="en">Warm-up</span></h3>', html=True)
    assertContains(response, '<p lang="en">Order a drink.</p>', html=True)
    assertContains(response, "about 5 minutes")


def test_lesson_keeps_what_only_the_tutor_may_know(learner_client, lesson):
    response = learner_client.get("/lessons/cafe/")

    assertNotContains(response, "You are the waiter.")
    assertNotContains(response, "It grows on a bush.")


def _map(response) -> list[tuple[str, str]]:
    """The stages in the picture of a page, and what their classes say of each."""
    drawn = re.findall(r'class="lesson-map__stage([^"]*)" data-stage="([^"]*)"', response.content.decode())
    return [(key, classes.replace("lesson-map__stage--", "").strip()) for classes, key in drawn]


def test_lesson_draws_its_stages_without_goals_and_instructions(learner_client, lesson):
    response = learner_client.get("/lessons/cafe/")

    assert _map(response) == [("warm-up", ""), ("order", ""), ("goodbye", "")]
    assertNotContains(response, "lesson-map__goal")


@pytest.mark.parametrize("address", ["/lessons/cafe/", "/attempts/{code}/"])
def test_map_tells_a_learner_where_stages_lead_but_no_names_of_outcomes(learner_client, attempt, address):
    page = learner_client.get(address.format(code=attempt.code)).content.decode()

    assert "Stage 1, Warm-up: on to stage 2, Order; the same stage again." in page
    for key in ("understood", "needs-practice", "ordered", "“done”", "lesson-map__key"):
        assert key not in page


def test_lesson_marks_on_the_map_how_far_the_open_attempt_has_come(learner_client, attempt, said):
    said(attempt, "Coffee.")
    complete(attempt, "understood")

    assert _map(learner_client.get("/lessons/cafe/")) == [("warm-up", "done"), ("order", "current"), ("goodbye", "")]

    attempts.end_attempt(attempt)
    assert _map(learner_client.get("/lessons/cafe/")) == [("warm-up", ""), ("order", ""), ("goodbye", "")]


def test_lesson_shows_the_version_its_learner_is_in_the_middle_of(client, learner_client, attempt, other_learner):
    *_, last = lessons.PLAN.stages
    lessons.publish(replace(lessons.PLAN, title="Shorter", stages=(last,)))

    response = learner_client.get("/lessons/cafe/")
    assertContains(response, '<h1 lang="en">Ordering in a café</h1>', html=True)
    assert _map(response) == [("warm-up", "current"), ("order", ""), ("goodbye", "")]

    client.force_login(other_learner)
    response = client.get("/lessons/cafe/")
    assertContains(response, '<h1 lang="en">Shorter</h1>', html=True)
    assert _map(response) == [("goodbye", "")]


def test_lesson_does_not_list_a_teachers_trials(client, teacher, lesson):
    trial = trials.start_trial(lesson, teacher=teacher)
    attempts.end_attempt(trial)
    client.force_login(teacher)

    response = client.get("/lessons/cafe/")

    assertContains(response, "Start lesson")
    assertNotContains(response, str(trial.code))


def test_lesson_asks_a_visitor_to_sign_in(client, lesson):
    assertRedirects(client.get("/lessons/cafe/"), "/accounts/login/?next=/lessons/cafe/")


@pytest.mark.parametrize("slug", ["nowhere", "hidden", "draft"])
def test_lesson_is_not_found_unless_published_and_listed(learner_client, slug):
    Lesson.objects.create(slug="draft", title="Draft")
    lessons.publish(slug="hidden")
    Lesson.objects.filter(slug="hidden").update(audience="nobody")

    assert learner_client.get(f"/lessons/{slug}/").status_code == 404


def test_lesson_button_follows_what_the_learner_did(learner_client, lesson, learner, said):
    assertContains(learner_client.get("/lessons/cafe/"), "Start lesson")

    attempt = attempts.start_attempt(lesson, learner=learner)[0]
    assertContains(learner_client.get("/lessons/cafe/"), "Continue lesson")

    finish(attempt, said)
    response = learner_client.get("/lessons/cafe/")
    assertContains(response, "Take it again")
    assertContains(response, f'href="/attempts/{attempt.code}/card/"')


def test_lesson_does_not_show_the_attempts_of_others(client, other_learner, attempt):
    attempts.end_attempt(attempt)
    client.force_login(other_learner)

    response = client.get("/lessons/cafe/")

    assertContains(response, "Start lesson")
    assertNotContains(response, str(attempt.code))


def test_lesson_takes_the_same_queries_for_one_past_attempt_and_for_three(
    learner_client, lesson, learner, django_assert_num_queries
):
    attempts.end_attempt(attempts.start_attempt(lesson, learner=learner)[0])
    with django_assert_num_queries(5):  # login, user, version, past attempts, open attempt
        learner_client.get("/lessons/cafe/")

    for _ in range(2):
        attempts.end_attempt(attempts.start_attempt(lesson, learner=learner)[0])
    with django_assert_num_queries(5):
        learner_client.get("/lessons/cafe/")


def test_start_opens_an_attempt_and_enters_the_room(learner_client, lesson, learner):
    response = learner_client.post("/lessons/cafe/start/")

    attempt = Attempt.objects.get()
    assert (attempt.learner, attempt.lesson) == (learner, lesson)
    assertRedirects(response, f"/attempts/{attempt.code}/")


def test_start_goes_on_with_the_open_attempt(learner_client, attempt):
    response = learner_client.post("/lessons/cafe/start/")

    assertRedirects(response, f"/attempts/{attempt.code}/")
    assert Attempt.objects.count() == 1


def test_start_goes_on_with_an_attempt_at_a_lesson_taken_out_of_the_list(learner_client, attempt):
    Lesson.objects.update(audience="nobody")

    assertRedirects(learner_client.post("/lessons/cafe/start/"), f"/attempts/{attempt.code}/")


def test_start_of_a_lesson_that_is_not_open_says_so(learner_client):
    Lesson.objects.create(slug="draft", title="Draft")

    response = learner_client.post("/lessons/draft/start/", follow=True)

    assertRedirects(response, "/")
    assertContains(response, "This lesson is not open at the moment.")


def test_start_takes_no_link(learner_client, lesson):
    assert learner_client.get("/lessons/cafe/start/").status_code == 405
    assert Attempt.objects.count() == 0


def test_start_asks_a_visitor_to_sign_in(client, lesson):
    assertRedirects(client.post("/lessons/cafe/start/"), "/accounts/login/?next=/lessons/cafe/start/")
    assert Attempt.objects.count() == 0


def _plan(**ways: list[str | None]) -> Plan:
    return Plan(
        title="Ways",
        stages=tuple(
            Stage(
                key=key,
                title=key,
                outcomes=tuple(Outcome(key=f"way-{n}", when="", next=after) for n, after in enumerate(nexts)),
            )
            for key, nexts in ways.items()
        ),
    )


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (_plan(a=["b"], b=[None]), set()),
        (_plan(a=["b", "c"], b=["c"], c=[None]), {"b"}),
        (_plan(a=["b", None], b=[None]), {"b"}),
        (_plan(a=["a", "b"], b=["a", None]), set()),
        (_plan(a=["b", "c"], b=["d"], c=["d"], d=[None]), {"b", "c"}),
    ],
)
def test_detours_are_the_stages_with_a_way_around_them(plan, expected):
    assert detours(plan) == expected


def test_lesson_marks_a_detour(learner_client):
    warm_up, *others = lessons.PLAN.stages
    around = replace(warm_up, outcomes=(*warm_up.outcomes, Outcome(key="expert", when="Knows it.", next="goodbye")))
    lessons.publish(replace(lessons.PLAN, stages=(around, *others)))

    response = learner_client.get("/lessons/cafe/")

    assertContains(response, '<h3><span lang="en">Order</span> <span class="tag">perhaps</span></h3>', html=True)
    assertContains(response, '<h3><span lang="en">Warm-up</span></h3>', html=True)
