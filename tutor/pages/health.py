"""Two pages for machines: is the process alive, and should it be given work."""

import math
import os
import shutil
import threading
import time
from pathlib import Path

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from tutor.peers import client
from tutor.services import alarms, switch
from tutor.static_files import are_static_files_missing

# Bytes of the disk below which SQLite may fail at any moment: its log alone can grow to so much.
LEAST_FREE = 16 * 1024 * 1024
# Seconds that a provider or a Redis is waited for.
PATIENCE = 1.0
# Seconds for which what was heard of the provider holds, however often and by whomever we are asked.
HOLDS = 30.0

_TROUBLE = {
    "provider_refused": "The provider refuses the API key, or does not know the address.",
    "provider_busy": "The provider is busy.",
    "provider_quota": "The budget at the provider is used up.",
    "provider_timeout": "The provider does not answer in time.",
}


@never_cache
@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all. It asks no database: a restart would not mend that."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests can be served, else 503 and the reasons; and what is missing that lessons do without.

    A draining server refuses this request like every other, with 503 (tutor/serve.py).
    """
    problems = readiness_problems()
    facts = {"ready": not problems, "problems": problems, "warnings": warnings()}
    return JsonResponse(facts, status=503 if problems else 200)


def readiness_problems() -> list[str]:
    """Return what keeps this process from serving, one sentence each."""
    return [*_database_problems(), *_page_problems()]


def _page_problems() -> list[str]:
    if not are_static_files_missing():
        return []
    return ["Scripts and styles are missing. Run `python manage.py collectstatic`, and start this server again."]


def _database_problems() -> list[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        problems = _write_problems()
    except (DatabaseError, InterfaceError):
        return ["The database does not answer."]
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _backwards in missing)
    if names:
        problems.append(f"Database migrations are missing: {names}. Run `python manage.py migrate`.")
    return problems


def warnings() -> list[str]:
    """Return what this process cannot mend, one sentence each: what lessons do without, and why there are none."""
    return [*_layer_warnings(), *provider.warnings(), *_call_warnings()]


class _Provider:
    """What is known of the provider. One request at a time finds out; others are told what was known before."""

    def __init__(self) -> None:
        self.until = -math.inf
        self.known: list[str] = []
        self._asking = threading.Lock()

    def warnings(self) -> list[str]:
        """Return why the provider gives no calls, if so; after PATIENCE seconds at most."""
        if time.monotonic() >= self.until and self._asking.acquire(blocking=False):
            try:
                code = async_to_sync(client.trouble)(patience=PATIENCE)
                self.known = [_TROUBLE.get(code, "The provider cannot be reached.")] if code else []
                self.until = time.monotonic() + HOLDS
            finally:
                self._asking.release()
        return self.known


provider = _Provider()


def _layer_warnings() -> list[str]:
    if not settings.REDIS_URL:
        return []
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as redis:
            redis.ping()
    except (RedisError, OSError):
        return ["Redis does not answer: pages get no live news."]
    return []


def _call_warnings() -> list[str]:
    try:
        switched, alarm = switch.off(), alarms.going_on()
    except (DatabaseError, InterfaceError):
        return []
    off = ["Calls are switched off."] if switched else []
    if alarm is None:
        return off
    since = alarm.raised_at.isoformat(timespec="seconds")
    return [*off, f"Nobody answers since {since}: {alarm.error}."]


def _write_problems() -> list[str]:
    """Why the database can be read and not written, if that can be told without writing."""
    if connection.vendor == "sqlite":
        folder = Path(connection.settings_dict["NAME"]).parent
        if shutil.disk_usage(folder).free < LEAST_FREE:
            return ["The disk of the database is full."]
        return [] if os.access(folder, os.W_OK) else ["The database cannot be written to."]
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return ["The database cannot be written to."] if cursor.fetchone() == ("on",) else []
