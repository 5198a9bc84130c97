"""What staff did in a lesson, as pages show it. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from tutor.models import Attempt, Intervention, InterventionKind
from tutor.plan import Plan
from tutor.services import pauses


@dataclass(frozen=True, slots=True)
class Act:
    """One intervention. `number` counts those of an attempt.

    `to` is the title of the stage a move led to, `to_visit` the number of the stay; `words` what was whispered, if it
    may be read. `taken_at` is when the room had it.
    """

    number: int
    act: str
    label: str
    by: str
    at: datetime
    to: str
    to_visit: int | None
    words: str
    say_now: bool
    reason: str
    taken_at: datetime | None

    @property
    def is_taken_up(self) -> bool:
        """Whether it is done only once a call has taken it up."""
        return self.act in (InterventionKind.WHISPER, InterventionKind.MOVE)


def acts_of(attempt: Attempt, plan: Plan, *, is_learner: bool = False) -> dict[int, list[tuple[datetime, Act]]]:
    """Return what staff did by the key of the visit, each with its moment, in order. One query.

    A learner reads what was whispered only once the lesson is over: before that it might be the answer.
    """
    hides = is_learner and attempt.ended_at is None
    found: dict[int, list[tuple[datetime, Act]]] = {}
    for one in attempt.interventions.select_related("author", "to_visit").order_by("number"):
        found.setdefault(one.visit_id, []).append((one.made_at, _act(one, plan, hides=hides)))
    return found


def _act(one: Intervention, plan: Plan, *, hides: bool) -> Act:
    return Act(
        number=one.number,
        act=one.kind,
        label=str(InterventionKind(one.kind).label),
        by=pauses.name_of(one),
        at=one.made_at,
        to=plan.stage(one.to_visit.stage_key).title if one.to_visit else "",
        to_visit=one.to_visit.number if one.to_visit else None,
        words="" if hides else one.text,
        say_now=one.say_now,
        reason=one.reason,
        taken_at=one.taken_at,
    )
