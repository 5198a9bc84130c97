"""What may still be spent: by whom it is counted, until when, and that nobody gets past it."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from tests import lessons
from tests.capture import answered
from tests.services.calling import call_in
from tutor.models import (
    Assignment,
    Attempt,
    Budget,
    BudgetPeriod,
    BudgetScope,
    Classroom,
    Connection,
    ModelPrice,
    UsageReport,
)
from tutor.peers import client
from tutor.services import attempts, budgets, connections, digests, tending, trials
from tutor.services.errors import BudgetSpentError
from tutor.services.tending import Round

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
SECONDS = timedelta(seconds=1)
OFFER = b"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
# Of a model that costs a dollar for each token it says.
A_DOLLAR = {"output_token_details": {"audio_tokens": 1}}


@pytest.fixture
def noon() -> Iterator[object]:
    """A clock that stands at noon until a test moves it."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def real(noon, attempt) -> Attempt:
    """An attempt whose calls cost money."""
    Attempt.objects.update(is_rehearsal=False)
    attempt.refresh_from_db()
    return attempt


@pytest.fixture
def classroom(learner, lesson) -> Classroom:
    """A class that the learner is in and that was given the lesson."""
    made = Classroom.objects.create(name="7b", teacher=User.objects.create_user("tim", is_staff=True))
    made.learners.add(learner)
    Assignment.objects.create(classroom=made, lesson=lesson)
    return made


def budget(scope: BudgetScope = BudgetScope.EVERYONE, **values: object) -> Budget:
    return Budget.objects.create(**{"scope": scope, "minutes": 10} | values)


def over(attempt: Attempt, minutes: float, *, ago: timedelta = timedelta()) -> Connection:
    """A call that lasted so many minutes and ended so long ago."""
    end = timezone.now() - ago
    return call_in(attempt, answered=ago + minutes * MINUTES, heard=ago, ended_at=end)


def left(attempt: Attempt) -> float | None:
    """Minutes that are left."""
    seconds = budgets.what_is_left(attempt).seconds
    return None if seconds is None else seconds / 60


def other_attempt(lesson, name: str = "olga") -> Attempt:
    made = attempts.start_attempt(lesson, learner=User.objects.get_or_create(username=name)[0])[0]
    Attempt.objects.filter(pk=made.pk).update(is_rehearsal=False)
    made.refresh_from_db()
    return made


# --- Minutes ---------------------------------------------------------------------------------------------------------


def test_without_a_budget_nothing_is_limited(real, django_assert_num_queries):
    over(real, 600)

    with django_assert_num_queries(1):
        assert budgets.what_is_left(real) == budgets.Left()


def test_minutes_are_those_of_calls_that_are_over_and_of_the_one_that_goes_on(real):
    budget()
    over(real, 2, ago=60 * MINUTES)
    call_in(real, answered=3 * MINUTES)

    assert left(real) == 5


def test_rehearsals_are_neither_limited_nor_counted(real, attempt):
    budget(minutes=0)
    Attempt.objects.update(is_rehearsal=True)
    attempt.refresh_from_db()
    assert budgets.what_is_left(attempt) == budgets.Left()

    over(attempt, 5)
    everyone = Budget.objects.get()
    assert budgets.used_of(everyone) == budgets.Used()


def test_a_call_that_nobody_heard_of_counts_until_it_would_have_been_ended(real):
    """A page that never beats is no way to talk for nothing, and a server that was away costs nobody a night."""
    budget(minutes=600)
    over(real, 1, ago=60 * MINUTES)
    call_in(real, answered=300 * MINUTES, heard=300 * MINUTES, ended_at=timezone.now())

    assert left(real) == 600 - 1 - 105 / 60


@pytest.mark.parametrize(
    ("zone", "moment", "minutes"),
    [
        ("UTC", "2026-11-28T23:59:00+00:00", 10 - 8),
        ("UTC", "2026-11-29T00:00:00+00:00", 10),
        ("Europe/Berlin", "2026-11-28T22:59:00+00:00", 10 - 8),
        ("Europe/Berlin", "2026-11-28T23:00:00+00:00", 10),
    ],
)
def test_a_day_is_that_of_the_sites_clock(real, noon, settings, zone, moment, minutes):
    settings.TIME_ZONE = zone
    timezone.get_default_timezone.cache_clear()
    budget()
    over(real, 8)

    noon.move_to(datetime.fromisoformat(moment))

    assert left(real) == minutes
    timezone.get_default_timezone.cache_clear()


