"""Reads the environment, and collects what is wrong there instead of stopping at the first mistake."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ

WORDS_FOR_NO = ("false", "off", "no", "n", "0")
DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")
MAIL_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl")
# Where Django looks for the machine's time zones, if there are any: it stops with a traceback where one is not.
TIME_ZONES = Path("/usr/share/zoneinfo")
EXPECTED = {bool: "True or False", int: "a whole number", float: "a number"}


class Environment(environ.Env):  # type: ignore[misc]  # django-environ is untyped
    """Typed environment variables.

    A variable that is empty counts as not set. A value that cannot be read is replaced by the default and described,
    without the value, in `problems`; the system check tutor.E010 reports them all at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        # Not the parent's: it takes a value that begins with "$", as a secret may, for the name of another variable.
        text = self.ENVIRON.get(var, "").strip()
        if not text:
            return default
        if cast is bool and text.lower() not in (*self.BOOLEAN_TRUE_STRINGS, *WORDS_FOR_NO):
            return self._refuse(var, cast, default)
        try:
            return self.parse_value(text, cast)
        except ValueError:
            return self._refuse(var, cast, default)

    def database(self, var: str, *, default: str) -> dict[str, Any]:
        """Return Django's settings of the database whose URL is in a variable."""
        text = self.str(var, default=default)
        if not is_database_url(text):
            self.problems.append(f"{var} must be a URL such as postgres://user:password@127.0.0.1:5432/viva.")
            text = default
        return dict(self.db_url_config(text))

    def mail(self, var: str) -> dict[str, Any]:
        """Return Django's settings for sending mail by the server whose URL is in a variable; none without one."""
        text = self.str(var, default="")
        if not text:
            return {}
        if not is_mail_url(text):
            self.problems.append(f"{var} must be a URL such as smtp+tls://user:password@mail.example.org:587.")
            return {}
        settings: dict[str, Any] = self.email_url_config(text)
        return {name: value for name, value in settings.items() if name.startswith("EMAIL_")}

    def time_zone(self, var: str, *, default: str) -> str:
        """Return the name of a time zone that this machine knows."""
        text: str = self.str(var, default=default)
        if text != default and not is_time_zone(text):
            self.problems.append(f"{var} must be the name of a time zone, such as Europe/Berlin.")
            return default
        return text

    def _refuse(self, var: str, cast: type, default: Any) -> Any:
        self.problems.append(f"{var} must be {EXPECTED[cast]}.")
        return default


def is_database_url(text: str) -> bool:
    """Whether a URL names a database that we have a driver for."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:  # a port that is no number, a bracket that does not close
        return False
    return url.scheme in DATABASE_SCHEMES and bool(url.path.strip("/")) and port != 0


def is_mail_url(text: str) -> bool:
    """Whether a URL names a mail server."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:  # a port that is no number, a bracket that does not close
        return False
    return url.scheme in MAIL_SCHEMES and bool(url.hostname) and port != 0


def is_time_zone(text: str) -> bool:
    """Whether both Python and Django find a time zone of this name here."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # not there; no name at all; a folder of time zones
        return False
    return not TIME_ZONES.exists() or TIME_ZONES.joinpath(text).is_file()
