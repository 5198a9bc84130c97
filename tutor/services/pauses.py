"""Whether staff have paused or ended a lesson, who, and why. Reads only; `services.desk` does it."""

from typing import Any

from tutor.models import Attempt, AttemptOutcome, Intervention, InterventionKind


def pause_of(attempt: Attempt) -> Intervention | None:
    """Return the pause that an attempt is in, or None. One query."""
    paused = attempt.interventions.filter(kind=InterventionKind.PAUSE, over_at__isnull=True)
    return paused.select_related("author").order_by("number").first()


def as_data(pause: Intervention | None) -> dict[str, Any] | None:
    """Return a pause as a room is told of it: `{"by", "since", "why"}`."""
    if pause is None:
        return None
    return {"by": name_of(pause), "since": pause.made_at.isoformat(), "why": pause.reason}


def end_of(attempt: Attempt) -> dict[str, str | None]:
    """Return who of the staff has ended an attempt, and why, as a room is told: `{"ended_by", "ended_why"}`.

    Both are None where nobody has. One query where the attempt was stopped.
    """
    end = None
    if attempt.outcome == AttemptOutcome.STOPPED:
        end = attempt.interventions.filter(kind=InterventionKind.END).select_related("author").first()
    return {"ended_by": name_of(end) if end else None, "ended_why": end.reason if end else None}


def name_of(intervention: Intervention) -> str:
    """Return the name of whoever did something, as learners read it."""
    return intervention.author.get_full_name() or intervention.author.get_username()
