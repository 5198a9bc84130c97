"""From a plan to rows and back, and from rows to what learners run."""

from dataclasses import replace

import pytest
from time_machine import travel

from tests import lessons
from tests.lessons import PLAN
from tests.rows import row_counts
from tutor import plan as plans
from tutor.models import Audience, Lesson, LessonVersion, Outcome, Stage, Tool
from tutor.plan import Finding, Level, Plan
from tutor.services import attempts, authoring
from tutor.services.authoring import FaultyLessonError


def draft(plan: Plan = PLAN) -> Lesson:
    return authoring.load_draft(plan, slug="cafe")


def large(size: int) -> Plan:
    """A lesson of so many stages, each with a tool of its own."""
    stages = tuple(replace(PLAN.stages[2], key=f"stage-{number}", tools=(f"tool-{number}",)) for number in range(size))
    return replace(PLAN, stages=stages, tools=tuple(replace(PLAN.tools[0], name=f"tool-{n}") for n in range(size)))


def test_load_draft_and_compile_give_the_same_plan(db):
    assert authoring.compile_plan(draft()) == PLAN


def test_load_draft_replaces_what_was_drafted(db):
    lesson = draft()
    smaller = replace(PLAN, title="Short", stages=PLAN.stages[2:], tools=())

    assert draft(smaller) == lesson
    assert authoring.compile_plan(Lesson.objects.get()) == smaller
    assert (Stage.objects.count(), Outcome.objects.count(), Tool.objects.count()) == (1, 1, 0)


@pytest.mark.parametrize(
    ("faulty", "place"),
    [
        (replace(PLAN, stages=PLAN.stages[:1]), "stages[0].outcomes[0].next"),
        (replace(PLAN, tools=()), "stages[0].tools"),
        (replace(PLAN, stages=PLAN.stages[2:] * 2, tools=()), "stages[1].key"),
        (replace(PLAN, tools=PLAN.tools * 2), "tools[2].name"),
    ],
)
def test_load_draft_refuses_what_rows_cannot_hold(lesson, faulty, place):
    before = row_counts()

    with pytest.raises(FaultyLessonError) as caught:
        draft(faulty)

    assert place in [finding.place for finding in caught.value.findings]
    assert (authoring.compile_plan(lesson), row_counts()) == (PLAN, before)


def test_load_draft_leaves_versions_and_attempts_alone(attempt, lesson):
    draft(replace(PLAN, title="Other"))

    assert LessonVersion.objects.get().plan == plans.to_data(PLAN)
    assert attempts.state(attempt)["lesson"]["title"] == PLAN.title


@pytest.mark.parametrize("size", [1, 3])
def test_compile_plan_queries(db, django_assert_num_queries, size):
    lesson = draft(large(size))

    # The stages, their outcomes, their tools, the lesson's tools.
    with django_assert_num_queries(4):
        assert len(authoring.compile_plan(lesson).stages) == size


def test_publish_freezes_the_draft(db, teacher):
    version = authoring.publish(draft(), by=teacher)

    assert (version.number, version.plan, version.published_by) == (1, plans.to_data(PLAN), teacher)
    assert version.checksum == authoring.publish(draft(), by=None).checksum


def test_publish_again_without_a_change_makes_no_version(lesson):
    assert authoring.publish(lesson, by=None).number == 1
    assert LessonVersion.objects.count() == 1


def test_publish_numbers_each_change(lesson):
    for number in (2, 3):
        lesson = draft(replace(PLAN, title=f"Number {number}"))
        assert authoring.publish(lesson, by=None).number == number


def test_publish_back_to_an_older_draft_is_a_new_version(lesson):
    authoring.publish(draft(replace(PLAN, title="Other")), by=None)

    assert authoring.publish(draft(PLAN), by=None).number == 3


@pytest.mark.parametrize(
    ("faulty", "place"),
    [
        (replace(PLAN, stages=()), "stages"),
        (replace(PLAN, title=" "), "title"),
        (replace(PLAN, tools=(replace(PLAN.tools[0], kind="unknown"), PLAN.tools[1])), "tools[0].kind"),
        (
            replace(PLAN, tools=(PLAN.tools[0], replace(PLAN.tools[1], parameters={"type": "object", "required": 1}))),
            "tools[1].parameters",
        ),
    ],
)
def test_publish_refuses_a_faulty_draft(db, faulty, place):
    lesson = draft(faulty)

    with pytest.raises(FaultyLessonError) as caught:
        authoring.publish(lesson, by=None)

    assert place in [finding.place for finding in caught.value.findings]
    assert LessonVersion.objects.count() == 0


