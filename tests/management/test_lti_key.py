"""`manage.py lti_key`: making the key pair, and another one; neither half of which is printed."""

from io import StringIO

from django.core.management import call_command

from tutor.services import lti_keys


def lti_key(*words: str) -> str:
    out = StringIO()
    call_command("lti_key", *words, stdout=out)
    return out.getvalue()


def test_it_makes_a_key_once_and_another_when_asked_to(db):
    said = lti_key()
    [first] = [key["kid"] for key in lti_keys.published()]

    assert said == lti_key() == f"published: {first}\n"
    second = lti_key("--new").removeprefix("published: ").split(", ")[0]
    assert [key["kid"] for key in lti_keys.published()] == [second, first]
