"""Every way in by a password, ours and the admin's: how often it may be tried, from where."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from tutor.pages import errors
from tutor.services import sign_ins
from tutor.services.sign_ins import LockedOutError, Proof


class GuardBackend:
    """Stands before the backend that looks at passwords, and never lets anybody in itself."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Count the try. Raises LockedOutError, which `LockoutMiddleware` answers."""
        name = credentials.get("username")
        # Without a request it is no visitor, but a program of ours.
        if request is not None and isinstance(name, str):
            sign_ins.take_try(name, address_of(request))


@receiver(user_login_failed)
def _on_wrong_password(request: HttpRequest | None, credentials: Mapping[str, Any], **kwargs: Any) -> None:
    name = credentials.get("username")
    if request is not None and isinstance(name, str):
        sign_ins.note_wrong(name, address_of(request))


@receiver(user_logged_in)
def _on_sign_in(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    # Who is let in by another way, as tests are, has no address.
    if request is not None and request.META.get("REMOTE_ADDR"):
        sign_ins.note_right(user.get_username(), address_of(request))


def address_of(request: HttpRequest) -> str:
    """The address that a request came from, as the outermost proxy of ours saw it; of IPv6 the network of a customer.

    Each proxy adds to X-Forwarded-For whom it was asked by. What stands before that can be made up by anybody, so it is
    counted from the end; without TRUSTED_PROXIES nothing in it is believed.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES > 0:
        seen = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(seen) >= settings.TRUSTED_PROXIES and _address(seen[-settings.TRUSTED_PROXIES]):
            text = seen[-settings.TRUSTED_PROXIES]
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))
    return str(address or text)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def locked_out(request: HttpRequest, error: LockedOutError) -> HttpResponse:
    """Say what to do, and when."""
    template = "429_code.html" if error.proof is Proof.CODE else ""
    response = errors.answer(request, 429, error.code, error.message, template=template)
    response["Retry-After"] = str(error.seconds)
    return response
