"""Keys, codes and moments as a person would say them."""

from datetime import date, datetime

from django.utils.dateformat import format as format_date
from django.utils.timezone import localtime
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from tutor.plan.picture import Words

NEAR_DAYS = {-1: gettext_lazy("yesterday"), 0: gettext_lazy("today"), 1: gettext_lazy("tomorrow")}


def in_words(key: str) -> str:
    """Return a key as a teacher would read it out: `needs_practice` becomes “Needs practice”."""
    return key.replace("_", " ").replace("-", " ").strip().capitalize()


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


def map_words() -> Words:
    """Return what the map of a lesson says besides the lesson's own texts, in the language of the page."""
    return Words(
        title=_("The stages of “%(title)s”"),
        untitled=_("The stages of the lesson"),
        empty=_("This lesson has no stages yet."),
        start=_("Start"),
        end=_("End of the lesson"),
        unreachable=_("Never reached from the start"),
        dead_end=_("No way to the end"),
        here=_("The learner is here."),
        finished=_("Finished."),
        stage=_("Stage %(number)s: %(name)s"),
        stage_without_ways=_("Stage %(number)s, %(name)s, has no outcome."),
        stage_with_ways=_("Stage %(number)s, %(name)s: %(ways)s."),
        way_on=_("“%(key)s” leads to stage %(number)s, %(name)s"),
        way_back=_("“%(key)s” leads back to stage %(number)s, %(name)s"),
        way_loop=_("“%(key)s” leads to the same stage again"),
        way_end=_("“%(key)s” ends the lesson"),
        way_nowhere=_("“%(key)s” leads to “%(missing)s”, a stage that is not there"),
    )
