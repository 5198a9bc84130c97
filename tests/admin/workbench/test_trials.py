"""Trying a draft and throwing the trial away."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.admin.forms import filled_in
from tests.admin.workbench.pages import said as messages_of
from tests.admin.workbench.pages import url
from tutor.models import Attempt, Lesson, LessonVersion, Stage
from tutor.services import attempts, trials


def start(client, lesson, **data: str):
    return client.post(url(lesson, "try"), data)


@pytest.fixture
def trial(lesson, teacher) -> Attempt:
    return trials.start_trial(lesson, teacher=teacher)


@pytest.mark.parametrize(
    ("data", "stage"), [({}, "warm-up"), ({"stage": ""}, "warm-up"), ({"stage": "order"}, "order")]
)
def test_one_click_leads_into_the_room_in_the_stage_asked_for(teacher_client, lesson, data, stage):
    response = start(teacher_client, lesson, **data)

    attempt = Attempt.objects.get()
    assertRedirects(response, f"/attempts/{attempt.code}/")
    assert (attempt.is_trial, attempts.state(attempt)["stage"]["key"]) == (True, stage)


def test_the_room_and_the_card_say_that_a_draft_is_tried(teacher_client, trial):
    assertContains(teacher_client.get(f"/attempts/{trial.code}/"), "You are trying a draft.")
    assertContains(teacher_client.get(f"/attempts/{trial.code}/card/"), "A trial of a draft")
    assert teacher_client.get(f"/api/attempts/{trial.code}/").json()["trial"] is True


def test_the_room_of_a_learner_says_nothing_of_trials(learner_client, attempt):
    assertNotContains(learner_client.get(f"/attempts/{attempt.code}/"), "trying a draft")
    assertNotContains(learner_client.get(f"/attempts/{attempt.code}/card/"), "A trial")


def test_a_trial_shows_the_draft_and_not_what_is_published(teacher_client, lesson):
    Stage.objects.filter(key="warm-up").update(goal="Say hello first.")

    start(teacher_client, lesson)

    state = attempts.state(Attempt.objects.get())
    assert state["stage"]["goal"] == "Say hello first."


def test_a_faulty_draft_is_not_tried(teacher_client, lesson):
    Stage.objects.filter(key="order").update(instructions="")

    response = teacher_client.post(url(lesson, "try"), follow=True)

    assertRedirects(response, url(lesson, "check"))
    assert messages_of(response) == [
        ("error", "“Ordering in a café” cannot be tried yet. Please mend the errors first.")
    ]
    assert not Attempt.objects.exists()


def test_a_stage_that_is_not_there_is_not_tried(teacher_client, lesson):
    assert start(teacher_client, lesson, stage="nowhere").status_code == 404
    assert not LessonVersion.objects.filter(number__isnull=True).exists()


def test_list_shows_ones_own_trials_latest_first_and_where_each_began(teacher_client, teacher, reviewer, lesson, trial):
    later = trials.start_trial(lesson, teacher=teacher, stage_key="order")
    trials.start_trial(lesson, teacher=reviewer)

    response = teacher_client.get(url(lesson, "trials"))

    assert response.context["trials"] == [(later, "Order"), (trial, "Warm-up")]
    assertContains(response, "from “Order” · still open · 0 sentences")


def test_list_names_the_stage_a_trial_began_in_as_it_was(teacher_client, lesson, trial):
    lesson.stages.all().delete()

    assert teacher_client.get(url(lesson, "trials")).context["trials"] == [(trial, "Warm-up")]


def test_trial_page_leads_to_what_was_said(teacher_client, lesson, trial, said):
    said(trial, "I like <b>coffee</b>.")

    assertContains(teacher_client.get(url(lesson, "trial", trial.code)), f'href="/review/{trial.code}/"')
    assertContains(teacher_client.get(f"/review/{trial.code}/"), "I like &lt;b&gt;coffee&lt;/b&gt;.")


def test_throwing_away_asks_first(teacher_client, lesson, trial, said):
    said(trial, "I like coffee.")

    response = teacher_client.get(url(lesson, "throw_away", trial.code))

    assertContains(response, "begun in “Warm-up”, goes with all that was said in it (1 sentence).")
    assert Attempt.objects.get() == trial


def test_throwing_away_leaves_nothing_of_it(teacher_client, lesson, trial, said):
    said(trial, "I like coffee.")

    response = teacher_client.post(url(lesson, "throw_away", trial.code), follow=True)

    assertRedirects(response, url(lesson, "trials"))
    assert messages_of(response) == [("success", "The trial is thrown away, with all that was said in it.")]
    assert not Attempt.objects.exists()
    assert list(LessonVersion.objects.values_list("number", flat=True)) == [1]


def test_a_learners_attempt_is_no_trial_to_throw_away(teacher_client, teacher, lesson):
    attempt, _ = attempts.start_attempt(lesson, learner=teacher)

    assert teacher_client.post(url(lesson, "throw_away", attempt.code)).status_code == 404
    assert Attempt.objects.get() == attempt


@pytest.mark.parametrize("may_spend", [False, True])
def test_the_choice_of_voice_is_offered_to_who_may_spend(teacher_client, teacher, lesson, settings, may_spend):
    settings.REHEARSAL = False
    if may_spend:
        teacher.user_permissions.add(Permission.objects.get(codename="spend_on_trials"))

    response = teacher_client.get(url(lesson, "trials"))

    assertContains(response, 'name="rehearsal"', count=may_spend)
    assertContains(response, "your account may not spend money", count=not may_spend)


def test_who_may_spend_can_still_choose_the_rehearsal_voice(teacher_client, teacher, lesson, settings):
    settings.REHEARSAL = False
    teacher.user_permissions.add(Permission.objects.get(codename="spend_on_trials"))

    start(teacher_client, lesson)
    start(teacher_client, lesson, rehearsal="yes")

    assert list(Attempt.objects.order_by("id").values_list("is_rehearsal", flat=True)) == [False, True]


def test_trials_are_not_among_learners_attempts(reviewer_client, teacher_client, learner, lesson, trial, said):
    attempt, _ = attempts.start_attempt(lesson, learner=learner)
    said(trial, "From the trial.")
    said(attempt, "From the learner.")

    def listed(model: str, **query: str) -> list:
        return list(reviewer_client.get(f"/admin/tutor/{model}/", query).context["cl"].result_list)

    assert listed("attempt") == [attempt]
    assert listed("attempt", trials="only") == [trial]
    assert [row.attempt for row in listed("utterance")] == [attempt]
    assert [row.attempt for row in listed("utterance", trials="only")] == [trial]
    assert [row.attempt for row in listed("stagevisit")] == [attempt]
    assertNotContains(teacher_client.get("/"), "Continue")
    assert teacher_client.get("/lessons/cafe/").context["before"] == []


def test_list_takes_the_same_queries_for_one_trial_and_for_three(
    teacher_client, teacher, lesson, trial, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as few:
        teacher_client.get(url(lesson, "trials"))
    for _ in range(2):
        trials.start_trial(lesson, teacher=teacher)

    with django_assert_max_num_queries(len(few)):
        teacher_client.get(url(lesson, "trials"))


# --- "Save and try", on the page of a lesson and of a stage ------------------------------------------


def save_and_try(client, address: str, *, asked: str = "", **changes: str):
    """Press the button on a form as it is, but for `changes`."""
    return client.post(address, filled_in(client.get(address), **changes, _try=asked))


def page_of(stage: Stage) -> str:
    return reverse("admin:tutor_stage_change", args=[stage.pk])


@pytest.mark.parametrize(("asked", "stage"), [("", "warm-up"), ("order", "order")])
def test_lesson_is_saved_and_tried_in_the_stage_asked_for(teacher_client, lesson, asked, stage):
    response = save_and_try(teacher_client, url(lesson, "change"), asked=asked, title="At the counter")

    trial = Attempt.objects.get()
    assertRedirects(response, f"/attempts/{trial.code}/")
    assert Lesson.objects.get().title == trial.version.plan["title"] == "At the counter"
    assert (trial.is_trial, attempts.state(trial)["stage"]["key"]) == (True, stage)


def test_stage_is_saved_and_tried_in_that_stage(teacher_client, lesson):
    stage = lesson.stages.get(key="order")

    response = save_and_try(teacher_client, page_of(stage), goal="Order a cup of tea.")

    trial = Attempt.objects.get()
    tried = attempts.state(trial)["stage"]
    assertRedirects(response, f"/attempts/{trial.code}/")
    assert lesson.stages.get(key="order").goal == "Order a cup of tea."
    assert (trial.is_trial, tried["key"], tried["goal"]) == (True, "order", "Order a cup of tea.")


def test_lesson_with_errors_is_neither_saved_nor_tried(teacher_client, lesson):
    response = save_and_try(teacher_client, url(lesson, "change"), title="", preamble="Be brief.")

    lesson.refresh_from_db()
    assert (response.status_code, list(response.context["adminform"].form.errors)) == (200, ["title"])
    assert (lesson.title, lesson.preamble == "Be brief.") == ("Ordering in a café", False)
    assert not Attempt.objects.exists()


def test_stage_with_errors_is_neither_saved_nor_tried(teacher_client, lesson):
    stage = lesson.stages.get(key="order")

    response = save_and_try(teacher_client, page_of(stage), title="", goal="Order a cup of tea.")

    assert (response.status_code, list(response.context["adminform"].form.errors)) == (200, ["title"])
    assert (lesson.stages.get(key="order").title, lesson.stages.get(key="order").goal) == (stage.title, stage.goal)
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("of", ["lesson", "stage"])
def test_who_may_not_edit_a_lesson_neither_saves_nor_tries_it(teacher_client, lesson, colleague, of):
    stage = lesson.stages.get(key="order")
    address = url(lesson, "change") if of == "lesson" else page_of(stage)
    form = filled_in(teacher_client.get(address), title="Taken over", _try="")
    Lesson.objects.filter(pk=lesson.pk).update(owner=colleague, is_shared=False)

    assert teacher_client.post(address, form).status_code == 404
    assert not Lesson.objects.filter(title="Taken over").exists()
    assert not Stage.objects.filter(title="Taken over").exists()
    assert not Attempt.objects.exists()
