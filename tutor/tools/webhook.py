"""Kind `webhook`: another server of the school is asked, and the tutor is told its answer.

Sending is not done here: the service does it, with no lock held, and hands over what came back.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from tutor.plan.phrase import Phrase, gettext_noop
from tutor.tools.scene import Answer, Call, Errand, Kind, ToolError
from tutor.webhook_hosts import url_fault


def _options_fault(options: Mapping[str, Any]) -> str:
    url = options.get("url", "")
    return url_fault(url) if isinstance(url, str) else Phrase(gettext_noop("“url” must be text"))


def _errand(call: Call) -> Errand:
    payload = {"tool": call.tool.name, "stage": call.scene.stage.key, "arguments": call.arguments}
    return Errand(str(call.tool.options.get("url", "")), payload)


def _run(call: Call) -> Answer:
    """Tell the model what the other server answered; that it did not is told the same way."""
    if call.found is None:
        raise ToolError(
            f"“{call.tool.name}” cannot be reached at the moment: go on without it, and do not mention it.",
            code="tool_unavailable",
        )
    return Answer(dict(call.found))


WEBHOOK = Kind(
    label=_("Ask another server"),
    help=_(
        "What the tutor passes on is sent to a web address that the operator of this site has approved; "
        "the tutor is told the answer."
    ),
    run=_run,
    options_fault=_options_fault,
    errand=_errand,
)
