"""Every named constraint refuses the state it is named after. Run on SQLite and on PostgreSQL."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from tutor.models import (
    Alarm,
    Allowance,
    Assignment,
    Attempt,
    Budget,
    Classroom,
    Connection,
    Consent,
    ConsentText,
    Correction,
    DayUse,
    Fault,
    HeardCall,
    Identity,
    Intervention,
    LessonVersion,
    LtiCourse,
    LtiIdentity,
    LtiLink,
    LtiPlatform,
    LtiScore,
    ModelPrice,
    Note,
    Outcome,
    Picture,
    Reading,
    RecoveryCode,
    Ruling,
    SavedSearch,
    SecondFactor,
    SetAside,
    SignInTries,
    Stage,
    StageVisit,
    Switch,
    Tool,
    ToolCall,
    UsageReport,
    Utterance,
    WatchWord,
)
from tutor.models.price import TOKEN_KINDS

NOW = timezone.now()
BEFORE = NOW - timedelta(days=1)


def second_open_attempt(attempt: Attempt) -> None:
    Attempt.objects.create(learner=attempt.learner, lesson=attempt.lesson, version=attempt.version)


def visit(attempt: Attempt, **values: object) -> StageVisit:
    defaults = {"number": 2, "stage_key": "order", "session": {}, "entered_at": NOW, "completed_at": NOW}
    return StageVisit.objects.create(attempt=attempt, **defaults | values)


def connection(attempt: Attempt, **values: object) -> Connection:
    return Connection.objects.create(attempt=attempt, visit=attempt.visits.get(number=1), config={}, **values)


def utterance(attempt: Attempt, item_id: str) -> None:
    Utterance.objects.create(
        attempt=attempt,
        visit=attempt.visits.get(number=1),
        item_id=item_id,
        position=1,
        speaker="learner",
        status="complete",
    )


def note(attempt: Attempt, text: str) -> None:
    Note.objects.create(attempt=attempt, author=attempt.learner, note_id=UUID(int=1), text=text)


def picture(attempt: Attempt, item_id: str) -> None:
    visit = attempt.visits.get(number=1)
    Picture.objects.create(attempt=attempt, visit=visit, item_id=item_id, media_type="image/png", data=b"x")


def correction(attempt: Attempt, item_id: str, text: str = "Tea.") -> None:
    utterance(attempt, item_id)
    said = attempt.utterances.get(item_id=item_id)
    Correction.objects.create(attempt=attempt, utterance=said, visit=said.visit, correction_id=UUID(int=1), text=text)


def intervention(attempt: Attempt, number: int = 1, **values: object) -> None:
    facts = {"kind": "pause", "reason": "r", "action_id": UUID(int=number), "visit": attempt.visits.get(number=1)}
    Intervention.objects.create(attempt=attempt, author=attempt.learner, number=number, **facts | values)


def tool_call(attempt: Attempt, call_id: str) -> None:
    ToolCall.objects.create(
        attempt=attempt, visit=attempt.visits.get(number=1), call_id=call_id, name="hint", output={}, answer={}
    )


def classroom(attempt: Attempt) -> Classroom:
    return Classroom.objects.get_or_create(name="7b", teacher=attempt.learner)[0]


def assignment(attempt: Attempt, **times: datetime) -> None:
    Assignment.objects.create(classroom=classroom(attempt), lesson=attempt.lesson, **times)


def price(**values: object) -> None:
    ModelPrice.objects.create(**{"model": "a-model", "valid_from": BEFORE.date()} | values)


def budget(**values: object) -> None:
    Budget.objects.create(**{"scope": "everyone", "minutes": 1} | values)


def platform(attempt: Attempt) -> LtiPlatform:
    return LtiPlatform.objects.create(issuer="i", client_id="c", teacher=attempt.learner)


def course(attempt: Attempt) -> None:
    found = LtiPlatform.objects.first() or platform(attempt)
    own = Classroom.objects.create(name="7b", teacher=attempt.learner)
    LtiCourse.objects.create(platform=found, deployment="1", context="c", classroom=own)


def identity(person: User) -> None:
    LtiIdentity.objects.create(person=person, platform=LtiPlatform.objects.get(), sub="s")


def link(attempt: Attempt, line_item: str = "l") -> None:
    LtiLink.objects.create(person=attempt.learner, lesson=attempt.lesson, line_item=line_item)


def twice(make: Callable[[], object]) -> None:
    make()
    make()


IMPOSSIBLE: dict[str, Callable[[Attempt], object]] = {
    "tool_name_unique_in_lesson": lambda a: Tool.objects.create(lesson=a.lesson, name="hint", kind="hint"),
    "stage_key_unique_in_lesson": lambda a: Stage.objects.create(lesson=a.lesson, key="order", title="Again"),
    "outcome_key_unique_in_stage": lambda a: Outcome.objects.create(
        stage=a.lesson.stages.get(key="order"), key="ordered", when="Again"
    ),
    "version_number_unique_in_lesson": lambda a: LessonVersion.objects.create(lesson=a.lesson, number=1, plan={}),
    "version_number_from_one": lambda a: LessonVersion.objects.create(lesson=a.lesson, number=0, plan={}),
    "assignment_once_in_classroom": lambda a: twice(lambda: assignment(a)),
    "assignment_closes_after_opening": lambda a: assignment(a, opens_at=NOW, closes_at=BEFORE),
    "attempt_one_open_per_learner_and_lesson": second_open_attempt,
    "attempt_ended_and_outcome_together": lambda a: Attempt.objects.filter(pk=a.pk).update(outcome="left"),
    "attempt_ends_after_start": lambda a: Attempt.objects.filter(pk=a.pk).update(ended_at=BEFORE, outcome="left"),
    "visit_number_unique_in_attempt": lambda a: visit(a, number=1),
    "visit_one_open_per_attempt": lambda a: visit(a, completed_at=None),
    "visit_completed_after_entered": lambda a: visit(a, completed_at=BEFORE),
    "visit_outcome_only_when_completed": lambda a: a.visits.update(outcome="understood"),
    "connection_call_id_unique": lambda a: twice(lambda: connection(a, call_id="rtc_1", answered_at=NOW)),
    "connection_call_id_only_when_answered": lambda a: connection(a, call_id="rtc_1"),
    "connection_hung_up_only_when_ended": lambda a: connection(a, call_id="rtc_1", answered_at=NOW, hang_up_at=NOW),
    "utterance_item_id_unique_in_attempt": lambda a: twice(lambda: utterance(a, "item_1")),
    "utterance_has_item_id": lambda a: utterance(a, ""),
    "picture_item_id_unique_in_attempt": lambda a: twice(lambda: picture(a, "item_1")),
    "picture_has_item_id": lambda a: picture(a, ""),
    "correction_id_unique_in_attempt": lambda a: (correction(a, "item_1"), correction(a, "item_2")),
    "correction_has_text": lambda a: correction(a, "item_1", text=""),
    "tool_call_id_unique_in_attempt": lambda a: twice(lambda: tool_call(a, "call_1")),
    "tool_call_has_call_id": lambda a: tool_call(a, ""),
    "heard_call_unique_in_attempt": lambda a: twice(
        lambda: HeardCall.objects.create(attempt=a, call_id="call_1", name="note")
    ),
    "usage_report_unique_in_attempt": lambda a: twice(
        lambda: UsageReport.objects.create(attempt=a, report_id="resp_1", source="response", usage={})
    ),
    "set_aside_once_in_attempt": lambda a: twice(
        lambda: SetAside.objects.create(attempt=a, code="x", body="{}", digest="d")
    ),
    "model_price_unique_on_day": lambda a: twice(lambda: price(minute=1)),
    "model_price_has_model": lambda a: price(model="", minute=1),
    "model_price_not_negative": lambda a: price(minute="-0.0001"),
    "model_price_of_all_tokens_or_none": lambda a: price(text_in=4, text_out=24),
    "model_price_is_one": lambda a: price(),
    "day_use_once": lambda a: twice(lambda: DayUse.objects.create(attempt=a, day=NOW.date(), model="voice")),
    "recovery_code_unique": lambda a: twice(
        lambda: RecoveryCode.objects.create(
            factor=SecondFactor.objects.get_or_create(user=a.learner, defaults={"secret": "s"})[0], digest="d"
        )
    ),
    "identity_unique": lambda a: twice(
        lambda: Identity.objects.create(user=a.learner, issuer="https://id.example", subject="1")
    ),
    "identity_whole": lambda a: Identity.objects.create(user=a.learner, issuer="https://id.example", subject=""),
    "note_id_unique_in_attempt": lambda a: twice(lambda: note(a, text="x")),
    "note_says_something": lambda a: note(a, text=""),
    "ruling_has_outcome_and_reason": lambda a: Ruling.objects.create(visit=visit(a), outcome="x", author=a.learner),
    "reading_once_by_each": lambda a: twice(lambda: Reading.objects.create(attempt=a, reviewer=a.learner)),
    "consent_once_to_each_text": lambda a: (
        (text := ConsentText.objects.create()) and twice(lambda: Consent.objects.create(learner=a.learner, text=text))
    ),
    "watch_word_is_not_empty": lambda a: WatchWord.objects.create(words=""),
    "saved_search_name_unique": lambda a: twice(
        lambda: SavedSearch.objects.create(owner=a.learner, name="x", query="y")
    ),
    "intervention_number_unique_in_attempt": lambda a: (
        intervention(a),
        intervention(a, kind="end", action_id=UUID(int=2)),
    ),
    "intervention_action_id_unique_in_attempt": lambda a: (
        intervention(a),
        intervention(a, 2, kind="end", action_id=UUID(int=1)),
    ),
    "intervention_one_pause_at_a_time": lambda a: (intervention(a), intervention(a, 2)),
    "intervention_whisper_has_words": lambda a: intervention(a, kind="whisper"),
    "intervention_move_leads_somewhere": lambda a: intervention(a, kind="move"),
    "intervention_has_reason": lambda a: intervention(a, reason=""),
    "intervention_only_pauses_are_over": lambda a: intervention(a, kind="end", over_at=NOW + timedelta(days=1)),
    "budget_names_whose_it_is": lambda a: budget(scope="lesson"),
    "budget_has_period": lambda a: budget(period="year"),
    "budget_limits_something": lambda a: budget(minutes=None),
    "budget_not_negative": lambda a: budget(usd=-1),
    "budget_once_for_all": lambda a: twice(budget),
    "budget_once_for_lesson": lambda a: twice(lambda: budget(scope="lesson", lesson=a.lesson)),
    "budget_once_for_learner": lambda a: twice(lambda: budget(scope="learner", learner=a.learner)),
    "budget_once_for_classroom": lambda a: twice(lambda: budget(scope="classroom", classroom=classroom(a))),
    "switch_is_the_only_one": lambda a: Switch.objects.create(pk=2),
    "allowance_once_for_each_kind": lambda a: twice(
        lambda: Allowance.objects.create(person=a.learner, kind="calls", full_at=0)
    ),
    "sign_in_tries_unique": lambda a: twice(lambda: SignInTries.objects.create(address_key="a", last_at=NOW)),
    "alarm_one_at_a_time": lambda a: twice(lambda: Alarm.objects.create(raised_at=NOW, learners=3)),
    "alarm_is_on_or_over": lambda a: Alarm.objects.create(raised_at=NOW, learners=3, over_at=NOW),
    "alarm_over_after_raised": lambda a: Alarm.objects.create(raised_at=NOW, learners=3, is_on=False, over_at=BEFORE),
    "lti_platform_once": lambda a: twice(lambda: platform(a)),
    "lti_identity_once_on_platform": lambda a: (
        platform(a),
        identity(a.learner),
        identity(User.objects.create_user("other")),
    ),
    "lti_course_once_on_platform": lambda a: twice(lambda: course(a)),
    "lti_link_once": lambda a: twice(lambda: link(a)),
    "lti_link_leads_somewhere": lambda a: link(a, ""),
    "lti_score_fits": lambda a: LtiScore.objects.create(attempt=a, line_item="l", passed=3, stages=2),
    "fault_unique_in_attempt": lambda a: twice(lambda: Fault.objects.create(attempt=a, report_id="f1", code="x")),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_constraint_refuses_the_impossible(attempt, name):
    table = next(model for model in apps.get_app_config("tutor").get_models() if name in constraints_of(model))

    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        IMPOSSIBLE[name](attempt)

    # PostgreSQL names every constraint, SQLite of a unique one only the columns.
    assert name in str(caught.value) or f"UNIQUE constraint failed: {table._meta.db_table}." in str(caught.value)


def test_ended_without_outcome_is_refused_too(attempt):
    with pytest.raises(IntegrityError, match="attempt_ended_and_outcome_together"), transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(ended_at=NOW + timedelta(days=1))


@pytest.mark.parametrize("kind", TOKEN_KINDS)
@pytest.mark.parametrize(
    ("value", "name"), [(-1, "model_price_not_negative"), (None, "model_price_of_all_tokens_or_none")]
)
def test_price_is_refused_for_any_kind_of_token_that_is_wrong(db, kind, value, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        price(**dict.fromkeys(TOKEN_KINDS, 1) | {kind: value, "minute": 1})


@pytest.mark.parametrize(
    "values",
    [
        {"scope": "everyone", "lesson": True},
        {"scope": "each", "learner": True},
        {"scope": "learner", "learner": True, "lesson": True},
        {"scope": "nobody"},
    ],
)
def test_budget_is_refused_that_names_what_it_is_not_for(attempt, values):
    named = {name: getattr(attempt, name) for name, value in values.items() if value is True}

    with pytest.raises(IntegrityError, match="budget_names_whose_it_is"), transaction.atomic():
        budget(**values | named)


def test_budgets_of_a_day_and_of_a_month_are_two(attempt):
    for period in ("day", "month"):
        budget(period=period)
        budget(scope="learner", learner=attempt.learner, period=period)


def test_every_constraint_is_tested():
    named = {name for model in apps.get_app_config("tutor").get_models() for name in constraints_of(model)}

    assert named == set(IMPOSSIBLE)


def test_what_is_like_the_impossible_but_possible_is_kept(attempt, other_learner):
    """The conditions of the partial constraints: ended attempts, calls without an id, other attempts' ids."""
    Attempt.objects.filter(pk=attempt.pk).update(ended_at=NOW + timedelta(days=1), outcome="left")
    second_open_attempt(attempt)
    twice(lambda: connection(attempt))
    other = Attempt.objects.create(learner=other_learner, lesson=attempt.lesson, version=attempt.version)
    visit(other, number=1)
    for each in (attempt, other):
        correction(each, "item_1")
        tool_call(each, "call_1")


def constraints_of(model) -> set[str]:
    return {constraint.name for constraint in model._meta.constraints}
