"""Scores for the platforms that learners came from: a row for each attempt, told where calls are tended.

Any number of servers may send at the same time: each score is claimed by one. What is told twice changes nothing there.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from tutor import plan as plans
from tutor.models import Attempt, AttemptOutcome, LtiLink, LtiPlatform, LtiScore, Ruling, StageVisit
from tutor.peers.lti import LtiError, ScoreSender
from tutor.plan import Plan
from tutor.plan.score import Score, Stay, score
from tutor.services import lti_keys
from tutor.services.threads import in_thread

log = logging.getLogger(__name__)

# Before it is tried again after a failure; after the last of them it is given up: some three days in all.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440))
# Scores in one round.
MOST = 50
# An attempt that ended before that, and told nobody so far, is left alone.
FORGOTTEN = timedelta(days=30)
# What is wrong with the platform or with us, and so would be with the next score too.
OF_ALL = frozenset({"timeout", "unreachable", "address", "host", "key"})
# A learner has not earned it that a stage ended so, unless a reviewer rules otherwise.
UNEARNED = (StageVisit.Flag.UNPROVEN, StageVisit.Flag.STALLED)


def send_due() -> int:
    """Tell platforms what is due; return how many scores were told.

    1. Put down the attempts that have ended since.
    2. Claim what is due: nobody else tells it within its next pause, and a process that dies loses nothing.
    3. Tell it, platform by platform, outside of any transaction. One that does not answer is asked no more this time.
    """
    if not settings.LTI:
        return 0
    now = timezone.now()
    # 1
    note_ended(now)
    # 2
    claimed = claim(now)
    # 3
    by_platform = groupby(claimed, key=lambda row: row.attempt.learner.lti_identity.platform)
    return sum(_tell(platform, rows) for platform, rows in by_platform)


def note_ended(now: datetime) -> int:
    """Make rows for attempts that have ended and have somewhere to tell it; return how many. Two queries at most."""
    link = LtiLink.objects.filter(
        person=OuterRef("learner"), lesson=OuterRef("lesson"), made_at__lte=OuterRef("ended_at")
    )
    # Words are deleted later in a round; without that condition no index would help.
    ended = Attempt.objects.filter(ended_at__gte=now - FORGOTTEN, words_deleted_at__isnull=True, is_trial=False)
    new = ended.filter(Exists(link), lti_score__isnull=True).annotate(goes_to=Subquery(link.values("line_item")[:1]))
    found = list(new.values_list("pk", "goes_to").order_by("pk")[:MOST])
    rows = [LtiScore(attempt_id=key, line_item=line_item, due_at=now) for key, line_item in found]
    # Another server may have been faster.
    LtiScore.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def outdate(attempt: Attempt) -> None:
    """Have the score of an attempt told anew, because a reviewer has ruled. One query."""
    tell_again(LtiScore.objects.filter(attempt=attempt))


def tell_again(rows: QuerySet[LtiScore]) -> int:
    """Have scores told anew, those too that were given up; return how many."""
    return rows.update(due_at=timezone.now(), tries=0)


@transaction.atomic
def claim(now: datetime) -> list[LtiScore]:
    """Return scores that are due, figured, for this process alone to tell; those of one platform follow each other."""
    due = LtiScore.objects.filter(due_at__lte=now, attempt__learner__lti_identity__platform__is_active=True)
    locked = (
        due.select_for_update(of=("self",), skip_locked=True)
        .select_related("attempt__version", "attempt__learner__lti_identity__platform")
        .prefetch_related("attempt__visits")
    )
    rows = list(locked.order_by("due_at", "id")[:MOST])
    rulings = _rulings_of(rows)
    for row in rows:
        figures = figures_of(row.attempt, rulings)
        row.passed, row.stages = figures.passed, figures.stages
        row.figured_at = max(
            [
                row.attempt.ended_at or now,
                *(r.made_at for r in rulings.values() if r.visit.attempt_id == row.attempt_id),
            ]
        )
        row.tries += 1
        row.due_at = now + PAUSES[min(row.tries, len(PAUSES)) - 1]
    LtiScore.objects.bulk_update(rows, ["passed", "stages", "figured_at", "tries", "due_at"])
    return sorted(rows, key=lambda row: row.attempt.learner.lti_identity.platform_id)


def _rulings_of(rows: Iterable[LtiScore]) -> dict[int, Ruling]:
    """The latest ruling on each visit that has one, by the visit's key. One query."""
    found = Ruling.objects.filter(visit__attempt__in=[row.attempt_id for row in rows]).select_related("visit")
    return {ruling.visit_id: ruling for ruling in found.order_by("id")}