def test_of_a_call_over_midnight_each_day_has_its_part(real, noon):
    budget()
    noon.move_to(datetime(2026, 11, 29, 0, 3, tzinfo=UTC))
    over(real, 8)
    call_in(real, answered=5 * MINUTES)

    # Three minutes of each: one had begun eight minutes before its end, the other five.
    assert left(real) == 10 - 3 - 3


def test_a_month_is_a_month(real, noon):
    budget(period=BudgetPeriod.MONTH)
    over(real, 8)

    noon.move_to(datetime(2026, 11, 30, 23, tzinfo=UTC))
    assert left(real) == 2
    noon.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    assert left(real) == 10


def test_the_tightest_budget_counts(real):
    budget(minutes=100)
    budget(BudgetScope.EACH, minutes=7, period=BudgetPeriod.MONTH)
    over(real, 1)

    assert (left(real), budgets.what_is_left(real).period) == (6, "month")


# --- Whose -----------------------------------------------------------------------------------------------------------


def test_each_learner_has_their_own(real, lesson):
    budget(BudgetScope.EACH)
    over(other_attempt(lesson), 9)
    over(real, 1)

    assert left(real) == 9


def test_a_learners_own_holds_in_place_of_each_ones_for_the_same_time(real, learner):
    budget(BudgetScope.EACH, minutes=1)
    budget(BudgetScope.LEARNER, learner=learner, minutes=30)
    assert left(real) == 30

    budget(BudgetScope.EACH, minutes=20, period=BudgetPeriod.MONTH)
    assert left(real) == 20


def test_a_learners_own_is_over_all_their_lessons(real):
    budget(BudgetScope.EACH)
    second = attempts.start_attempt(lessons.publish(slug="second"), learner=real.learner)[0]
    Attempt.objects.update(is_rehearsal=False)
    over(second, 4)

    assert left(real) == 6


def test_a_class_shares_one_in_the_lessons_it_was_given(real, classroom, lesson):
    budget(BudgetScope.CLASSROOM, classroom=classroom)
    mate = other_attempt(lesson, "mate")
    classroom.learners.add(mate.learner)
    over(mate, 3)
    over(other_attempt(lesson, "stranger"), 5)
    elsewhere = attempts.start_attempt(lessons.publish(slug="second"), learner=real.learner)[0]
    Attempt.objects.update(is_rehearsal=False)
    elsewhere.refresh_from_db()
    over(elsewhere, 1)

    assert (left(real), left(elsewhere)) == (7, None)


def test_a_lesson_has_one_for_all_who_take_it(real, lesson):
    budget(BudgetScope.LESSON, lesson=lesson)
    over(other_attempt(lesson), 4)

    assert left(real) == 6
    assert left(other_attempt(lessons.publish(slug="second"))) is None


def test_a_trial_is_paid_by_everyone_and_by_nobody_else(real, teacher, lesson, classroom):
    budget(minutes=20)
    for values in (
        {"scope": BudgetScope.EACH, "minutes": 0},
        {"scope": BudgetScope.LESSON, "lesson": lesson, "minutes": 3},
    ):
        budget(**values)
    lesson.owner = teacher
    lesson.save()
    trial = trials.start_trial(lesson, teacher=teacher, stage_key="warm-up")
    Attempt.objects.update(is_rehearsal=False)
    trial.refresh_from_db()
    over(trial, 5)

    assert left(trial) == 15
    assert budgets.used_of(Budget.objects.get(lesson=lesson)) == budgets.Used()


# --- Money -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def dollar(settings, noon, db) -> None:
    """A model of which each token that it says costs a dollar, and nothing else anything; with no forecast."""
    settings.REALTIME_MODEL, settings.TRANSCRIPTION_MODEL = "dear", "unpriced"
    kinds = ["text_in", "cached_text_in", "text_out", "audio_in", "cached_audio_in", "image_in", "cached_image_in"]
    ModelPrice.objects.create(model="dear", valid_from=date(2026, 1, 1), audio_out=999_999, **dict.fromkeys(kinds, 0))


