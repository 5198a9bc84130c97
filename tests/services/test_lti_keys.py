"""Our own keys: made once, changed at will, and never to be read where they lie."""

import pytest

from tests.rows import places_of
from tutor.models import LtiKey
from tutor.services import lti_keys


def test_a_key_pair_is_made_once(db):
    first = lti_keys.ensure()

    assert lti_keys.ensure() == first
    assert LtiKey.objects.count() == 1


def test_the_private_half_is_enciphered_and_can_be_read_with_our_secret_alone(db, settings):
    key = lti_keys.ensure()

    private = lti_keys.current().private
    assert "ENCRYPTED" in key.private_pem.splitlines()[0]
    middle = private.splitlines()[5].lower()
    assert (len(middle), places_of(middle)) == (64, set())
    settings.SECRET_KEY = "another one"
    with pytest.raises(lti_keys.NoKeyError):
        lti_keys.current()


def test_a_new_key_signs_and_the_one_before_it_stays_published(db):
    old = lti_keys.ensure()
    lti_keys.renew()
    newest = lti_keys.renew()

    assert LtiKey.objects.count() == 2
    assert not LtiKey.objects.filter(pk=old.pk).exists()
    assert lti_keys.current().public == newest.public_pem
    assert len({key["kid"] for key in lti_keys.published()}) == 2


def test_without_a_key_nothing_is_signed(db):
    with pytest.raises(lti_keys.NoKeyError):
        lti_keys.current()
    assert lti_keys.published() == []
