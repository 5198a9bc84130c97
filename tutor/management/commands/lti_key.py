"""`manage.py lti_key`: the key pair with which learning platforms know this site."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tutor.services import lti_keys


class Command(BaseCommand):
    help = (
        "Make the key pair with which learning platforms know this site (LTI), if there is none. With --new make"
        " another: needed after a change of SECRET_KEY. The one before it stays published until the next."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true", help="make another one, although there is one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say by what name platforms know it."""
        if options["new"]:
            lti_keys.renew()
        else:
            lti_keys.ensure()
        self.stdout.write("published: " + ", ".join(str(key["kid"]) for key in lti_keys.published()))