def spend(attempt: Attempt, dollars: int) -> None:
    call = call_in(attempt, answered=SECONDS, config={"model": "dear"}, ended_at=timezone.now())
    UsageReport.objects.bulk_create(
        UsageReport(
            attempt=attempt,
            connection=call,
            report_id=f"{call.pk}-{number}",
            source=UsageReport.Source.RESPONSE,
            usage=A_DOLLAR,
        )
        for number in range(dollars)
    )


def test_money_is_what_was_digested_and_what_was_reported_since(real, dollar, settings):
    settings.SIDEBAND = "server"
    whole = budget(minutes=None, usd=10)
    spend(real, 2)
    digests.refresh(real)
    assert round(budgets.used_of(whole).usd, 3) == 2

    with time_machine.travel(NOON + SECONDS, tick=False):
        spend(real, 3)
        assert round(budgets.used_of(whole).usd, 3) == 5
        digests.refresh(real)
        assert round(budgets.used_of(whole).usd, 3) == 5


def test_money_of_each_learner_is_their_own(real, dollar, settings, lesson):
    settings.SIDEBAND = "server"
    budget(BudgetScope.EACH, minutes=None, usd=3)
    other = other_attempt(lesson)
    spend(other, 4)
    spend(real, 2)

    assert budgets.what_is_left(other).spent is not None
    assert budgets.what_is_left(real).spent is None
    digests.refresh_due()
    assert budgets.what_is_left(other).spent is not None
    assert budgets.what_is_left(real).spent is None


def test_money_of_yesterday_is_none_of_today(real, dollar, settings, noon):
    settings.SIDEBAND = "server"
    whole = budget(minutes=None, usd=10)
    spend(real, 2)
    digests.refresh(real)

    noon.shift(timedelta(days=1))

    assert budgets.used_of(whole).usd == 0


def test_who_reports_no_usage_pays_half_of_what_such_a_time_is_forecast_to_cost(real):
    """With the browser's console one may keep silent about what was used, and not about time."""
    whole = budget(minutes=None, usd=Decimal("0.05"))
    minute = budgets.minute_price(budgets.prices.price_list())
    over(real, 4)

    assert budgets.used_of(whole).usd == pytest.approx(2 * minute)
    over(real, 600)
    assert budgets.what_is_left(real).spent == whole


def test_who_makes_up_usage_uses_up_no_more_than_their_own_time_can_have_cost(real, lesson, settings):
    """Nor can one learner empty the budget of a school with the browser's console."""
    whole = budget(minutes=None, usd=1000)
    dearest = 4 * budgets.minute_price(budgets.prices.price_list(), of=60)
    call = over(real, 2)
    Connection.objects.filter(pk=call.pk).update(config={"model": settings.REALTIME_MODEL})
    made_up = {"output_token_details": {"audio_tokens": 9_000_000}}
    for number in range(9):
        UsageReport.objects.create(
            attempt=real, connection=call, report_id=str(number), source=UsageReport.Source.RESPONSE, usage=made_up
        )
    other = other_attempt(lesson)
    over(other, 10)

    assert budgets.used_of(whole).usd == pytest.approx(
        2 * dearest + 5 * budgets.minute_price(budgets.prices.price_list())
    )


def test_a_call_that_was_over_before_it_was_answered_lasted_no_time(real):
    budget()
    call_in(real, answered=MINUTES, ended_at=timezone.now() - 5 * MINUTES)

    assert left(real) == 10


def test_where_a_second_record_is_kept_only_reports_count(real, settings):
    settings.SIDEBAND = "server"
    whole = budget(minutes=None, usd=1)
    over(real, 60)

    assert budgets.used_of(whole).usd == 0


# --- Before a call ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "is_spent"), [(9, False), (9.1, True), (10, True), (30, True)])
def test_nobody_begins_with_less_than_a_minute_left(real, used, is_spent):
    budget()
    over(real, used)

    assert (budgets.what_is_left(real).spent is not None) is is_spent


