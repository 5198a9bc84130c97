"""What every template gets to know."""

from typing import Any

from django.conf import settings

from tutor.pages import words
from tutor.pages.lookups import SignedInRequest
from tutor.services import access


def site(request: SignedInRequest) -> dict[str, Any]:
    """What every page has to say or needs.

    Whether lessons are spoken by the rehearsal voice; where scripts get their words; whether the way to the pages of
    reviewers is shown, which is asked only where there are staff.
    """
    return {
        "rehearsal": settings.REHEARSAL,
        "words_script": words.address(),
        "reads_others": lambda: access.reads_others(request.user),
    }
