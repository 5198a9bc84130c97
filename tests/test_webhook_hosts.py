"""Which addresses a webhook may be sent to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import patient
from tutor.webhook_hosts import is_allowed_address, url_fault


@pytest.fixture(autouse=True)
def approved(settings) -> None:
    settings.DEBUG = False
    settings.WEBHOOK_HOSTS = ["school.example.org", "other.example.org:8443", "localhost:9000"]


@pytest.mark.parametrize(
    "url",
    [
        "https://school.example.org/check?lesson=1",
        "https://SCHOOL.example.org",
        "https://school.example.org:443/",
        "https://other.example.org:8443/",
    ],
)
def test_approved_host_may_be_asked_over_https(url):
    assert url_fault(url) == ""


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "a full one"),
        ("/check", "a full one"),
        ("https:///check", "a full one"),
        ("https://school.example.org:0/", "a full one"),
        ("https://school.example.org:x/", "a full one"),
        ("https://[school/", "a full one"),
        ("https://school.example.org/a b", "a full one"),
        ("https://school.example.org/\n", "a full one"),
        ("https://schööl.example.org/", "a full one"),
        ("https://school.example.org/" + "x" * 2000, "a full one"),
        ("https://me:secret@school.example.org/", "must not hold a user name"),
        ("https://school.example.org/#x", "must not hold a user name"),
        ("http://school.example.org/", "must begin with https://"),
        ("ftp://school.example.org/", "must begin with https://"),
        ("https://school.example.org:8443/", "is not a host that the operator"),
        ("https://other.example.org/", "is not a host that the operator"),
        ("https://school.example.org.evil.example/", "is not a host that the operator"),
        ("https://evil.example\\@school.example.org/", "must not hold a user name"),
        ("http://localhost:9000/", "must begin with https://"),
    ],
)
def test_other_addresses_may_not_be_asked(url, fault):
    assert fault in url_fault(url)


def test_no_host_is_approved_by_default(settings):
    settings.WEBHOOK_HOSTS = []

    assert url_fault("https://school.example.org/") == (
        "“school.example.org” is not a host that the operator of this site has approved (none yet)"
    )


def test_this_machine_may_be_asked_while_debug_is_on(settings):
    settings.DEBUG = True

    assert url_fault("http://localhost:9000/check") == ""
    assert is_allowed_address("127.0.0.1", hostname="localhost")
    assert not is_allowed_address("127.0.0.1", hostname="school.example.org")
    assert not is_allowed_address("93.184.215.14", hostname="localhost")


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_public_address_may_be_connected_to(address):
    assert is_allowed_address(address, hostname="school.example.org")


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1"),
        *("64:ff9b::a00:1", "2002:a00:1::", "2001:0:a00:1::"),
    ],
)
def test_private_address_may_not_be_connected_to(address):
    assert not is_allowed_address(address, hostname="school.example.org")


@patient
@given(st.text() | st.text("htps:/@[]#.example?1").map("https://".__add__))
def test_any_text_is_judged(text):
    assert url_fault(text)
