"""What the model of a call remembers, and what it is made to forget when a stage begins."""

from collections.abc import Iterable, Iterator
from typing import Any

from tutor.models import Attempt, Connection, InterventionKind, StageVisit
from tutor.plan import ContextRule, Plan
from tutor.realtime import replies
from tutor.services import prompts


def resume_id(visit: int) -> str:
    """Id of the item that tells a new call what went before; `visit` is the number of the visit the call begins in."""
    return f"resume-{visit}"


def summary_id(visit: int) -> str:
    """Id of the item with the summaries that a visit begins with."""
    return f"summary-{visit}"


def stall_id(visit: int, step: int) -> str:
    """Id of a step taken because a visit stalled, and of the item that tells the model."""
    return f"stall-{visit}-{step}"


def correction_id(number: int) -> str:
    """Id of the item that tells the model of an attempt's correction with this number."""
    return f"correction-{number}"


def desk_id(number: int) -> str:
    """Id of the item that tells the model of an attempt's intervention with this number."""
    return f"desk-{number}"


def recalls(attempt: Attempt, plan: Plan, visit: StageVisit) -> bool:
    """Whether no stage that began after a visit has made the model forget what was said in it."""
    later = attempt.visits.filter(number__gt=visit.number).values_list("stage_key", flat=True)
    return all(plan.stage(key).context is ContextRule.KEEP for key in later)


def carry_over(attempt: Attempt, plan: Plan, visit: StageVisit) -> list[dict[str, Any]]:
    """Return the events that leave the model of the present call with what a visit's context rule allows.

    Everything we can name is deleted: what was said, and our own notes. The model's own function calls stay, for their
    items are the provider's and nobody tells us their ids.
    """
    rule = plan.stage(visit.stage_key).context
    if rule is ContextRule.KEEP:
        return []
    before = list(attempt.visits.filter(number__lt=visit.number).order_by("number"))
    call = attempt.connections.select_related("visit").order_by("-id").first()
    events = [] if call is None else [replies.item_delete(item) for item in _remembered(attempt, plan, before, call)]
    note = _summaries(plan, before) if rule is ContextRule.SUMMARY else ""
    return [*events, replies.system_note(note, item_id=summary_id(visit.number))] if note else events


def summaries_of(plan: Plan, visits: Iterable[StageVisit]) -> list[tuple[str, str]]:
    """Pairs of (stage title, summary) of those visits that were completed."""
    return [(plan.stage(visit.stage_key).title, visit.summary) for visit in visits if visit.outcome]


def _summaries(plan: Plan, visits: Iterable[StageVisit]) -> str:
    return prompts.summaries_note(summaries_of(plan, visits))


def _remembered(attempt: Attempt, plan: Plan, before: list[StageVisit], call: Connection) -> list[str]:
    """Ids of the items a call has of the visits before: our notes first, then what was said."""
    forgetful = [visit.number for visit in before if plan.stage(visit.stage_key).context is not ContextRule.KEEP]
    # What was there before the latest of these was forgotten when it began.
    latest = max(forgetful, default=1)
    spoken = attempt.utterances.filter(connection=call, visit__number__gte=latest).order_by("position")
    notes = [*_first_note(attempt, call, latest), *_later_notes(plan, before, max(latest, call.visit.number), call)]
    told = attempt.corrections.filter(connection=call, visit__number__gte=latest).exclude(note_id="").order_by("id")
    whispers = [desk_id(number) for number in _desk_notes(attempt, call, max(latest, call.visit.number))]
    return [*notes, *whispers, *told.values_list("note_id", flat=True), *spoken.values_list("item_id", flat=True)]


def _first_note(attempt: Attempt, call: Connection, latest: int) -> Iterator[str]:
    """What the call was told when it opened; the very first words of an attempt need no such note."""
    begun = call.visit.number
    if begun >= latest and (begun > 1 or attempt.utterances.exclude(connection=call).exists()):
        yield resume_id(begun)


def _later_notes(plan: Plan, before: list[StageVisit], since: int, call: Connection) -> Iterator[str]:
    """What the call was told in each visit from number `since` on."""
    for visit in before[since - 1 :]:
        if visit.number > call.visit.number:
            yield from _entrance_notes(plan, visit, before[: visit.number - 1])
        # The last resort's note belongs to the visit that it leads to.
        yield from (stall_id(visit.number, step) for step in (1, 2) if step <= visit.stall_step)


def _desk_notes(attempt: Attempt, call: Connection, since: int) -> Iterator[int]:
    """Numbers of what staff had a call told in the visits from number `since` on."""
    told = attempt.interventions.filter(taken_at__isnull=False).order_by("number")
    for number, kind, here, there in told.values_list("number", "kind", "visit__number", "to_visit__number"):
        # A move's note belongs to the visit that it leads to; a call that began there needed none.
        is_whisper = kind == InterventionKind.WHISPER and here >= since
        if is_whisper or (there is not None and there >= since and there > call.visit.number):
            yield number


def _entrance_notes(plan: Plan, visit: StageVisit, before: list[StageVisit]) -> Iterator[str]:
    if plan.stage(visit.stage_key).context is ContextRule.SUMMARY and _summaries(plan, before):
        yield summary_id(visit.number)
    if before[-1].flag == StageVisit.Flag.STALLED:
        yield stall_id(visit.number - 1, 3)
