"""What every answer of the site tells a browser, whatever it is, and whoever asked."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client, override_settings

from tests.access.asking import ask
from tests.access.cast import World, make_world
from tests.access.routes import routes
from tests.access.table import rows
from tutor.pages import views

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(self), geolocation=(), display-capture=(), payment=(), usb=()",
}
# Where forms of learning platforms lead to: what they bring is signed, and held against a cookie or a ticket.
FROM_ELSEWHERE = ("/lti/login/", "/lti/launch/", "/lti/deep-link/", "/lti/choose/")
# A picture opened alone has a stricter policy of its own, with the styles of the browser's page around it.
OWN_POLICY = "/attempts/<uuid:code>/pictures/<str:item_id>/"


@pytest.fixture
def world(db, said) -> World:
    return make_world(said)


class Inline(HTMLParser):
    """Finds what a page may not hold: scripts and styles written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or "style" in names or any(name.startswith("on") for name in names):
            self.found.append(self.get_starttag_text() or tag)
        # Data for scripts is no script.
        if tag == "script" and "src" not in names and names.get("type") != "application/json":
            self.found.append(self.get_starttag_text() or tag)
        if any((names.get(name) or "").strip().lower().startswith("javascript:") for name in ("href", "src", "action")):
            self.found.append(self.get_starttag_text() or tag)


def faults_of(response, body: bytes, *, path: str = "") -> list[str]:
    """What is wrong with an answer."""
    faults = [f"{name}: {response.headers.get(name)}" for name, value in ALWAYS.items() if response.get(name) != value]
    policy = response.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or ("unsafe" in policy and path != OWN_POLICY):
        faults.append(f"policy: {policy}")
    if "Server" in response.headers:
        faults.append(f"Server: {response['Server']}")
    if response.get("Content-Type", "").startswith("text/html"):
        parser = Inline()
        parser.feed(body.decode())
        faults += parser.found
    return faults


@pytest.mark.parametrize("role", ["nobody", "learner", "superuser"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_answer_has_the_headers_and_no_page_anything_inline(world, role, method):
    wrong = []
    for route in routes():
        answer = ask(world, role, route, method)
        wrong += [
            (route.path, answer.word, fault) for fault in faults_of(answer.response, answer.body, path=route.path)
        ]

    assert wrong == []


def test_the_walk_can_tell_what_is_inline():
    parser = Inline()
    parser.feed('<p style="x"><a href="javascript:x" onclick="y"></a><script>z</script><script src="a"></script></p>')

    assert len(parser.found) == 4


@pytest.mark.parametrize(
    ("path", "status"),
    [("/static/tutor/css/base.css", 200), ("/static/nothing.css", 404), ("/nowhere/", 404), ("/api/nowhere/", 404)],
)
def test_files_and_what_is_not_there_have_them_too(db, path, status):
    response = Client().get(path)

    assert response.status_code == status
    assert faults_of(response, b"".join(response) if response.streaming else response.content) == []


def test_a_request_that_cannot_be_understood_has_them(db):
    response = Client().get("/", headers={"host": "elsewhere.example"})

    assert response.status_code == 400
    assert faults_of(response, response.content) == []


def test_a_form_without_its_token_has_them(world):
    response = Client(enforce_csrf_checks=True).post("/language/")

    assert response.status_code == 403
    assert faults_of(response, response.content) == []


def test_a_mistake_of_ours_has_them(db, monkeypatch):
    def fail(*arguments: object) -> None:
        raise ValueError("a mistake")

    monkeypatch.setattr(views, "shelf", fail)
    monkeypatch.setattr(views, "render", fail)
    response = Client(raise_request_exception=False).get("/")

    assert response.status_code == 500
    assert faults_of(response, response.content) == []


@override_settings(
    SECURE_SSL_REDIRECT=True,
    SECURE_HSTS_SECONDS=31_536_000,
    SECURE_HSTS_INCLUDE_SUBDOMAINS=True,
    SECURE_HSTS_PRELOAD=True,
)
def test_in_production_plain_http_is_led_on_and_https_is_remembered(db):
    plain, safe = Client().get("/"), Client().get("/", secure=True)

    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/")
    assert faults_of(plain, plain.content) == []
    assert safe["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_every_unsafe_method_wants_the_token_of_a_form(world):
    """Only the refusal is asked for, so nothing has to be undone."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies["sessionid"] = world.client("superuser").cookies["sessionid"].value
    by_path = {route.path: route for route in routes()}

    unguarded = [
        row.path
        for row in rows()
        if "POST" in row.methods
        and row.path not in FROM_ELSEWHERE
        and client.post(world.address(by_path[row.path])).status_code != 403
    ]

    assert unguarded == []


def test_no_table_of_addresses_is_empty():
    assert len(rows()) > 200
    assert all(re.fullmatch(r"/\S*", row.path) for row in rows())
