"""Signing in with the school's own account, against a provider that does what it should, or anything else."""

import time
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from joserfc.jwk import RSAKey
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.capture import closed_port
from tests.school import CLIENT, SECRET, School, school
from tutor.models import Identity, SecondFactor
from tutor.pages.school import _ERRAND

GO = "/accounts/school/"
FAILED = "Signing in with your school account did not work. Please try again."


@pytest.fixture
def provider(settings) -> Iterator[School]:
    with school() as known:
        settings.DEBUG = True
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = known.issuer, CLIENT, SECRET
        yield known


def sign_in(client: Client, provider: School, there: str = "/history/"):
    """Go to the provider, sign in there, and come back."""
    back = provider.grant(client.get(GO, {"next": there})["Location"])
    return client.get(back.removeprefix("http://testserver"))


def test_who_comes_for_the_first_time_gets_an_account_without_rights(db, client, provider):
    provider.person |= {
        "given_name": "Mia",
        "family_name": "Muster",
        "email": "mia@school.example",
        "email_verified": True,
    }

    assertRedirects(sign_in(client, provider), "/history/")

    user = User.objects.get()
    assert (user.username, user.first_name, user.last_name, user.email) == (
        "mia",
        "Mia",
        "Muster",
        "mia@school.example",
    )
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (False, False, False)
    assertContains(client.get("/"), "mia")


def test_who_comes_again_gets_the_same_account_whatever_they_are_called_now(db, client, provider):
    sign_in(client, provider)
    provider.person["preferred_username"] = "admin"

    sign_in(Client(), provider)

    assert User.objects.get().username == "mia"
    assert Identity.objects.get().subject == "4711"


def test_a_name_that_is_taken_leads_to_no_account_but_a_new_one(client, provider, learner):
    learner.email = "lea@school.example"
    learner.save()
    provider.person |= {"preferred_username": "lea", "email": "lea@school.example", "email_verified": True}

    sign_in(client, provider)

    assert Identity.objects.get().user.username == "lea-2"


@pytest.mark.parametrize(
    ("person", "username"),
    [
        ({"preferred_username": "Mia Muster <x>"}, "MiaMusterx"),
        ({"preferred_username": None, "email": "mia@x.example", "email_verified": True}, "mia"),
        ({"preferred_username": None, "email": "mia@x.example", "email_verified": False}, "learner"),
        ({"preferred_username": "a\x00b"}, "learner"),
        ({"preferred_username": 7}, "learner"),
        ({"preferred_username": "x" * 400}, "x" * 100),
    ],
)
def test_the_user_name_is_one_that_can_be_written(db, client, provider, person, username):
    provider.person |= person

    sign_in(client, provider)

    assert User.objects.get().username == username


def test_an_account_that_is_switched_off_stays_out(db, client, provider):
    sign_in(client, provider)
    User.objects.update(is_active=False)

    answer = sign_in(Client(), provider)

    assertRedirects(answer, "/accounts/login/", fetch_redirect_response=False)


@pytest.mark.parametrize(
    ("email", "verified", "let_in"),
    [
        ("mia@school.example", True, True),
        ("mia@SCHOOL.example", True, True),
        ("mia@school.example", False, False),
        ("mia@school.example.evil", True, False),
        ("mia@elsewhere.example", True, False),
        (None, None, False),
    ],
)
def test_only_the_school_s_own_addresses_are_let_in(db, client, provider, settings, email, verified, let_in):
    settings.OIDC_DOMAINS = ["school.example"]
    provider.person |= {"email": email, "email_verified": verified}

    answer = sign_in(client, provider)

    assert User.objects.exists() is let_in
    if not let_in:
        page = client.get(answer["Location"])
        assertContains(page, "Please sign in with the address that your school has given you.")


