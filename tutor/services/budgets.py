"""What may still be spent, in minutes and in money: asked before a call is made, and while calls go on.

Minutes are counted by our own clock, from the answer to a call to its end. Money is known only from what the provider
reports by way of browsers, which is believed as far as the time in calls bears it out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import ceil, floor

from django.conf import settings
from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tutor.models import (
    Assignment,
    Attempt,
    Budget,
    BudgetPeriod,
    BudgetScope,
    Classroom,
    Connection,
    DayUse,
    UsageReport,
)
from tutor.realtime.prices import PriceList, forecast
from tutor.services import prices, uses
from tutor.services.errors import BudgetSpentError

# What a call takes at least: nobody is let in for less, and one that begins holds so much for itself. So at the limit
# just as many calls begin as there is room for.
LEAST = timedelta(minutes=1)
# Beyond a lease, for whoever tends to notice that a call has fallen silent.
TENDED_WITHIN = 60
# Seconds. The sentence tells when the time comes; until then staff may have given more.
MAX_RETRY_AFTER = 3600
# How far a minute may be from its forecast (`realtime.prices.forecast`): half is possible. And no minute costs more
# than so many of an hour's call, whose minutes are dear, for all of it is read again at each answer.
CHEAPEST, DEAREST = Decimal("0.5"), 4
FORECAST_MINUTES = 10

_PERSONAL = (BudgetScope.EACH, BudgetScope.LEARNER)


@dataclass(frozen=True, slots=True)
class Used:
    """What was used of a budget. `held` are seconds beyond that which calls hold that have just begun."""

    seconds: float = 0.0
    usd: Decimal = Decimal(0)
    held: float = 0.0

    def __add__(self, other: "Used") -> "Used":
        """Return what was used together."""
        return Used(self.seconds + other.seconds, self.usd + other.usd, self.held + other.held)


@dataclass(frozen=True, slots=True)
class Left:
    """What an attempt may still take of its budgets: `seconds` in calls, None for as many as it likes.

    `period` is that of the budget which is tightest. `spent` is a budget that leaves no room for another call, None
    where there is room; `whole_at` is when it is whole again.
    """

    seconds: int | None = None
    period: BudgetPeriod | None = None
    spent: Budget | None = None
    whole_at: datetime | None = None


def what_is_left(attempt: Attempt) -> Left:
    """Return what is left for an attempt now. One query where nothing limits it, and none for a rehearsal."""
    return _left(_binding(attempt), attempt, timezone.now())


def require(attempt: Attempt) -> None:
    """Raise BudgetSpentError where an attempt may make no call now.

    Call it in the transaction that makes the call's row, with the learner locked: budgets of several learners are
    locked here, so that whoever comes next counts this call too.
    """
    found = _binding(attempt)
    shared = [budget.pk for budget in found if budget.scope not in _PERSONAL]
    if shared:
        list(Budget.objects.select_for_update().filter(pk__in=shared).order_by("pk").values_list("pk"))
    left = _left(found, attempt, timezone.now())
    if left.spent is not None and left.whole_at is not None:
        raise BudgetSpentError(words_of(left), retry_after=_seconds_until(left.whole_at))


def words_of(left: Left) -> str:
    """Return what a learner is told whose budget is spent: what happened, that nothing is lost, when it goes on."""
    if left.spent is None or left.whole_at is None:
        return ""
    again = {"when": date_format(timezone.localtime(left.whole_at), "DATE_FORMAT")}
    what = _WORDS[BudgetScope(left.spent.scope)]()
    kept = _("Nothing is lost: what you said is kept, and the lesson goes on where you stopped.")
    # Not within an f-string: gettext's own tool does not look into those.
    back = _("Come back tomorrow.") if left.spent.period == BudgetPeriod.DAY else _("Come back on %(when)s.") % again
    return f"{what} {kept} {back}"


_WORDS = {
    BudgetScope.EVERYONE: lambda: _("The time with the tutor is used up for now, for everyone here."),
    BudgetScope.CLASSROOM: lambda: _("Your class has used up its time with the tutor for now."),
    BudgetScope.LESSON: lambda: _("The time for this lesson is used up for now, by all who take it."),
    BudgetScope.EACH: lambda: _("You have used up your time with the tutor for now."),
    BudgetScope.LEARNER: lambda: _("You have used up your time with the tutor for now."),
}


def spent_calls(now: datetime) -> dict[int, Budget]:
    """Return the calls going on whose budget is spent, by their keys, each with that budget.

    One query where there are no budgets, two where nobody is in a call; otherwise as many for all calls as for one.
    """
    budgets = list(Budget.objects.all())
    if not budgets:
        return {}
    going = Connection.objects.filter(answered_at__isnull=False, ended_at__isnull=True, attempt__is_rehearsal=False)
    rows = list(going.values_list("pk", "attempt_id", "attempt__learner_id", "attempt__is_trial"))
    if not rows:
        return {}
    found: dict[int, Budget] = {}
    price_list = _price_list(budgets)
    own = {(budget.learner_id, budget.period) for budget in budgets if budget.scope == BudgetScope.LEARNER}
    for budget in budgets:
        learners = {learner for _pk, _attempt, learner, is_trial in rows if not is_trial}
        if budget.scope == BudgetScope.EACH:
            learners = {learner for learner in learners if (learner, budget.period) not in own}
        elif budget.scope == BudgetScope.LEARNER:
            learners &= {budget.learner_id or 0}
        used = _used(budget, now, price_list, learners)
        spent = {key for key, one in used.items() if _is_spent(budget, one)}
        if not spent:
            continue
        covered = set(_covered(budget, learners).filter(pk__in=[row[1] for row in rows]).values_list("pk", flat=True))
        for pk, attempt, learner, _is_trial in rows:
            if attempt in covered and (None in spent or learner in spent):
                found.setdefault(pk, budget)
    return found


def used_of(budget: Budget) -> Used | None:
    """Return what was used of a budget so far; None for that of each learner, where everybody's differs."""
    if budget.scope == BudgetScope.EACH:
        return None
    learners = {budget.learner_id} if budget.learner_id else set()
    used = _used(budget, timezone.now(), _price_list([budget]), learners)
    return next(iter(used.values()), Used())


