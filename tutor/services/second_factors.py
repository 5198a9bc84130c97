"""The second factor of staff: an authenticator app (TOTP, RFC 6238), and codes for the day on which it is lost.

Whoever is signed in by their password alone is half in: for everybody who asks, `is_half_in` tells by the session, and
nobody half in is anybody (`pages.second_factor`, `live.door`).
"""

import hashlib
import logging
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import MutableMapping
from typing import Any

import pyotp
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from tutor.models import RecoveryCode, SecondFactor
from tutor.services import sign_ins
from tutor.services.errors import ServiceError

log = logging.getLogger(__name__)

REQUIRED = "required"
# Where a session says whether the code was asked for, and given.
SESSION_KEY = "second_factor"
_DUE, _GIVEN = "due", "given"
# Where a session keeps the secret, encrypted, until an app has shown that it has it.
_PROPOSAL = "second_factor_proposal"

# Half minutes by which a clock may be wrong.
_DRIFT = 1
_PERIOD = 30
_RECOVERY_CODES = 10
# 80 bits, in letters and digits that nobody mistakes: no guessing, and no need to keep them any better than this.
_GROUPS, _GROUP, _LETTERS = 4, 4, "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCodeError(ServiceError):
    """The code is not the one that is due, or was used before."""

    code = "wrong_code"


class SecretLostError(ServiceError):
    """The secret cannot be read any more: SECRET_KEY has changed."""

    code = "second_factor_lost"


def is_half_in(user: User | AnonymousUser | AbstractBaseUser, session: MutableMapping[str, Any]) -> bool:
    """Whether somebody has still to give the code of their app, or to set one up where staff have to have one."""
    if session.get(SESSION_KEY) == _DUE:
        return True
    return may_be_half_in(session) and must_have_one(user) and user.is_authenticated


def may_be_half_in(session: MutableMapping[str, Any]) -> bool:
    """Whether that can be, as far as the session tells: who it is need not be looked up for most."""
    state = session.get(SESSION_KEY)
    return state == _DUE or (state != _GIVEN and settings.STAFF_SECOND_FACTOR == REQUIRED)


def must_have_one(user: User | AnonymousUser | AbstractBaseUser) -> bool:
    """Whether the operator asks a second factor of them."""
    is_staff = getattr(user, "is_staff", False) or getattr(user, "is_superuser", False)
    return settings.STAFF_SECOND_FACTOR == REQUIRED and is_staff


def begin_session(user: User, session: MutableMapping[str, Any]) -> None:
    """Note in the session of somebody who has just signed in whether a code is due. One query."""
    session.pop(SESSION_KEY, None)
    if is_set_up(user):
        session[SESSION_KEY] = _DUE


def is_set_up(user: User) -> bool:
    """Whether a code is asked of them. One query."""
    return SecondFactor.objects.filter(user=user).exists()


def propose(session: MutableMapping[str, Any]) -> str:
    """Return the secret for an app that is not confirmed yet, the same in a session until it is."""
    try:
        return _read(session[_PROPOSAL])
    except (KeyError, SecretLostError):
        secret = pyotp.random_base32()
        session[_PROPOSAL] = _crypt().encrypt(secret.encode()).decode()
        return secret


def address_for_app(user: User, secret: str) -> str:
    """Return what the QR code says to an app (`otpauth://…`)."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.get_username(), issuer_name="Viva")


def confirm(user: User, code: str, session: MutableMapping[str, Any]) -> list[str]:
    """Have a code asked of somebody from now on, who has just shown that their app works; return recovery codes.

    They are shown once: we keep digests. Raises WrongCodeError, also for who has set up another app meanwhile.
    """
    propose(session)
    factor = SecondFactor(user=user, secret=session[_PROPOSAL])
    _take(factor, code)
    codes = [_recovery_code() for _number in range(_RECOVERY_CODES)]
    try:
        with transaction.atomic():
            factor.save()
            RecoveryCode.objects.bulk_create(RecoveryCode(factor=factor, digest=_digest(code)) for code in codes)
    except IntegrityError as error:
        raise WrongCodeError(_("You have set up another app meanwhile: use the code of that one.")) from error
    del session[_PROPOSAL]
    session[SESSION_KEY] = _GIVEN
    return codes


def give(user: User, code: str, session: MutableMapping[str, Any]) -> int | None:
    """Let somebody in whose code is right; return how many recovery codes are left if it was one of them.

    1. Lock the factor, so that one code is taken once however often it is sent.
    2. A code of the app is taken if it is of this half minute, or of one beside it, and newer than the last one.
    3. A recovery code is taken if it is there, and is then no more.

    Raises WrongCodeError and SecretLostError.
    """
    left = None
    with transaction.atomic():
        # 1
        factor = SecondFactor.objects.select_for_update().get(user=user)
        # 2
        if code.strip().replace(" ", "").isdigit():
            _take(factor, code)
            factor.save(update_fields=["last_step"])
        else:
            # 3
            gone, _kinds = factor.recovery_codes.filter(digest=_digest(code)).delete()
            if not gone:
                raise WrongCodeError(_("This code is not one of those you were given, or was used before."))
            left = factor.recovery_codes.count()
    session[SESSION_KEY] = _GIVEN
    return left


def codes_left(user: User) -> int:
    """Return how many recovery codes somebody has."""
    return RecoveryCode.objects.filter(factor__user=user).count()


def remove(user: User) -> bool:
    """Have no code asked of somebody any more; return whether one was. Wrong codes of theirs are forgotten."""
    gone, _kinds = SecondFactor.objects.filter(user=user).delete()
    sign_ins.lift(tries_of(user))
    if gone:
        log.info("second factor removed user=%s", user.pk)
    return gone > 0


def tries_of(user: User) -> str:
    """Return the name under which tries at somebody's code are counted, and the place: wherever they come from."""
    return f"second factor {user.pk}"


def _take(factor: SecondFactor, code: str) -> None:
    totp = pyotp.TOTP(_read(factor.secret))
    typed, now = code.strip().replace(" ", ""), int(time.time()) // _PERIOD
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if step > factor.last_step and secrets.compare_digest(totp.at(step * _PERIOD).encode(), typed.encode()):
            factor.last_step = step
            return
    raise WrongCodeError(_("This code is not right any more, or not yet. Type the one your app shows now."))


def _read(secret: str) -> str:
    try:
        return _crypt().decrypt(secret.encode()).decode()
    except InvalidToken as error:
        raise SecretLostError(
            _("Your second factor cannot be read any more. Ask an administrator to remove it, then set up a new one.")
        ) from error


def _crypt() -> MultiFernet:
    """What secrets are encrypted with: the present SECRET_KEY, and read with the ones before it as well."""
    keys = [salted_hmac("tutor.second_factors", "", secret=key, algorithm="sha256").digest() for key in _keys()]
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _letter in range(_GROUP)) for _number in range(_GROUPS))
    return "-".join(groups)


def _digest(code: str) -> str:
    plain = "".join(char for char in code.lower() if char.isalnum())
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()
