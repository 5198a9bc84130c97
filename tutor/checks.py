"""System checks: every known misconfiguration has a number and a hint. Secrets are never printed.

Run by every management command and by the launcher; those tagged `deploy` only by `manage.py check --deploy`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.utils import timezone

from tutor.realtime.models import Status, shutdown_date, status

OPENAI_HOST = "api.openai.com"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# The accounts that `manage.py seed` makes have an address here: a name that can never be real (RFC 2606).
DEMO_DOMAIN = "@demo.invalid"
# Seconds. A page notices every two of them that it has something to say, and says so three times within a lease.
SHORTEST_LEASE = 6
LONGEST_LEASE = 3600
# A hundred years.
MOST_DAYS = 36_500

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_KEY = re.compile(r"[\x21-\x7e]*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]+\])(?::[0-9]{{1,5}})?")


@register(Tags.security)
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or settings.SECRET_KEY != settings.LAPTOP_SECRET_KEY:
        return []
    return [
        Error(
            "SECRET_KEY is not set, and DEBUG is off.",
            hint="Set it to 50 random characters and keep it: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="tutor.E001",
        )
    ]


@register
def check_base_url(**kwargs: Any) -> list[CheckMessage]:
    text = settings.REALTIME_BASE_URL
    try:
        url = urlsplit(text)
        fits = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)
    except ValueError:
        fits = False
    if not text or (fits and url.hostname):
        return []
    return [
        Error(
            "REALTIME_BASE_URL is no address that lessons and the API key could be sent to safely.",
            hint="Use https://, such as https://api.openai.com/v1. Plain http:// is only for a server on this machine.",
            id="tutor.E002",
        )
    ]


@register
def check_models(**kwargs: Any) -> list[CheckMessage]:
    if settings.REHEARSAL:
        return []
    today = timezone.now().date()
    messages: list[CheckMessage] = []
    for variable in ("REALTIME_MODEL", "TRANSCRIPTION_MODEL"):
        messages += _check_model(variable, getattr(settings, variable), today)
    return messages


def _check_model(variable: str, name: str, today: date) -> Iterator[CheckMessage]:
    hint = f"Set {variable} to a model that stays, and talk through one lesson with it."
    match status(name, today):
        case Status.ENDED:
            yield Error(f"{name} was shut down on {shutdown_date(name)}.", hint=hint, id="tutor.E003")
        case Status.ENDING:
            yield Warning(f"{name} will be shut down on {shutdown_date(name)}.", hint=hint, id="tutor.W003")
        case Status.UNKNOWN if urlsplit(settings.REALTIME_BASE_URL).hostname == OPENAI_HOST:
            yield Warning(f"{variable} names a model that Viva does not know.", hint=hint, id="tutor.W003")


@register(deploy=True)
def check_channel_layer(**kwargs: Any) -> list[CheckMessage]:
    if settings.REDIS_URL:
        return []
    return [
        Warning(
            "Live news reaches only pages that the same server process serves.",
            hint="Set REDIS_URL as soon as there are two processes.",
            id="tutor.W004",
        )
    ]


@register(deploy=True)
def check_rehearsal(**kwargs: Any) -> list[CheckMessage]:
    if not settings.REHEARSAL:
        return []
    return [
        Warning(
            "Lessons are spoken with the rehearsal voice, which is made for trying things out.",
            hint="Set OPENAI_API_KEY.",
            id="tutor.W005",
        )
    ]


@register(deploy=True)
def check_database_engine(**kwargs: Any) -> list[CheckMessage]:
    if connections["default"].vendor != "sqlite":
        return []
    return [
        Warning(
            "The record of lessons is kept in SQLite, which serves one machine and few writers.",
            hint="Set DATABASE_URL to a PostgreSQL database, or silence this check if one machine is enough.",
            id="tutor.W006",
        )
    ]


@register(Tags.database, deploy=True)
def check_demo_accounts(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Needs a migrated database: `manage.py check --deploy --database default`."""
    users = get_user_model()
    if (
        "default" not in (databases or ())
        or users._meta.db_table not in connections["default"].introspection.table_names()
    ):
        return []
    if not users._default_manager.filter(is_active=True, email__iendswith=DEMO_DOMAIN).exists():
        return []
    return [
        Warning(
            "The demo accounts are there, and their passwords are no secret.",
            hint="Delete them in the admin, under Users.",
            id="tutor.W007",
        )
    ]


