"""What every template gets to know."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, bool]:
    """Whether lessons are spoken by the rehearsal voice, which every page has to say."""
    return {"rehearsal": settings.REHEARSAL}
