"""Whether a lesson is paused, and by whom. Reads only; `services.desk` pauses."""

from typing import Any

from tutor.models import Attempt, Intervention, InterventionKind


def pause_of(attempt: Attempt) -> Intervention | None:
    """Return the pause that an attempt is in, or None. One query."""
    paused = attempt.interventions.filter(kind=InterventionKind.PAUSE, over_at__isnull=True)
    return paused.select_related("author").first()


def as_data(pause: Intervention | None) -> dict[str, Any] | None:
    """Return a pause as a room is told of it: `{"by", "since"}`."""
    return None if pause is None else {"by": name_of(pause), "since": pause.made_at.isoformat()}


def name_of(intervention: Intervention) -> str:
    """Return the name of whoever did something, as learners read it."""
    return intervention.author.get_full_name() or intervention.author.get_username()
