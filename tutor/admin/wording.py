"""Help for those who write lessons, and what the pure core says, in the language of whoever reads it."""

from dataclasses import replace
from functools import partial

from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy
from django_stubs_ext import StrOrPromise

from tutor.plan import Plan, picture
from tutor.plan.diff import Change, diff
from tutor.plan.phrase import Phrase

write_number = partial(number_format, force_grouping=True)
_format_html_lazy = lazy(format_html, SafeString)


def example(purpose: StrOrPromise, *, good: StrOrPromise, bad: StrOrPromise) -> StrOrPromise:
    """Return a field's help: what it is for, one good example, one bad one."""
    return _format_html_lazy(
        '{} <span class="example example--good"><b>{}</b> {}</span>'
        ' <span class="example example--bad"><b>{}</b> {}</span>',
        purpose,
        gettext_lazy("Good:"),
        good,
        gettext_lazy("Bad:"),
        bad,
    )


def said(text: str) -> str:
    """Return what the pure core says in the reader's language; a text that is no Phrase as it is."""
    return text.said(gettext, write_number) if isinstance(text, Phrase) else text


def changes(old: Plan | None, new: Plan) -> tuple[Change, ...]:
    """Return what is different between two plans, in the reader's language."""
    return tuple(
        replace(change, place=said(change.place), before=said(change.before), after=said(change.after))
        for change in diff(old, new)
    )


def lesson_picture(plan: Plan, *, links: dict[str, str]) -> SafeString:
    """Return the stages of a lesson as a picture in the reader's language; `links` are addresses by their keys."""
    drawn = picture.svg(picture.layout(plan), links=links, words=picture.Words().said(gettext))
    return mark_safe(drawn)  # noqa: S308 # `svg` escapes every text in it
