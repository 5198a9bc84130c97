"""The addresses of a lesson's workbench, and what its pages say."""

from django.urls import reverse

from tutor.models import Lesson


def url(lesson: Lesson, page: str, *args: object) -> str:
    """The address of one of a lesson's pages in the admin."""
    return reverse(f"admin:tutor_lesson_{page}", args=[lesson.pk, *args])


def said(response) -> list[tuple[str, str]]:
    """The messages of a page, as pairs of (level, text)."""
    return [(message.level_tag, str(message)) for message in response.context["messages"]]
