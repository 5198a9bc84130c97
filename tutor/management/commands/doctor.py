"""`manage.py doctor`: what works here and what does not, a line each. Never prints a secret."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tutor import plan as plans
from tutor.models import Budget, BudgetScope, Connection, LessonVersion, Witness
from tutor.peers import client, school_sign_in
from tutor.plan import Finding, Level, PlanError
from tutor.realtime import models
from tutor.realtime.models import Status
from tutor.services import alarms, authoring, hearing, prices, switch, tending
from tutor.static_files import are_static_files_missing

OK, WARN, FAIL = "ok", "warn", "FAIL"
PATIENCE = 2.0

_HOW_TO_PUBLISH = (
    "open one in the admin, under Lessons, and press Publish; "
    "or take a sample: manage.py lesson import tutor/lessons/ordering-in-a-cafe.yaml --publish"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One finding: a mark, what was looked at, and a sentence."""

    mark: str
    subject: str
    text: str


class Command(BaseCommand):
    help = "Say what works and what does not; exit status 1 if something does not."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every line, then leave with the status that sums them up."""
        failed = False
        for examine in EXAMINATIONS:
            for line in examine():
                failed = failed or line.mark == FAIL
                self.stdout.write(f"{line.mark:<5} {line.subject:<20} {line.text}")
        if failed:
            raise SystemExit(1)


def environment() -> Iterator[Line]:
    """Where settings come from."""
    found = settings.ENV_FILE.is_file()
    yield Line(OK, "environment file", ".env is read" if found else "no .env: the defaults of a laptop hold")


def system_checks() -> Iterator[Line]:
    """Every numbered check of ours and of Django's that does not need a database."""
    messages = [message for message in checks.run_checks() if not message.is_silenced()]
    for message in messages:
        mark = FAIL if message.level >= checks.ERROR else WARN
        yield Line(mark, message.id or "check", f"{message.msg} {message.hint or ''}".strip())
    if not messages:
        yield Line(OK, "system checks", "no misconfiguration found")


