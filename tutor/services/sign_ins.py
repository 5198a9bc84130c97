"""How often a password may be tried: a few times for one name from one address, and more from one address in all.

The codes of second factors are counted in the same way, for their account. What is locked is logged once, by no name
and no address: people type passwords into the field of the name, and the log of the proxy has the address.
"""

import logging
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from unicodedata import normalize

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from tutor.models import SignInTries
from tutor.services.errors import ServiceError

log = logging.getLogger(__name__)

# Passwords that are looked at for one name from one address before nobody there is let in under that name.
MOST_TRIES = 6
# The same for all names together: a whole school may be behind one address, and mistypes in the morning.
MOST_FROM_ADDRESS = 100
LOCKED = timedelta(minutes=15)


class Proof(StrEnum):
    """What is tried."""

    PASSWORD = "password"  # noqa: S105 # its name, and none
    CODE = "code"


class LockedOutError(ServiceError):
    """Too many passwords, or codes, were tried; `until` is when the next one is looked at."""

    code = "locked_out"

    def __init__(self, until: datetime, proof: Proof) -> None:
        self.until = until
        self.proof = proof
        self.seconds = max(1, ceil((until - timezone.now()).total_seconds()))
        minutes = ceil(self.seconds / 60)
        super().__init__(_words_of(proof, minutes) % {"minutes": minutes})


def _words_of(proof: Proof, minutes: int) -> str:
    if proof is Proof.CODE:
        return ngettext(
            "Too many wrong codes. Please wait %(minutes)s minute, and try again then.",
            "Too many wrong codes. Please wait %(minutes)s minutes, and try again then.",
            minutes,
        )
    return ngettext(
        "Too many wrong tries. Please wait %(minutes)s minute, and try again then.",
        "Too many wrong tries. Please wait %(minutes)s minutes, and try again then.",
        minutes,
    )


def take_try(name: str, address: str, *, proof: Proof = Proof.PASSWORD) -> None:
    """Count a try before the password is looked at, so that many at once are no more than one after the other.

    1. What is a quarter of an hour old is forgotten.
    2. The try is counted by an update that is bounded by the most tries there may be, for the pair and for the address.
    3. If there are none left, nothing is counted and nothing more is looked at: the wait gets no longer by knocking.

    Raises LockedOutError.
    """
    now = timezone.now()
    SignInTries.objects.filter(last_at__lte=now - LOCKED).delete()
    with transaction.atomic():
        for (name_key, address_key), most in _limits(name, address).items():
            row, _is_new = SignInTries.objects.get_or_create(
                name_key=name_key, address_key=address_key, defaults={"last_at": now}
            )
            counted = SignInTries.objects.filter(pk=row.pk, tries__lt=most).update(tries=F("tries") + 1, last_at=now)
            if not counted:
                raise LockedOutError(row.last_at + LOCKED, proof)


def note_wrong(name: str, address: str, *, proof: Proof = Proof.PASSWORD, user: int | None = None) -> None:
    """The password of a try was wrong. Raises LockedOutError if it was the last one: people are told at once.

    `user` is for the log: whose code it was.
    """
    for (name_key, address_key), most in _limits(name, address).items():
        row = SignInTries.objects.filter(name_key=name_key, address_key=address_key, tries__gte=most).first()
        if row is not None:
            if user is None:
                log.warning("locked out proof=%s scope=%s", proof, "name" if name_key else "address")
            else:
                log.warning("locked out proof=%s user=%s", proof, user)
            raise LockedOutError(row.last_at + LOCKED, proof)


def note_right(name: str, address: str) -> None:
    """The password of a try was right: what was mistyped before is forgotten, and the try does not count."""
    SignInTries.objects.filter(name_key=_digest("name", name), address_key=_digest("address", address)).delete()
    SignInTries.objects.filter(name_key="", address_key=_digest("address", address), tries__gt=0).update(
        tries=F("tries") - 1
    )


def lift(name: str) -> int:
    """Let somebody try again at once, from wherever they tried; return from how many addresses that was."""
    of_name = SignInTries.objects.filter(name_key=_digest("name", name))
    addresses = list(of_name.values_list("address_key", flat=True))
    SignInTries.objects.filter(name_key="", address_key__in=addresses).delete()
    of_name.delete()
    return len(addresses)


def _limits(name: str, address: str) -> dict[tuple[str, str], int]:
    address_key = _digest("address", address)
    return {(_digest("name", name), address_key): MOST_TRIES, ("", address_key): MOST_FROM_ADDRESS}


def _digest(kind: str, text: str) -> str:
    return salted_hmac(f"tutor.sign_ins.{kind}", normalize("NFKC", text), algorithm="sha256").hexdigest()
