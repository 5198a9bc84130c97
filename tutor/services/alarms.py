"""Noticing that learners ask for the tutor and nobody answers them: nobody complains of that in time."""

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import mail_admins
from django.db import IntegrityError, transaction
from django.db.models import Q

from tutor.models import Alarm, Connection

log = logging.getLogger(__name__)

# So many learners, within this time, and nobody was answered since the first of them. One alone may have a bad network.
LEARNERS = 3
WITHIN = timedelta(minutes=5)
# And nobody at all was answered for so long: of a provider that only stumbles, many calls still come about.
SILENCE = timedelta(minutes=1)
# An alarm that nobody asks about any more is over, though nobody was answered: it is night.
FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What learners got who asked for a call lately: how many got none since the last that was made, and when that was.

    `error` is the latest that they got.
    """

    learners: int
    error: str
    answered_at: datetime | None


def going_on() -> Alarm | None:
    """Return the alarm that is going on, or None. One query."""
    return Alarm.objects.filter(is_on=True).first()


def look(now: datetime) -> None:
    """Raise the alarm, or end it, if it is time for that. Three queries where everybody is answered.

    Any number of servers may look at the same time: it is raised once, and said once.

    1. Look at what learners got.
    2. Raise the alarm where many asked and none was answered; log it and tell the admins.
    3. End it when somebody was answered, or nobody has asked for long.
    """
    # 1
    asked, alarm = lately(now), going_on()
    # 2
    if alarm is None:
        is_silent = asked.answered_at is None or now - asked.answered_at >= SILENCE
        if asked.learners >= LEARNERS and is_silent:
            _raise(now, asked)
        return
    # 3
    is_answered = asked.answered_at is not None and asked.answered_at > alarm.raised_at
    if is_answered or (asked.learners == 0 and now - max(alarm.raised_at, _last_failure(now)) > FORGOTTEN):
        over = Alarm.objects.filter(pk=alarm.pk, is_on=True).update(is_on=False, over_at=max(now, alarm.raised_at))
        if over:
            log.warning("somebody answers again" if is_answered else "nobody asks any more")


def lately(now: datetime) -> Asked:
    """Return what learners got who asked for a call in the last minutes. Two queries."""
    since = now - WITHIN
    # Whoever was answered lately is in a call, or was so until after that: both are found by an index.
    there = Q(ended_at__isnull=True) | Q(ended_at__gte=since)
    answered = Connection.objects.filter(there, answered_at__gte=since).order_by("-answered_at")
    answered_at = answered.values_list("answered_at", flat=True).first()
    failed = Connection.objects.filter(answered_at__isnull=True, ended_at__gte=answered_at or since).exclude(error="")
    found = list(failed.order_by("ended_at").values_list("attempt__learner_id", "error"))
    return Asked(len({learner for learner, _error in found}), found[-1][1] if found else "", answered_at)


def _last_failure(now: datetime) -> datetime:
    failed = Connection.objects.filter(answered_at__isnull=True, ended_at__gte=now - FORGOTTEN).order_by("-ended_at")
    return failed.values_list("ended_at", flat=True).first() or datetime.min.replace(tzinfo=now.tzinfo)


def _raise(now: datetime, asked: Asked) -> None:
    try:
        with transaction.atomic():
            Alarm.objects.create(raised_at=now, learners=asked.learners, error=asked.error)
    except IntegrityError:
        return  # another server was faster, and tells
    log.error("nobody answers learners=%d minutes=%d error=%s", asked.learners, WITHIN.seconds // 60, asked.error)
    _mail(asked)


def _mail(asked: Asked) -> None:
    """Tell the admins, where mail is set up; that it fails stops nothing."""
    if not settings.ADMINS:
        return
    text = (
        f"In the last {WITHIN.seconds // 60} minutes {asked.learners} learners asked for the tutor, and nobody answered"
        f" any of them.\nThe latest error: {asked.error}\n\n"
        "manage.py doctor says what is wrong with the provider; the log has a line `provider error` for each of them."
    )
    try:
        mail_admins("Nobody answers", text)
    except (smtplib.SMTPException, OSError) as error:
        log.error("alarm not mailed error=%s", type(error).__name__)
