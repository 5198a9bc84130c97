"""What the pages of reviewers need beyond Django's own filters."""

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from tutor.models import DayUse
from tutor.pages import learn_figures
from tutor.pages.record import in_minutes
from tutor.pages.wording import TOKEN_NAMES

register = template.Library()


@register.filter
def at(mapping: Mapping[Any, Any], key: object) -> object:
    """Return what a mapping has for a key, None for nothing."""
    return mapping.get(key)


@register.filter
def minutes(seconds: int) -> str:
    """Return seconds as a person would say them."""
    return in_minutes(timedelta(seconds=seconds))


@register.filter
def usd(amount: Decimal) -> str:
    """Return an amount of USD, in cents; less than one is said so."""
    if 0 < amount < Decimal("0.01"):
        return _("less than 1 cent")
    return f"{number_format(amount, decimal_pos=2)} USD"


@register.filter
def tokens(count: int) -> str:
    """Return a number of tokens with its thousands apart."""
    return number_format(count, decimal_pos=0, force_grouping=True)


@register.filter
def tokens_by_kind(use: DayUse) -> list[tuple[str, int]]:
    """Return the kinds of tokens that were used, as people call them, with how many."""
    return [(str(name), count) for kind, name in TOKEN_NAMES.items() if (count := getattr(use, kind))]


@register.filter
def share(part: float | None) -> str:
    """Return a part of 1 in per cent, nothing for None."""
    return "" if part is None else learn_figures.share(part)


@register.filter
def duration(seconds: float | None) -> str:
    """Return seconds as “2:05 min”, nothing for None."""
    return "" if seconds is None else learn_figures.duration(seconds)


@register.filter
def as_json(data: object) -> str:
    """Return data as JSON that a person can read."""
    return json.dumps(data, ensure_ascii=False, indent=2)