def bad_tokens() -> dict[str, dict]:
    now = int(time.time())
    return {
        "of another issuer": {"claims": {"iss": "https://elsewhere.example"}},
        "for another client": {"claims": {"aud": "somebody"}},
        "for us, but made for another": {"claims": {"aud": [CLIENT, "somebody"], "azp": "somebody"}},
        "for nobody": {"claims": {"aud": None}},
        "expired": {"claims": {"exp": now - 3600}},
        "without an end": {"claims": {"exp": None}},
        "of the future": {"claims": {"iat": now + 3600}},
        "of another errand": {"claims": {"nonce": "another"}},
        "of no errand": {"claims": {"nonce": None}},
        "about nobody": {"claims": {"sub": None}},
        "about an empty name": {"claims": {"sub": ""}},
        "about a number": {"claims": {"sub": 7}},
        "about a name too long": {"claims": {"sub": "x" * 256}},
        "of another key": {"sign_with": RSAKey.generate_key(2048)},
        "unsigned": {"algorithm": "none"},
        "signed with what everybody knows": {"algorithm": "HS256"},
    }


@pytest.mark.parametrize("kind", bad_tokens())
def test_a_token_that_is_not_good_lets_nobody_in(db, client, provider, kind):
    for name, value in bad_tokens()[kind].items():
        setattr(provider, name, value)

    answer = sign_in(client, provider)

    assertRedirects(answer, "/accounts/login/", fetch_redirect_response=False)
    assertContains(client.get("/accounts/login/"), FAILED)
    assert provider.tokens == 1
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_a_provider_in_trouble_is_told_in_one_sentence(db, client, provider, path, status):
    there = client.get(GO)["Location"]
    provider.trouble[path] = status
    if path.startswith("/.well"):
        assertRedirects(client.get(GO), "/accounts/login/", fetch_redirect_response=False)

    answer = client.get(provider.grant(there).removeprefix("http://testserver"))

    assertRedirects(answer, "/accounts/login/", fetch_redirect_response=False)
    assert not User.objects.exists()


def test_a_provider_that_is_away_is_told_in_one_sentence(db, client, provider, settings):
    settings.OIDC_ISSUER = f"http://127.0.0.1:{closed_port()}"

    assertContains(client.get(GO, follow=True), FAILED)


@pytest.mark.parametrize(
    "about",
    [{"issuer": "https://elsewhere.example"}, {"authorization_endpoint": None}, {"authorization_endpoint": "ftp://x"}],
)
def test_a_provider_that_says_odd_things_of_itself_is_not_asked(db, client, provider, about):
    provider.about = about

    assertContains(client.get(GO, follow=True), FAILED)


def test_an_answer_is_taken_once_and_only_by_the_browser_that_asked(db, client, provider):
    back = provider.grant(client.get(GO)["Location"]).removeprefix("http://testserver")

    assertRedirects(Client().get(back), "/accounts/login/", fetch_redirect_response=False)
    assert provider.tokens == 0
    assertRedirects(client.get(back), "/")
    client.post("/accounts/logout/")
    assertRedirects(client.get(back), "/accounts/login/", fetch_redirect_response=False)
    assert provider.tokens == 1


@pytest.mark.parametrize(
    "query", ["", "?state=", "?state=%00&code=x", "?error=access_denied", "?state=STATE&error=denied"]
)
def test_who_comes_back_without_a_code_is_not_let_in(db, client, provider, query):
    client.get(GO)
    query = query.replace("STATE", client.session[_ERRAND]["state"])

    assertRedirects(client.get(f"/accounts/school/back/{query}"), "/accounts/login/", fetch_redirect_response=False)


def test_it_leads_to_no_other_site(db, client, provider):
    assertRedirects(sign_in(client, provider, "https://elsewhere.example/"), "/")


def test_a_second_factor_is_asked_for_here_too(db, client, provider):
    sign_in(client, provider)
    SecondFactor.objects.create(user=User.objects.get(), secret="s")
    other = Client()

    sign_in(other, provider)

    assertRedirects(other.get("/history/"), "/accounts/code/?next=%2Fhistory%2F")


def test_the_button_is_there_where_there_is_a_school(db, client, settings):
    assertNotContains(client.get("/accounts/login/"), GO)
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://id.example", "Sign in at <Example>"

    page = client.get("/accounts/login/?next=/history/")

    assertContains(page, f'href="{GO}?next=/history/"')
    assertContains(page, "Sign in at &lt;Example&gt;")