@register
def check_auth_header(**kwargs: Any) -> list[CheckMessage]:
    if _HEADER_NAME.fullmatch(settings.REALTIME_AUTH_HEADER):
        return []
    return [
        Error(
            "REALTIME_AUTH_HEADER is not the name of an HTTP header.",
            hint="Leave it out, or use api-key for Azure.",
            id="tutor.E008",
        )
    ]


@register
def check_tending(**kwargs: Any) -> list[CheckMessage]:
    lease, every = settings.CALL_LEASE, settings.TEND_EVERY
    messages: list[CheckMessage] = []
    if not SHORTEST_LEASE <= lease <= LONGEST_LEASE:
        hint = f"Choose from {SHORTEST_LEASE} to {LONGEST_LEASE} seconds, or leave it out: then it is 45."
        messages.append(Error("CALL_LEASE is no time to wait for a learner's page.", hint=hint, id="tutor.E015"))
    if every != 0 and not 1 <= every <= LONGEST_LEASE:
        hint = f"Choose from 1 to {LONGEST_LEASE} seconds, 0 where a cron job runs manage.py tend, or leave it out."
        messages.append(Error("TEND_EVERY is no time between two rounds.", hint=hint, id="tutor.E016"))
    if settings.LESSON_OVERTIME != 0 and not 1 <= settings.LESSON_OVERTIME <= 100:
        hint = "Choose from 1 to 100 times the planned minutes, 0 for lessons without an end, or leave it out."
        messages.append(Error("LESSON_OVERTIME is no number of times.", hint=hint, id="tutor.E017"))
    if not messages and lease + every > 60:
        hint = "Lower CALL_LEASE or TEND_EVERY: together they are best at most 60."
        text = f"A call whose browser has vanished is paid for up to {lease + every:g} seconds more."
        messages.append(Warning(text, hint=hint, id="tutor.W015"))
    return messages


@register
def check_retention(**kwargs: Any) -> list[CheckMessage]:
    days = settings.KEEP_WORDS_DAYS
    if days < 0 or days > MOST_DAYS:
        hint = f"Choose from 1 to {MOST_DAYS} days, 0 to keep words for good, or leave it out."
        return [Error("KEEP_WORDS_DAYS is no number of days to keep words for.", hint=hint, id="tutor.E030")]
    return []


@register(Tags.security)
def check_api_key(**kwargs: Any) -> list[CheckMessage]:
    if _KEY.fullmatch(settings.OPENAI_API_KEY):
        return []
    return [
        Error(
            "OPENAI_API_KEY holds a space, a line break or another character that no key has.",
            hint="Copy the key again, without quotes, in one line.",
            id="tutor.E009",
        )
    ]


@register
def check_webhooks(**kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if not all(_HOST.fullmatch(host) for host in settings.WEBHOOK_HOSTS):
        hint = "Write hosts alone, with commas between them: school.example.org,other.example.org:8443"
        messages.append(Error("WEBHOOK_HOSTS holds something that is no host.", hint=hint, id="tutor.E011"))
    if settings.WEBHOOK_HOSTS and len(settings.WEBHOOK_SECRET) < 32:
        hint = "Set it to 50 random characters, and give them to whoever runs the approved hosts."
        messages.append(
            Error("WEBHOOK_HOSTS is set, but WEBHOOK_SECRET is shorter than 32 characters.", hint=hint, id="tutor.E012")
        )
    return messages


@register
def check_sideband(**kwargs: Any) -> list[CheckMessage]:
    mode = settings.SIDEBAND
    if mode not in ("off", "server", "workers"):
        hint = "Use off, server (for one machine) or workers (with Redis and manage.py sideband)."
        return [Error("SIDEBAND is neither off nor server nor workers.", hint=hint, id="tutor.E018")]
    if mode == "workers" and not settings.REDIS_URL:
        hint = "Set REDIS_URL, or SIDEBAND=server if one process is enough."
        return [Error("SIDEBAND=workers has no Redis to hand calls over with.", hint=hint, id="tutor.E019")]
    return []


@register
def check_environment(**kwargs: Any) -> list[CheckMessage]:
    hint = "The variables and their values are listed in .env.example."
    return [Error(problem, hint=hint, id="tutor.E010") for problem in settings.ENVIRONMENT_PROBLEMS]