def test_calls_that_have_just_begun_hold_a_minute_each(real, lesson):
    budget(minutes=3)
    call_in(other_attempt(lesson), answered=5 * SECONDS)
    call_in(other_attempt(lesson, "ole"), answered=None)
    assert budgets.what_is_left(real).spent is None

    call_in(other_attempt(lesson, "odo"), answered=None)
    assert budgets.what_is_left(real).spent is not None


def test_the_learners_own_call_holds_nothing_for_the_next_one_takes_its_place(real):
    budget(minutes=1)
    call_in(real, answered=timedelta())

    assert budgets.what_is_left(real).spent is None


def test_in_its_last_minute_a_call_goes_on_and_no_other_can_be_made(real):
    budget(minutes=5)
    call_in(real, answered=4.5 * MINUTES)

    found = budgets.what_is_left(real)

    assert (found.seconds, found.spent is not None) == (30, True)
    assert budgets.spent_calls(timezone.now()) == {}


@pytest.mark.parametrize(
    ("period", "message"),
    [
        (
            "day",
            "You have used up your time with the tutor for now. Nothing is lost: what you said is kept, and the lesson "
            "goes on where you stopped. Come back tomorrow.",
        ),
        (
            "month",
            "You have used up your time with the tutor for now. Nothing is lost: what you said is kept, and the lesson "
            "goes on where you stopped. Come back on 1 December 2026.",
        ),
    ],
)
def test_who_is_refused_is_told_what_happened_and_when_it_goes_on(real, period, message):
    budget(BudgetScope.EACH, minutes=0, period=period)

    with pytest.raises(BudgetSpentError) as caught:
        connections._request(real)

    assert (caught.value.message, caught.value.retry_after) == (message, budgets.MAX_RETRY_AFTER)
    assert Connection.objects.count() == 0


def test_of_two_that_are_spent_the_later_one_says_when_it_goes_on(real):
    budget(BudgetScope.EACH, minutes=0)
    month = budget(minutes=0, period=BudgetPeriod.MONTH)

    found = budgets.what_is_left(real)

    assert (found.spent, found.whole_at) == (month, datetime(2026, 12, 1, tzinfo=UTC))


def test_retry_after_is_no_later_than_midnight(real, noon):
    budget(minutes=0)
    noon.move_to(datetime(2026, 11, 28, 23, 50, tzinfo=UTC))

    with pytest.raises(BudgetSpentError) as caught:
        budgets.require(real)

    assert caught.value.retry_after == 600


@pytest.mark.parametrize("times", [1, 3])
def test_how_much_is_left_takes_as_many_queries_after_many_calls_as_after_one(real, times, django_assert_num_queries):
    budget(minutes=99, usd=9)
    budget(BudgetScope.EACH, minutes=99)
    for _ in range(times):
        over(real, 1)

    # The budgets 1, prices 1, the calls that are over and those that go on 2 for each; money 2 more.
    with django_assert_num_queries(8):
        budgets.what_is_left(real)


# --- While calls go on -----------------------------------------------------------------------------------------------


@pytest.fixture
def talk(provider, attempt) -> Attempt:
    """An attempt whose calls are made with a provider."""
    assert not attempt.is_rehearsal
    return attempt


calling = sync_to_async(call_in)


async def why(call: Connection) -> str:
    await call.arefresh_from_db()
    return call.error


@pytest.mark.django_db(transaction=True)
async def test_a_call_whose_budget_is_spent_is_hung_up_when_the_last_words_are_written_down(provider, talk):
    await sync_to_async(budget)(minutes=5)
    call = await calling(talk, answered=5 * MINUTES)
    provider.answers.append(answered(200))

    assert await tending.tend(here=True) == Round(spent=1)
    await talk.arefresh_from_db()
    assert (await why(call), talk.ended_at) == ("budget_spent", None)
    assert provider.requests == []
    with time_machine.travel(timezone.now() + 21 * SECONDS):
        assert await tending.tend(here=True) == Round(hung_up=1)


