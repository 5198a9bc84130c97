"""Kind `note`: the tutor writes something down. The arguments are kept with the call, for reviewers to read."""

from typing import Any

from tutor.tools.scene import Scene

HELP = "The tutor notes a fact or a score; it is kept with the transcript."


def run(scene: Scene, arguments: dict[str, Any]) -> dict[str, Any]:
    """Accept anything that fits the schema: the stored call is the note."""
    return {"noted": True}
