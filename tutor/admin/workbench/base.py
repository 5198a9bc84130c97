"""What all pages of the workbench share: whose lesson it is, and the frame around it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from tutor.models import Lesson
from tutor.services import access

View = Callable[..., HttpResponse]


def user_of(request: HttpRequest) -> User:
    """The user of a page behind the admin's sign-in."""
    return cast(User, request.user)


class Bench(admin.ModelAdmin[Lesson]):
    """A ModelAdmin with pages of its own for each lesson."""

    def bench_url(self, route: str, view: View, name: str) -> URLPattern:
        """Return the address `admin:tutor_lesson_<name>` of a view behind the admin's sign-in."""
        return path(route, self.admin_site.admin_view(view), name=f"tutor_lesson_{name}")

    def authored(self, request: HttpRequest, pk: int) -> Lesson:
        """Return a lesson of the user's. Raises Http404 for another's as for one that is not there."""
        lesson = access.authored_by(user_of(request)).filter(pk=pk).first()
        if lesson is None:
            raise Http404("There is no such lesson.")
        return lesson

    def page(
        self, request: HttpRequest, name: str, *, title: str, lesson: Lesson | None = None, **context: Any
    ) -> HttpResponse:
        """Render `admin/tutor/lesson/<name>.html` in the admin's frame; `lesson` is the one that the page is about."""
        frame = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "original": lesson}
        return render(request, f"admin/tutor/lesson/{name}.html", {**frame, "here": name, **context})
