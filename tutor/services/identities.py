"""Accounts of people whom the school's own sign-in vouches for."""

import logging
import re

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tutor.models import Identity
from tutor.peers.school_sign_in import Claims
from tutor.services.errors import ServiceError

log = logging.getLogger(__name__)

_MAX_NAME = 100
# What a user name of Django's may not have.
_ODD = re.compile(r"[^\w.+-]")


class NotLetInError(ServiceError):
    """The school's sign-in vouches for them, and still they have no business here."""

    code = "not_let_in"


def account_of(claims: Claims) -> User:
    """Return the account of somebody, made if they come for the first time: a learner's, without a password.

    It is found by issuer and subject alone. Whoever has an account with the same name or e-mail address is somebody
    else: both can be chosen freely at many providers. Raises NotLetInError.
    """
    known = Identity.objects.filter(issuer=claims.issuer, subject=claims.subject).select_related("user").first()
    if known is None:
        _refuse_others(claims)
        known = _make(claims)
    if not known.user.is_active:
        raise NotLetInError(_("This account is switched off. Ask your teacher."))
    return known.user


def _refuse_others(claims: Claims) -> None:
    domain = claims.email.rpartition("@")[2].lower()
    if settings.OIDC_DOMAINS and domain not in settings.OIDC_DOMAINS:
        raise NotLetInError(_("Please sign in with the address that your school has given you."))


def _make(claims: Claims) -> Identity:
    """Make an account and the identity that leads to it, once however often they come at the same moment."""
    name = _ODD.sub("", claims.username)[:_MAX_NAME] or "learner"
    for number in range(1, 1_000):
        try:
            with transaction.atomic():
                user = User.objects.create_user(
                    name if number == 1 else f"{name}-{number}",
                    email=claims.email,
                    first_name=claims.first_name[:150],
                    last_name=claims.last_name[:150],
                )
                made = Identity.objects.create(user=user, issuer=claims.issuer, subject=claims.subject)
        except IntegrityError:
            known = Identity.objects.filter(issuer=claims.issuer, subject=claims.subject).select_related("user").first()
            if known is not None:
                return known
        else:
            log.info("account made by the school's sign-in user=%s", user.pk)
            return made
    raise NotLetInError(_("There are too many accounts of this name. Ask your teacher."))
