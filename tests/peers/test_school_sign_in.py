"""Looking at the school's own sign-in before anybody signs in."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.capture import closed_port
from tests.school import CLIENT, SECRET, School, school
from tutor.peers.school_sign_in import SchoolSignInError, look


@pytest.fixture
def provider(settings) -> Iterator[School]:
    with school() as known:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = known.issuer, CLIENT, SECRET
        yield known


def reason() -> str:
    with pytest.raises(SchoolSignInError) as caught:
        look()
    return caught.value.reason


def test_a_provider_that_has_all_of_it_is_fine(provider):
    look()


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("value", [None, 7, "ftp://127.0.0.1/"])
def test_every_address_is_needed(provider, name: str, value: Any):
    provider.about[name] = value

    assert reason() == f"the provider has no {name}"


def test_another_name_of_the_provider_is_told(provider):
    provider.about["issuer"] = "https://login.example/{tenantid}/v2.0"

    told = "the provider calls itself https://login.example/{tenantid}/v2.0, which OIDC_ISSUER has to be"
    assert reason().startswith(told)


def test_keys_that_are_none_are_told(provider):
    provider.about["jwks_uri"] = provider.issuer + "/.well-known/openid-configuration"

    assert reason().startswith("the provider's keys are not good (")


def test_a_provider_that_does_not_answer_is_told(settings):
    settings.OIDC_ISSUER = f"http://127.0.0.1:{closed_port()}"

    assert reason() == "the provider cannot be asked (ConnectError)"
