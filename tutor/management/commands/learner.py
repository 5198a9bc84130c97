"""All that is kept of one person: `manage.py learner show | export | erase`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from tutor.services import persons, retention
from tutor.services.errors import StillNeededError
from tutor.services.persons import Kept


class Command(BaseCommand):
    """What there is, into a file, or away for good."""

    help = "List what is kept of a person, write all of it into one file, or delete it for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word for what to do, then whose."""
        actions = parser.add_subparsers(dest="action", required=True)
        show = actions.add_parser("show", help="list what there is, by kind")
        show.add_argument("username")
        export = actions.add_parser("export", help="write all of it into a ZIP")
        export.add_argument("username")
        export.add_argument("file", type=Path, help="where to; nothing is overwritten")
        erase = actions.add_parser("erase", help="list what would go; with --yes-erase, delete it for good")
        erase.add_argument("username")
        erase.add_argument(
            "--yes-erase",
            metavar="USERNAME",
            help="the username once more: now it is meant. Without it nothing happens",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the first word says."""
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is no account “{options['username']}”.")
        {"show": self._show, "export": self._export, "erase": self._erase}[options["action"]](person, options)

    def _show(self, person: User, options: dict[str, Any]) -> None:
        self._list(persons.report(person))

    def _export(self, person: User, options: dict[str, Any]) -> None:
        file = options["file"]
        try:
            with file.open("xb") as opened:
                # Only its owner may read it.
                file.chmod(0o600)
                for piece in persons.dossier(person):
                    opened.write(piece)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"All that is kept of {person.get_username()} is in {file}.")

    def _erase(self, person: User, options: dict[str, Any]) -> None:
        name, typed = person.get_username(), options["yes_erase"]
        if typed is None:
            self._list(persons.report(person))
            needed = persons.work_for_others(person)
            if needed:
                self.stdout.write("Others need this, so the account cannot be erased:")
                self._list(needed)
            self.stdout.write(f"Nothing was deleted. To erase all of it for good, add: --yes-erase {name}")
            return
        if typed != name:
            raise CommandError(f"“{typed}” is not “{name}”: nothing was deleted.")
        try:
            gone = persons.erase(person)
        except StillNeededError as error:
            raise CommandError(error.message) from error
        retention.scrub()
        self._list(gone)
        self.stdout.write("All of this was deleted. It is still in backups that were made before.")

    def _list(self, kept: list[Kept]) -> None:
        for one in kept:
            self.stdout.write(f"{one.count:>8}  {one.name}")
