"""System checks: every known misconfiguration has a number and a hint. Secrets are never printed.

Run by every management command and by the launcher; those tagged `deploy` only by `manage.py check --deploy`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import connections
from django.utils import timezone

from tutor import tracing
from tutor.realtime.models import Status, shutdown_date, status
from tutor.services import lti_keys
from tutor.static_files import are_static_files_missing

OPENAI_HOST = "api.openai.com"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# The accounts that `manage.py seed` makes have an address here: a name that can never be real (RFC 2606).
DEMO_DOMAIN = "@demo.invalid"
# Seconds. A page notices every two of them that it has something to say, and says so three times within a lease.
SHORTEST_LEASE = 6
LONGEST_LEASE = 3600
# Characters of a token that opens a page to whoever says it.
SHORTEST_TOKEN = 24
# A hundred years.
MOST_DAYS = 36_500
MOST_PROXIES = 10

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


@register
def check_names(**kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if any("/" in host for host in settings.ALLOWED_HOSTS):
        hint = "Give names alone, such as viva.example.org; https:// belongs into CSRF_TRUSTED_ORIGINS."
        messages.append(Error("ALLOWED_HOSTS holds a web address instead of a name.", hint=hint, id="tutor.E068"))
    if settings.REDIS_URL and urlsplit(settings.REDIS_URL).scheme not in ("redis", "rediss", "unix"):
        hint = "Write it as redis://127.0.0.1:6379/0, or rediss:// with TLS."
        messages.append(Error("REDIS_URL does not begin with redis:// or rediss://.", hint=hint, id="tutor.E069"))
    return messages


@register(deploy=True)
def check_hosts(**kwargs: Any) -> list[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS:
        text = "Any name is taken for this site's, also in links that it makes."
    elif all(host in _LOCAL for host in settings.ALLOWED_HOSTS):
        text = "Nobody but this machine gets an answer: no other name is in ALLOWED_HOSTS."
    else:
        return []
    hint = "Set ALLOWED_HOSTS to the names by which people come, such as viva.example.org."
    return [Warning(text, hint=hint, id="tutor.W051")]


@register(deploy=True)
def check_static_files(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or not are_static_files_missing():
        return []
    hint = "Run manage.py collectstatic before the server starts, after every upgrade too."
    return [Warning("No page can be shown: scripts and styles were not collected.", hint=hint, id="tutor.W052")]


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


@register
def check_hourly_limits(**kwargs: Any) -> list[CheckMessage]:
    return [
        Error(f"{name} is no number of times in an hour.", hint="Choose from 1 on, or 0 for no limit.", id="tutor.E040")
        for name in ("CALLS_PER_HOUR", "STARTS_PER_HOUR")
        if getattr(settings, name) < 0
    ]


@register
def check_admin_mail(**kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    addresses = [address for _name, address in settings.ADMINS]
    if not all(_is_address(address) for address in (*addresses, settings.SERVER_EMAIL)):
        hint = "Write addresses alone, with commas between them: olga@example.org,ole@example.org"
        messages.append(
            Error("ADMIN_MAIL or MAIL_FROM holds something that is no address.", hint=hint, id="tutor.E041")
        )
    if addresses and settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend"):
        hint = "Set EMAIL_URL, or leave ADMIN_MAIL out."
        messages.append(Warning("ADMIN_MAIL is set, and no mail can be sent.", hint=hint, id="tutor.W042"))
    return messages


def _is_address(text: str) -> bool:
    try:
        EmailValidator(allowlist=["localhost"])(text)
    except ValidationError:
        return False
    return True


@register(Tags.database, deploy=True)
def check_budgets(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Needs a migrated database: `manage.py check --deploy --database default`."""
    budgets = apps.get_model("tutor", "Budget")
    tables = connections["default"].introspection.table_names() if "default" in (databases or ()) else []
    if settings.REHEARSAL or budgets._meta.db_table not in tables:
        return []
    messages: list[CheckMessage] = []
    if not budgets._default_manager.filter(scope="everyone").exists():
        hint = "Add one in the admin, under Budgets, for everyone together: then no mistake costs more than that."
        messages.append(Warning("Nothing limits what all lessons together cost.", hint=hint, id="tutor.W040"))
    priced = apps.get_model("tutor", "ModelPrice")._default_manager.filter(
        model=settings.REALTIME_MODEL, text_in__isnull=False, valid_from__lte=timezone.localdate()
    )
    if budgets._default_manager.filter(usd__isnull=False).exists() and not priced.exists():
        hint = f"Put down what {settings.REALTIME_MODEL} costs, in the admin under Prices of models."
        messages.append(Warning("A budget of money cannot be kept: no price is known.", hint=hint, id="tutor.W041"))
    return messages


@register(Tags.security)
def check_proxies(**kwargs: Any) -> list[CheckMessage]:
    if 0 <= settings.TRUSTED_PROXIES <= MOST_PROXIES:
        return []
    hint = f"Count the proxies between visitors and this server: from 0 to {MOST_PROXIES}, mostly 1."
    return [Error("TRUSTED_PROXIES is no number of proxies.", hint=hint, id="tutor.E050")]


