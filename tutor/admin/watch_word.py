"""The words for which a school wants to be told."""

from django.contrib import admin

from tutor.admin.access import DiscreetAdmin
from tutor.models import WatchWord


@admin.register(WatchWord)
class WatchWordAdmin(DiscreetAdmin[WatchWord]):
    """Words to watch for. An attempt in which one is said stands out to reviewers."""

    list_display = ("words",)
    search_fields = ("words",)
    show_full_result_count = False
