"""Kind `drawing`: the learner is asked to show something on paper, and sends a photo of it into the conversation."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor.tools.card import MAX_TEXT, blank_card
from tutor.tools.scene import Answer, Call, Kind, ToolError, takes


def _run(call: Call) -> Answer:
    """Show the learner the task (argument `task`) with a button for a picture.

    The picture itself goes straight from the browser to the model (protocol reference section 8.2), and is kept by the
    journal.
    """
    task = call.arguments.get("task", "")
    if not isinstance(task, str) or len(task) > MAX_TEXT:
        raise ToolError(f"“task” must be a text of at most {MAX_TEXT} characters.")
    output = {
        "asked": True,
        "next": "The learner sees the task and a button for a picture. Ask for it in one sentence, then wait.",
    }
    return Answer(output, blank_card("drawing", title=_("Show your work"), text=task.strip()))


DRAWING = Kind(
    label=gettext_lazy("Ask for a drawing"),
    help=gettext_lazy(
        "The learner is asked to draw or write, on the board or on paper, and shows it to the tutor. It is kept."
    ),
    run=_run,
    parameters=takes("task", task={"type": "string", "description": "What the learner should draw or write down."}),
    sample={"task": "Draw a triangle with a right angle."},
)
