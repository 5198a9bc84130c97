"""From draft rows to a plan and back; publishing."""

import hashlib
import logging
from collections.abc import Iterator
from operator import attrgetter

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tutor import plan as plans
from tutor import tools as kinds
from tutor.models import Lesson, LessonVersion, Outcome, Stage, Tool
from tutor.plan import Finding, Level, Plan
from tutor.plan.lint.finding import error, warning
from tutor.plan.phrase import gettext_noop
from tutor.realtime import models
from tutor.realtime.models import Status
from tutor.services import access
from tutor.services.errors import ServiceError

log = logging.getLogger(__name__)


class FaultyLessonError(ServiceError):
    """The draft has errors that stop publishing; `findings` lists them."""

    code = "lesson_faulty"

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(" ".join(finding.message for finding in findings))


class DraftChangedError(ServiceError):
    """The draft is no longer the one that was shown before publishing."""

    code = "draft_changed"


class ForeignLessonError(ServiceError):
    """The address belongs to a lesson of somebody else."""

    code = "lesson_foreign"


def compile_plan(lesson: Lesson) -> Plan:
    """Return the plan that a lesson's rows stand for, in five queries whatever its size."""
    stages = list(lesson.stages.prefetch_related("outcomes", "tools"))
    keys = {stage.pk: stage.key for stage in stages}
    return Plan(
        title=lesson.title,
        summary=lesson.summary,
        language=lesson.language,
        voice=lesson.voice,
        preamble=lesson.preamble,
        minutes=lesson.minutes,
        stages=tuple(_stage(stage, keys) for stage in stages),
        tools=tuple(
            plans.Tool(
                name=tool.name,
                kind=tool.kind,
                description=tool.description,
                parameters=tool.parameters,
                options=tool.options,
            )
            # Not in the order of the database: its alphabet is not the same everywhere.
            for tool in sorted(lesson.tools.all(), key=attrgetter("name"))
        ),
        tests=tuple(lesson.tests),
    )


def _stage(stage: Stage, keys: dict[int, str]) -> plans.Stage:
    return plans.Stage(
        key=stage.key,
        title=stage.title,
        goal=stage.goal,
        instructions=stage.instructions,
        opening=stage.opening,
        tools=tuple(sorted(tool.name for tool in stage.tools.all())),
        outcomes=tuple(
            plans.Outcome(
                key=outcome.key,
                when=outcome.when,
                next=None if outcome.next_stage_id is None else keys.get(outcome.next_stage_id, "?"),
            )
            for outcome in stage.outcomes.all()
        ),
        hints=tuple(stage.hints),
        context=plans.ContextRule(stage.context),
        evidence=stage.evidence,
        turns=stage.turns,
        stall_turns=stage.stall_turns,
        stall_minutes=stage.stall_minutes,
        fallback=stage.fallback or None,
    )


def findings(plan: Plan) -> list[Finding]:
    """Return everything `plan.lint` says, and whether each tool's kind and schema work here."""
    found = list(plans.lint(plan))
    for number, tool in enumerate(plan.tools):
        place = f"tools[{number}]"
        if tool.kind not in kinds.KINDS:
            template = gettext_noop("“%(kind)s” is no kind of tool; there are: %(kinds)s.")
            found.append(error(f"{place}.kind", template, kind=tool.kind, kinds=", ".join(kinds.KINDS)))
        faulty = gettext_noop("Tool “%(name)s”: %(fault)s.")
        fault = kinds.options_fault(tool.kind, tool.options)
        if fault:
            found.append(error(f"{place}.options", faulty, name=tool.name, fault=fault))
        fault = kinds.schema_fault(tool.parameters)
        if fault:
            found.append(error(f"{place}.parameters", faulty, name=tool.name, fault=fault))
    return found


def setting_findings() -> list[Finding]:
    """Return what is wrong with the models this server is set to: no lesson's fault, but it would end every lesson.

    The rehearsal voice stands in for any model, so there is nothing to say about them.
    """
    names = () if settings.REHEARSAL else ("REALTIME_MODEL", "TRANSCRIPTION_MODEL")
    return [finding for name in names for finding in _setting_finding(name, getattr(settings, name))]


def _setting_finding(setting: str, model: str) -> Iterator[Finding]:
    status, end = models.status(model, timezone.now().date()), models.shutdown_date(model)
    template = {
        Status.ENDING: gettext_noop(
            "The model “%(model)s” will be shut down on %(day)s: "
            "ask whoever runs this server to set %(setting)s to another model."
        ),
        Status.ENDED: gettext_noop(
            "The model “%(model)s” was shut down on %(day)s: "
            "ask whoever runs this server to set %(setting)s to another model."
        ),
    }.get(status)
    if template:
        yield warning(setting, template, model=model, day=end, setting=setting)


def _errors(plan: Plan) -> list[Finding]:
    return [finding for finding in findings(plan) if finding.level is Level.ERROR]


def sound_plan(lesson: Lesson) -> Plan:
    """Return the draft as a plan that can be run. Raises FaultyLessonError."""
    plan = compile_plan(lesson)
    errors = _errors(plan)
    if errors:
        raise FaultyLessonError(errors)
    return plan


def checksum(plan: Plan) -> str:
    """Return the SHA-256 of a plan's canonical JSON, in hexadecimal."""
    return hashlib.sha256(plans.to_json(plan).encode()).hexdigest()


