"""What the pages of reviewers need beyond Django's own filters."""

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from tutor.pages.record import in_minutes

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
def as_json(data: object) -> str:
    """Return data as JSON that a person can read."""
    return json.dumps(data, ensure_ascii=False, indent=2)