def minute_price(price_list: PriceList, *, of: int = FORECAST_MINUTES) -> Decimal | None:
    """Return what a minute of a lesson of so many is forecast to cost; None where no price of the models is known."""
    in_force = price_list.all_in_force(timezone.localdate())
    usd = forecast(
        voice=in_force.get(settings.REALTIME_MODEL),
        transcription=in_force.get(settings.TRANSCRIPTION_MODEL),
        minutes=of,
        instruction_tokens=0,
    )
    return None if usd is None else usd / of


def _binding(attempt: Attempt) -> list[Budget]:
    """The budgets that an attempt is under. A trial is no lesson of a learner: what it costs, everyone pays."""
    if attempt.is_rehearsal:
        return []
    whose = Q(scope=BudgetScope.EVERYONE)
    if not attempt.is_trial:
        given = Assignment.objects.filter(classroom=OuterRef("pk"), lesson=attempt.lesson_id)
        classes = Classroom.objects.filter(Exists(given), learners=attempt.learner_id).order_by()
        whose |= Q(scope=BudgetScope.EACH) | Q(learner=attempt.learner_id) | Q(lesson=attempt.lesson_id)
        whose |= Q(classroom__in=classes.values("pk"))
    found = list(Budget.objects.filter(whose).order_by("pk"))
    own = {budget.period for budget in found if budget.scope == BudgetScope.LEARNER}
    return [budget for budget in found if budget.scope != BudgetScope.EACH or budget.period not in own]


