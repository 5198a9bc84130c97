"""The only place where a stage visit is opened or closed."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from tutor import plan as plans
from tutor.models import Attempt, AttemptOutcome, Speaker, StageVisit, Utterance, UtteranceStatus
from tutor.plan import Plan, Stage, Step, UnknownOutcomeError
from tutor.plan.evidence import count_found
from tutor.plan.lint import STAGE_COMPLETE
from tutor.realtime import session
from tutor.services import leases, memory, prompts, transcript
from tutor.services.broadcast import tell

log = logging.getLogger(__name__)

# After so many refusals a stage completes anyway and is flagged: a learner is never trapped.
MAX_REFUSALS = 2
MAX_TEXT = 4_000
MAX_QUOTES = 10


@dataclass(frozen=True, slots=True)
class Decision:
    """What a function call leads to.

    `output` is what the model is told; `before` the client events that must be in force before it hears it;
    `refusal` a code, empty if the call was accepted; `tools` whether the model may call functions in its next words.
    """

    output: dict[str, Any]
    before: tuple[dict[str, Any], ...] = ()
    refusal: str = ""
    tools: bool = True


def refuse(code: str, message: str) -> Decision:
    """A mistake of the model, told so that it can correct it."""
    return Decision({"status": "refused", "error": code, "message": message}, refusal=code)


def current_visit(attempt: Attempt) -> StageVisit | None:
    """The attempt's open visit; None once it has ended."""
    # In an order that needs no other table.
    return attempt.visits.filter(completed_at__isnull=True).order_by("number").first()


def enter_stage(attempt: Attempt, plan: Plan, stage: Stage, *, at: datetime) -> StageVisit:
    """Open the next visit, storing the exact session the model will be given."""
    return StageVisit.objects.create(
        attempt=attempt,
        number=attempt.visits.count() + 1,
        stage_key=stage.key,
        session=prompts.stage_session(plan, stage),
        entered_at=at,
    )


def leave_lesson(attempt: Attempt, *, outcome: AttemptOutcome, at: datetime) -> None:
    """Close the attempt, where the learner stops in the middle of a stage its open visit, and its calls.

    The calls are hung up a little later: the room has a goodbye to wait for, and hangs up by itself.
    """
    attempt.visits.filter(completed_at__isnull=True).update(completed_at=at)
    leases.end_calls(attempt.connections.all(), at=at, hang_up_at=at + leases.patience(outcome))
    attempt.ended_at, attempt.outcome = at, outcome
    attempt.save(update_fields=["ended_at", "outcome"])
    log.info("attempt ended attempt=%s outcome=%s", attempt.code, outcome)
    tell(attempt, {"type": "ended"})


def complete_stage(attempt: Attempt, visit: StageVisit, arguments: dict[str, Any]) -> Decision:
    """Decide on a `stage_complete` call. Call it inside the transaction that holds the attempt's lock.

    1. The arguments must be there and name an outcome of the stage.
    2. The learner must have spoken, and said what is quoted; two refusals are enough.
    3. Close the visit, and go where `plan.route` says.
    """
    plan = plans.from_stored(attempt.version.plan)
    stage = plan.stage(visit.stage_key)
    # 1
    try:
        claim = _Claim.read(arguments)
        step = plans.route(plan, stage.key, claim.outcome)
    except _ClaimError as error:
        return refuse("invalid_arguments", str(error))
    except UnknownOutcomeError as error:
        return refuse("unknown_outcome", str(error))
    # 2
    missing, flag = _missing(stage, visit, claim)
    if missing and visit.refusals < MAX_REFUSALS:
        StageVisit.objects.filter(pk=visit.pk).update(refusals=visit.refusals + 1)
        return missing
    # 3
    return _move(attempt, plan, visit, claim, step, flag=flag)


def flag_unverified(visit: StageVisit) -> None:
    """Flag a visit that was just closed because our own listener did not hear why; a weightier flag stays."""
    StageVisit.objects.filter(pk=visit.pk, flag="").update(flag=StageVisit.Flag.UNVERIFIED)


def fall_back(attempt: Attempt, visit: StageVisit, *, reasoning: str) -> None:
    """Complete a stalled stage with the teacher's last resort, flagged for a reviewer; the lesson moves on as ever.

    Call it inside the transaction that holds the attempt's lock. Raises UnknownOutcomeError for a stage without one.
    """
    plan = plans.from_stored(attempt.version.plan)
    outcome = plan.stage(visit.stage_key).fallback or ""
    step = plans.route(plan, visit.stage_key, outcome)
    claim = _Claim(outcome, reasoning, summary="", evidence=[])
    _move(attempt, plan, visit, claim, step, flag=StageVisit.Flag.STALLED)


