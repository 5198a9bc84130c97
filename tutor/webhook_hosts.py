"""Which addresses a webhook may be sent to: hosts the operator approved, over https, outside private networks."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from tutor.plan.phrase import Phrase, gettext_noop

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MAX_URL = 2_000
# IPv6 that leads to IPv4 by a translator (RFC 6052), where it could mean any private address.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def url_fault(text: str) -> str:
    """Return why nothing may be sent to a URL, in one sentence (a Phrase); empty if it may."""
    fault = shape_fault(text)
    if fault:
        return fault
    url = urlsplit(text)
    if host_of(url) not in settings.WEBHOOK_HOSTS:
        approved = ", ".join(settings.WEBHOOK_HOSTS) or Phrase(gettext_noop("none yet"))
        return Phrase(
            gettext_noop("“%(host)s” is not a host that the operator of this site has approved (%(approved)s)"),
            host=host_of(url),
            approved=approved,
        )
    return scheme_fault(url)


def shape_fault(text: str) -> str:
    """Return why a text is no full URL without secrets in it; empty if it is one."""
    url = _split(text)
    if url is None or not url.hostname:
        return Phrase(gettext_noop("the address must be a full one, such as https://school.example.org/check"))
    if url.username or url.password or url.fragment:
        return Phrase(gettext_noop("the address must not hold a user name, a password or a “#”"))
    return ""


def scheme_fault(url: SplitResult) -> str:
    """Return why others could read what is sent to a URL; empty if they could not."""
    if url.scheme != "https" and not (url.scheme == "http" and is_own_machine(str(url.hostname))):
        return Phrase(gettext_noop("the address must begin with https://"))
    return ""


def _split(text: str) -> SplitResult | None:
    if len(text) > MAX_URL or not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        url = urlsplit(text)
        return url if url.port != 0 else None
    except ValueError:  # a port that is no number, a bracket that does not close
        return None


def host_of(url: SplitResult) -> str:
    """The host as WEBHOOK_HOSTS names it: with its port unless that is the usual one of https."""
    return url.netloc.lower().removesuffix(":443")


def is_own_machine(hostname: str) -> bool:
    """Whether a host is this machine, to which webhooks may go while DEBUG is on."""
    return settings.DEBUG and hostname in LOOPBACK


def is_allowed_address(text: str, *, hostname: str) -> bool:
    """Whether a host may be connected to at an address it resolved to: a public one, or this machine by its name."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _TRANSLATED or address.sixtofour or address.teredo:
            return False
        address = address.ipv4_mapped or address
    if is_own_machine(hostname):
        return address.is_loopback
    return address.is_global and not address.is_multicast
