"""What `manage.py doctor` says about lessons and prices."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from time_machine import travel

from tests.lessons import PLAN
from tests.running import ROOT
from tests.school import CLIENT, SECRET
from tests.school import school as provider
from tests.services.calling import call_in
from tutor import plan as plans
from tutor.management.commands.doctor import (
    FAIL,
    OK,
    WARN,
    Line,
    calls,
    costs,
    lessons,
    school,
    second_record,
    static_files,
)
from tutor.models import Alarm, Budget, Connection, Lesson, LessonVersion, ModelPrice
from tutor.services import switch

TITLE = "Ordering in a café v1"


@pytest.fixture
def version(lesson) -> LessonVersion:
    return LessonVersion.objects.get()


def publish(version: LessonVersion, **change: object) -> None:
    """Put a plan in force that the checks of today would not let through."""
    data = plans.to_data(replace(PLAN, **change))
    LessonVersion.objects.filter(pk=version.pk).update(plan=data)


def test_good_lesson_is_ok(version):
    assert list(lessons()) == [Line(OK, "lesson", f"{TITLE}: 3 stages, nothing to mend")]


def test_warnings_are_counted_and_the_first_is_said(version):
    publish(version, stages=tuple(replace(stage, goal="") for stage in PLAN.stages))

    first = "stages[0].goal: Stage “Warm-up” has no goal: tell the learner what to reach."
    assert list(lessons()) == [Line(WARN, "lesson", f"{TITLE}: 3 warnings, the first at {first}")]


def test_errors_come_before_warnings(version):
    publish(version, title="", stages=tuple(replace(stage, goal="", title="") for stage in PLAN.stages[2:]), tools=())

    first = "title: The lesson has no title: give it one."
    assert list(lessons()) == [Line(FAIL, "lesson", f"{TITLE}: 2 errors, 1 warning, the first at {first}")]


def test_plan_of_another_shape_fails(version):
    LessonVersion.objects.update(plan={"title": "T"})

    assert list(lessons()) == [Line(FAIL, "lesson", f"{TITLE}: lesson: “stages” is missing.")]


def test_only_the_latest_version_counts(version):
    publish(version, title="")
    LessonVersion.objects.create(lesson=version.lesson, number=2, plan=plans.to_data(PLAN), checksum="x")

    assert [line.mark for line in lessons()] == [OK]


def test_drafts_that_were_tried_do_not_count(version):
    LessonVersion.objects.create(lesson=version.lesson, plan={}, checksum="x")

    assert [line.mark for line in lessons()] == [OK]


def test_static_files_that_were_not_collected_fail(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)
    assert list(static_files()) == [Line(OK, "static files", f"collected in {tmp_path}")]

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "tutor.pages.storage.HashedModulesStorage"},
    }
    text = "no page can be shown: run manage.py collectstatic, then start the servers again"
    assert list(static_files()) == [Line(FAIL, "static files", text)]

    settings.DEBUG = True
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    assert list(static_files()) == []


def test_no_published_lesson_is_a_warning(db):
    Lesson.objects.create(title="Draft", slug="draft")

    (line,) = lessons()

    assert (line.mark, line.subject) == (WARN, "lessons")
    assert line.text.startswith("none is published yet: open one in the admin, under Lessons, and press Publish; or ")


def test_the_command_it_names_publishes_a_lesson(db, monkeypatch):
    monkeypatch.chdir(ROOT)
    (line,) = lessons()
    _before, _found, words = line.text.partition("manage.py ")

    call_command(*words.split(), stdout=StringIO())

    assert [line.mark for line in lessons()] == [OK]


def test_a_school_that_answers_is_told(settings):
    assert list(school()) == []

    with provider() as known:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = known.issuer, CLIENT, SECRET
        text = f"{known.issuer} answers, with all that a sign-in needs"
        assert list(school()) == [Line(OK, "school's sign-in", text)]

        known.trouble["/keys"] = 503
        text = f"{known.issuer}: the provider answered 503; check OIDC_ISSUER"
        assert list(school()) == [Line(FAIL, "school's sign-in", text)]


@travel("2026-10-02T12:00:00+00:00", tick=False)
def test_prices_of_the_models_in_use_are_told_with_their_age(db, settings):
    settings.REALTIME_MODEL, settings.TRANSCRIPTION_MODEL = "gpt-realtime-2.1", "gpt-transcribe"
    ModelPrice.objects.create(model="gpt-transcribe", valid_from="2026-10-02", minute=1)

    assert list(costs()) == [
        Line(OK, "price", "gpt-realtime-2.1, price of 2026-10-01, 1 day old"),
        Line(OK, "price", "gpt-transcribe, price of 2026-10-02, 0 days old"),
    ]


def test_models_without_a_price_are_a_warning_and_no_failure(db, settings):
    settings.REALTIME_MODEL, settings.TRANSCRIPTION_MODEL = "gpt-transcribe", "whisper-1"

    lack = "{} has no price for {}: forecasts stay empty until you add it in the admin"
    assert list(costs()) == [
        Line(WARN, "price", lack.format("gpt-transcribe", "tokens")),
        Line(WARN, "price", lack.format("whisper-1", "a minute of speech")),
    ]


TENDED = Line(OK, "calls", "the server looks every 15 s, a call lives 45 s without its page")


def test_calls_are_tended_by_the_server(attempt):
    call_in(attempt, heard=timedelta(seconds=160))

    assert list(calls()) == [TENDED]


def test_tending_left_to_cron_is_a_reminder(db, settings):
    settings.TEND_EVERY = 0

    text = "TEND_EVERY is 0: make sure that a cron job runs manage.py tend every minute"
    assert list(calls()) == [Line(WARN, "calls", text)]


def test_calls_that_nobody_hangs_up_are_counted(attempt):
    call_in(attempt, heard=timedelta(seconds=170))
    call_in(attempt, ended_at=timezone.now(), hang_up_at=timezone.now() - timedelta(minutes=3))
    call_in(attempt, ended_at=timezone.now(), hang_up_at=timezone.now())

    text = "2 calls should have been hung up minutes ago: is anybody tending, and does the provider answer?"
    assert list(calls()) == [TENDED, Line(WARN, "calls", text)]

    Connection.objects.filter(ended_at__isnull=False).delete()
    text = "1 call should have been hung up minutes ago: is anybody tending, and does the provider answer?"
    assert list(calls()) == [TENDED, Line(WARN, "calls", text)]


def test_second_record_that_is_off_is_said(db):
    assert list(second_record()) == [Line(OK, "second record", "off: what the browser reports is all there is")]


def test_second_record_tells_what_it_missed_and_who_waits(attempt, settings):
    settings.SIDEBAND, settings.REALTIME_BASE_URL = "workers", "https://api.openai.com/v1"
    kept = Line(OK, "second record", "kept by: workers")
    assert list(second_record()) == [kept]

    for number, state in enumerate(["whole", "none", "awaited"]):
        Connection.objects.create(
            attempt=attempt,
            visit=attempt.visits.get(),
            config={},
            call_id=f"rtc_{number}",
            answered_at=timezone.now(),
            witness=state,
        )

    assert list(second_record()) == [
        kept,
        Line(WARN, "second record", "of the last 2 calls, 1 could not be listened to"),
        Line(WARN, "second record", "1 call waits for a listener"),
    ]


def test_what_stops_all_calls_is_told(db):
    switch.turn(allowed=False)
    Alarm.objects.create(raised_at=timezone.now(), learners=3, error="provider_quota")

    tended, off, alarm = calls()

    assert (tended, off.mark, alarm.mark) == (TENDED, WARN, FAIL)
    assert off.text == "they are switched off: manage.py calls on lets learners talk again"
    assert alarm.text.endswith(": provider_quota")


def test_a_key_without_a_budget_for_everyone_is_a_warning(db, settings):
    assert [line for line in costs() if line.subject == "budgets"] == []

    settings.REHEARSAL = False
    Budget.objects.create(scope="each", minutes=5)
    text = "nothing limits what all lessons together cost: add one in the admin"
    assert list(costs())[-1] == Line(WARN, "budgets", text)

    Budget.objects.create(scope="everyone", usd=5)
    assert list(costs())[-1] == Line(OK, "budgets", "there is one for everyone together")
