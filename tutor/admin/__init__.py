"""Where teachers write lessons and reviewers read what was said: plain Django admin, one file per noun group."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from tutor.admin import (
    account,
    attempt,
    budget,
    classroom,
    consent,
    conversation,
    lesson,
    lti,
    price,
    stage,
    version,
    watch_word,
)

__all__ = [
    "account",
    "attempt",
    "budget",
    "classroom",
    "consent",
    "conversation",
    "lesson",
    "lti",
    "price",
    "stage",
    "version",
    "watch_word",
]

admin.site.index_title = _("Workshop")
# A handful of lists: the first page leads to all of them, and lessons need the room beside their filter.
admin.site.enable_nav_sidebar = False
