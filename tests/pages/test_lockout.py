"""Whoever tries too many passwords is told to wait, by whichever form they try; and others are not."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django.asserts import assertContains, assertRedirects, assertTemplateUsed

from tutor.models import SignInTries
from tutor.pages.sign_in import address_of
from tutor.services.sign_ins import MOST_TRIES

OURS, ADMINS = "/accounts/login/", "/admin/login/"


def attempt(client: Client, password: str, *, path: str = OURS, name: str = "rita", **headers: str):
    return client.post(path, {"username": name, "password": password}, headers=headers)


@pytest.mark.parametrize("path", [OURS, ADMINS])
@pytest.mark.parametrize("name", ["rita", "nobody-of-this-name"])
def test_the_sixth_wrong_password_says_what_to_do_and_when(client, reviewer, path, name):
    answers = [attempt(client, "wrong", path=path, name=name) for _each in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assertTemplateUsed(answers[-1], "429.html")
    assertContains(answers[-1], "Please wait 15 minutes", status_code=429)
    assertContains(answers[-1], "ask your teacher", status_code=429)
    assert 890 <= int(answers[-1]["Retry-After"]) <= 900


def test_unknown_names_get_the_same_words(client, reviewer):
    known, unknown = (attempt(client, "wrong", name=name).content.decode() for name in ("rita", "rick"))

    assert _without_token(known).replace("rita", "rick") == _without_token(unknown)


def _without_token(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


def test_it_is_logged_once_and_says_neither_name_nor_address(client, reviewer, caplog):
    for _each in range(MOST_TRIES + 2):
        attempt(client, "wrong")

    logged = [record.getMessage() for record in caplog.records if record.name == "tutor.services.sign_ins"]
    assert logged == ["locked out proof=password scope=name"]


@pytest.mark.parametrize(("first", "second"), [(OURS, ADMINS), (ADMINS, OURS)])
def test_both_forms_count_together_and_the_right_password_waits_too(client, reviewer, first, second):
    for _each in range(MOST_TRIES):
        attempt(client, "wrong", path=first)

    assert attempt(client, "secret-rita", path=second).status_code == 429
    assert "_auth_user_id" not in client.session


def test_the_right_password_on_the_last_try_lets_in(client, reviewer):
    for _each in range(MOST_TRIES - 1):
        attempt(client, "wrong")

    assertRedirects(attempt(client, "secret-rita"), "/")
    assert SignInTries.objects.filter(tries__gt=MOST_TRIES - 1).count() == 0


def test_a_made_up_header_is_no_other_address(client, reviewer, settings):
    settings.TRUSTED_PROXIES = 0
    for number in range(MOST_TRIES):
        attempt(client, "wrong", x_forwarded_for=f"198.51.100.{number}")

    assert attempt(client, "secret-rita", x_forwarded_for="198.51.100.99").status_code == 429


def test_behind_a_proxy_what_the_visitor_adds_to_the_header_does_not_count(client, reviewer, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(MOST_TRIES):
        attempt(client, "wrong", x_forwarded_for=f"203.0.113.{number}, 198.51.100.7")

    assert attempt(client, "secret-rita", x_forwarded_for="203.0.113.99, 198.51.100.7").status_code == 429
    assert attempt(client, "secret-rita", x_forwarded_for="198.51.100.8").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "198.51.100.1", "192.0.2.9"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.1, 198.51.100.1", "198.51.100.1"),
        (2, "203.0.113.1, 198.51.100.1, 198.51.100.2", "198.51.100.1"),
        # Fewer than there are proxies: this request has not come through all of them.
        (2, "198.51.100.2", "192.0.2.9"),
        (1, "", "192.0.2.9"),
        (1, "no address", "192.0.2.9"),
        # Whoever has one address of version 6 has all of its network.
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_address_of_a_visitor(settings, proxies, header, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.9", headers={"x-forwarded-for": header})

    assert address_of(request) == address


def test_superusers_let_somebody_try_again(client, admin_client, reviewer):
    for _each in range(MOST_TRIES):
        attempt(client, "wrong")

    data = {"action": "let_try_again", "_selected_action": [reviewer.pk]}
    response = admin_client.post("/admin/auth/user/", data, follow=True)

    assertContains(response, "1 user can try again.")
    assertRedirects(attempt(client, "secret-rita"), "/")


def test_a_program_of_ours_is_no_visitor(db):
    User.objects.create_user("lea", password="secret-lea")
    client = Client()

    assert [client.login(username="lea", password="wrong") for _each in range(2 * MOST_TRIES)] == [False] * 12
    assert client.login(username="lea", password="secret-lea")
    assert not SignInTries.objects.exists()
