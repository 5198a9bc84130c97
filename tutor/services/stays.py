"""The stays of an attempt in figures. Reads only; `digests` keeps what is made here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

from tutor.models import (
    Attempt,
    AttemptOutcome,
    Correction,
    Note,
    NoteKind,
    Speaker,
    StageVisit,
    StayDigest,
    StayEnd,
    Utterance,
    UtteranceStatus,
)
from tutor.services.calls import Call

# Two sentences that came nearer to each other came in one request of the browser, and say nothing of a wait; after the
# longer time the tutor was not asked to answer ("Let me think"), or something was broken.
SHORTEST_WAIT = timedelta(milliseconds=50)
LONGEST_WAIT = timedelta(seconds=60)


def of(
    attempt: Attempt, visits: Sequence[StageVisit], said: Sequence[Utterance], calls: Sequence[Call]
) -> list[StayDigest]:
    """Return the figures of each visit, unsaved. Two queries; `visits` and `said` are in order."""
    corrected = Counter(
        _visits_of(Correction.objects.filter(attempt=attempt).values_list("utterance", "utterance__visit"))
    )
    heard_wrong = Note.objects.filter(attempt=attempt, kind=NoteKind.MISHEARD, utterance__isnull=False)
    misheard = Counter(_visits_of(heard_wrong.values_list("utterance", "utterance__visit")))
    seen: set[str] = set()
    found = {}
    for visit in visits:
        found[visit.pk] = StayDigest(
            attempt=attempt,
            visit=visit,
            version=attempt.version,
            is_rehearsal=attempt.is_rehearsal,
            started_at=attempt.started_at,
            stage_key=visit.stage_key,
            end=end_of(attempt, visit),
            outcome=visit.outcome,
            again=visit.stage_key in seen,
            seconds=int(_time_within(calls, visit.entered_at, visit.completed_at).total_seconds()),
            corrected=corrected[visit.pk],
            misheard=misheard[visit.pk],
        )
        seen.add(visit.stage_key)
    for one in said:
        _count(found[one.visit_id], one)
    for visit_id, wait in waits(said):
        found[visit_id].waits += 1
        found[visit_id].wait_ms += round(wait / timedelta(milliseconds=1))
    return list(found.values())


def waits(said: Iterable[Utterance]) -> list[tuple[int, timedelta]]:
    """Return how long the tutor took to begin each answer, as far as is known, with the key of the answer's visit.

    The record has no clock of its own: both moments are those at which our server first heard of a sentence. The
    browser reports the learner's as soon as they have stopped speaking, and the tutor's as soon as the model has begun
    one: its first sound comes some tenths of a second later.
    """
    return [
        (after.visit_id, wait)
        for before, after in pairwise(said)
        if before.speaker == Speaker.LEARNER
        and after.speaker == Speaker.TUTOR
        and before.connection_id is not None
        and before.connection_id == after.connection_id
        and SHORTEST_WAIT <= (wait := after.stored_at - before.stored_at) <= LONGEST_WAIT
    ]


def ending(attempt: Attempt, visit: StageVisit) -> str:
    """Return how a stay that no way out was taken from ended, in words; while it goes on, that it does."""
    if visit.completed_at is None:
        return _("still in this stage")
    return visit.get_flag_display() if visit.flag == StageVisit.Flag.MOVED else attempt.get_outcome_display()


def end_of(attempt: Attempt, visit: StageVisit) -> StayEnd:
    """Return how a stay ended."""
    if visit.completed_at is None:
        return StayEnd.OPEN
    if visit.outcome:
        return StayEnd.WAY_OUT
    # Whoever was moved on did not leave, whatever became of the attempt.
    if visit.flag == StageVisit.Flag.MOVED or attempt.outcome == AttemptOutcome.STOPPED:
        return StayEnd.STAFF
    return StayEnd.TIME_UP if attempt.outcome == AttemptOutcome.TIME_UP else StayEnd.LEFT


def _visits_of(sentences: Iterable[tuple[int, int]]) -> list[int]:
    """The visits of sentences, of each once, however often it was corrected or noted."""
    return [visit for _sentence, visit in set(sentences)]


def _time_within(calls: Iterable[Call], begin: datetime, end: datetime | None) -> timedelta:
    """How much of the calls was between two moments; a stay that goes over night is not a long one."""
    parts = (
        min(call.answered_at + call.lasted, end or datetime.max.replace(tzinfo=begin.tzinfo))
        - max(call.answered_at, begin)
        for call in calls
    )
    return sum((max(part, timedelta()) for part in parts), timedelta())


def _count(stay: StayDigest, one: Utterance) -> None:
    if one.status == UtteranceStatus.UNTRANSCRIBED and one.speaker == Speaker.LEARNER:
        stay.unwritten += 1
    if not one.text:
        return
    words = len(one.text.split())
    if one.speaker == Speaker.LEARNER:
        stay.learner_turns += 1
        stay.learner_words += words
    else:
        stay.tutor_turns += 1
        stay.tutor_words += words