def _left(budgets: Iterable[Budget], attempt: Attempt, now: datetime) -> Left:
    budgets = list(budgets)
    price_list = _price_list(budgets)
    minute = minute_price(price_list) if price_list else None
    tightest: tuple[int, BudgetPeriod] | None = None
    spent: tuple[datetime, Budget] | None = None
    for budget in budgets:
        learner = attempt.learner_id
        key = learner if budget.scope in _PERSONAL else None
        used = _used(budget, now, price_list, {learner}, caller=learner).get(key, Used())
        period = BudgetPeriod(budget.period)
        if budget.minutes is not None:
            seconds = max(0, floor(budget.minutes * 60 - used.seconds))
            tightest = min(tightest or (seconds, period), (seconds, period), key=lambda one: one[0])
        if not _has_room(budget, used, minute):
            spent = max(spent or (now, budget), (_bounds(period, now)[1], budget), key=lambda one: one[0])
    seconds_left, tightest_period = tightest or (None, None)
    if spent is None:
        return Left(seconds_left, tightest_period)
    return Left(seconds_left, tightest_period, spent[1], spent[0])


def _is_spent(budget: Budget, used: Used) -> bool:
    """Whether calls that go on have to end."""
    is_over = budget.minutes is not None and used.seconds >= budget.minutes * 60
    return is_over or (budget.usd is not None and used.usd >= budget.usd)


def _has_room(budget: Budget, used: Used, minute: Decimal | None) -> bool:
    """Whether a call more may begin."""
    held = used.held + LEAST.total_seconds()
    if budget.minutes is not None and used.seconds + held > budget.minutes * 60:
        return False
    if budget.usd is None:
        return True
    return used.usd < budget.usd and used.usd + _price_of(held, minute) <= budget.usd


def _used(
    budget: Budget, now: datetime, price_list: PriceList | None, learners: set[int], *, caller: int | None = None
) -> Mapping[int | None, Used]:
    """What was used of a budget, by learner where each has their own, by None where many share it.

    A call that `caller` is in holds nothing beyond its time: the one that it is asked for takes its place.
    """
    start, _end = _bounds(BudgetPeriod(budget.period), now)
    is_personal = budget.scope in _PERSONAL
    covered = _covered(budget, learners)
    # Of money each learner's is looked at by itself, also where many share a budget.
    seconds = _seconds_over(covered, start, by_learner=is_personal or budget.usd is not None)
    held: dict[int | None, float] = {}
    going = Connection.objects.filter(attempt__in=covered, ended_at__isnull=True)
    for learner, answered_at, heard_at in going.values_list("attempt__learner_id", "answered_at", "heard_at"):
        lasted = _lasted(answered_at, heard_at, start, now)
        seconds[learner] = seconds.get(learner, 0.0) + lasted
        if answered_at is None or learner != caller:
            held[learner] = held.get(learner, 0.0) + max(0.0, LEAST.total_seconds() - lasted)
    usd: dict[int | None, Decimal] = {}
    if budget.usd is not None and price_list is not None:
        usd = _believable(_reported(covered, start, price_list), seconds, price_list)
    found = {
        key: Used(seconds.get(key, 0.0), usd.get(key, Decimal(0)), held.get(key, 0.0))
        for key in {*seconds, *usd, *held}
    }
    return found if is_personal else {None: sum(found.values(), Used())}


def _believable(
    reported: dict[int | None, Decimal], seconds: Mapping[int | None, float], price_list: PriceList
) -> dict[int | None, Decimal]:
    """What each learner's reports say, no less and no more than their time in calls can have cost.

    With the browser's console one may report nothing, or make up what would use up everybody's budget. A second
    record is the provider's own word, and believed.
    """
    minute, late_minute = minute_price(price_list), minute_price(price_list, of=60)
    if minute is None or late_minute is None or settings.SIDEBAND != "off":
        return reported
    believed: dict[int | None, Decimal] = {}
    for key in {*reported, *seconds}:
        least = _price_of(seconds.get(key, 0.0), minute) * CHEAPEST
        most = _price_of(seconds.get(key, 0.0), late_minute) * DEAREST
        believed[key] = min(max(reported.get(key, Decimal(0)), least), most)
    return believed


