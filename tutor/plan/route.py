"""Which stage follows an outcome."""

from dataclasses import dataclass

from tutor.plan.model import Outcome, Plan, Stage


class UnknownOutcomeError(ValueError):
    """The stage has no outcome of that name. `known` lists those it has."""

    def __init__(self, stage: Stage, key: str) -> None:
        self.known = tuple(outcome.key for outcome in stage.outcomes)
        super().__init__(f"Stage “{stage.title}” has no outcome “{key}”; choose one of: {', '.join(self.known)}.")


@dataclass(frozen=True, slots=True)
class Step:
    """A way from one stage to the next; `stage` is None where the lesson ends."""

    outcome: Outcome
    stage: Stage | None


def route(plan: Plan, stage_key: str, outcome_key: str) -> Step:
    """Return where an outcome leads. Raises UnknownOutcomeError, or KeyError for a stage the plan does not have."""
    stage = plan.stage(stage_key)
    for outcome in stage.outcomes:
        if outcome.key == outcome_key:
            return Step(outcome, None if outcome.next is None else plan.stage(outcome.next))
    raise UnknownOutcomeError(stage, outcome_key)
