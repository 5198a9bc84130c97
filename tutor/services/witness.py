"""What our own listener's record is worth: does it prove a function call, and what does it say of a sentence?

A learner is never stopped by our second record: only where somebody surely listened, and surely would have heard, is a
completion that the provider never asked for refused.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor.models import Attempt, Connection, Fault, HeardCall, StageVisit, ToolCall, Utterance, Witness
from tutor.plan.lint import STAGE_COMPLETE
from tutor.services import stages
from tutor.services.errors import NotConfirmedError

log = logging.getLogger(__name__)

# Seconds that a completion waits for the provider's own event, and between two looks.
PATIENCE = 2.0
LOOK_EVERY = 0.05
# A listener without a sign of life for so long has died; another may take its calls.
LEASE = timedelta(seconds=20)
# A listener who has heard nothing for so long may be deaf, if the browser has heard something meanwhile.
SILENCE = timedelta(seconds=10)
# Codes of the faults that this module and `services.sideband` leave for a reviewer.
NOT_CONFIRMED = "not_confirmed"
CONFIG_CHANGED = "config_changed"


class Mark(TextChoices):
    """What the second record says of a sentence."""

    CONFIRMED = "confirmed", gettext_lazy("confirmed")
    FILLED = "filled", gettext_lazy("confirmed, and brought by the second record alone")
    BROWSER_ONLY = "browser_only", gettext_lazy("browser only")
    MISSED = "missed", gettext_lazy("browser only; the second record has gaps here")


def proof_of(attempt: Attempt, *, call_id: str, name: str, arguments: str) -> str:
    """Return whether our own listener heard the model make a call: a ToolCall.Proof, empty where nobody is to listen.

    May wait PATIENCE seconds. Raises NotConfirmedError for a completion that the provider never asked for.

    1. What was heard is confirmed, at once.
    2. Only the end of a stage is worth waiting for, and only while somebody listens.
    3. Wait for the event: the browser may be quicker than our listener.
    4. Refuse, and leave a note for the reviewer.
    """
    if settings.SIDEBAND == "off":
        return ""
    # 1
    heard = HeardCall.objects.filter(attempt=attempt, call_id=call_id, name=name, arguments=arguments)
    if heard.exists():
        return ToolCall.Proof.CONFIRMED
    # 2
    if name != STAGE_COMPLETE or not _would_have_heard(attempt):
        return ToolCall.Proof.UNVERIFIED
    # 3
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        time.sleep(LOOK_EVERY)
        if heard.exists():
            return ToolCall.Proof.CONFIRMED
    if not _would_have_heard(attempt):
        return ToolCall.Proof.UNVERIFIED
    # 4
    _note_forgery(attempt, call_id)
    raise NotConfirmedError(_("The tutor has not ended this stage, so it goes on."))


def confirm_calls(attempt: Attempt, heard: list[HeardCall]) -> None:
    """Keep calls that our listener heard, and confirm those that were answered before they were heard."""
    HeardCall.objects.bulk_create(heard, ignore_conflicts=True)
    for call in heard:
        answered = attempt.tool_calls.filter(call_id=call.call_id, name=call.name, arguments=call.arguments)
        if answered.filter(proof=ToolCall.Proof.UNVERIFIED).update(proof=ToolCall.Proof.CONFIRMED):
            flagged = StageVisit.objects.filter(tool_calls__in=answered, flag=StageVisit.Flag.UNVERIFIED)
            StageVisit.objects.filter(pk__in=list(flagged.values_list("pk", flat=True))).update(flag="")


def mark_of(utterance: Utterance, connection: Connection | None) -> Mark | None:
    """Return what the second record says of an utterance of a call; None where there was nobody to hear it."""
    if utterance.confirmed_at is not None:
        return Mark.CONFIRMED if utterance.delivered else Mark.FILLED
    if connection is None or connection.witness in ("", Witness.AWAITED, Witness.NONE):
        return None
    whole = connection.witness == Witness.WHOLE or (
        connection.witness == Witness.LISTENING and not _is_stale(connection.witness_seen_at)
    )
    return Mark.BROWSER_ONLY if whole else Mark.MISSED


def was_heard_differently(utterance: Utterance) -> bool:
    """Whether our own listener heard other words, or another speaker, than what people are shown."""
    heard = utterance.provider_text
    if utterance.confirmed_at is None:
        return bool(heard)
    # A picture that was sent has no words of its own.
    return heard.split() != utterance.text.split()


def doubts(attempt: Attempt) -> list[str]:
    """Return what the second record has against the browser's, a sentence each."""
    heard = dict(attempt.heard_calls.order_by("id").values_list("call_id", "name"))
    notes = attempt.faults.filter(code__in=(NOT_CONFIRMED, CONFIG_CHANGED)).order_by("id")
    sentences = [
        _("The model was given instructions or tools that are none of this lesson's.")
        if code == CONFIG_CHANGED
        else _("The browser reported an end of a stage that the tutor never asked for (%(call)s).") % {"call": call_id}
        for code, call_id in notes.values_list("code", "message")
        if call_id not in heard
    ]
    reported = set(attempt.tool_calls.values_list("call_id", flat=True)) if heard else set()
    missing = {call_id: name for call_id, name in heard.items() if call_id not in reported}
    text = _("The tutor called “%(name)s”, and the browser never reported it (%(call)s).")
    return sentences + [text % {"name": name, "call": call_id} for call_id, name in missing.items()]


def _would_have_heard(attempt: Attempt) -> bool:
    """Whether every call that the current stage may have been ended in was listened to without a gap."""
    visit = stages.current_visit(attempt)
    if visit is None:
        return False
    in_question = []
    for call in attempt.connections.filter(answered_at__isnull=False).order_by("-id"):
        in_question.append(call)
        if call.visit_id != visit.pk:
            # It was open when the stage began.
            break
    return bool(in_question) and all(_hears(call) for call in in_question)


def _hears(call: Connection) -> bool:
    if call.witness == Witness.WHOLE:
        return True
    return call.witness == Witness.LISTENING and not _is_stale(call.witness_seen_at) and not _is_deaf(call)


def _is_stale(seen_at: datetime | None) -> bool:
    return seen_at is None or seen_at < timezone.now() - LEASE


def _is_deaf(call: Connection) -> bool:
    """Whether the browser has heard what our listener should have heard too, for a while now."""
    if call.witness_heard_at is None:
        return True
    if call.witness_heard_at >= timezone.now() - SILENCE:
        return False
    missed = Q(confirmed_at__isnull=True, stored_at__gt=call.witness_heard_at)
    return call.utterances.filter(missed).exists() or call.usage_reports.filter(missed).exists()


def _note_forgery(attempt: Attempt, call_id: str) -> None:
    log.warning("completion not confirmed attempt=%s call=%s", attempt.code, call_id)
    Fault.objects.get_or_create(
        attempt=attempt,
        report_id=f"{NOT_CONFIRMED}-{call_id}"[:64],
        defaults={"code": NOT_CONFIRMED, "message": call_id},
    )
