"""What was published, as it was."""

from django.contrib import admin

from tutor import plan as plans
from tutor.admin.readonly import RecordAdmin, preformatted
from tutor.models import LessonVersion


@admin.register(LessonVersion)
class LessonVersionAdmin(RecordAdmin[LessonVersion]):
    list_display = ("lesson", "number", "published_at", "published_by")
    list_filter = ("lesson",)
    list_select_related = ("lesson", "published_by")
    search_fields = ("lesson__title", "=checksum")
    ordering = ("-published_at", "-id")
    fields = ("lesson", "number", "published_at", "published_by", "checksum", "lesson_pack")
    readonly_fields = ("lesson_pack",)

    @admin.display(description="lesson pack")
    def lesson_pack(self, version: LessonVersion) -> str:
        """The plan as a teacher would write it."""
        return preformatted(plans.to_yaml(plans.from_data(version.plan)))
