"""Go through a lesson as the model and a learner would, by the services alone."""

import json

from tutor.models import Attempt, PictureType
from tutor.services import journal, tool_calls


def complete(attempt: Attempt, outcome: str, *, summary: str = "", evidence: tuple[str, ...] = ()) -> None:
    """Complete the current stage with an outcome; the learner must have said before what is quoted."""
    arguments = {"outcome": outcome, "reasoning": "It fits.", "summary": summary, "evidence": list(evidence)}
    tool_calls.answer_tool_call(
        attempt,
        call_id=f"call_{attempt.tool_calls.count() + 1}",
        name="stage_complete",
        arguments=json.dumps(arguments),
        visit=attempt.visits.count(),
    )
    attempt.refresh_from_db()


def finish(attempt: Attempt, say) -> None:
    """Take an attempt at `tests.lessons.PLAN` to its end; `say` is the fixture `said`."""
    say(attempt, "I like coffee.", visit=1)
    complete(attempt, "understood", summary="You named a drink.", evidence=("I like coffee.",))
    say(attempt, "A <b>large</b> coffee, please.", visit=2)
    complete(attempt, "ordered", summary="You ordered.", evidence=("A <b>large</b> coffee, please.",))
    complete(attempt, "done", summary="You looked back.")


def show_card(attempt: Attempt, **card: str) -> None:
    """Let the tutor call the tool `card` of `tests.lessons.WITH_CARDS`, or another that `name` gives."""
    tool_calls.answer_tool_call(
        attempt,
        call_id=f"call_{attempt.tool_calls.count() + 1}",
        name=card.pop("name", "card"),
        arguments=json.dumps(card),
        visit=attempt.visits.count(),
    )


def show_picture(attempt: Attempt, item_id: str) -> str:
    """Let the learner have shown a picture with something they said; return its address."""
    journal.store_entries(attempt, [journal.PictureEntry(id=item_id, media_type=PictureType.JPEG, data=b"x")])
    return f"/attempts/{attempt.code}/pictures/{item_id}/"
