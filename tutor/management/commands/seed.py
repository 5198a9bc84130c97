"""Make everything a first look at Viva needs: three lessons and three accounts. For laptops only."""

from importlib.resources import files
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from tutor import plan as plans
from tutor.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, DemoAccount
from tutor.models import Lesson
from tutor.services import authoring


class Command(BaseCommand):
    """What is already there stays as it is, so that the command can be run again after a teacher's changes."""

    help = "Load the three sample lessons and the demo accounts. Only where DEBUG is on; running it again is harmless."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, publish, create, and say what there is."""
        if not settings.DEBUG:
            raise CommandError("The demo accounts have passwords that everybody knows: seed only works with DEBUG on.")
        with transaction.atomic():
            for pack in sorted(files("tutor.lessons").iterdir(), key=lambda file: file.name):
                if pack.name.endswith(".yaml"):
                    self._load(pack.name.removesuffix(".yaml"), pack.read_text(encoding="utf-8"))
            for account in DEMO_ACCOUNTS:
                self._create(account)
        self._say_accounts()

    def _load(self, slug: str, text: str) -> None:
        if Lesson.objects.filter(slug=slug).exists():
            self.stdout.write(f"Lesson {slug}: already there, left as it is")
            return
        authoring.publish(authoring.load_draft(plans.from_yaml(text), slug=slug), by=None)
        self.stdout.write(f"Lesson {slug}: loaded and published")

    def _create(self, account: DemoAccount) -> None:
        if User.objects.filter(username=account.username).exists():
            return
        user = User.objects.create_user(
            account.username,
            account.email,
            DEMO_PASSWORD,
            first_name=account.username.title(),
            is_staff=bool(account.group),
        )
        if account.group:
            user.groups.add(Group.objects.get(name=account.group))

    def _say_accounts(self) -> None:
        self.stdout.write(f"Accounts, all with the password {DEMO_PASSWORD}:")
        for account in DEMO_ACCOUNTS:
            self.stdout.write(f"  {account.username:<10} {account.purpose}")