@pytest.mark.django_db(transaction=True)
async def test_a_budget_that_is_changed_counts_for_calls_that_go_on(provider, talk):
    made = await sync_to_async(budget)(minutes=60)
    call = await calling(talk, answered=30 * MINUTES)
    assert not await tending.tend(here=True)

    await Budget.objects.filter(pk=made.pk).aupdate(minutes=20)
    assert await tending.tend(here=True) == Round(spent=1)
    with pytest.raises(BudgetSpentError):
        await connections.open_connection(talk, OFFER)

    # And given more, they go on.
    await Budget.objects.filter(pk=made.pk).aupdate(minutes=60)
    await connections.open_connection(talk, OFFER)
    assert not await tending.tend(here=True)
    assert await why(call) == "budget_spent"


@pytest.mark.django_db(transaction=True)
async def test_only_calls_under_the_budget_end(provider, talk, lesson, learner, classroom):
    def make() -> tuple[Connection, list[Connection]]:
        budget(BudgetScope.EACH, minutes=5)
        budget(BudgetScope.CLASSROOM, classroom=classroom, minutes=60)
        spent = call_in(talk, answered=6 * MINUTES)
        rich = other_attempt(lesson, "rich")
        budget(BudgetScope.LEARNER, learner=rich.learner, minutes=90)
        return spent, [call_in(rich, answered=50 * MINUTES), call_in(other_attempt(lesson, "new"), answered=MINUTES)]

    spent, others = await sync_to_async(make)()

    assert await tending.tend(here=True) == Round(spent=1)
    assert [await why(call) for call in (spent, *others)] == ["budget_spent", "", ""]


@pytest.mark.django_db(transaction=True)
async def test_a_spent_budget_of_a_class_ends_the_calls_of_all_its_learners(provider, talk, lesson, classroom):
    def make() -> list[Connection]:
        budget(BudgetScope.CLASSROOM, classroom=classroom, minutes=10)
        mate, stranger = other_attempt(lesson, "mate"), other_attempt(lesson, "stranger")
        classroom.learners.add(mate.learner)
        return [call_in(one, answered=6 * MINUTES) for one in (talk, mate, stranger)]

    calls = await sync_to_async(make)()

    assert await tending.tend(here=True) == Round(spent=2)
    assert [await why(call) for call in calls] == ["budget_spent", "budget_spent", ""]


def test_a_call_that_a_budget_has_ended_is_no_fault(real):
    over(real, 3)
    Connection.objects.update(error="budget_spent")

    digests.refresh(real)

    assert not real.signs.filter(rule="fault").exists()


@pytest.mark.parametrize("times", [1, 3])
def test_looking_for_spent_calls_takes_the_same_queries_for_one_and_for_three(
    real, lesson, times, django_assert_num_queries
):
    budget(BudgetScope.EACH, minutes=5)
    for number in range(times):
        call_in(other_attempt(lesson, f"n{number}"), answered=6 * MINUTES)

    # The budgets 1, the calls 1; of the one budget what is over and what goes on 2, whom it is for 1.
    with django_assert_num_queries(5):
        assert len(budgets.spent_calls(timezone.now())) == times


# --- All at once -----------------------------------------------------------------------------------------------------

MANY = 50


@pytest.fixture
async def crowd(provider, lesson) -> list[Attempt]:
    """Fifty learners, each about to begin."""
    return await sync_to_async(lambda: [other_attempt(lesson, f"learner-{number}") for number in range(MANY)])()


@pytest.mark.django_db(transaction=True)
async def test_fifty_starts_at_the_limit_make_just_as_many_calls_as_there_is_room_for(provider, crowd):
    """Each in a thread with a database connection of its own; the provider hears of no other."""
    await sync_to_async(budget)(minutes=7)
    barrier = threading.Barrier(MANY)

    def start(attempt: Attempt) -> str:
        async def run() -> str:
            try:
                await connections.open_connection(attempt, OFFER)
            except BudgetSpentError:
                return "refused"
            finally:
                await client.close()
            return "made"

        barrier.wait(timeout=60)
        try:
            return asyncio.run(run())
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        came = await asyncio.gather(
            *(asyncio.get_running_loop().run_in_executor(pool, start, attempt) for attempt in crowd)
        )

    assert (came.count("made"), came.count("refused")) == (7, 43)
    assert len(provider.requests) == 7
    assert await Connection.objects.acount() == 7
