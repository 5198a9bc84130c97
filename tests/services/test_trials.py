"""Trials: a draft as it is, apart from learners' attempts, with the voice that the teacher may pay for."""

import pytest
from django.contrib.auth.models import Permission, User

from tests.rows import row_counts
from tutor.models import Attempt, AttemptOutcome, LessonVersion, Stage
from tutor.services import attempts, authoring, trials
from tutor.services.trials import Voice


@pytest.fixture
def spender(teacher) -> User:
    teacher.user_permissions.add(Permission.objects.get(codename="spend_on_trials"))
    return User.objects.get(pk=teacher.pk)


def test_start_freezes_the_draft_in_a_version_without_a_number(lesson, teacher):
    Stage.objects.filter(key="warm-up").update(title="Hello")

    attempt = trials.start_trial(lesson, teacher=teacher)
    Stage.objects.filter(key="warm-up").update(title="Changed meanwhile")

    assert (attempt.version.number, attempt.version.published_by) == (None, teacher)
    assert attempts.state(attempt)["stage"]["title"] == "Hello"
    assert authoring.latest_version(lesson).number == 1


def test_start_ends_the_open_trial_and_leaves_the_learners_attempt(lesson, teacher):
    learning, _ = attempts.start_attempt(lesson, learner=teacher)
    first = trials.start_trial(lesson, teacher=teacher)

    second = trials.start_trial(lesson, teacher=teacher, stage_key="goodbye")

    outcomes = dict(Attempt.objects.values_list("pk", "outcome"))
    assert outcomes == {learning.pk: "", first.pk: AttemptOutcome.LEFT, second.pk: ""}
    assert attempts.state(second)["stage"]["key"] == "goodbye"


def test_start_in_a_stage_that_is_not_there_changes_nothing(lesson, teacher):
    before = row_counts()

    with pytest.raises(KeyError):
        trials.start_trial(lesson, teacher=teacher, stage_key="nowhere")

    assert row_counts() == before


def test_nobody_may_spend_until_given_the_permission(teacher, spender):
    assert not trials.may_spend(User.objects.create_user("carl", is_staff=True))
    assert trials.may_spend(spender)


@pytest.mark.parametrize("voice", Voice)
def test_without_a_key_every_trial_is_a_rehearsal(lesson, spender, voice):
    assert trials.start_trial(lesson, teacher=spender, voice=voice).is_rehearsal


def test_with_a_key_a_teacher_without_the_permission_rehearses(lesson, teacher, settings):
    settings.REHEARSAL = False

    assert trials.start_trial(lesson, teacher=teacher).is_rehearsal


@pytest.mark.parametrize("voice", Voice)
def test_with_a_key_a_teacher_who_may_spend_has_the_choice(lesson, spender, settings, voice):
    settings.REHEARSAL = False

    assert trials.start_trial(lesson, teacher=spender, voice=voice).is_rehearsal is (voice is Voice.REHEARSAL)


def test_throw_away_deletes_the_attempt_and_its_draft(lesson, teacher, said):
    before = row_counts()
    attempt = trials.start_trial(lesson, teacher=teacher)
    said(attempt, "I like coffee.")

    trials.throw_away(attempt)

    assert row_counts() == before


def test_throw_away_refuses_a_learners_attempt(attempt):
    with pytest.raises(ValueError, match="Only a trial"):
        trials.throw_away(attempt)

    assert Attempt.objects.get() == attempt
    assert LessonVersion.objects.get().number == 1
