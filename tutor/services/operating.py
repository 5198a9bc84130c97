"""How the whole site stands and went, whichever process is asked. Reads only."""

import platform
import shutil
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from tutor.models import Connection, DayUse, Fault
from tutor.services import digests, hearing, pulses, tending

# Rows that a queue is counted up to: beyond that it is long.
MOST = 1000
# Calls of a day that are looked at one by one; on a site with more, the oldest of them are left out.
MOST_CALLS = 20_000
# What the server writes as the error of a call that it ended, and that was made all the same.
ENDED_BY_US = frozenset({tending.SILENT, tending.EXPIRED})

MINUTES, HOURS, DAYS = 60, 24, 14


@dataclass(frozen=True, slots=True)
class Standing:
    """What goes on and what waits; `cost_today` is USD, as far as prices are known."""

    calls_open: int
    hang_ups_due: int
    hang_ups_late: int
    digests_due: int
    unheard_calls: int
    cost_today: Decimal


def standing() -> Standing:
    """Return how the site stands. Six queries."""
    now = timezone.now()
    today = DayUse.objects.filter(day=timezone.localdate(now)).aggregate(cost=Sum("cost"))
    return Standing(
        calls_open=tending.going_on().count(),
        hang_ups_due=Connection.objects.filter(hang_up_at__lte=now).count(),
        hang_ups_late=tending.left_behind(now),
        digests_due=digests.due()[:MOST].count(),
        unheard_calls=hearing.waiting().count(),
        cost_today=_usd(today["cost"]),
    )


def _usd(amount: object) -> Decimal:
    # SQLite adds in floating point.
    return Decimal(str(amount or 0)).quantize(Decimal("0.000001"))


@dataclass(frozen=True, slots=True)
class Span:
    """The calls that were asked for in a minute or an hour. `wait` is the median of seconds until their answer."""

    since: datetime
    calls: int
    failed: int
    wait: float | None


@dataclass(frozen=True, slots=True)
class Course:
    """The calls of the last hour by minute, and of the last day by hour, oldest first; what went wrong in that day.

    `waits` are the median of seconds until an answer, and what 19 of 20 calls stay below; None without calls.
    """

    minutes: tuple[Span, ...]
    hours: tuple[Span, ...]
    failures: tuple[tuple[str, int], ...]
    faults: tuple[tuple[str, int], ...]
    waits: tuple[float, float] | None

    @property
    def calls(self) -> int:
        """How many calls were asked for in the day."""
        return sum(hour.calls for hour in self.hours)

    @property
    def failed(self) -> int:
        """How many of them were not made."""
        return sum(hour.failed for hour in self.hours)


@dataclass(frozen=True, slots=True)
class _Call:
    at: datetime
    failed: bool
    wait: float | None


def course() -> Course:
    """Return how calls went in the last day. Two queries."""
    now = timezone.now()
    rows = (
        Connection.objects.filter(requested_at__gt=now - timedelta(hours=HOURS))
        .order_by("-id")
        .values_list("requested_at", "answered_at", "error")[:MOST_CALLS]
    )
    found = list(rows)
    calls = [
        _Call(at, answered is None and bool(error), None if answered is None else (answered - at).total_seconds())
        for at, answered, error in found
    ]
    errors = Counter(error for _at, _answered, error in found if error and error not in ENDED_BY_US)
    faults = Fault.objects.filter(stored_at__gt=now - timedelta(hours=HOURS)).order_by()
    by_code = faults.values_list("code").annotate(count=Count("pk")).order_by("-count", "code")[:10]
    waits = sorted(call.wait for call in calls if call.wait is not None)
    return Course(
        minutes=_spans(calls, now, timedelta(minutes=1), MINUTES),
        hours=_spans(calls, now, timedelta(hours=1), HOURS),
        failures=tuple(errors.most_common()),
        faults=tuple(by_code),
        waits=(statistics.median(waits), waits[(len(waits) * 19 - 1) // 20]) if waits else None,
    )


def _spans(calls: Iterable[_Call], now: datetime, length: timedelta, count: int) -> tuple[Span, ...]:
    """Sort calls into so many spans, the last of which ends now."""
    first = now - count * length
    places: list[list[_Call]] = [[] for _span in range(count)]
    for call in calls:
        place = (call.at - first) // length
        if 0 <= place < count:
            places[place].append(call)
    return tuple(
        Span(
            since=first + place * length,
            calls=len(inside),
            failed=sum(call.failed for call in inside),
            wait=_median(call.wait for call in inside),
        )
        for place, inside in enumerate(places)
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def spent_by_day() -> list[tuple[date, Decimal]]:
    """Return what each of the last days has cost, oldest first, as far as prices are known. One query."""
    today = timezone.localdate()
    first = today - timedelta(days=DAYS - 1)
    found = DayUse.objects.filter(day__gte=first).order_by().values_list("day").annotate(cost=Sum("cost"))
    costs = dict(found)
    return [(day, _usd(costs.get(day))) for day in (first + timedelta(days=number) for number in range(DAYS))]


@dataclass(frozen=True, slots=True)
class Disk:
    """Room on a disk in bytes, and what is on it that matters here."""

    name: str
    free: int
    size: int


def disks() -> list[Disk]:
    """Return the disks of this machine that the site writes to, each once."""
    folders = {"backups": Path(settings.BACKUP_DIR)}
    if connection.vendor == "sqlite":
        folders = {"database": Path(connection.settings_dict["NAME"]).parent, **folders}
    found: dict[tuple[int, int], Disk] = {}
    for name, folder in folders.items():
        there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
        usage = shutil.disk_usage(there)
        device = there.stat().st_dev
        found.setdefault((device, usage.total), Disk(name, usage.free, usage.total))
    return list(found.values())


def database_size() -> int:
    """Return the bytes of the database. One query."""
    sql = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        "postgresql": "SELECT pg_database_size(current_database())",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def versions() -> list[tuple[str, str]]:
    """Return what this process runs on, by name. One query with PostgreSQL."""
    return [
        ("Viva", pulses.version()),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        (connection.display_name, ".".join(map(str, _database_version()))),
    ]


def _database_version() -> tuple[int, ...]:
    find: Callable[[], tuple[int, ...]] = connection.get_database_version
    return find()
