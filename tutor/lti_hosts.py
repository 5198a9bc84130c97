"""Which addresses a learning platform may be asked at: those a superuser has registered, outside private networks.

Private networks only by hosts that the operator has approved (LTI_PRIVATE_HOSTS): many a school has its Moodle there.
"""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from django.conf import settings

from tutor import webhook_hosts


def url_fault(text: str) -> str:
    """Return why nothing may be sent to a URL of a platform, in half a sentence (a Phrase); empty if it may."""
    return webhook_hosts.shape_fault(text) or webhook_hosts.scheme_fault(urlsplit(text))


def is_at(text: str, hosts: Collection[str]) -> bool:
    """Whether a URL may be asked, and is at one of some hosts."""
    return not url_fault(text) and webhook_hosts.host_of(urlsplit(text)) in hosts


def is_allowed_address(text: str, *, hostname: str) -> bool:
    """Whether a host may be connected to at an address it resolved to."""
    if webhook_hosts.is_allowed_address(text, hostname=hostname):
        return True
    address = ipaddress.ip_address(text.partition("%")[0])
    # Where machines in a cloud ask for their own secrets nothing of ours goes, whoever approved it.
    is_odd = address.is_link_local or address.is_multicast or address.is_unspecified
    return hostname in settings.LTI_PRIVATE_HOSTS and not is_odd
