"""A Django without anything: no sign-in, no checks, no middleware. With the database settings of ours.

`/session` passes an offer on to a provider, `/row` stores what it is sent in one row.
"""

import os

import httpx
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from config.settings import DATABASES

settings.configure(
    SECRET_KEY="only for a bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES=DATABASES,
    MIDDLEWARE=[],
    # Whoever measures sees what is refused, and reads no page of why.
    LOGGING={"version": 1, "loggers": {"django": {"level": "CRITICAL"}}},
)
SESSION = '{"type":"realtime","model":"gpt-realtime"}'
_http = httpx.AsyncClient(trust_env=False)


async def session(request: HttpRequest) -> HttpResponse:
    """Ask the provider for a call."""
    form = {"sdp": (None, request.body, "application/sdp"), "session": (None, SESSION, "application/json")}
    answer = await _http.post(f"{os.environ['PROVIDER']}/realtime/calls", files=form)
    return HttpResponse(answer.content, status=answer.status_code, content_type="application/sdp")


def row(request: HttpRequest) -> HttpResponse:
    """Store the body."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row (body) VALUES (%s)", [request.body.decode()])
    return JsonResponse({"stored": 1})


urlpatterns = [path("session", session), path("row", row)]
application = get_asgi_application()
with connection.cursor() as _cursor:
    _cursor.execute("CREATE TABLE IF NOT EXISTS bench_row (body text)")
connection.close()
