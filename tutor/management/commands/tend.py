"""`manage.py tend`: once, as a cron job does it, or over and over."""

import asyncio
import signal
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tutor.models import Pulse
from tutor.peers import client
from tutor.services import digests, lti_scores, pulses, retention, tending


class Command(BaseCommand):
    help = (
        "End and hang up calls whose browser has gone, or whose time is up, and sum up attempts for reviewers."
        " Send scores to the learning platforms that learners came from (LTI)."
        " Delete words that were kept long enough (KEEP_WORDS_DAYS). The server does it by itself (TEND_EVERY)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on until SIGTERM, with so long between")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tend once and say what was done, or go on until a signal."""
        every = options["every"]
        if every is None:
            self.stdout.write(self._once())
        elif every >= 1:
            asyncio.run(_until_told(every))
        else:
            raise CommandError("--every takes a number of seconds, at least 1.")

    def _once(self) -> str:
        try:
            done = asyncio.run(_tend())
            made = digests.refresh_due()
            scores = lti_scores.send_due()
            wordless = _delete_words()
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {type(error).__name__}.") from error
        said = [f"tended {done}"] if done else []
        said += [f"digests={made}"] if made else []
        said += [f"scores_sent={scores}"] if scores else []
        said += [f"words_deleted={wordless}"] if wordless else []
        return " ".join(said) or "nothing to do"


async def _tend() -> tending.Round:
    try:
        return await tending.tend(here=False)
    finally:
        await client.close()


def _delete_words() -> int:
    """Delete all that is due, batch by batch; return in how many attempts."""
    total = 0
    while done := retention.delete_due():
        total += done
    if total:
        retention.scrub()
    return total


async def _until_told(every: float) -> None:
    beating = asyncio.ensure_future(pulses.beat(Pulse.Role.TENDER))
    task = asyncio.ensure_future(tending.tend_for_ever(every, here=False))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await task
    finally:
        await pulses.end(beating)
        await client.close()