@register(Tags.security, deploy=True)
def check_addresses(**kwargs: Any) -> list[CheckMessage]:
    if not settings.BEHIND_PROXY or settings.TRUSTED_PROXIES != 0:
        return []
    return [
        Warning(
            "All visitors seem to come from the proxy's address, so the wrong passwords of all are counted together.",
            hint="Set TRUSTED_PROXIES to the number of proxies, or leave it out if there is one.",
            id="tutor.W050",
        )
    ]


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
def check_private_platforms(**kwargs: Any) -> list[CheckMessage]:
    if all(_HOST.fullmatch(host) and ":" not in host for host in settings.LTI_PRIVATE_HOSTS):
        return []
    hint = "Write hosts alone, without ports and with commas between them: moodle.school.internal"
    return [Error("LTI_PRIVATE_HOSTS holds something that is no host.", hint=hint, id="tutor.E070")]


@register(Tags.security, deploy=True)
def check_platforms_over_https(**kwargs: Any) -> list[CheckMessage]:
    if not settings.LTI or settings.SECURE_SSL_REDIRECT or settings.BEHIND_PROXY:
        return []
    text = "Learning platforms send people over https alone, and this site does not insist on it."
    return [Warning(text, hint="Set BEHIND_PROXY or SECURE_SSL_REDIRECT to True, or LTI to False.", id="tutor.W070")]


@register(Tags.database, deploy=True)
def check_platforms(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Needs a migrated database: `manage.py check --deploy --database default`."""
    platforms = apps.get_model("tutor", "LtiPlatform")
    tables = connections["default"].introspection.table_names() if "default" in (databases or ()) else []
    if not settings.LTI or platforms._meta.db_table not in tables:
        return []
    if not platforms._default_manager.filter(is_active=True).exists():
        hint = "Add one in the admin, under Learning platforms, or set LTI to False."
        return [Warning("LTI is on, and no learning platform is known.", hint=hint, id="tutor.W071")]
    try:
        lti_keys.current()
    except lti_keys.NoKeyError:
        hint = "Run manage.py lti_key --new: platforms fetch the new key by themselves."
        return [Warning("No key can sign for learning platforms with this SECRET_KEY.", hint=hint, id="tutor.W072")]
    return []


_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


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
def check_watching(**kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    token = settings.METRICS_TOKEN
    if token and not (len(token) >= SHORTEST_TOKEN and _KEY.fullmatch(token)):
        hint = "Set it to 32 random characters or more, without spaces, and give them to your Prometheus."
        messages.append(Error("METRICS_TOKEN is easily guessed, or no header can hold it.", hint=hint, id="tutor.E060"))
    if settings.LOG_LEVEL not in settings.LOG_LEVELS:
        hint = f"Choose one of {', '.join(settings.LOG_LEVELS)}."
        messages.append(Error("LOG_LEVEL is no level.", hint=hint, id="tutor.E061"))
    if settings.LOG_FORMAT not in ("line", "json"):
        messages.append(Error("LOG_FORMAT is neither line nor json.", hint="Choose one of them.", id="tutor.E062"))
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        messages += _tracing_faults(settings.OTEL_EXPORTER_OTLP_ENDPOINT)
    return messages


def _tracing_faults(endpoint: str) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname:
        hint = "Give the address of the collector's HTTP receiver, such as http://127.0.0.1:4318."
        messages.append(Error("OTEL_EXPORTER_OTLP_ENDPOINT is no web address.", hint=hint, id="tutor.E063"))
    if not tracing.is_installed():
        hint = "Run pip install -r requirements-tracing.txt, or leave OTEL_EXPORTER_OTLP_ENDPOINT empty."
        messages.append(Error("What traces are made with is not installed.", hint=hint, id="tutor.E064"))
    return messages


@register
def check_sign_in(**kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if settings.STAFF_SECOND_FACTOR not in ("optional", "required"):
        hint = "Choose one of them."
        messages.append(Error("STAFF_SECOND_FACTOR is neither optional nor required.", hint=hint, id="tutor.E065"))
    issuer, client = settings.OIDC_ISSUER, (settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    if (issuer or any(client)) and not (issuer and all(client)):
        hint = "Set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, or none of them."
        messages.append(Error("The school's sign-in is only set up in part.", hint=hint, id="tutor.E066"))
    elif issuer and not _is_web_address(issuer):
        hint = "Give it as its operator writes it, such as https://id.example.org/realms/school."
        messages.append(Error("OIDC_ISSUER is no https:// address.", hint=hint, id="tutor.E067"))
    return messages


def _is_web_address(issuer: str) -> bool:
    """Whether nobody on the way can answer for it; on a laptop it may be this machine."""
    parts = urlsplit(issuer)
    is_here = settings.DEBUG and parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
    return bool(parts.hostname) and (parts.scheme == "https" or is_here)


@register
def check_environment(**kwargs: Any) -> list[CheckMessage]:
    hint = "The variables and their values are listed in .env.example."
    return [Error(problem, hint=hint, id="tutor.E010") for problem in settings.ENVIRONMENT_PROBLEMS]