def figures_of(attempt: Attempt, rulings: dict[int, Ruling]) -> Score:
    """Return how many stages were passed. What a reviewer has ruled counts in place of what the tutor decided."""
    plan = plans.from_stored(attempt.version.plan)
    stays = [
        Stay(visit.stage_key, _ruled(plan, visit, rulings[visit.pk]))
        if visit.pk in rulings
        else Stay(visit.stage_key, visit.outcome, is_earned=visit.flag not in UNEARNED)
        for visit in sorted(attempt.visits.all(), key=lambda visit: visit.number)
    ]
    return score(plan, stays)


def _ruled(plan: Plan, visit: StageVisit, ruling: Ruling) -> str:
    """The way out by which a stage should have been left, empty for none."""
    return ruling.outcome if ruling.outcome in {way.key for way in plan.stage(visit.stage_key).outcomes} else ""


def _tell(platform: LtiPlatform, rows: Iterable[LtiScore]) -> int:
    told, broken = 0, ""
    sender: ScoreSender | None = None
    for row in rows:
        try:
            if broken:
                raise LtiError(broken)
            sender = sender or _sender(platform)
            _send(sender, row)
        except LtiError as error:
            broken = error.why if error.why in OF_ALL else ""
            _note_failure(row, platform, error.why)
        else:
            told += 1
            _of(row).update(sent_at=timezone.now(), due_at=None, tries=0, error="")
            log.info("lti score sent attempt=%s platform=%s", row.attempt.code, platform.pk)
    return told


def _sender(platform: LtiPlatform) -> ScoreSender:
    try:
        return ScoreSender(platform, lti_keys.current())
    except lti_keys.NoKeyError as error:
        raise LtiError("key") from error


def _send(sender: ScoreSender, row: LtiScore) -> None:
    assert row.passed is not None and row.stages is not None and row.figured_at is not None  # noqa: S101, PT018 # claimed
    sender.send(
        row.line_item,
        sub=row.attempt.learner.lti_identity.sub,
        passed=row.passed,
        stages=row.stages,
        at=row.figured_at,
        is_over=row.attempt.outcome == AttemptOutcome.COMPLETED,
    )


def _note_failure(row: LtiScore, platform: LtiPlatform, why: str) -> None:
    if row.tries <= len(PAUSES):
        _of(row).update(error=why)
        log.warning("lti score not sent attempt=%s platform=%s why=%s", row.attempt.code, platform.pk, why)
        return
    _of(row).update(error=why, due_at=None)
    log.error("lti score given up attempt=%s platform=%s why=%s", row.attempt.code, platform.pk, why)


def _of(row: LtiScore) -> QuerySet[LtiScore]:
    """The row as it was claimed: one that a ruling has made due again meanwhile stays due."""
    return LtiScore.objects.filter(pk=row.pk, due_at=row.due_at)


class Post:
    """Sends scores beside other work, so that no platform, however slow, holds that up."""

    def __init__(self) -> None:
        self._round: asyncio.Task[None] | None = None

    def go_on(self) -> None:
        """Begin a round, unless one is going on."""
        if settings.LTI and (self._round is None or self._round.done()):
            self._round = asyncio.ensure_future(_round())

    def stop(self) -> None:
        """Begin nothing more. What is on its way is claimed, and told again if it was not."""
        if self._round is not None:
            self._round.cancel()


async def _round() -> None:
    try:
        await in_thread(send_due)()
    except DatabaseError as error:
        log.error("sending scores failed error=%s", type(error).__name__)
    except Exception:  # the outer edge of a task that nobody waits for
        log.exception("sending scores failed")
