"""Words are kept as long as the school says (`KEEP_WORDS_DAYS`); figures are kept for good.

Any number of servers may do this at the same time, and a cron job too: each attempt is done once.
"""

import logging
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tutor.models import (
    Attempt,
    AttemptOutcome,
    Connection,
    Correction,
    Fault,
    HeardCall,
    Intervention,
    InterventionKind,
    Note,
    NoteKind,
    Picture,
    Reading,
    Ruling,
    SetAside,
    Sign,
    StageVisit,
    ToolCall,
    Utterance,
)
from tutor.services import attempts, digests, words

log = logging.getLogger(__name__)

# Attempts in one round beside the requests.
MOST = 50
# Between the end of one sweep and the beginning of the next.
PAUSE = timedelta(hours=1)
# In the place of a reason that has gone: no ruling is without one.
GONE = "–"


def due(now: datetime) -> QuerySet[Attempt]:
    """Return the attempts whose words have been kept long enough, none where they are kept for good.

    What counts is the end; without one, when anything was last said or any call last heard of. A reviewer's note on
    safety holds an attempt back until somebody has marked it as reviewed.
    """
    if settings.KEEP_WORDS_DAYS <= 0:
        return Attempt.objects.none()
    limit = now - timedelta(days=settings.KEEP_WORDS_DAYS)
    of_attempt = {"attempt": OuterRef("pk")}
    talked = Exists(Utterance.objects.filter(**of_attempt, changed_at__gte=limit))
    called = Exists(Connection.objects.filter(Q(requested_at__gte=limit) | Q(heard_at__gte=limit), **of_attempt))
    abandoned = Q(~talked, ~called, ended_at__isnull=True, started_at__lt=limit)
    held = Exists(Note.objects.filter(**of_attempt, kind=NoteKind.SAFETY))
    reviewed = Exists(Reading.objects.filter(**of_attempt))
    old = Attempt.objects.filter(Q(ended_at__lt=limit) | abandoned, words_deleted_at__isnull=True)
    return old.filter(~held | reviewed).order_by("id")


def delete_due(limit: int = MOST) -> int:
    """Delete the words of up to `limit` attempts that are due; return how many there were.

    Each is done in a transaction of its own: what breaks off half-way goes on with the next one.
    """
    found = list(due(timezone.now())[:limit])
    done = sum(delete_words(attempt) for attempt in found)
    if done:
        log.info("words deleted attempts=%d after_days=%d", done, settings.KEEP_WORDS_DAYS)
    return done


@transaction.atomic
def delete_words(attempt: Attempt) -> bool:
    """Delete all words of an attempt and keep its figures; return False if that was done before.

    1. Lock it. One that nobody has come back to ends.
    2. Sum it up for the last time: from now on its figures cannot be made anew.
    3. Empty the rows that count, and delete those that are nothing but words.
    4. Say when.
    """
    # 1
    attempt = attempts.lock(attempt)
    if attempt.words_deleted_at is not None:
        return False
    if attempt.ended_at is None:
        attempts.end_attempt(attempt, outcome=AttemptOutcome.LEFT)
    # 2
    digests.refresh(attempt)
    # 3
    of_attempt = {"attempt": attempt}
    Correction.objects.filter(**of_attempt).delete()
    Picture.objects.filter(**of_attempt).delete()
    SetAside.objects.filter(**of_attempt).delete()
    Note.objects.filter(**of_attempt, kind=NoteKind.NOTE).delete()
    Note.objects.filter(**of_attempt).update(text="")
    Ruling.objects.filter(visit__attempt=attempt).update(reason=GONE)
    Intervention.objects.filter(**of_attempt, kind=InterventionKind.WHISPER).update(text=GONE)
    Intervention.objects.filter(**of_attempt).exclude(reason="").update(reason=GONE)
    Utterance.objects.filter(**of_attempt).update(text="", provider_text="")
    ToolCall.objects.filter(**of_attempt).update(arguments="", output={}, answer={}, card=None)
    HeardCall.objects.filter(**of_attempt).update(arguments="")
    StageVisit.objects.filter(**of_attempt).update(reasoning="", summary="", evidence=[])
    Fault.objects.filter(**of_attempt).update(message="", param="")
    Sign.objects.filter(**of_attempt, rule=Sign.Rule.SAFETY).update(detail="")
    # 4
    Attempt.objects.filter(pk=attempt.pk).update(words_deleted_at=timezone.now())
    return True


def scrub() -> None:
    """Overwrite what deleted rows have left in the files of the database, as far as it can be asked to.

    SQLite: merges the index of words, in which deleted ones stay until then, and empties the write-ahead log; freed
    pages are overwritten as they are freed (`secure_delete`). PostgreSQL: clears the dead rows away; until its files
    are rewritten (`VACUUM FULL`) bytes of them may remain in there, where no query reaches. Inside of a transaction
    neither can be done, and nothing is.
    """
    if connection.in_atomic_block:
        return
    if connection.vendor == "sqlite":
        words.merge()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    tables = ", ".join(
        connection.ops.quote_name(model._meta.db_table) for model in apps.get_app_config("tutor").get_models()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {tables}")


class Sweep:
    """Deletes what is due beside other work: one batch in each round, and once nothing is left, not for an hour."""

    def __init__(self) -> None:
        self._again: datetime | None = None
        self._has_deleted = False

    def go_on(self, now: datetime) -> int:
        """Do one batch if it is time; return the number of attempts."""
        if settings.KEEP_WORDS_DAYS <= 0 or (self._again is not None and now < self._again):
            return 0
        done = delete_due()
        self._has_deleted |= done > 0
        if done < MOST:
            if self._has_deleted:
                scrub()
            self._again, self._has_deleted = now + PAUSE, False
        return done
