"""What was published, as it was: a list across lessons. Each version is read on its lesson's workbench."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tutor import plan as plans
from tutor.admin.readonly import RecordAdmin, preformatted
from tutor.admin.workbench.base import user_of
from tutor.models import LessonVersion
from tutor.services import access


@admin.register(LessonVersion)
class LessonVersionAdmin(RecordAdmin[LessonVersion]):
    list_display = ("lesson", "number", "published_at", "published_by")
    list_filter = ("published_at",)
    list_select_related = ("lesson", "published_by")
    search_fields = ("lesson__title", "=checksum")
    ordering = ("-published_at", "-id")
    fields = ("of_lesson", "number", "published_at", "published_by", "checksum", "lesson_pack")
    readonly_fields = ("of_lesson", "lesson_pack")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LessonVersion]:
        """Only of lessons that the user authors; drafts that somebody tried are no versions."""
        mine = access.authored_by(user_of(request))
        return super().get_queryset(request).filter(lesson__in=mine, number__isnull=False)

    @admin.display(description=_("lesson"))
    def of_lesson(self, version: LessonVersion) -> str:
        """A link to where the version can be compared and restored."""
        url = reverse("admin:tutor_lesson_version", args=[version.lesson_id, version.number])
        return format_html('<a href="{}">{}</a>', url, version.lesson)

    @admin.display(description=_("lesson pack"))
    def lesson_pack(self, version: LessonVersion) -> str:
        """The plan as a teacher would write it."""
        return preformatted(plans.to_yaml(plans.from_data(version.plan)))
