"""Records: what happened can be read by whoever may view it, and changed by nobody."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tutor.admin.access import DiscreetAdmin, person
from tutor.models import Look
from tutor.services import review

Record = TypeVar("Record", bound=Model)


class RecordAdmin(DiscreetAdmin[Record]):
    """Lists and shows rows. Counting all rows of a large table for every search would cost more than it tells."""

    show_full_result_count = False
    list_per_page = 50
    actions: Sequence[str] | None = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False


class WordsAdmin(RecordAdmin[Record]):
    """Rows of an attempt in which there may be words of its learner.

    Lists show none and cannot be searched by them: what was said is found on the pages of reviewers. Who opens a row
    has looked, and its learner sees so.
    """

    def render_change_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Put down the look."""
        obj = kwargs.get("obj")
        if obj is not None:
            review.note_looks([obj.attempt], person(request), Look.Kind.READ)
        return super().render_change_form(request, *args, **kwargs)


def preformatted(text: str) -> SafeString:
    """Return text as it is, line by line."""
    return format_html('<pre class="record">{}</pre>', text)


def pretty_json(value: Any) -> SafeString:
    """Return JSON data for people to read."""
    return preformatted(json.dumps(value, indent=2, ensure_ascii=False))
