"""What the pages of reviewers need beyond Django's own filters."""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.template.context import Context
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tutor.models import DayUse, Sign
from tutor.pages import learn_figures
from tutor.pages.record import in_minutes
from tutor.pages.review_reading import Line
from tutor.pages.wording import CALL_ENDS, TOKEN_NAMES, ruling_name

register = template.Library()


@register.filter
def at(mapping: Mapping[Any, Any], key: object) -> object:
    """Return what a mapping has for a key, None for nothing."""
    return mapping.get(key)


@register.filter
def at_a_glance(signs: Iterable[Sign]) -> list[Sign]:
    """Return what stands out in an attempt, the same of several stages once; how it ended is said beside it anyway."""
    found = {(sign.rule, sign.detail): sign for sign in signs if sign.rule != Sign.Rule.QUIT}
    return list(found.values())


@register.filter
def minutes(seconds: int) -> str:
    """Return seconds as a person would say them."""
    return in_minutes(timedelta(seconds=seconds))


@register.filter
def usd(amount: Decimal) -> str:
    """Return an amount of USD, in cents; less than one is said so."""
    if 0 < amount < Decimal("0.01"):
        return _("less than 1 cent")
    # Rounded first: Django cuts off what is too long.
    return f"{number_format(amount.quantize(Decimal('0.01'), ROUND_HALF_UP), decimal_pos=2)} USD"


@register.filter
def ruled(outcome: str) -> str:
    """Return how a stage should have been left as a person would say it."""
    return ruling_name(outcome)


@register.filter
def call_end(error: str) -> str:
    """Return why a call ended that did not end by itself, as a person would say it."""
    return str(CALL_ENDS.get(error, error))


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


@register.inclusion_tag("tutor/review/new_note.html", takes_context=True)
def note_form(
    context: Context, *, visit: int | None = None, item_id: str = "", is_open: bool = False
) -> dict[str, Any]:
    """Return the form for a note on a stay, on an utterance, or on the attempt, as it was filled in if it was."""
    draft = context["draft"]
    if draft is not None and not draft.is_at(visit=visit, item_id=item_id):
        draft = None
    return _note_form(context, visit=visit or "", item_id=item_id, draft=draft, open=is_open or draft is not None)


@register.inclusion_tag("tutor/review/new_note.html", takes_context=True)
def blank_note(context: Context) -> dict[str, Any]:
    """Return the form that a script puts where a note is wanted: hundreds of them would be most of the page."""
    return _note_form(context, open=True)


def _note_form(context: Context, **facts: object) -> dict[str, Any]:
    given = {name: context[name] for name in ("attempt", "kinds", "carried", "csrf_token")}
    return {**given, "note_id": uuid.uuid4(), **facts}


# Of a long conversation these two are most of the page: written by a template they take a third of its time.
_SPOKEN = """<span class="bubble__who">{}{} <a class="bubble__time" href="#{}"><time datetime="{}">{}</time></a></span>
        {}"""
_NOTE_DOOR = """<a class="judge-door screen-only" href="{}{}" data-note="{}">{}</a>"""


@register.simple_tag
def spoken(line: Line, language: str) -> str:
    """Return who said a line, what the second record says of that, when it was said, and its words if it has any."""
    mark = ""
    if line.mark is not None:
        mark = format_html(", {}" if line.is_confirmed else ' <span class="tag">{}</span>', line.mark.label)
    words = format_html('<bdi lang="{}">{}</bdi>', language, line.text) if line.text else ""
    return format_html(_SPOKEN, line.who, mark, line.place, line.at.isoformat(), line.time, words)


@register.simple_tag(takes_context=True)
def note_door(context: Context, line: Line) -> str:
    """Return the link to the form for a note on a line."""
    name = pgettext("to add one", "Note")
    return format_html(_NOTE_DOOR, context["note_way"], line.place, line.utterance.item_id, name)


@register.simple_tag(takes_context=True)
def ruling_draft(context: Context, visit: int) -> object:
    """Return what was written as a ruling on a visit and refused; None if nothing was."""
    draft = context["draft"]
    return draft if draft is not None and draft.is_at(visit=visit, is_ruling=True) else None
