"""Attempts in figures, and what stands out in them. Made from the record, and made anew when that has changed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from tutor.models import (
    Attempt,
    AttemptOutcome,
    Connection,
    DayUse,
    Digest,
    Sign,
    StageVisit,
    StayDigest,
    UsageReport,
    Utterance,
    WatchWord,
)
from tutor.plan.evidence import plain
from tutor.services import attempts, calls, leases, prices, stages, stays, uses

# Of the rules below and of `stays` and `uses`: raised where they change, so that every digest is made anew.
EDITION = 2

# What is urgent comes first: a sign weighs this much in the queue of those who review.
WEIGHTS = {
    Sign.Rule.SAFETY: 100,
    Sign.Rule.STALLED: 40,
    Sign.Rule.UNPROVEN: 40,
    Sign.Rule.REFUSED: 30,
    Sign.Rule.LOOP: 25,
    Sign.Rule.QUIT: 20,
    Sign.Rule.MONOLOGUE: 15,
    Sign.Rule.SILENCE: 10,
    Sign.Rule.FAULT: 10,
}
# Per cent of all words, and words without which a share says nothing.
MONOLOGUE_SHARE, MONOLOGUE_WORDS = 80, 60
# Seconds.
LONG_SILENCE = 60
# Stays in the same stage.
LOOP_VISITS = 3
# How long the figures of a lesson that goes on may lag behind: in most rounds of tending somebody says something.
REST = timedelta(minutes=1)


def stale() -> QuerySet[Attempt]:
    """The attempts whose figures are missing or out of date. Those whose words were deleted keep what they had."""
    # The newest row is the last one in an index. Asked whether any is newer, PostgreSQL may read all the others.
    said = Utterance.objects.filter(attempt=OuterRef("pk")).order_by("-changed_at").values("changed_at")
    used = UsageReport.objects.filter(attempt=OuterRef("pk")).order_by("-stored_at").values("stored_at")
    return Attempt.objects.filter(
        Q(digest__isnull=True)
        | Q(digest__edition__lt=EDITION)
        | Q(ended_at__gt=F("digest__until"))
        | Q(digest__until__lt=Subquery(said[:1]))
        | Q(digest__until__lt=Subquery(used[:1])),
        words_deleted_at__isnull=True,
    ).order_by("id")


def due() -> QuerySet[Attempt]:
    """Those of them to make anew now: of lessons that go on, figures that are a minute old, and no younger ones."""
    return stale().filter(
        Q(ended_at__isnull=False)
        | Q(digest__isnull=True)
        | Q(digest__edition__lt=EDITION)
        | Q(digest__until__lt=timezone.now() - REST)
    )


def uses_of(attempt: Attempt) -> list[DayUse]:
    """Return what an attempt used: what is kept of it where that is up to date, or else added up anew."""
    if stale().filter(pk=attempt.pk).exists():
        return uses.of(attempt, prices.price_list())
    return list(attempt.uses.order_by("day", "model"))


def refresh_due(limit: int = 200) -> int:
    """Make anew what is missing or out of date for long enough, up to `limit` attempts; return how many there were."""
    found = list(due()[:limit])
    for attempt in found:
        refresh(attempt)
    return len(found)


def outdate(attempt: Attempt) -> None:
    """Have the digest of an attempt made anew, because of what no newer row of it shows.

    Call it before the change, in the transaction that holds the attempt's lock: this keeps a digest that is being made
    from missing it. One query.
    """
    Digest.objects.filter(attempt=attempt).update(edition=0)


def outdate_priced(model: str) -> None:
    """Have all digests made anew in which a model was used: it costs something else than was thought."""
    Digest.objects.filter(Exists(DayUse.objects.filter(attempt=OuterRef("attempt"), model=model))).update(edition=0)


@transaction.atomic
def refresh(attempt: Attempt) -> Digest:
    """Make the digest of one attempt anew, with its signs, stays and uses.

    1. Lock the attempt: what is stored meanwhile waits, and counts the next time. One whose words were deleted keeps
       what it has.
    2. Read it: visits, utterances, calls, usage, faults.
    3. Replace the digest and all that goes with it.
    """
    # 1
    attempt = attempts.lock(attempt)
    if attempt.words_deleted_at is not None:
        return Digest.objects.get(attempt=attempt)
    # 2
    visits = list(attempt.visits.order_by("number"))
    said = list(attempt.utterances.order_by("position", "id"))
    own_calls = calls.calls_of([attempt]).get(attempt.pk, [])
    own_stays = stays.of(attempt, visits, said, own_calls)
    own_uses = uses.of(attempt, prices.price_list())
    learner_words = sum(stay.learner_words for stay in own_stays)
    tutor_words = sum(stay.tutor_words for stay in own_stays)
    words = learner_words + tutor_words
    last_used = attempt.usage_reports.order_by("stored_at").values_list("stored_at", flat=True).last()
    moments = [attempt.started_at, attempt.ended_at, last_used, *(one.changed_at for one in said)]
    # 3
    digest, _is_new = Digest.objects.update_or_create(
        attempt=attempt,
        defaults={
            "until": max(moment for moment in moments if moment),
            "edition": EDITION,
            "seconds": int(calls.time_in(own_calls).total_seconds()),
            "learner_turns": sum(stay.learner_turns for stay in own_stays),
            "tutor_turns": sum(stay.tutor_turns for stay in own_stays),
            "learner_words": learner_words,
            "tutor_words": tutor_words,
            "tutor_share": round(100 * tutor_words / words) if words else None,
            "longest_silence": _longest_silence(said),
            "calls": len(own_calls),
            "cost": uses.total_cost(attempt, own_uses),
        },
    )
    for old in (attempt.signs, attempt.stay_digests, attempt.uses):
        old.all().delete()
    Sign.objects.bulk_create(_signs(attempt, digest, visits, said))
    # Trials say nothing of how a lesson goes.
    StayDigest.objects.bulk_create(() if attempt.is_trial else own_stays)
    DayUse.objects.bulk_create(own_uses)
    return digest


def _longest_silence(said: Sequence[Utterance]) -> int:
    """Seconds between two utterances of one call; a night between two calls is no silence."""
    waits = [
        (after.stored_at - before.stored_at).total_seconds()
        for before, after in pairwise(sorted(said, key=lambda one: (one.stored_at, one.position)))
        if before.connection_id is not None and before.connection_id == after.connection_id
    ]
    return int(max(waits, default=0))


def _signs(attempt: Attempt, digest: Digest, visits: Sequence[StageVisit], said: Sequence[Utterance]) -> list[Sign]:
    def sign(rule: Sign.Rule, visit: StageVisit | None = None, detail: str = "") -> Sign:
        return Sign(attempt=attempt, visit=visit, rule=rule, weight=WEIGHTS[rule], detail=detail[:200])

    found = [sign(Sign.Rule.SAFETY, visit, words) for visit, words in _watched(visits, said)]
    for visit in visits:
        if visit.flag == StageVisit.Flag.STALLED:
            found.append(sign(Sign.Rule.STALLED, visit))
        elif visit.flag == StageVisit.Flag.UNPROVEN:
            found.append(sign(Sign.Rule.UNPROVEN, visit))
        elif visit.refusals >= stages.MAX_REFUSALS:
            found.append(sign(Sign.Rule.REFUSED, visit))
    times_in = Counter(visit.stage_key for visit in visits)
    last = {visit.stage_key: visit for visit in visits}
    found += [sign(Sign.Rule.LOOP, last[key], str(times)) for key, times in times_in.items() if times >= LOOP_VISITS]
    if attempt.outcome == AttemptOutcome.LEFT:
        found.append(sign(Sign.Rule.QUIT, visits[-1]))
    if (digest.tutor_share or 0) > MONOLOGUE_SHARE and digest.tutor_words >= MONOLOGUE_WORDS:
        found.append(sign(Sign.Rule.MONOLOGUE, detail=f"{digest.tutor_share} %"))
    if digest.longest_silence >= LONG_SILENCE:
        found.append(sign(Sign.Rule.SILENCE, detail=f"{digest.longest_silence} s"))
    broken = attempt.faults.values_list("code", flat=True).first() or _failed_call(attempt)
    if broken:
        found.append(sign(Sign.Rule.FAULT, detail=broken))
    return found


def _failed_call(attempt: Attempt) -> str:
    failed = Connection.objects.filter(attempt=attempt).exclude(error__in=("", *leases.DECIDED))
    return failed.values_list("error", flat=True).first() or ""


def _watched(visits: Sequence[StageVisit], said: Iterable[Utterance]) -> list[tuple[StageVisit, str]]:
    """The words to watch for that were said, each once in each stay."""
    by_key = {visit.pk: visit for visit in visits}
    watched = [(words, plain(words)) for words in WatchWord.objects.values_list("words", flat=True)]
    found: dict[tuple[int, str], tuple[StageVisit, str]] = {}
    for one in said if watched else ():
        heard = plain(one.text)
        for words, wanted in watched:
            if wanted in heard:
                found.setdefault((one.visit_id, words), (by_key[one.visit_id], words))
    return list(found.values())
