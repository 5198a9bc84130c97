"""The page that says what lessons cost, and for what."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from tutor.models.price import TOKEN_KINDS
from tutor.pages.lookups import SignedInRequest, let_in_readers
from tutor.pages.periods import PERIODS, PeriodForm
from tutor.pages.wording import TOKEN_NAMES
from tutor.services import spending
from tutor.services.spending import CLASS, DAY, LEARNER, LESSON, MONTH, Spent

PER_PAGE = 50
# Excel and its kin take a cell for a formula that begins with one of these.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CostForm(PeriodForm):
    """For what, and when; what cannot be read is said beside its field."""

    first = ("by", "period")

    by = forms.ChoiceField(
        label=_("For each"),
        required=False,
        choices=[
            (DAY, _("day")),
            (MONTH, _("month")),
            (LESSON, _("lesson")),
            (CLASS, _("class")),
            (LEARNER, _("learner")),
        ],
    )
    period = forms.ChoiceField(label=_("When"), required=False, choices=[*PERIODS, ("all", _("ever"))])
    field_order = ["by", "period", "since", "until"]

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__({"by": DAY, "period": "days30", **{name: value for name, value in data.items() if value}})


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: what it is of, and what that used."""

    name: str
    spent: Spent


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the chart, in units of its picture, which is 100 high."""

    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns from the first day to the last, in a picture that is so wide."""

    columns: tuple[Column, ...]
    width: int
    first: date
    last: date


@login_required
@require_safe
def costs(request: SignedInRequest) -> HttpResponse:
    """What the attempts that the user may read have cost, by day, month, lesson, class or learner; as CSV too."""
    let_in_readers(request.user)
    form = CostForm(request.GET)
    form.is_valid()
    by = form.cleaned_data.get("by") or DAY
    since, until = form.days()
    rows = spending.grouped(request.user, by=by, since=since, until=until)
    if request.GET.get("format") == "csv":
        return _as_csv(by, rows)
    # One page of it is shown, but to know how many there are would cost as much as to fetch them all.
    page = Paginator(list(rows), PER_PAGE).get_page(request.GET.get("page"))
    total = spending.total(request.user, since=since, until=until)
    query = {name: value for name, value in request.GET.items() if name not in ("page", "format") and value}
    context = {
        "form": form,
        "by": by,
        "page": page,
        "lines": [Line(_name(by, row), Spent.of(row)) for row in page],
        "chart": _chart(page) if by == DAY else None,
        "total": total,
        "outside": spending.outside_classes(request.user, since=since, until=until) if by == CLASS else None,
        # Most schools never use some of them.
        "kinds": [(kind, TOKEN_NAMES[kind]) for kind in TOKEN_KINDS if total.tokens[kind]],
        "query": urlencode(query),
        "csv": urlencode({**query, "format": "csv"}),
        "since": since,
        "until": until,
    }
    return render(request, "tutor/review/costs.html", context)


def _name(by: str, row: Mapping[str, Any]) -> str:
    """What a row is of, as people say it."""
    if by == DAY:
        return format_date(row["when"], gettext("j F Y"))
    if by == MONTH:
        return format_date(row["when"], gettext("F Y"))
    if by == LEARNER:
        return f"{row['given']} {row['family']}".strip() or str(row["key"])
    return str(row["name"])


def _chart(rows: Iterable[Mapping[str, Any]]) -> Chart | None:
    """The costs of days as columns, the oldest on the left; a day without any has its place too. None for one day."""
    costs: dict[date, float] = {row["when"]: float(row["cost_sum"] or 0) for row in rows}
    most = max(costs.values(), default=0)
    if not most or len(costs) < 2:
        return None
    first, last = min(costs), max(costs)
    heights = {(day - first).days: round(100 * cost / most) for day, cost in costs.items()}
    columns = tuple(Column(10 * place, 100 - height, height) for place, height in sorted(heights.items()))
    return Chart(columns, 10 * (last - first).days + 8, first, last)


def _as_csv(by: str, rows: Iterable[Mapping[str, Any]]) -> HttpResponse:
    """The whole table for a spreadsheet: figures with a point, no thousands, empty for what is not known."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="viva-costs-by-{by}.csv"'
    # Excel reads UTF-8 only with this mark.
    response.write("\ufeff")
    writer = csv.writer(response)
    named = [by, "username"] if by == LEARNER else [by]
    writer.writerow([*named, "attempts", "without_price", "usd", "seconds_of_speech", *TOKEN_KINDS])
    for row in rows:
        spent = Spent.of(dict(row))
        names = [str(row["when"]) if by in (DAY, MONTH) else _name(by, row)]
        names += [str(row["key"])] if by == LEARNER else []
        cost = "" if spent.cost is None else f"{spent.cost:f}"
        tokens = [spent.tokens[kind] for kind in TOKEN_KINDS]
        writer.writerow([*map(_plain, names), spent.attempts, spent.unpriced, cost, f"{spent.seconds:.1f}", *tokens])
    return response


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
