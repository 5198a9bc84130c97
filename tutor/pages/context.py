"""What every template gets to know."""

from django.conf import settings
from django.http import HttpRequest

from tutor.pages import words


def site(request: HttpRequest) -> dict[str, bool | str]:
    """Whether lessons are spoken by the rehearsal voice, which every page has to say; where scripts get their words."""
    return {"rehearsal": settings.REHEARSAL, "words_script": words.address()}
