"""Reading the environment."""

from typing import Any

import pytest

from config.env import Environment

DEFAULT = "sqlite:////var/default.sqlite3"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.delenv("VIVA", raising=False)
    return Environment()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bool", "True", True),
        ("bool", "no", False),
        ("bool", "", True),
        ("int", "8001", 8001),
        ("float", "2.5", 2.5),
        ("list", "a,b", ["a", "b"]),
        ("str", "  spaces around  ", "spaces around"),
        ("str", "$ecret", "$ecret"),
    ],
)
def test_value_is_read(env: Environment, monkeypatch: pytest.MonkeyPatch, kind: str, text: str, value: Any) -> None:
    monkeypatch.setenv("VIVA", text)

    assert getattr(env, kind)("VIVA", default=True) == value
    assert env.problems == []


def test_missing_variable_is_its_default(env: Environment) -> None:
    assert env.int("VIVA", default=8000) == 8000


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        ("bool", "perhaps", "VIVA must be True or False."),
        ("bool", "True   False in production", "VIVA must be True or False."),
        ("int", "eight", "VIVA must be a whole number."),
        ("float", "fast", "VIVA must be a number."),
    ],
)
def test_unreadable_value_is_a_problem_and_the_default(
    env: Environment, monkeypatch: pytest.MonkeyPatch, kind: str, text: str, problem: str
) -> None:
    monkeypatch.setenv("VIVA", text)

    assert getattr(env, kind)("VIVA", default=1) == 1
    assert env.problems == [problem]


def test_database_url_becomes_djangos_settings(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVA", "postgres://viva:p%40ss@127.0.0.1:5432/lessons")

    assert env.database("VIVA", default=DEFAULT) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "lessons",
        "USER": "viva",
        "PASSWORD": "p@ss",
        "HOST": "127.0.0.1",
        "PORT": 5432,
    }


@pytest.mark.parametrize(
    "text", ["garbage", "postgres://", "mysql://u:p@h/x", "postgres://u:SENTINEL@h:port/x", "postgres://[::1/x"]
)
def test_unusable_database_url_is_a_problem_without_its_password(
    env: Environment, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("VIVA", text)

    assert env.database("VIVA", default=DEFAULT)["NAME"] == "/var/default.sqlite3"
    assert env.problems == ["VIVA must be a URL such as postgres://user:password@127.0.0.1:5432/viva."]
