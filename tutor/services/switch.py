"""The one switch that stops all calls, of all learners, at once: for whoever runs the site."""

import logging

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from tutor.models import Switch
from tutor.services.errors import CallsOffError

log = logging.getLogger(__name__)


def off() -> Switch | None:
    """Return the switch if calls are off, else None. One query at every look: nothing is remembered."""
    return Switch.objects.filter(allowed=False).select_related("changed_by").first()


def require_on() -> None:
    """Raise CallsOffError where calls are off. One query."""
    switched = off()
    if switched is not None:
        raise CallsOffError(words_of(switched))


def words_of(switched: Switch) -> str:
    """Return what learners are told while calls are off."""
    what = switched.reason or _("The tutor is switched off for now.")
    kept = _("Nothing is lost: what you said is kept, and the lesson goes on where you stopped.")
    return f"{what} {kept}"


def turn(*, allowed: bool, reason: str = "", by: User | None = None) -> Switch:
    """Let calls be made, or none, from now on; those that go on are hung up where calls are tended.

    `reason` is what learners are told. Without `by` it was done on the command line.
    """
    switched, _is_new = Switch.objects.update_or_create(
        pk=1, defaults={"allowed": allowed, "reason": reason.strip()[:300], "changed_by": by}
    )
    name = "the command line" if by is None else by.pk
    if allowed:
        log.warning("calls switched on by=%s", name)
    else:
        log.warning("calls switched off by=%s reason=%s", name, switched.reason)
    return switched
