"""Fill a database with made-up attempts, to see how it carries them."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from tutor.management.crowd import Crowd, fill
from tutor.models import LessonVersion
from tutor.services import digests


class Command(BaseCommand):
    """Writes at once what years of lessons would have written, digests included. Nothing in it was ever said."""

    help = "Write made-up learners, classes and attempts into this database. Only where DEBUG is on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many of everything."""
        parser.add_argument("--attempts", type=int, default=10_000)
        parser.add_argument("--learners", type=int, default=1_000)
        parser.add_argument("--turns", type=int, default=100, help="utterances of an attempt, on the average")
        parser.add_argument("--seed", type=int, default=1, help="the same number makes the same crowd")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, and say how far it is."""
        if not settings.DEBUG:
            raise CommandError("A crowd that never was has no place among learners: crowd only works with DEBUG on.")
        if not LessonVersion.objects.filter(number__isnull=False).exists():
            raise CommandError("No lesson is published: run seed first.")
        total = options["attempts"]
        crowd = Crowd(attempts=total, learners=options["learners"], turns=options["turns"], seed=options["seed"])
        for count in fill(crowd):
            self._progress(f"attempts: {count} of {total}")
        digested = 0
        while done := digests.refresh_due():
            digested += done
            self._progress(f"digests: {digested} of {total}")
        self.stdout.write("")
        # What PostgreSQL does by itself in time, where nobody has turned that off.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _progress(self, text: str) -> None:
        self.stdout.write(f"\r{text}", ending="")
        self.stdout.flush()
