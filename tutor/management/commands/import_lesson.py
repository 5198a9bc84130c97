"""Read a lesson pack."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from tutor import plan as plans
from tutor.models import Lesson
from tutor.plan import Plan, PlanError
from tutor.services import authoring


class Command(BaseCommand):
    """A pack becomes a draft; learners see it once it is published."""

    help = "Make a lesson pack (YAML or JSON) the draft of a lesson, and say what there is to mend."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which file, which lesson, and how far to go."""
        parser.add_argument("file", type=Path, help="the lesson pack")
        parser.add_argument("--slug", help="the lesson's address; the file's name unless given")
        parser.add_argument(
            "--replace", action="store_true", help="replace the draft of a lesson that is there already"
        )
        parser.add_argument("--publish", action="store_true", help="publish it as well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it, list the findings, publish it if asked to."""
        plan = _read(options["file"])
        slug = options["slug"] or slugify(options["file"].stem)
        if Lesson.objects.filter(slug=slug).exists() and not options["replace"]:
            raise CommandError(f"The lesson “{slug}” is there already. Add --replace to replace its draft.")
        lesson = authoring.load_draft(plan, slug=slug)
        self.stdout.write(f"Lesson {slug}: {len(plan.stages)} stages loaded as a draft")
        for finding in authoring.findings(plan):
            self.stdout.write(f"  {finding.level} at {finding.place}: {finding.message}")
        if options["publish"]:
            self._publish(lesson)

    def _publish(self, lesson: Lesson) -> None:
        try:
            version = authoring.publish(lesson, by=None)
        except authoring.FaultyLessonError as error:
            raise CommandError("Not published: mend the errors first.") from error
        self.stdout.write(f"Lesson {lesson.slug}: published as version {version.number}")


def _read(file: Path) -> Plan:
    try:
        return plans.from_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not written in UTF-8.") from error
    except PlanError as error:
        raise CommandError("\n".join([f"{file} is no lesson pack:", *error.faults])) from error
