"""The key pairs with which platforms know us. The private half is enciphered where it lies, and never shown."""

import logging

from django.conf import settings

from tutor.models import LtiKey
from tutor.peers import lti
from tutor.services.errors import ServiceError

log = logging.getLogger(__name__)

# The newest signs. The one before it stays published: platforms remember keys, and what it signed may still be on its
# way.
PUBLISHED = 2


class NoKeyError(ServiceError):
    """There is no key pair that could sign."""

    code = "lti_no_key"


def ensure() -> LtiKey:
    """Return the newest key pair; make the first one where there is none."""
    return LtiKey.objects.first() or renew()


def renew() -> LtiKey:
    """Make a new key pair, with which everything is signed from now on; forget all but the one before it."""
    pair = lti.new_key_pair(settings.SECRET_KEY)
    key = LtiKey.objects.create(public_pem=pair.public, private_pem=pair.private)
    kept = LtiKey.objects.values_list("pk", flat=True)[:PUBLISHED]
    LtiKey.objects.exclude(pk__in=list(kept)).delete()
    log.info("lti key made key=%s", key.pk)
    return key


def current() -> lti.KeyPair:
    """Return the key pair that signs. Raises NoKeyError where there is none, or SECRET_KEY is another one by now."""
    key = LtiKey.objects.first()
    if key is None:
        raise NoKeyError("There is no key pair: manage.py lti_key makes one.")
    try:
        return lti.deciphered(lti.KeyPair(key.public_pem, key.private_pem), settings.SECRET_KEY)
    except ValueError as error:
        raise NoKeyError("The key pair was made with another SECRET_KEY: manage.py lti_key --new.") from error


def published() -> list[dict[str, object]]:
    """Return the public keys, as platforms fetch them. One query."""
    return [lti.public_key(key.public_pem) for key in LtiKey.objects.all()[:PUBLISHED]]
