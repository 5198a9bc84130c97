"""The table of who may do what is what the site does: at every address there is, by every method, for everybody."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

from tests.access import permissions
from tests.access.asking import ask, undone
from tests.access.cast import World, make_world
from tests.access.routes import Route, routes, sockets
from tests.access.table import ROLES, SOCKETS, Row, actions, rows
from tests.outspoken import WORD
from tests.rows import row_counts

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# Who have nothing to do with the learner, and so must never see a word of theirs.
STRANGERS = ("nobody", "other learner", "other teacher", "other class reviewer")
# What reading may write: that somebody looked, and that they are here.
TRACES = {"tutor_look", "django_session", "tutor_signintries"}


@pytest.fixture
def world(db, said) -> World:
    return make_world(said)


def found() -> dict[str, Route]:
    return {route.path: route for route in routes()}


def table() -> dict[tuple[str, str], Row]:
    return {(row.path, method): row for row in rows() for method in row.methods}


def test_the_table_knows_every_address_and_no_other():
    assert {row.path for row in rows()} == set(found())
    assert {row.path for row in rows(SOCKETS)} == {route.path for route in sockets()}
    assert len(table()) == sum(len(row.methods) for row in rows())


@pytest.mark.parametrize("role", ROLES)
def test_everybody_gets_what_the_table_says(world, role):
    by_path = found()

    wrong = []
    for (path, method), row in table().items():
        answer = ask(world, role, by_path[path], method)
        if answer.word != row.cells[role]:
            wrong.append((method, path, f"table: {row.cells[role]}, site: {answer.word}"))
        if role in STRANGERS and WORD.encode() in answer.body:
            wrong.append((method, path, "words of the learner"))
        if (method == "GET" or not is_let_in(answer.word)) and answer.written - TRACES:
            wrong.append((method, path, f"wrote to {sorted(answer.written - TRACES)}"))

    assert wrong == []


def is_let_in(word: str) -> bool:
    return word in ("200", "201", "on")


def test_the_walk_can_tell_that_words_are_read(world):
    """Without this, a walk over empty rows would find nothing to complain of."""
    answer = ask(world, "teacher", found()["/review/<uuid:code>/"], "GET")

    assert WORD.encode() in answer.body
    assert answer.written == {"tutor_look"}


@pytest.mark.parametrize("role", ["other learner", "other teacher", "other class reviewer"])
def test_what_is_not_ones_own_answers_like_what_never_was(world, role):
    by_path = found()
    named = {(path, method): row for (path, method), row in table().items() if by_path[path].fields}

    differing = []
    for path, method in named:
        there, nowhere = (ask(world, role, by_path[path], method, known=known) for known in (True, False))
        if not is_let_in(there.word) and there.word != nowhere.word:
            differing.append((method, path, there.word, nowhere.word))

    assert differing == []


@pytest.mark.parametrize("role", ["nobody", "learner", "superuser"])
def test_methods_that_the_table_does_not_know_are_refused(world, role):
    offered = table()

    wrong = []
    for path, route in found().items():
        for method in METHODS:
            if (path, method) in offered or (method == "HEAD" and (path, "GET") in offered):
                continue
            answer = ask(world, role, route, method)
            # Whoever is nobody to a page is sent to sign in first, whatever they want of it.
            refused = answer.word == "405" and answer.response.headers.get("Allow")
            if not refused and not (role != "superuser" and answer.word == "in"):
                wrong.append((method, path, answer.word))

    assert wrong == []


def test_head_is_answered_as_get_is_without_the_body(world):
    by_path, offered = found(), table()

    wrong = []
    for path, method in offered:
        # Django's own sign-in leads on whom it knows only for GET.
        if method == "GET" and not path.startswith("/api/") and path != "/admin/login/":
            get, head = (ask(world, "superuser", by_path[path], each) for each in ("GET", "HEAD"))
            if head.word != get.word:
                wrong.append((path, head.word, get.word))

    assert wrong == []


def test_the_table_knows_every_action_of_the_admin(world):
    offered: dict[tuple[str, str], set[str]] = {}
    for model, model_admin in admin.site._registry.items():
        for role, user in world.people.items():
            request = RequestFactory().get("/")
            request.user = user
            for action in model_admin.get_actions(request):
                offered.setdefault((model._meta.label_lower, action), set()).add(role)

    assert offered == actions()


@pytest.mark.parametrize(("label", "action"), list(actions()))
def test_an_action_passes_by_what_is_not_ones_own(world, label, action):
    model = apps.get_model(label)
    address = reverse(f"admin:{label.replace('.', '_')}_changelist")
    row, before = world.row_of(model), row_counts()

    for role in STRANGERS:
        with undone():
            client = world.client(role)
            client.post(address, {"action": action, "_selected_action": [row.pk], "post": "yes"})
            assert row_counts() == before, role
            assert model._default_manager.filter(pk=row.pk).exists(), role


def test_the_table_for_people_is_current():
    assert permissions.FILE.read_text() == permissions.text(), "python -m tests.access"