def test_publish_of_another_draft_than_was_seen_is_refused(lesson):
    seen = authoring.checksum(authoring.compile_plan(lesson))
    Lesson.objects.update(title="Changed meanwhile")

    with pytest.raises(authoring.DraftChangedError):
        authoring.publish(lesson, by=None, seen=seen)

    assert LessonVersion.objects.count() == 1
    now = authoring.checksum(authoring.compile_plan(Lesson.objects.get()))
    assert authoring.publish(lesson, by=None, seen=now).number == 2


def test_restore_keeps_the_rows_of_stages_and_tools_that_stay(lesson, teacher):
    version = authoring.latest_version(lesson)
    kept = lesson.stages.get(key="order")
    pages = {
        "stages": dict(lesson.stages.exclude(key="warm-up").values_list("key", "pk")),
        "tools": dict(lesson.tools.values_list("name", "pk")),
    }
    lesson.stages.get(key="warm-up").delete()
    Stage.objects.filter(pk=kept.pk).update(title="Something else")
    Stage.objects.create(lesson=lesson, key="extra", title="Extra")

    authoring.restore(version, by=teacher)

    stages = dict(lesson.stages.values_list("key", "pk"))
    assert set(stages) == {"warm-up", *pages["stages"]}
    assert {key: stages[key] for key in pages["stages"]} == pages["stages"]
    assert dict(lesson.tools.values_list("name", "pk")) == pages["tools"]
    assert lesson.stages.get(pk=kept.pk).title == "Order"


def test_restore_makes_a_version_the_draft_and_changes_nothing_else(lesson, teacher):
    Lesson.objects.update(owner=teacher, is_shared=True, audience=Audience.CLASSES, title="Changed")
    Stage.objects.filter(key="warm-up").delete()

    restored = authoring.restore(lesson.versions.get(), by=teacher)

    assert authoring.compile_plan(restored) == PLAN
    lesson.refresh_from_db()
    assert (restored, lesson.owner, lesson.is_shared, lesson.audience) == (lesson, teacher, True, Audience.CLASSES)
    assert LessonVersion.objects.count() == 1


def test_import_plan_makes_a_lesson_of_the_teachers(teacher):
    lesson = authoring.import_plan(PLAN, slug="cafe", by=teacher)

    assert (lesson.owner, authoring.compile_plan(lesson)) == (teacher, PLAN)


def test_import_plan_replaces_a_draft_and_keeps_its_owner(lesson, teacher):
    authoring.import_plan(replace(PLAN, title="Ordering"), slug="cafe", by=teacher)

    lesson.refresh_from_db()
    assert (lesson.title, lesson.owner) == ("Ordering", None)


def test_import_plan_leaves_a_foreign_lesson_as_it_is(lesson, teacher, learner):
    Lesson.objects.update(owner=learner)
    before = row_counts()

    with pytest.raises(authoring.ForeignLessonError):
        authoring.import_plan(replace(PLAN, title="Mine now"), slug="cafe", by=teacher)

    assert authoring.compile_plan(Lesson.objects.get()) == PLAN
    assert row_counts() == before


def test_publishing_leaves_running_attempts_on_their_version(attempt):
    lessons.publish(replace(PLAN, title="Other"))

    attempt.refresh_from_db()
    assert (attempt.version.number, attempts.state(attempt)["lesson"]["title"]) == (1, PLAN.title)


@pytest.mark.parametrize(
    ("setting", "model", "day", "sentence"),
    [
        ("REALTIME_MODEL", "gpt-realtime", "2026-10-21", None),
        ("REALTIME_MODEL", "gpt-realtime", "2026-10-22", "will be shut down on 2027-01-20"),
        ("REALTIME_MODEL", "gpt-realtime", "2027-01-20", "was shut down on 2027-01-20"),
        ("TRANSCRIPTION_MODEL", "whisper-1", "2026-12-01", "will be shut down on 2027-02-26"),
        ("REALTIME_MODEL", "my-deployment", "2027-01-20", None),
    ],
)
def test_setting_findings_warn_of_a_model_that_ends(settings, setting, model, day, sentence):
    settings.REHEARSAL = False
    settings.REALTIME_MODEL = settings.TRANSCRIPTION_MODEL = "gpt-realtime-2.1"
    setattr(settings, setting, model)

    with travel(f"{day}T12:00:00+00:00", tick=False):
        found = authoring.setting_findings()

    cure = f"ask whoever runs this server to set {setting} to another model."
    expected = Finding(Level.WARNING, setting, f"The model “{model}” {sentence}: {cure}")
    assert found == ([expected] if sentence else [])


def test_setting_findings_say_nothing_of_models_that_are_not_used(settings):
    settings.REALTIME_MODEL = "gpt-4o-realtime-preview"

    assert authoring.setting_findings() == []
