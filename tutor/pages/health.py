"""Two pages for machines: is the process alive, and should it be given work."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all. It asks no database: a restart would not mend that."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests can be served, else 503 and the reasons.

    A draining server refuses this request like every other, with 503 (tutor/serve.py).
    """
    problems = readiness_problems()
    return JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)


def readiness_problems() -> list[str]:
    """Return what keeps this process from serving, one sentence each."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return ["The database does not answer."]
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _backwards in missing)
    return [f"Database migrations are missing: {names}. Run `python manage.py migrate`."] if names else []
