"""The page on which Prometheus reads the figures of this process."""

import asyncio
import math
import secrets
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from tutor import metrics
from tutor.services import operating
from tutor.services.threads import in_thread

# Seconds for which what was looked up in the database holds, however often and by whomever it is asked for.
HOLDS = 10.0
# Seconds that the database may take before the rest is told without it.
PATIENCE = 2.0


class _Lookup:
    """What stands in the database, looked up by one at a time and seldom."""

    def __init__(self) -> None:
        self.until = -math.inf
        self.task: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Have the gauges say how the site stands, or that nobody knows."""
        if time.monotonic() < self.until:
            return
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(self.task)
        except TimeoutError:
            metrics.forget_standing()

    async def _look(self) -> None:
        try:
            found = await in_thread(operating.standing)()
        except (DatabaseError, InterfaceError):
            metrics.forget_standing()
        else:
            metrics.set_standing(
                calls_open=found.calls_open,
                waiting={
                    "hang_ups": found.hang_ups_due,
                    "hang_ups_late": found.hang_ups_late,
                    "digests": found.digests_due,
                    "listeners": found.unheard_calls,
                },
                cost_today=float(found.cost_today),
            )
        self.until = time.monotonic() + HOLDS


lookup = _Lookup()


@never_cache
@require_safe
async def figures(request: HttpRequest) -> HttpResponse:
    """The figures of this process, for who says the token; for all others there is nothing at this address."""
    if not may_see(request.headers.get("Authorization", "")):
        raise Http404("There is nothing at this address.")
    await lookup.refresh()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(metrics.REGISTRY), content_type=content_type)


def may_see(authorization: str) -> bool:
    """Whether a header says our token. How long that takes tells nothing of it."""
    scheme, _space, token = authorization.partition(" ")
    expected = settings.METRICS_TOKEN
    fits = secrets.compare_digest(token.strip().encode("utf-8", "replace"), expected.encode())
    return bool(expected) and scheme.lower() == "bearer" and fits
