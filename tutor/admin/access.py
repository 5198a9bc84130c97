"""What a teacher finds in the admin: rows of the lessons they may write, and no others by any address."""

from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.options import Options
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from tutor.admin.choices import PlainChoices
from tutor.models import Lesson
from tutor.services import access

Row = TypeVar("Row", bound=Model)


def person(request: HttpRequest) -> User:
    """Whoever is signed in; the admin lets nobody else in."""
    return cast(User, request.user)


class DiscreetAdmin(admin.ModelAdmin[Row]):
    """Answers for rows that are none of one's business as for addresses that lead nowhere."""

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Options[Row], object_id: str
    ) -> HttpResponseRedirect:
        """Raise Http404, where Django would go to its front page and say there that the row does not exist."""
        raise Http404("There is no such row.")


class AuthoredAdmin(PlainChoices[Row], DiscreetAdmin[Row]):
    """Rows that belong to lessons.

    Every page of the admin looks its rows up here, so those of another teacher's private lesson are as unknown as
    rows that never were. `lesson_path` is the lookup that leads from a row to its lesson.
    """

    lesson_path = "lesson"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        """Keep to the lessons of whoever asks."""
        rows = super().get_queryset(request)
        if person(request).is_superuser:
            return rows
        return rows.filter(**{f"{self.lesson_path}__in": access.authored_by(person(request))})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row | None:
        """Find a row; where it is about to be saved, hold its lesson, so that its pages are saved one after the other.

        The row is read once more behind the lock: what a form compares with must not be older.
        """
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row
        own = self.model._default_manager.filter(pk=row.pk).values(self.lesson_path)
        list(Lesson.objects.select_for_update().filter(pk__in=own).order_by().values_list("pk"))
        return super().get_object(request, object_id, from_field)


class LessonFilter(admin.SimpleListFilter):
    """Which lesson a row belongs to; Django's own filter would tell the titles of everybody's lessons."""

    title = _("lesson")
    parameter_name = "lesson"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), title) for pk, title in access.authored_by(person(request)).values_list("pk", "title")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Row]) -> QuerySet[Row]:
        wanted = self.value()
        if wanted is None:
            return queryset
        return queryset.filter(lesson=wanted) if wanted.isdecimal() else queryset.none()
