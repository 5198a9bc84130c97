"""`manage.py restore`: a backup in the place of the database, with the server stopped."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tutor.management import backups
from tutor.management.backups import BackupError

QUESTION = "This replaces everything in the database. Is the server stopped, and do you want that? Type yes: "


class Command(BaseCommand):
    help = "Put a backup in the place of the database, wholly or not at all. Stop the server first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which file, and whether to ask."""
        parser.add_argument("file", type=Path, help="what `backup` wrote")
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive", help="do not ask before replacing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look whether the file can be restored, ask, do it, and say what is left to do."""
        file = options["file"]
        try:
            waiting = backups.examine(file)
            if options["interactive"] and not _agreed():
                raise CommandError("Nothing was changed.")
            kept = backups.restore(file)
        except BackupError as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}. Nothing was changed.") from error
        self.stdout.write(f"Restored: {file}")
        if kept:
            self.stdout.write(f"The database as it was: {kept}")
        if waiting:
            self.stdout.write(f"It is of an older Viva: run manage.py migrate (migrations waiting: {waiting}).")


def _agreed() -> bool:
    try:
        return input(QUESTION).strip().lower() == "yes"
    except EOFError:  # nobody is there to ask
        return False
