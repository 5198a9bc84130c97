"""What learners agree to before their first lesson. Without a text nobody is asked."""

import logging

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from tutor.models import Consent, ConsentText
from tutor.services.errors import ConsentNeededError

log = logging.getLogger(__name__)


def in_force() -> ConsentText | None:
    """Return the text that counts now; None where nobody is asked."""
    latest = ConsentText.objects.first()
    return latest if latest is not None and latest.text else None


def wanting(learner_id: int) -> ConsentText | None:
    """Return the text that a learner has yet to agree to; None if there is none. One query."""
    agreed = Exists(Consent.objects.filter(text=OuterRef("pk"), learner=learner_id))
    latest = ConsentText.objects.annotate(is_agreed=agreed).first()
    return latest if latest is not None and latest.text and not latest.is_agreed else None


def require(learner_id: int) -> None:
    """Raise ConsentNeededError for a learner who has yet to agree. One query."""
    if wanting(learner_id) is not None:
        raise ConsentNeededError(
            _("Before you talk, please read what happens with your words, and agree: open the lesson's page again.")
        )


def agree(learner: User, *, text_id: int) -> bool:
    """Keep that a learner agrees to the text they have read; twice is once.

    Return False if another text counts by now: that one is to be read first.
    """
    text = in_force()
    if text is None or text.pk != text_id:
        return False
    _consent, is_new = Consent.objects.get_or_create(learner=learner, text=text)
    if is_new:
        log.info("consent given person=%s version=%d", learner.pk, text.pk)
    return True
