"""Whether staff have paused or ended a lesson, and who. Reads only; `services.desk` does it."""

from typing import Any

from tutor.models import Attempt, AttemptOutcome, Intervention, InterventionKind


def pause_of(attempt: Attempt) -> Intervention | None:
    """Return the pause that an attempt is in, or None. One query."""
    paused = attempt.interventions.filter(kind=InterventionKind.PAUSE, over_at__isnull=True)
    return paused.select_related("author").first()


def as_data(pause: Intervention | None) -> dict[str, Any] | None:
    """Return a pause as a room is told of it: `{"by", "since"}`."""
    return None if pause is None else {"by": name_of(pause), "since": pause.made_at.isoformat()}


def ended_by(attempt: Attempt) -> str | None:
    """Return the name of the member of staff who has ended an attempt; None where none has. One query then."""
    if attempt.outcome != AttemptOutcome.STOPPED:
        return None
    end = attempt.interventions.filter(kind=InterventionKind.END).select_related("author").first()
    return None if end is None else name_of(end)


def name_of(intervention: Intervention) -> str:
    """Return the name of whoever did something, as learners read it."""
    return intervention.author.get_full_name() or intervention.author.get_username()
