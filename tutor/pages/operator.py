"""The page on which those who run the site see how it stands: for superusers, for all others it is not there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format, number_format, time_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tutor.models import Pulse
from tutor.pages import health
from tutor.services import operating, pulses
from tutor.services.operating import Course, Disk, Span, Standing
from tutor.templatetags.review import usd

# Widths in the pictures, which are 100 high.
STEP, COLUMN = 10, 8
# A part of a disk below which something should be done.
LITTLE_ROOM = 0.1


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chart; its lower part, `bad` high, is what went wrong."""

    x: int
    y: int
    height: int
    bad_y: int
    bad: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns with the table they show: `rows` have their texts in the order of `heads`."""

    key: str
    title: str
    said: str
    columns: tuple[Column, ...]
    width: int
    first: str
    last: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """Something that waits to be done; `late` where somebody should look."""

    name: Promise
    about: Promise
    count: str
    late: bool


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the site, in words."""

    pulse: Pulse
    is_missing: bool

    @property
    def may_tend(self) -> bool:
        """Whether it looks after calls, or is so new that it has not had the time to say so."""
        return not self.is_missing and (self.pulse.tended_at is not None or pulses.is_new(self.pulse))


@dataclass(frozen=True, slots=True)
class Room:
    """A disk in words."""

    name: str
    free: str
    size: str
    is_little: bool


@never_cache
@require_safe
def operating_page(request: HttpRequest) -> HttpResponse:
    """How the site stands and went, from the database: the same whichever process is asked."""
    user = request.user
    if not (user.is_authenticated and user.is_superuser):
        raise Http404
    standing, course = operating.standing(), operating.course()
    processes = [Process(pulse, pulses.is_missing(pulse)) for pulse in pulses.processes()]
    context = {
        "problems": [*health.readiness_problems(), *health.warnings()],
        "standing": standing,
        "course": course,
        "last_minute": course.minutes[-1],
        "waits": tuple(map(seconds, course.waits)) if course.waits else None,
        "charts": charts(course, operating.spent_by_day()),
        "queues": queues(standing),
        "processes": processes,
        "nobody_tends": not any(one.may_tend for one in processes),
        "rooms": [room_of(disk) for disk in operating.disks()],
        "database_size": filesizeformat(operating.database_size()),
        "versions": operating.versions(),
        "now": timezone.now(),
    }
    return render(request, "tutor/operator.html", context)


def seconds(value: float) -> str:
    """Return seconds with one decimal place."""
    return _("%(seconds)s s") % {"seconds": number_format(value, decimal_pos=1)}


def charts(course: Course, spent: Sequence[tuple[date, Decimal]]) -> list[Chart]:
    """Return what is drawn."""
    return [
        _calls_chart("minutes", _("Calls by minute, in the last hour"), course.minutes, time_format),
        _calls_chart("hours", _("Calls by hour, in the last day"), course.hours, time_format),
        _waits_chart(course.hours),
        _spent_chart(spent),
    ]


def _calls_chart(key: str, title: str, spans: Sequence[Span], name: Callable[[datetime], str]) -> Chart:
    names = [name(timezone.localtime(span.since)) for span in spans]
    most = max(span.calls for span in spans)
    said = _("%(most)d at most, %(failed)d not made") % {"most": most, "failed": sum(span.failed for span in spans)}
    rows = [(when, str(span.calls), str(span.failed)) for when, span in zip(names, spans, strict=True) if span.calls]
    columns = _columns([(span.calls, span.failed) for span in spans])
    return _chart(key, title, said, columns, names, (_("From"), _("Calls"), _("Not made")), rows)


def _waits_chart(spans: Sequence[Span]) -> Chart:
    names = [time_format(timezone.localtime(span.since)) for span in spans]
    most = max((span.wait or 0 for span in spans), default=0)
    rows = [(when, seconds(span.wait)) for when, span in zip(names, spans, strict=True) if span.wait is not None]
    columns = _columns([(span.wait or 0, 0) for span in spans])
    title, said = _("Wait for a call by hour"), _("%(wait)s at most, as a median") % {"wait": seconds(most)}
    return _chart("waits", title, said, columns, names, (_("From"), _("Half waited less than")), rows)


def _spent_chart(spent: Sequence[tuple[date, Decimal]]) -> Chart:
    names = [date_format(day, "SHORT_DATE_FORMAT") for day, _cost in spent]
    rows = [(when, usd(cost)) for when, (_day, cost) in zip(names, spent, strict=True) if cost]
    columns = _columns([(float(cost), 0) for _day, cost in spent])
    said = _("%(cost)s in all, as far as prices are known") % {
        "cost": usd(sum((cost for _day, cost in spent), Decimal(0)))
    }
    return _chart("spent", _("Spent by day"), said, columns, names, (_("Day"), _("Cost")), rows)


def _chart(
    key: str,
    title: str,
    said: str,
    columns: tuple[Column, ...],
    names: Sequence[str],
    heads: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
) -> Chart:
    width = STEP * (len(names) - 1) + COLUMN
    return Chart(key, title, said, columns, width, names[0], names[-1], heads, tuple(rows))


def _columns(values: Sequence[tuple[float, float]]) -> tuple[Column, ...]:
    """Return the columns of what there is, as high as it is beside the most; a little of it can still be seen."""
    most = max((whole for whole, _bad in values), default=0)
    found = []
    for place, (whole, bad) in enumerate(values):
        if whole:
            height, low = _height(whole, most), _height(bad, most)
            found.append(Column(STEP * place, 100 - height, height, 100 - low, low))
    return tuple(found)


def _height(value: float, most: float) -> int:
    return max(2, round(100 * value / most)) if value else 0


def queues(standing: Standing) -> list[Queue]:
    """Return what waits, in words."""
    many = f"{operating.MOST}+"
    return [
        Queue(
            gettext_lazy("Hang-ups"),
            gettext_lazy("Calls that are over and that the provider is still to be told of."),
            str(standing.hang_ups_due),
            False,
        ),
        Queue(
            gettext_lazy("Calls left behind"),
            gettext_lazy("Should have been ended minutes ago: they cost money. See who tends."),
            str(standing.hang_ups_late),
            standing.hang_ups_late > 0,
        ),
        Queue(
            gettext_lazy("Summaries"),
            gettext_lazy("Attempts whose figures are out of date."),
            many if standing.digests_due >= operating.MOST else str(standing.digests_due),
            False,
        ),
        Queue(
            gettext_lazy("Unheard calls"),
            gettext_lazy("Calls that a listener is to hear, and none does."),
            str(standing.unheard_calls),
            standing.unheard_calls > 0,
        ),
    ]


_DISKS = {"database": gettext_lazy("Database"), "backups": gettext_lazy("Backups")}


def room_of(disk: Disk) -> Room:
    """Return a disk in words."""
    is_little = disk.free < LITTLE_ROOM * disk.size
    return Room(str(_DISKS[disk.name]), filesizeformat(disk.free), filesizeformat(disk.size), is_little)
