"""The hand of staff in a lesson that is going on: whisper, move, pause, go on, end. Each is done once and put down.

The room is told by its WebSocket that there is something, and asks its journal for what it is: `for_room` offers it
with every answer until the room says that the model of its present call has it. So a lost message costs nothing, and
nothing happens twice in a call.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tutor import plan as plans
from tutor.models import Attempt, AttemptOutcome, Connection, Intervention, InterventionKind, StageVisit
from tutor.plan import Plan
from tutor.realtime import replies
from tutor.services import attempts, leases, memory, pauses, prompts, stages
from tutor.services.broadcast import tell
from tutor.services.errors import DeskError

log = logging.getLogger(__name__)

# Of one attempt: more than any lesson needs.
MOST = 200


@dataclass(frozen=True, slots=True)
class Action:
    """Who wants something done, by which form, and why. The same form sent twice is one action."""

    id: UUID
    author: User
    reason: str = ""


@transaction.atomic
def whisper(attempt: Attempt, action: Action, *, text: str, say_now: bool = False) -> Intervention:
    """Tell the tutor something that the learner does not hear; with `say_now` it speaks at once.

    Raises DeskError where there is nobody to tell.
    """
    attempt, done = _begin(attempt, action, InterventionKind.WHISPER)
    if done is not None:
        return done
    if not text.strip():
        raise DeskError(_("Write what you want to tell the tutor."))
    if _call(attempt) is None:
        raise DeskError(_("Nobody is in the room just now, so there is no tutor to tell."))
    return _put_down(attempt, action, InterventionKind.WHISPER, text=text.strip(), say_now=say_now)


@transaction.atomic
def move(attempt: Attempt, action: Action, *, visit: int, to: str) -> Intervention:
    """Move the lesson to any stage of its plan, out of the visit with a number.

    Raises DeskError where it has moved on meanwhile, and for what is no other stage of it.

    1. Lock the attempt; a repeat gets what was done.
    2. The lesson must still be where whoever decided this saw it.
    3. Close the visit and open the next one, in `services.stages`.
    4. Put it down; tell the room.
    """
    # 1
    attempt, done = _begin(attempt, action, InterventionKind.MOVE)
    if done is not None:
        return done
    _ask_why(action)
    # 2
    current = _current(attempt)
    if current.number != visit:
        raise DeskError(_("The lesson has moved on meanwhile. See where it is now, then decide again."))
    plan = plans.from_stored(attempt.version.plan)
    if to == current.stage_key or to not in {stage.key for stage in plan.stages}:
        raise DeskError(_("Choose another stage of this lesson."))
    # 3
    following = stages.move_to(attempt, current, to, reasoning=action.reason)
    # 4
    return _put_down(attempt, action, InterventionKind.MOVE, visit=current, to_visit=following)


@transaction.atomic
def pause(attempt: Attempt, action: Action) -> Intervention:
    """Pause the lesson: its call ends, and no other can be made until it goes on. Raises DeskError if it is paused.

    The call is hung up a little later: the room has the learner's last words to wait for, and hangs up by itself.
    """
    attempt, done = _begin(attempt, action, InterventionKind.PAUSE)
    if done is not None:
        return done
    _ask_why(action)
    if pauses.pause_of(attempt) is not None:
        raise DeskError(_("This lesson is paused already."))
    made = _put_down(attempt, action, InterventionKind.PAUSE)
    now = timezone.now()
    leases.end_calls(attempt.connections.all(), at=now, hang_up_at=now + leases.LAST_WORDS)
    return made


@transaction.atomic
def resume(attempt: Attempt, action: Action) -> Intervention:
    """Let a paused lesson go on. Raises DeskError if it is not paused."""
    attempt, done = _begin(attempt, action, InterventionKind.RESUME)
    if done is not None:
        return done
    paused = pauses.pause_of(attempt)
    if paused is None:
        raise DeskError(_("This lesson is not paused."))
    paused.over_at = max(timezone.now(), paused.made_at)
    paused.save(update_fields=["over_at"])
    return _put_down(attempt, action, InterventionKind.RESUME)


@transaction.atomic
def end(attempt: Attempt, action: Action) -> Intervention:
    """End the attempt for good; what is still being written down of it is stored all the same."""
    attempt, done = _begin(attempt, action, InterventionKind.END)
    if done is not None:
        return done
    _ask_why(action)
    # First what was done, then what follows from it: a room that hears of the end finds out who.
    made = _put_down(attempt, action, InterventionKind.END)
    attempts.end_attempt(attempt, outcome=AttemptOutcome.STOPPED)
    return made


def for_room(attempt: Attempt, *, received: int, connection: str) -> dict[str, Any] | None:
    """Return what the room has to know of the hand of staff; None where there was none. One query then.

    It is `{"number", "paused", "offers"}`: the number of the latest intervention; the pause (`pauses.as_data`); and
    what its present call is to be given now, in order, each as a rescue is (`services.stalls`). `received` is the
    number up to which the room has everything, in its present call. Call it inside the transaction that holds the lock.

    1. Note what the room has.
    2. Offer what the present call has not: the move that led to where the lesson is, and what was whispered here, or
       never heard anywhere.
    """
    found = attempt.interventions.order_by("number")
    # The room asks with every sentence, and staff seldom have a hand in anything: what goes with a row is asked for
    # when there is one, for putting that question together takes Django as long as storing the sentence.
    if not found.exists():
        return None
    made = list(found.select_related("visit", "to_visit", "author"))
    # 1
    _note_taken(attempt, made, received, connection)
    # 2
    paused = next((one for one in made if one.kind == InterventionKind.PAUSE and one.over_at is None), None)
    offers = [] if paused else _offers(attempt, [one for one in made if one.number > received])
    return {"number": made[-1].number, "paused": pauses.as_data(paused), "offers": offers}


def _begin(attempt: Attempt, action: Action, kind: InterventionKind) -> tuple[Attempt, Intervention | None]:
    """Lock an attempt; return it, and what the same form has done already. Raises DeskError where nothing can be."""
    attempt = attempts.lock(attempt)
    done = attempt.interventions.filter(action_id=action.id).first()
    if done is not None:
        if (done.kind, done.author_id) != (kind, action.author.pk):
            raise DeskError(_("This form has been used before. Reload the page."))
        return attempt, done
    if attempt.ended_at is not None:
        raise DeskError(_("This lesson has already ended."))
    if attempt.interventions.count() >= MOST:
        raise DeskError(_("So much has been done in this lesson that no more can be."))
    return attempt, None


def _ask_why(action: Action) -> None:
    if not action.reason.strip():
        raise DeskError(_("Say why, so that others can follow."))


def _current(attempt: Attempt) -> StageVisit:
    return attempt.visits.get(completed_at__isnull=True)


def _call(attempt: Attempt) -> Connection | None:
    """The call that is going on."""
    return attempt.connections.filter(answered_at__isnull=False, ended_at__isnull=True).order_by("-id").first()


def _put_down(
    attempt: Attempt, action: Action, kind: InterventionKind, *, visit: StageVisit | None = None, **facts: Any
) -> Intervention:
    made = Intervention.objects.create(
        attempt=attempt,
        number=attempt.interventions.count() + 1,
        action_id=action.id,
        kind=kind,
        author=action.author,
        visit=visit or _current(attempt),
        connection=_call(attempt),
        reason=action.reason.strip(),
        **facts,
    )
    log.info("desk attempt=%s kind=%s number=%d by=%d", attempt.code, kind, made.number, action.author.pk)
    tell(attempt, {"type": "desk", "number": made.number})
    return made


def _note_taken(attempt: Attempt, made: Iterable[Intervention], received: int, connection: str) -> None:
    """Note when the room had what was done: by its own word, or because its call began where a move had led."""
    waiting = [one for one in made if one.taken_at is None]
    begun = _begun_in(attempt, connection) if any(one.to_visit for one in waiting) else 0
    taken = [one for one in waiting if one.number <= received or (one.to_visit and one.to_visit.number <= begun)]
    if taken:
        now = timezone.now()
        Intervention.objects.filter(pk__in=[one.pk for one in taken]).update(taken_at=now)
        for one in taken:
            one.taken_at = now
        tell(attempt, {"type": "taken", "number": taken[-1].number})


def _begun_in(attempt: Attempt, connection: str) -> int:
    """The number of the visit in which a call began; 0 for none."""
    if not connection:
        return 0
    return attempt.connections.filter(code=connection).values_list("visit__number", flat=True).first() or 0


def _offers(attempt: Attempt, made: Sequence[Intervention]) -> list[dict[str, Any]]:
    offered = [one for one in made if one.kind in (InterventionKind.WHISPER, InterventionKind.MOVE)]
    call = attempt.connections.select_related("visit").order_by("-id").first() if offered else None
    current = stages.current_visit(attempt) if call else None
    if call is None or current is None:
        return []
    plan = plans.from_stored(attempt.version.plan)
    wanted = [
        one
        for one in offered
        if (one.to_visit_id == current.pk and call.visit.number < current.number)
        or (one.kind == InterventionKind.WHISPER and (one.taken_at is None or one.visit_id == current.pk))
    ]
    where = attempts.progress(attempt) if wanted else {}
    return [{**_offer(attempt, plan, one), **where} for one in wanted]


def _offer(attempt: Attempt, plan: Plan, one: Intervention) -> dict[str, Any]:
    item_id = memory.desk_id(one.number)
    events: list[dict[str, Any]]
    why = ""
    if one.to_visit is None:
        events = [replies.system_note(prompts.whisper_note(one.text, say_now=one.say_now), item_id=item_id)]
        # A later call is told too, but nobody waits for its answer any more.
        if one.say_now and one.taken_at is None:
            events.append(replies.response_create())
    else:
        note = prompts.taken_on_note(plan.stage(one.visit.stage_key), plan.stage(one.to_visit.stage_key))
        way_in = stages.way_in(attempt, plan, one.to_visit)
        events = [*way_in, replies.system_note(note, item_id=item_id), replies.response_create()]
        why = one.reason
    who = {"by": pauses.name_of(one), "why": why}
    return {"id": item_id, "number": one.number, **who, "events": replies.numbered(item_id, events)}
