"""`manage.py second_factor --remove NAME`: let somebody in again who has lost their app and their recovery codes."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tutor.services import second_factors


class Command(BaseCommand):
    """For the day on which the only superuser has lost their phone."""

    help = "Remove somebody's second factor, so that their password alone lets them in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        parser.add_argument("--remove", metavar="NAME", required=True, help="the user name of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was done."""
        try:
            user = User.objects.get(username=options["remove"])
        except User.DoesNotExist as error:
            raise CommandError(f"There is no account {options['remove']}.") from error
        if not second_factors.remove(user):
            raise CommandError(f"{user} has no second factor.")
        then = "and sets up a new one" if second_factors.must_have_one(user) else "alone now"
        self.stdout.write(f"Removed. {user} signs in with the password {then}.")
