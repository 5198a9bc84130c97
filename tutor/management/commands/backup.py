"""`manage.py backup`: the whole database in one file, while the server runs."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tutor.management import backups
from tutor.management.backups import BackupError


class Command(BaseCommand):
    help = "Copy everything Viva keeps into one file, while the server runs. `restore` brings it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, or how many to keep."""
        where = parser.add_mutually_exclusive_group()
        where.add_argument(
            "file", nargs="?", type=Path, help="where to; unless given, BACKUP_DIR and a name with the time in UTC"
        )
        where.add_argument(
            "--keep", type=_positive, metavar="NUMBER", help="afterwards delete all but so many backups in BACKUP_DIR"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, then delete older ones if asked to."""
        file, folder = options["file"], settings.BACKUP_DIR
        try:
            if file is None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                file = folder / backups.default_name()
            backups.make_backup(file)
            self.stdout.write(f"Backup: {file} ({file.stat().st_size / 1024:,.0f} KiB)")
            if options["keep"]:
                for older in backups.remove_older(folder, keep=options["keep"]):
                    self.stdout.write(f"Deleted: {older}")
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be written: {error.strerror}.") from error


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError("a whole number from 1")
    return int(text)
