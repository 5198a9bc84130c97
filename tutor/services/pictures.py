"""Which pictures of an attempt there are, without loading any."""

from django.urls import reverse

from tutor.models import Attempt


def addresses(attempt: Attempt) -> dict[str, str]:
    """Return where the pictures of an attempt are to be seen, by the id of the utterance each belongs to. One query."""
    ids = attempt.pictures.values_list("item_id", flat=True)
    return {item_id: reverse("picture", args=[attempt.code, item_id]) for item_id in ids}