def move_to(attempt: Attempt, visit: StageVisit, key: str, *, reasoning: str) -> StageVisit:
    """Take the lesson out of a visit into any stage of its plan, by the decision of a person; return the new visit.

    The visit is closed without an outcome, for nobody chose one, and flagged. Call it inside the transaction that holds
    the attempt's lock. Raises KeyError for a stage that the plan does not have.
    """
    plan = plans.from_stored(attempt.version.plan)
    stage = plan.stage(key)
    now = max(timezone.now(), visit.entered_at)
    _close(visit, _Claim("", reasoning, summary="", evidence=[]), flag=StageVisit.Flag.MOVED, at=now)
    log.info("stage moved attempt=%s from=%s by=staff to=%s", attempt.code, visit.stage_key, key)
    following = enter_stage(attempt, plan, stage, at=now)
    tell(attempt, {"type": "stage.changed", "visit": following.number})
    return following


def learner_turns(visit: StageVisit) -> QuerySet[Utterance]:
    """What the learner has said in a visit, in order."""
    # A finished text of no words was a cough or a door (protocol reference, section 7).
    spoken = Utterance.objects.filter(visit=visit, speaker=Speaker.LEARNER)
    return spoken.exclude(status=UtteranceStatus.COMPLETE, text="").order_by("position")


def way_in(attempt: Attempt, plan: Plan, visit: StageVisit) -> tuple[dict[str, Any], ...]:
    """The client events that bring the model of the present call into a visit: its config, and what it may remember."""
    return (session.session_update(visit.session), *memory.carry_over(attempt, plan, visit))


class _ClaimError(ValueError):
    """The arguments of `stage_complete` are not what its schema asks for."""


@dataclass(frozen=True, slots=True)
class _Claim:
    outcome: str
    reasoning: str
    summary: str
    evidence: list[str]

    @classmethod
    def read(cls, arguments: dict[str, Any]) -> "_Claim":
        for name in ("outcome", "reasoning"):
            if not isinstance(arguments.get(name), str) or not arguments[name].strip():
                raise _ClaimError(f"“{name}” is missing: call {STAGE_COMPLETE} again with it.")
        summary, quotes = arguments.get("summary", ""), arguments.get("evidence", [])
        if not isinstance(summary, str):
            raise _ClaimError("“summary” must be text.")
        if not isinstance(quotes, list) or not all(isinstance(quote, str) for quote in quotes):
            raise _ClaimError("“evidence” must be a list of the learner's own sentences.")
        kept = [quote[:MAX_TEXT] for quote in quotes[:MAX_QUOTES]]
        return cls(arguments["outcome"], arguments["reasoning"][:MAX_TEXT], summary[:MAX_TEXT], kept)


def _missing(stage: Stage, visit: StageVisit, claim: _Claim) -> tuple[Decision | None, str]:
    """Return a refusal if the learner has not shown enough, and the flag for the visit if it completes all the same."""
    turns = learner_turns(visit).values_list("pk", "text")
    heard, meant = transcript.versions(turns, transcript.corrected(visit.attempt))
    if len(heard) < stage.turns:
        text = f"The learner has spoken {len(heard)} of {stage.turns} times in this stage. Go on with it."
        return refuse("too_early", text), StageVisit.Flag.UNPROVEN
    # The model may quote what it heard as well as what it was told the learner meant.
    if count_found(claim.evidence, heard if heard == meant else [*heard, *meant]) >= stage.evidence:
        return None, ""
    if not all(meant):
        # What was not transcribed cannot be looked up; that is no fault of the learner's.
        return None, StageVisit.Flag.UNPROVEN
    text = (
        f"Quote {stage.evidence} of the learner's own sentences from this stage, word for word, or ask for more first."
    )
    return refuse("evidence_missing", text), StageVisit.Flag.UNPROVEN


def _move(attempt: Attempt, plan: Plan, visit: StageVisit, claim: _Claim, step: Step, *, flag: str) -> Decision:
    """Close the visit by a filtered update, count one row, and open the next or end the attempt.

    Observers are told after commit.
    """
    now = max(timezone.now(), visit.entered_at)
    _close(visit, claim, flag=flag, at=now)
    log.info(
        "stage moved attempt=%s from=%s outcome=%s to=%s", attempt.code, visit.stage_key, claim.outcome, _key(step)
    )
    return _next(attempt, plan, step, at=now)


def _close(visit: StageVisit, claim: _Claim, *, flag: str, at: datetime) -> None:
    closed = StageVisit.objects.filter(pk=visit.pk, completed_at__isnull=True).update(
        completed_at=at,
        outcome=claim.outcome,
        reasoning=claim.reasoning,
        summary=claim.summary,
        evidence=claim.evidence,
        flag=flag,
    )
    if closed != 1:
        raise RuntimeError(f"Visit {visit.pk} was closed by somebody who did not hold the lock.")


def _next(attempt: Attempt, plan: Plan, step: Step, *, at: datetime) -> Decision:
    if step.stage is None:
        leave_lesson(attempt, outcome=AttemptOutcome.COMPLETED, at=at)
        return Decision({"status": "accepted", "lesson": "complete", "next": prompts.GOODBYE}, tools=False)
    visit = enter_stage(attempt, plan, step.stage, at=at)
    tell(attempt, {"type": "stage.changed", "visit": visit.number})
    output = {"status": "accepted", "stage": step.stage.title, "next": prompts.stage_begins(step.stage)}
    return Decision(output, way_in(attempt, plan, visit))


def _key(step: Step) -> str:
    return step.stage.key if step.stage else "end"
