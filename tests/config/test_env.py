"""Reading the environment."""

from pathlib import Path
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


@pytest.mark.parametrize(
    ("text", "tls", "ssl", "port"),
    [
        ("smtp+tls://olga:s3cret@mail.example.org:587", True, False, 587),
        ("smtp+ssl://olga:s3cret@mail.example.org:465", False, True, 465),
    ],
)
def test_mail_url_becomes_djangos_settings(
    env: Environment, monkeypatch: pytest.MonkeyPatch, text: str, tls: bool, ssl: bool, port: int
) -> None:
    monkeypatch.setenv("VIVA", text)

    settings = env.mail("VIVA")

    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.org", port)
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"]) == ("olga", "s3cret")
    assert (settings.get("EMAIL_USE_TLS", False), settings.get("EMAIL_USE_SSL", False)) == (tls, ssl)
    assert env.problems == []


@pytest.mark.parametrize("text", ["mail.example.org", "https://mail.example.org", "smtp://", "smtp://mail:port"])
def test_what_is_no_mail_server_is_a_problem(env: Environment, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("VIVA", text)

    assert env.mail("VIVA") == {}
    assert env.problems == ["VIVA must be a URL such as smtp+tls://user:password@mail.example.org:587."]


def test_without_a_mail_url_nothing_is_set(env: Environment) -> None:
    assert env.mail("VIVA") == {}


@pytest.mark.parametrize("text", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", ""])
def test_time_zone_is_read(env: Environment, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("VIVA", text)

    assert env.time_zone("VIVA", default="UTC") == (text or "UTC")
    assert env.problems == []


@pytest.mark.parametrize("text", ["Berlin", "Europe", "europe/berlin?", "/etc/passwd", "../zoneinfo/UTC", "\x01"])
def test_time_zone_that_is_none_is_a_problem_and_the_default(
    env: Environment, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("VIVA", text)

    assert env.time_zone("VIVA", default="UTC") == "UTC"
    assert env.problems == ["VIVA must be the name of a time zone, such as Europe/Berlin."]


def test_time_zone_that_the_machine_has_not_is_a_problem(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("config.env.TIME_ZONES", tmp_path)
    monkeypatch.setenv("VIVA", "Europe/Berlin")

    assert env.time_zone("VIVA", default="UTC") == "UTC"
    assert env.problems == ["VIVA must be the name of a time zone, such as Europe/Berlin."]
