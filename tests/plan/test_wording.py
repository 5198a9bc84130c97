"""Keys in words."""

import pytest

from tutor.plan import in_words


@pytest.mark.parametrize(
    ("key", "words"), [("needs_practice", "Needs practice"), ("got-it", "Got it"), ("_", ""), ("", "")]
)
def test_key_is_read_out(key, words):
    assert in_words(key) == words
