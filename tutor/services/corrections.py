"""“That is not what I said”: a learner corrects what was written down of a sentence of theirs."""

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from tutor import plan as plans
from tutor.models import Attempt, Connection, Correction, Speaker, StageVisit, Utterance
from tutor.realtime import replies
from tutor.services import attempts, digests, memory, prompts, stages, transcript
from tutor.services.broadcast import tell
from tutor.services.errors import CorrectionConflictError, UnknownUtteranceError

log = logging.getLogger(__name__)


@transaction.atomic
def correct(attempt: Attempt, *, correction_id: UUID, item_id: str, text: str) -> dict[str, Any]:
    """Store what the learner really said; return `{"events", "utterance"}`: what to forward, and how it reads now.

    An attempt that has ended takes corrections too; then there is nobody to tell. Raises UnknownUtteranceError,
    CorrectionConflictError for an id that stands for another correction, and AttemptClosedError where words were
    deleted.

    1. Lock the attempt, and find what is corrected.
    2. A repeat of the request gets the stored events.
    3. Otherwise store the correction, with what the model has to be told.
    """
    # 1
    attempt = attempts.lock(attempt)
    attempts.refuse_if_wordless(attempt)
    utterance = attempt.utterances.select_related("visit").filter(item_id=item_id, speaker=Speaker.LEARNER).first()
    if utterance is None:
        raise UnknownUtteranceError(_("There is no such sentence of yours in this lesson."))
    # 2
    made = attempt.corrections.filter(correction_id=correction_id).first()
    if made is not None and (made.utterance_id, made.text) != (utterance.pk, text):
        raise CorrectionConflictError(_("This correction was made before, with other words."))
    # 3
    if made is None:
        digests.outdate(attempt)
        made = _make(attempt, utterance, correction_id, text)
    visit = utterance.visit
    current = transcript.corrected(attempt)[utterance.pk]
    data = transcript.as_data(utterance, visit=visit.number, stage=visit.stage_key, corrected=current)
    return {"events": made.events, "utterance": data}


def _make(attempt: Attempt, utterance: Utterance, correction_id: UUID, text: str) -> Correction:
    before = transcript.corrected(attempt).get(utterance.pk, utterance.text)
    visit = attempt.visits.order_by("number").last()
    call = attempt.connections.order_by("-id").first()
    made = Correction(
        attempt=attempt, utterance=utterance, visit=visit, connection=call, correction_id=correction_id, text=text
    )
    if visit is not None and text != before and _has_listener(attempt, utterance, call):
        made.note_id = memory.correction_id(attempt.corrections.count() + 1)
        made.events = _events(made.note_id, visit, utterance, before, text)
    made.save(force_insert=True)
    log.info("utterance corrected attempt=%s item=%s note=%s", attempt.code, utterance.item_id, made.note_id)
    tell(attempt, {"type": "utterance", "item_id": utterance.item_id})
    return made


def _has_listener(attempt: Attempt, utterance: Utterance, call: Connection | None) -> bool:
    """Whether there is a model that may remember the sentence as it was heard."""
    plan = plans.from_stored(attempt.version.plan)
    return attempt.ended_at is None and call is not None and memory.recalls(attempt, plan, utterance.visit)


def _events(note_id: str, visit: StageVisit, utterance: Utterance, heard: str, meant: str) -> list[dict[str, Any]]:
    """The note, and a request to speak where the tutor has answered what was never said: the learner's last words."""
    events = [replies.system_note(prompts.correction_note(heard, meant), item_id=note_id)]
    if stages.learner_turns(visit).last() == utterance:
        events.append(replies.response_create())
    return replies.numbered(note_id, events)
