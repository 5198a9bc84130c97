"""Write a lesson as a lesson pack."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tutor import plan as plans
from tutor.models import Lesson
from tutor.plan import Plan
from tutor.services import authoring


class Command(BaseCommand):
    """What it prints, `import_lesson` reads."""

    help = "Print a lesson as a YAML lesson pack: its draft, or a published version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which lesson, and which state of it."""
        parser.add_argument("slug", help="the lesson's address")
        parser.add_argument("--published", type=int, metavar="NUMBER", help="this version instead of the draft")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        lesson = Lesson.objects.filter(slug=options["slug"]).first()
        if lesson is None:
            raise CommandError(f"There is no lesson “{options['slug']}”.")
        number = options["published"]
        plan = authoring.compile_plan(lesson) if number is None else _published(lesson, number)
        self.stdout.write(plans.to_yaml(plan), ending="")


def _published(lesson: Lesson, number: int) -> Plan:
    version = lesson.versions.filter(number=number).first()
    if version is None:
        raise CommandError(f"The lesson “{lesson.slug}” has no version {number}.")
    return plans.from_data(version.plan)
