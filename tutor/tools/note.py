"""Kind `note`: the tutor writes something down. The arguments are kept with the call, for reviewers to read."""

from django.utils.translation import gettext_lazy as _

from tutor.tools.scene import Answer, Call, Kind, takes


def _run(call: Call) -> Answer:
    """Accept anything that fits the schema: the stored call is the note."""
    return Answer({"noted": True})


NOTE = Kind(
    label=_("Write something down"),
    help=_("The tutor notes a fact or a score. Reviewers read it beside the transcript; the learner does not see it."),
    run=_run,
    parameters=takes("note", note={"type": "string", "description": "What to write down, in one sentence."}),
    sample={"note": "Found the answer without help."},
)