def database() -> Iterator[Line]:
    """Whether the database answers, and knows all tables."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield Line(
            FAIL, "database", f"{connection.vendor} does not answer ({type(error).__name__}): check DATABASE_URL"
        )
        return
    if waiting:
        yield Line(FAIL, "database", f"{len(waiting)} migrations are waiting: run manage.py migrate")
    else:
        yield Line(OK, "database", f"{connection.vendor} answers, all migrations applied")


def static_files() -> Iterator[Line]:
    """Whether the scripts and styles of pages were collected, where the server does not look for them itself."""
    if are_static_files_missing():
        yield Line(
            FAIL, "static files", "no page can be shown: run manage.py collectstatic, then start the servers again"
        )
    elif not settings.DEBUG:
        yield Line(OK, "static files", f"collected in {settings.STATIC_ROOT}")


def channel_layer() -> Iterator[Line]:
    """Whether a message sent through the channel layer arrives."""
    name = "Redis" if settings.REDIS_URL else "in memory (one process only)"
    try:
        asyncio.run(_round_trip())
    except Exception as error:  # whatever the layer's backend raises
        yield Line(FAIL, "channel layer", f"{name}: {type(error).__name__}; check REDIS_URL")
    else:
        yield Line(OK, "channel layer", f"{name}: a message arrived")


async def _round_trip() -> None:
    layer = get_channel_layer()
    async with asyncio.timeout(PATIENCE):
        channel = await layer.new_channel()
        await layer.send(channel, {"type": "doctor"})
        await layer.receive(channel)


def voice() -> Iterator[Line]:
    """Whether somebody will answer when a learner calls."""
    if settings.REHEARSAL:
        yield Line(WARN, "API key", "OPENAI_API_KEY is not set: lessons use the rehearsal voice, not the AI tutor")
        yield from _rehearsal()
        return
    key = settings.OPENAI_API_KEY
    yield Line(
        OK, "API key", f"set: {key[:3]}… and {len(key) - 3} more characters" if len(key) > 20 else "set, but short"
    )
    yield from _provider()
    yield from _model("REALTIME_MODEL", settings.REALTIME_MODEL)
    yield from _model("TRANSCRIPTION_MODEL", settings.TRANSCRIPTION_MODEL)


def _provider() -> Iterator[Line]:
    try:
        names = asyncio.run(_once(client.list_models))
    except client.ProviderError as error:
        yield Line(FAIL, "provider", f"{settings.REALTIME_BASE_URL}: {_why(error)}")
        return
    yield Line(OK, "provider", f"{settings.REALTIME_BASE_URL} accepts the key")
    if settings.REALTIME_MODEL not in names:
        yield Line(WARN, "provider", f"{settings.REALTIME_MODEL} is not among the {len(names)} models it lists")


def _why(error: client.ProviderError) -> str:
    facts = (error.upstream, error.detail.code or error.detail.type, error.detail.param)
    return " ".join([error.code, *(fact for fact in facts if fact)])


def _model(variable: str, name: str) -> Iterator[Line]:
    end = models.shutdown_date(name)
    match models.status(name, timezone.now().date()):
        case Status.UNKNOWN:
            yield Line(WARN, variable, f"{name} is not a model known here: talk through one lesson with it")
        case Status.ENDED:
            yield Line(FAIL, variable, f"{name} was shut down on {end}")
        case Status.ENDING:
            yield Line(WARN, variable, f"{name} will be shut down on {end}")
        case Status.CURRENT:
            yield Line(OK, variable, f"{name}, " + (f"until {end}" if end else "no shutdown announced"))


def _rehearsal() -> Iterator[Line]:
    try:
        health = asyncio.run(_once(client.rehearsal_health))
    except client.ProviderError as error:
        yield Line(FAIL, "rehearsal", f"does not answer: {_why(error)}")
        return
    for subject, text in (("speaks", "speech_out"), ("hears", "speech_in")):
        engine = health.get(text)
        missing = "not here: the rehearsal voice goes on in writing"
        yield Line(OK if engine else WARN, f"rehearsal {subject}", f"with {engine}" if engine else missing)


async def _once(ask: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await ask()
    finally:
        await client.close()


def school() -> Iterator[Line]:
    """Whether the school's own sign-in, where there is one, would let anybody in."""
    if not (settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET):
        return
    try:
        school_sign_in.look()
    except school_sign_in.SchoolSignInError as error:
        yield Line(FAIL, "school's sign-in", f"{settings.OIDC_ISSUER}: {error.reason}; check OIDC_ISSUER")
    else:
        yield Line(OK, "school's sign-in", f"{settings.OIDC_ISSUER} answers, with all that a sign-in needs")


def second_record() -> Iterator[Line]:
    """Whether anybody listens to calls beside the browser, and got into the latest of them."""
    if settings.SIDEBAND == "off":
        yield Line(OK, "second record", _("off: what the browser reports is all there is"))
        return
    asked = Connection.objects.exclude(witness__in=("", Witness.AWAITED)).order_by("-id").values_list("witness")
    try:
        counts = Counter(state for (state,) in asked[:20])
        waiting = hearing.waiting().count()
    except DatabaseError:
        return
    yield Line(OK, "second record", _("kept by: %(mode)s") % {"mode": settings.SIDEBAND})
    if counts:
        facts = {"missed": counts[Witness.NONE], "count": counts.total()}
        text = _("of the last %(count)d calls, %(missed)d could not be listened to") % facts
        yield Line(WARN if counts[Witness.NONE] else OK, "second record", text)
    if waiting:
        text = ngettext("%(count)d call waits for a listener", "%(count)d calls wait for a listener", waiting)
        yield Line(WARN, "second record", text % {"count": waiting})


