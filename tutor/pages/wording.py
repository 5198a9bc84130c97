"""Codes and moments as a person would say them."""

from datetime import date, datetime

from django.utils.dateformat import format as format_date
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import get_language_info, gettext, gettext_lazy
from django.utils.translation import gettext as _

from tutor.models import Ruling
from tutor.plan import in_words
from tutor.plan.picture import Words
from tutor.services import leases, tending

NEAR_DAYS = {-1: gettext_lazy("yesterday"), 0: gettext_lazy("today"), 1: gettext_lazy("tomorrow")}


TOKEN_NAMES = {
    "text_in": gettext_lazy("text in"),
    "cached_text_in": gettext_lazy("text in, cached"),
    "text_out": gettext_lazy("text out"),
    "audio_in": gettext_lazy("sound in"),
    "cached_audio_in": gettext_lazy("sound in, cached"),
    "audio_out": gettext_lazy("sound out"),
    "image_in": gettext_lazy("pictures in"),
    "cached_image_in": gettext_lazy("pictures in, cached"),
}

# What stands in `Connection.error`.
CALL_ENDS = {
    tending.SILENT: gettext_lazy("the room was not heard of any more"),
    tending.EXPIRED: gettext_lazy("as long as a call may be"),
    tending.UNANSWERED: gettext_lazy("the server went before the answer came"),
    leases.SPENT: gettext_lazy("budget spent"),
    leases.OFF: gettext_lazy("calls switched off"),
    "provider_refused": gettext_lazy("refused by the provider"),
    "provider_busy": gettext_lazy("provider busy"),
    "provider_quota": gettext_lazy("nothing left to spend at the provider"),
    "provider_timeout": gettext_lazy("provider did not answer in time"),
    "provider_unreachable": gettext_lazy("provider not reached"),
    "provider_failed": gettext_lazy("provider failed"),
    "provider_bad_answer": gettext_lazy("answer of the provider not understood"),
}


def language_name(code: str) -> str:
    """Return the name of a language in that of the page, or the code itself for one that Django does not know."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def moment(at: datetime, *, now: datetime) -> str:
    """Return a moment as “tomorrow, 18:00”, “Friday, 18:00” or “3 December, 18:00”, by the site's own time zone."""
    at = localtime(at)
    day = _day(at.date(), localtime(now).date())
    return _("%(day)s, %(time)s") % {"day": day, "time": f"{at:%H:%M}"}


def _day(day: date, today: date) -> str:
    away = (day - today).days
    if away in NEAR_DAYS:
        return str(NEAR_DAYS[away])
    if 0 < away < 7:
        return format_date(day, "l")
    return format_date(day, _("j F") if day.year == today.year else _("j F Y"))


def ruling_name(outcome: str) -> str:
    """Return how a stage should have been left as a person would say it."""
    return str(capfirst(_("not yet"))) if outcome == Ruling.NOT_YET else in_words(outcome)


def map_words() -> Words:
    """Return what the map of a lesson says besides the lesson's own texts, in the language of the page."""
    return Words().said(gettext)