def _covered(budget: Budget, learners: set[int]) -> QuerySet[Attempt]:
    """The attempts whose calls count against a budget; of each learner's own only those of `learners`."""
    rows = Attempt.objects.filter(is_rehearsal=False).order_by()
    if budget.scope == BudgetScope.EVERYONE:
        return rows
    rows = rows.filter(is_trial=False)
    if budget.scope == BudgetScope.LESSON:
        return rows.filter(lesson=budget.lesson_id)
    if budget.scope == BudgetScope.CLASSROOM:
        given = Assignment.objects.filter(classroom=budget.classroom_id, lesson=OuterRef("lesson"))
        return rows.filter(Exists(given), learner__joined_classrooms=budget.classroom_id)
    return rows.filter(learner__in=learners)


def _seconds_over(covered: QuerySet[Attempt], start: datetime, *, by_learner: bool) -> dict[int | None, float]:
    """How long the calls that are over lasted from `start` on. One query."""
    over = Connection.objects.filter(
        attempt__in=covered, ended_at__gt=start, ended_at__gte=F("answered_at"), heard_at__gt=start - _patience()
    ).order_by()
    until = Least("ended_at", ExpressionWrapper(F("heard_at") + _patience(), DateTimeField()))
    since = Greatest("answered_at", Value(start, DateTimeField()))
    lasted = Sum(ExpressionWrapper(until - since, DurationField()))
    if by_learner:
        rows = over.values("attempt__learner_id").annotate(lasted=lasted).values_list("attempt__learner_id", "lasted")
        return {learner: total.total_seconds() for learner, total in rows if total}
    total = over.aggregate(lasted=lasted)["lasted"]
    return {None: total.total_seconds() if total else 0.0}


def _lasted(answered_at: datetime | None, heard_at: datetime | None, start: datetime, now: datetime) -> float:
    """How long a call that goes on has lasted since `start`, in seconds."""
    if answered_at is None:
        return 0.0
    until = min(now, (heard_at or answered_at) + _patience())
    return max(0.0, (until - max(answered_at, start)).total_seconds())


def _patience() -> timedelta:
    """How long after it was last heard of a call can have gone on: whoever tends has ended it by then.

    Longer silences are those of our own server, which may have been away.
    """
    return timedelta(seconds=settings.CALL_LEASE + max(settings.TEND_EVERY, TENDED_WITHIN))


def _reported(covered: QuerySet[Attempt], start: datetime, price_list: PriceList) -> dict[int | None, Decimal]:
    """What each learner's reports since `start` say: digested uses, and what came after digests. Two queries."""
    known = DayUse.objects.filter(attempt__in=covered, day__gte=timezone.localdate(start)).order_by()
    sums = known.values("attempt__learner_id").annotate(sum=Sum("cost")).values_list("attempt__learner_id", "sum")
    total: dict[int | None, Decimal] = {learner: Decimal(usd or 0) for learner, usd in sums}
    # Whoever reports now is in a call, or was in one since: their attempts are few, and are found by an index.
    lately = Connection.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=start)).order_by().values("attempt")
    fresh = UsageReport.objects.filter(
        Q(attempt__digest__isnull=True) | Q(stored_at__gt=F("attempt__digest__until")),
        attempt__in=covered.filter(pk__in=lately),
        stored_at__gte=start,
    ).select_related("attempt", "connection")
    for report in fresh.order_by():
        learner = report.attempt.learner_id
        total[learner] = total.get(learner, Decimal(0)) + (uses.cost_of(report, price_list) or Decimal(0))
    return total


def _price_list(budgets: Iterable[Budget]) -> PriceList | None:
    """The prices, if any of the budgets is one of money."""
    return prices.price_list() if any(budget.usd is not None for budget in budgets) else None


def _price_of(seconds: float, minute: Decimal | None) -> Decimal:
    return Decimal(0) if minute is None else minute * Decimal(str(seconds)) / 60


def _bounds(period: BudgetPeriod, now: datetime) -> tuple[datetime, datetime]:
    """When the period that `now` is in began, and when the next one begins, by the clock of the site."""
    today = timezone.localdate(now)
    return _midnight(period.begins(today)), _midnight(period.following(today))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _seconds_until(moment: datetime) -> int:
    return min(MAX_RETRY_AFTER, max(1, ceil((moment - timezone.now()).total_seconds())))