def costs() -> Iterator[Line]:
    """Whether what the models in use cost is known, and how old that knowledge is."""
    today = timezone.localdate()
    try:
        in_force = prices.price_list().all_in_force(today)
    except DatabaseError:
        return
    for model, kind in ((settings.REALTIME_MODEL, "tokens"), (settings.TRANSCRIPTION_MODEL, "minute")):
        rate = in_force.get(model)
        if rate is None or getattr(rate, kind) is None:
            per = {"tokens": _("tokens"), "minute": _("a minute of speech")}[kind]
            lack = _("%(model)s has no price for %(per)s: forecasts stay empty until you add it in the admin")
            yield Line(WARN, "price", lack % {"model": model, "per": per})
        else:
            days = (today - rate.since).days
            age = ngettext("%(days)d day old", "%(days)d days old", days) % {"days": days}
            known = {"model": model, "since": rate.since, "age": age}
            yield Line(OK, "price", _("%(model)s, price of %(since)s, %(age)s") % known)
    yield from _limits()


def _limits() -> Iterator[Line]:
    """Whether anything limits what all lessons together cost."""
    try:
        count = Budget.objects.filter(scope=BudgetScope.EVERYONE).count()
    except DatabaseError:
        return
    if count:
        yield Line(OK, "budgets", _("there is one for everyone together"))
    elif not settings.REHEARSAL:
        yield Line(WARN, "budgets", _("nothing limits what all lessons together cost: add one in the admin"))


def calls() -> Iterator[Line]:
    """Whether calls whose browser has gone are hung up, and by whom."""
    every = settings.TEND_EVERY
    here = _("the server looks every %(every)g s, a call lives %(lease)g s without its page")
    elsewhere = _("TEND_EVERY is 0: make sure that a cron job runs manage.py tend every minute")
    facts = {"every": every, "lease": settings.CALL_LEASE}
    yield Line(OK, "calls", here % facts) if every else Line(WARN, "calls", elsewhere)
    try:
        left = tending.left_behind(timezone.now())
        switched, alarm = switch.off(), alarms.going_on()
    except DatabaseError:
        return
    if switched:
        yield Line(WARN, "calls", _("they are switched off: manage.py calls on lets learners talk again"))
    if alarm:
        facts = {"since": alarm.raised_at, "error": alarm.error}
        yield Line(FAIL, "calls", _("nobody answers since %(since)s: %(error)s") % facts)
    if left:
        text = ngettext(
            "%(count)d call should have been hung up minutes ago: is anybody tending, and does the provider answer?",
            "%(count)d calls should have been hung up minutes ago: is anybody tending, and does the provider answer?",
            left,
        )
        yield Line(WARN, "calls", text % {"count": left})


def lessons() -> Iterator[Line]:
    """What there is to mend in what learners would start now, lesson by lesson."""
    latest: dict[int, LessonVersion] = {}
    try:
        for version in LessonVersion.objects.filter(number__isnull=False).select_related("lesson").order_by("number"):
            latest[version.lesson_id] = version
    except DatabaseError:
        return
    for version in latest.values():
        yield _lesson(version)
    if not latest:
        yield Line(WARN, "lessons", f"none is published yet: {_HOW_TO_PUBLISH}")


def _lesson(version: LessonVersion) -> Line:
    try:
        plan = plans.from_data(version.plan)
    except PlanError as error:
        return Line(FAIL, "lesson", f"{version}: {error}")
    findings = sorted(authoring.findings(plan), key=lambda finding: finding.level is not Level.ERROR)
    if not findings:
        return Line(OK, "lesson", f"{version}: {len(plan.stages)} stages, nothing to mend")
    first = findings[0]
    text = f"{version}: {_counts(findings)}, the first at {first.place}: {first.message}"
    return Line(FAIL if first.level is Level.ERROR else WARN, "lesson", text)


def _counts(findings: list[Finding]) -> str:
    counts = Counter(finding.level for finding in findings)
    return ", ".join(f"{count} {level}{'s' if count > 1 else ''}" for level, count in counts.items())


EXAMINATIONS: tuple[Callable[[], Iterator[Line]], ...] = (
    environment,
    system_checks,
    database,
    static_files,
    channel_layer,
    voice,
    school,
    second_record,
    costs,
    calls,
    lessons,
)
