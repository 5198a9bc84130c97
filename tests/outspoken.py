"""An attempt in which one word stands in every row that can have it."""

from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from tests.walking import complete, show_card
from tutor.models import Attempt, Connection, HeardCall, NoteKind, PictureType, SetAside, Utterance, WatchWord
from tutor.services import attempts, corrections, desk, digests, journal, review

# In no language, and with no letter that others share.
WORD = "zqxjabc"


def speak_out(attempt: Attempt, reviewer: User, say) -> Attempt:
    """Fill an attempt at `tests.lessons.WITH_CARDS` with the word, and end it; `say` is the fixture `said`."""
    call = Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
    say(attempt, f"I like {WORD}.", f"Do you like {WORD}?")
    corrections.correct(attempt, correction_id=UUID(int=1), item_id="said_1", text=f"I love {WORD}.")
    journal.store_entries(
        attempt,
        [
            journal.PictureEntry(id="said_2", media_type=PictureType.JPEG, data=WORD.encode()),
            journal.FaultEntry(id="f", code="odd", message=WORD, param=WORD),
        ],
    )
    Utterance.objects.filter(attempt=attempt).update(provider_text=WORD)
    HeardCall.objects.create(attempt=attempt, connection=call, call_id="c", name="card", arguments=WORD)
    SetAside.objects.create(attempt=attempt, code="odd", body=WORD, digest="d")
    show_card(attempt, title=WORD, text=WORD)
    complete(attempt, "understood", summary=f"Likes {WORD}.", evidence=(f"I like {WORD}.",))
    for number, kind in enumerate((NoteKind.NOTE, NoteKind.PRAISE)):
        review.add_note(attempt, reviewer, note_id=UUID(int=number), kind=kind, text=WORD)
    review.rule(attempt, reviewer, visit=1, outcome="needs-practice", reason=WORD)
    calls = Connection.objects.filter(pk=call.pk)
    calls.update(answered_at=timezone.now())
    desk.whisper(attempt, desk.Action(UUID(int=2), reviewer, reason=WORD), text=WORD)
    calls.update(answered_at=None)
    WatchWord.objects.create(words="do you like")
    attempts.end_attempt(attempt)
    digests.refresh(attempt)
    attempt.refresh_from_db()
    return attempt
