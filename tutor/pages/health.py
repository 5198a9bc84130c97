"""Two pages for machines: is the process alive, and should it be given work."""

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

# Bytes of the disk below which SQLite may fail at any moment: its log alone can grow to so much.
LEAST_FREE = 16 * 1024 * 1024


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
    """Return what lessons do without, one sentence each: nobody's lesson fails for it."""
    if not settings.REDIS_URL:
        return []
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as redis:
            redis.ping()
    except (RedisError, OSError):
        return ["Redis does not answer: pages get no live news."]
    return []


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
