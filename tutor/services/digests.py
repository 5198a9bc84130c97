"""Attempts in figures, and what stands out in them. Made from the record, and made anew when that has changed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from tutor.models import (
    Attempt,
    AttemptOutcome,
    Connection,
    Digest,
    Sign,
    Speaker,
    StageVisit,
    UsageReport,
    Utterance,
    WatchWord,
)
from tutor.plan.evidence import plain
from tutor.realtime.prices import PriceList
from tutor.realtime.usage import cost, read_usage
from tutor.services import attempts, calls, prices, stages

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


def refresh_stale(limit: int = 200) -> int:
    """Make anew what is missing or out of date, up to `limit` attempts; return how many there were.

    Those whose words were deleted keep the figures they had.
    """
    said_since = Utterance.objects.filter(attempt=OuterRef("pk"), changed_at__gt=OuterRef("digest__until"))
    stale = Attempt.objects.filter(
        Q(digest__isnull=True) | Q(ended_at__gt=F("digest__until")) | Exists(said_since), words_deleted_at__isnull=True
    ).order_by("id")
    found = list(stale[:limit])
    for attempt in found:
        refresh(attempt)
    return len(found)


@transaction.atomic
def refresh(attempt: Attempt) -> Digest:
    """Make the digest and the signs of one attempt anew.

    1. Lock the attempt: what is stored meanwhile waits, and counts the next time. One whose words were deleted keeps
       what it has.
    2. Read it: visits, utterances, calls, usage, faults.
    3. Replace the digest and the signs.
    """
    # 1
    attempt = attempts.lock(attempt)
    if attempt.words_deleted_at is not None:
        return Digest.objects.get(attempt=attempt)
    # 2
    visits = list(attempt.visits.order_by("number"))
    said = list(attempt.utterances.order_by("position", "id"))
    own_calls = calls.calls_of([attempt]).get(attempt.pk, [])
    turns, words = _count(said)
    total = words[Speaker.LEARNER] + words[Speaker.TUTOR]
    moments = [
        attempt.started_at,
        *(one.changed_at for one in said),
        *((attempt.ended_at,) if attempt.ended_at else ()),
    ]
    # 3
    digest, _is_new = Digest.objects.update_or_create(
        attempt=attempt,
        defaults={
            "until": max(moment for moment in moments if moment),
            "seconds": int(calls.time_in(own_calls).total_seconds()),
            "learner_turns": turns[Speaker.LEARNER],
            "tutor_turns": turns[Speaker.TUTOR],
            "learner_words": words[Speaker.LEARNER],
            "tutor_words": words[Speaker.TUTOR],
            "tutor_share": round(100 * words[Speaker.TUTOR] / total) if total else None,
            "longest_silence": _longest_silence(said),
            "calls": len(own_calls),
            "cost": cost_of(attempt, prices.price_list()),
        },
    )
    attempt.signs.all().delete()
    Sign.objects.bulk_create(_signs(attempt, digest, visits, said))
    return digest


def cost_of(attempt: Attempt, price_list: PriceList) -> Decimal | None:
    """Return what an attempt has cost in USD; None where a price is not known, and for a rehearsal. One query."""
    if attempt.is_rehearsal:
        return None
    total = Decimal(0)
    for report in attempt.usage_reports.select_related("connection"):
        part = _cost_of_report(report, price_list)
        if part is None:
            return None
        total += part
    return total


def _cost_of_report(report: UsageReport, price_list: PriceList) -> Decimal | None:
    config = report.connection.config if report.connection else {}
    model = _transcriber(config) if report.source == UsageReport.Source.TRANSCRIPTION else config.get("model")
    rate = price_list.in_force(str(model), report.stored_at.date())
    usage = read_usage(report.usage)
    if rate is None:
        return None
    # A transcription is billed by the minute or by the token (protocol reference, section 10.2).
    if usage.seconds:
        return None if rate.minute is None else rate.minute * Decimal(str(usage.seconds)) / 60
    return None if rate.tokens is None else cost(usage, rate.tokens)


def _transcriber(config: dict[str, object]) -> object:
    part: object = config
    for name in ("audio", "input", "transcription", "model"):
        part = part.get(name) if isinstance(part, dict) else None
    return part


def _count(said: Iterable[Utterance]) -> tuple[Counter[str], Counter[str]]:
    turns: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for one in said:
        if one.text:
            turns[one.speaker] += 1
            words[one.speaker] += len(one.text.split())
    return turns, words


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
    stays = Counter(visit.stage_key for visit in visits)
    last = {visit.stage_key: visit for visit in visits}
    found += [sign(Sign.Rule.LOOP, last[key], str(times)) for key, times in stays.items() if times >= LOOP_VISITS]
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
    failed = Connection.objects.filter(attempt=attempt).exclude(error="").values_list("error", flat=True)
    return failed.first() or ""


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
