"""Stop all calls at once, and allow them again: `manage.py calls off "why" | on`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tutor.models import Switch
from tutor.services import switch


class Command(BaseCommand):
    """Say whether calls may be made, or change it."""

    help = (
        "Say whether calls may be made. `off` refuses new ones at once, in every process, and has those that go on"
        " hung up with the next round of tending; `on` allows them again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Nothing, or one word and a sentence."""
        parser.add_argument("to", nargs="?", choices=("on", "off"))
        parser.add_argument("reason", nargs="?", help="with off: one sentence that learners read")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how things stand."""
        reason = options["reason"]
        # An empty one is a variable that was not set in somebody's script, and learners would read nothing of it.
        if options["to"] == "off" and reason is not None and not reason.strip():
            raise CommandError('The reason is empty: give learners a sentence, or leave it out, as in "calls off".')
        try:
            if options["to"] is not None:
                switch.turn(allowed=options["to"] == "on", reason=reason or "")
            self.stdout.write(_words_of(switch.off()))
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {type(error).__name__}.") from error


def _words_of(switched: Switch | None) -> str:
    if switched is None:
        return "Calls are allowed."
    name = switched.changed_by.get_username() if switched.changed_by else "the command line"
    return f"Calls have been off since {switched.changed_at:%Y-%m-%d %H:%M} UTC, by {name}. {switched.reason}".strip()