@transaction.atomic
def publish(lesson: Lesson, *, by: User | None, seen: str = "") -> LessonVersion:
    """Freeze the draft as the next version, or return the latest if nothing has changed since.

    `seen` is the checksum of the draft that was looked at before, if one was: another draft is not published.
    Raises FaultyLessonError or DraftChangedError. Running attempts stay on the version they began with.
    """
    lesson = Lesson.objects.select_for_update().get(pk=lesson.pk)
    plan = sound_plan(lesson)
    sum_now = checksum(plan)
    if seen and seen != sum_now:
        raise DraftChangedError(
            _("The lesson has been changed since this page was opened. Please look at it once more.")
        )
    latest = latest_version(lesson)
    if latest is not None and latest.checksum == sum_now:
        return latest
    number = 1 if latest is None or latest.number is None else latest.number + 1
    version = LessonVersion.objects.create(
        lesson=lesson, number=number, plan=plans.to_data(plan), checksum=sum_now, published_by=by
    )
    log.info("lesson published lesson=%s version=%d checksum=%s", lesson.slug, number, sum_now[:12])
    return version


def latest_version(lesson: Lesson) -> LessonVersion | None:
    """The version a learner would start now; None before the first is published."""
    return lesson.versions.filter(number__isnull=False).order_by("-number").first()


def load_draft(plan: Plan, *, slug: str, owner: User | None = None) -> Lesson:
    """Make a plan the draft of the lesson with this slug, replacing what was drafted; versions stay as they are.

    `owner` is whose lesson it becomes if it is new.
    A draft may be faulty, but not more than rows can hold: where a name is there twice, leads nowhere or is too long,
    this raises FaultyLessonError and changes nothing.
    """
    try:
        return _load_draft(plan, slug, owner)
    except (KeyError, IntegrityError, DataError) as cause:
        raise FaultyLessonError(_errors(plan)) from cause


@transaction.atomic
def restore(version: LessonVersion, *, by: User) -> Lesson:
    """Make a version the draft of its lesson again. Its owner, its audience and all versions stay as they are."""
    lesson = load_draft(plans.from_data(version.plan), slug=version.lesson.slug)
    log.info("version restored lesson=%s version=%s by=%s", lesson.slug, version.number, by.pk)
    return lesson


@transaction.atomic
def import_plan(plan: Plan, *, slug: str, by: User) -> Lesson:
    """Make a plan the draft of the lesson with this slug: a new one of the teacher's, or one that they author.

    Raises FaultyLessonError, or ForeignLessonError for a lesson that is not theirs; either changes nothing.
    """
    lesson = load_draft(plan, slug=slug, owner=by)
    # Asked afterwards, so that a lesson that came to be meanwhile is not overwritten either.
    if not access.authored_by(by).filter(pk=lesson.pk).exists():
        raise ForeignLessonError(_("The address “%(slug)s” is taken: choose another.") % {"slug": slug})
    log.info("lesson imported lesson=%s by=%s", lesson.slug, by.pk)
    return lesson


@transaction.atomic
def _load_draft(plan: Plan, slug: str, owner: User | None) -> Lesson:
    """Write a plan into the rows of its lesson.

    Stages and tools that stay keep their rows: their pages may be open, and bookmarked.

    1. Forget the ways out, which hold the stages they lead to, then the stages and tools that the plan has not.
    2. Write the tools, then the stages.
    3. Write what leads from a stage to tools and other stages.
    """
    fields = {
        "title": plan.title,
        "summary": plan.summary,
        "language": plan.language,
        "voice": plan.voice,
        "preamble": plan.preamble,
        "minutes": plan.minutes,
        "tests": [dict(test) for test in plan.tests],
    }
    lesson, _is_new = Lesson.objects.update_or_create(
        slug=slug, defaults=fields, create_defaults={**fields, "owner": owner}
    )
    # 1
    Outcome.objects.filter(stage__lesson=lesson).delete()
    lesson.stages.exclude(key__in=[stage.key for stage in plan.stages]).delete()
    lesson.tools.exclude(name__in=[tool.name for tool in plan.tools]).delete()
    # 2
    tools = {tool.name: _draft_tool(lesson, tool) for tool in plan.tools}
    rows = {
        stage.key: _draft_stage(lesson, stage, order=10 * number) for number, stage in enumerate(plan.stages, start=1)
    }
    if len(tools) < len(plan.tools) or len(rows) < len(plan.stages):
        raise IntegrityError("A tool's name or a stage's key is there twice.")
    # 3
    for stage in plan.stages:
        rows[stage.key].tools.set([tools[name] for name in stage.tools])
        Outcome.objects.bulk_create(
            Outcome(
                stage=rows[stage.key],
                order=10 * number,
                key=outcome.key,
                when=outcome.when,
                next_stage=rows[outcome.next] if outcome.next else None,
            )
            for number, outcome in enumerate(stage.outcomes, start=1)
        )
    return lesson


def _draft_tool(lesson: Lesson, tool: plans.Tool) -> Tool:
    facts = {
        "kind": tool.kind,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "options": dict(tool.options),
    }
    return Tool.objects.update_or_create(lesson=lesson, name=tool.name, defaults=facts)[0]


def _draft_stage(lesson: Lesson, stage: plans.Stage, *, order: int) -> Stage:
    facts = {
        "order": order,
        "title": stage.title,
        "goal": stage.goal,
        "instructions": stage.instructions,
        "opening": stage.opening,
        "hints": list(stage.hints),
        "context": stage.context.value,
        "evidence": stage.evidence,
        "turns": stage.turns,
        "stall_turns": stage.stall_turns,
        "stall_minutes": stage.stall_minutes,
        "fallback": stage.fallback or "",
    }
    return Stage.objects.update_or_create(lesson=lesson, key=stage.key, defaults=facts)[0]
