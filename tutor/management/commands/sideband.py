"""`manage.py sideband`: listen to calls for the servers, which hand them over through Redis (SIDEBAND=workers)."""

import argparse
import asyncio
import signal
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from tutor.models import Pulse
from tutor.services import pulses, sideband
from tutor.services.sideband import Listeners


class Command(BaseCommand):
    help = "Keep the second record of calls: listen to those that the servers hand over. SIGTERM ends it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=200, help="calls at the same time (default: %(default)s)")

    def handle(self, *args: Any, calls: int, **options: Any) -> None:
        if settings.SIDEBAND != sideband.WORKERS:
            raise CommandError(_("There is nothing to do for a worker: SIDEBAND is not “workers”."))
        asyncio.run(self._work(Listeners(most=calls)))

    async def _work(self, listeners: Listeners) -> None:
        """Work until a signal comes; then leave the calls to other workers."""
        loop, work = asyncio.get_running_loop(), asyncio.ensure_future(sideband.work(listeners))
        beating = asyncio.ensure_future(pulses.beat(Pulse.Role.LISTENER))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, work.cancel)
        self._say(_("Ready for calls (worker %(name)s).") % {"name": listeners.name[:8]})
        with suppress(asyncio.CancelledError):
            await work
        count = listeners.count
        await listeners.end(within=0)
        await pulses.end(beating)
        self._say(_("Ended; calls left to others: %(count)d") % {"count": count})

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
