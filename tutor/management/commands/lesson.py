"""Lessons out of and into files: `manage.py lesson export | import | lint`."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from tutor import plan as plans
from tutor.models import Lesson
from tutor.plan import Finding, Level, Pack, Plan, PlanError
from tutor.plan.lint import shape_findings
from tutor.plan.text import ADDRESS, MAX_ADDRESS, line_at, lines_of
from tutor.services import access, authoring


class Command(BaseCommand):
    """What `export` writes, `import` reads; `lint` says what there is to mend."""

    help = "Write a lesson into a lesson pack, make a pack a lesson, or look for faults in either."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word for what to do, then what that needs."""
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="write a lesson's draft, or a published version, as a lesson pack")
        export.add_argument("slug", help="the lesson's address")
        export.add_argument("file", nargs="?", type=Path, help="where to; .json for JSON. Printed unless given")
        export.add_argument("--published", type=int, metavar="NUMBER", help="this version instead of the draft")
        bring = actions.add_parser(
            "import", help="make a lesson pack the draft of a lesson; nothing of it if it is faulty"
        )
        bring.add_argument("file", type=Path, help="the lesson pack, YAML or .json")
        bring.add_argument(
            "--slug", help="the lesson's address; unless given, the one in the pack, else the file's name"
        )
        bring.add_argument("--owner", metavar="USERNAME", help="the teacher whose lesson it becomes")
        bring.add_argument(
            "--replace", action="store_true", help="replace a draft that is there and says something else"
        )
        bring.add_argument("--publish", action="store_true", help="publish it as well")
        lint = actions.add_parser("lint", help="list what there is to mend; exit status 1 if there are errors")
        lint.add_argument("subjects", nargs="+", metavar="FILE|SLUG", help="lesson packs, or addresses of lessons")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the first word says."""
        {"export": self._export, "import": self._import, "lint": self._lint}[options["action"]](options)

    def _export(self, options: dict[str, Any]) -> None:
        lesson, number, file = _lesson(options["slug"]), options["published"], options["file"]
        plan = authoring.compile_plan(lesson) if number is None else _published(lesson, number)
        is_json = file is not None and file.suffix == ".json"
        text = (_as_json if is_json else plans.to_yaml)(plan, address=lesson.slug)
        if file is None:
            self.stdout.write(text, ending="")
            return
        try:
            file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error

    def _import(self, options: dict[str, Any]) -> None:
        file = options["file"]
        pack, report = _examine_pack(file)
        if pack is None or report.has_errors:
            raise CommandError("\n".join([*report.lines, "Nothing was imported: mend the errors first."]))
        for line in report.lines:
            self.stdout.write(line)
        owner = _teacher(options["owner"]) if options["owner"] else None
        with transaction.atomic():
            lesson = self._load(
                pack.plan, _slug(options["slug"] or pack.address, file), owner, replace=options["replace"]
            )
            if options["publish"]:
                self._publish(lesson)

    def _load(self, plan: Plan, slug: str, owner: User | None, *, replace: bool) -> Lesson:
        """Make the plan a draft, unless it is one already."""
        there = Lesson.objects.filter(slug=slug).first()
        if there and owner and there.owner != owner:
            raise CommandError(f"The lesson “{slug}” is there already and not {owner}'s: hand it over in the admin.")
        before = authoring.checksum(authoring.compile_plan(there)) if there else ""
        lesson = authoring.load_draft(plan, slug=slug, owner=owner)
        if authoring.checksum(authoring.compile_plan(lesson)) == before:
            self.stdout.write(f"Lesson {slug}: the draft says the same already")
        elif before and not replace:
            raise CommandError(f"The lesson “{slug}” is there already. Add --replace to replace its draft.")
        else:
            self.stdout.write(f"Lesson {slug}: {len(plan.stages)} stages loaded as a draft")
        return lesson

    def _publish(self, lesson: Lesson) -> None:
        before = authoring.latest_version(lesson)
        version = authoring.publish(lesson, by=None)
        news = "nothing new since" if version == before else "published as"
        self.stdout.write(f"Lesson {lesson.slug}: {news} version {version.number}")

    def _lint(self, options: dict[str, Any]) -> None:
        reports = [_examine(subject) for subject in options["subjects"]]
        settings = _Report("settings", authoring.setting_findings())
        for report in [*reports, settings]:
            for line in report.lines:
                self.stdout.write(line)
        if not any(report.lines for report in reports):
            self.stdout.write("Nothing to mend.")
        if any(report.has_errors for report in reports):
            raise SystemExit(1)


class _Report:
    """Findings as lines of text, in the order of the pack: `cafe.yaml:12: error: stages[0].goal: …`."""

    def __init__(self, subject: str, findings: list[Finding], text: str = "") -> None:
        places = lines_of(text)
        located = [(line_at(places, finding.place), finding) for finding in findings]
        located.sort(key=lambda pair: pair[0] or 0)
        self.has_errors = any(finding.level is Level.ERROR for finding in findings)
        self.lines = [_line(subject, number, finding) for number, finding in located]


def _line(subject: str, number: int | None, finding: Finding) -> str:
    where = subject if number is None else f"{subject}:{number}"
    return f"{where}: {finding.level}: {finding.place}: {finding.message}"


def _examine(subject: str) -> _Report:
    file = Path(subject)
    if file.suffix in (".yaml", ".yml", ".json") or file.is_file():
        return _examine_pack(file)[1]
    return _Report(subject, authoring.findings(authoring.compile_plan(_lesson(subject))))


def _examine_pack(file: Path) -> tuple[Pack | None, _Report]:
    """Return the pack in a file, None if it holds none, and what there is to say about it."""
    text = _read(file)
    try:
        pack = plans.pack_from_json(text) if file.suffix == ".json" else plans.pack_from_yaml(text)
    except PlanError as error:
        return None, _Report(str(file), shape_findings(error), text)
    return pack, _Report(str(file), authoring.findings(pack.plan), text)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not written in UTF-8.") from error


def _as_json(plan: Plan, *, address: str) -> str:
    return json.dumps(plans.to_data(plan, address=address), ensure_ascii=False, indent=2) + "\n"


def _lesson(slug: str) -> Lesson:
    lesson = Lesson.objects.filter(slug=slug).first()
    if lesson is None:
        raise CommandError(f"There is no lesson “{slug}”.")
    return lesson


def _published(lesson: Lesson, number: int) -> Plan:
    version = lesson.versions.filter(number=number).first()
    if version is None:
        raise CommandError(f"The lesson “{lesson.slug}” has no version {number}.")
    return plans.from_data(version.plan)


def _teacher(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None or not access.may_author(user):
        raise CommandError(f"“{username}” is no teacher here.")
    return user


def _slug(chosen: str, file: Path) -> str:
    slug = chosen or slugify(file.stem)[:MAX_ADDRESS].strip("-_")
    if not ADDRESS.fullmatch(slug):
        raise CommandError(f"“{slug}” cannot be a lesson's address: add --slug with small letters, digits and -.")
    return slug
