"""Findings with their places in words."""

import pytest
from django.urls import reverse

from tutor.admin.findings import Advice, advice_on, as_advice
from tutor.plan import Finding, Level


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("title", "Title"),
        ("stages", "Stages"),
        ("stages[0]", "Stage 1"),
        ("stages[1].outcomes[2].next", "Stage 2, outcome 3, next"),
        ("tools[0].parameters", "Tool 1, parameters"),
    ],
)
def test_places_are_said_in_words(lesson, place, words):
    assert [advice.place for advice in as_advice(lesson, [Finding(Level.ERROR, place, "…")])] == [words]


@pytest.mark.parametrize(
    ("place", "anchor"),
    [
        ("stages[1]", ""),
        ("stages[1].goal", "#id_goal"),
        ("stages[1].tools", "#id_tools"),
        ("stages[1].outcomes", "#outcomes-group"),
        ("stages[1].outcomes[0].next", "#outcomes-0"),
    ],
)
def test_a_stages_finding_leads_to_the_field_on_its_page(lesson, place, anchor):
    stage = lesson.stages.get(key="order")

    (advice,) = as_advice(lesson, [Finding(Level.ERROR, place, "…")])

    assert advice.url == reverse("admin:tutor_stage_change", args=[stage.pk]) + anchor


@pytest.mark.parametrize(
    ("place", "anchor"),
    [
        ("title", "#id_title"),
        ("stages", "#stages-group"),
        ("stages[9]", "#stages-9"),
        ("tools[0].parameters", "#tools-0"),
    ],
)
def test_any_other_finding_leads_to_the_field_on_the_lessons_page(lesson, place, anchor):
    (advice,) = as_advice(lesson, [Finding(Level.ERROR, place, "…")])

    assert advice.url == reverse("admin:tutor_lesson_change", args=[lesson.pk]) + anchor


def test_html_escapes_what_teachers_wrote():
    advice = Advice(is_error=True, place="Title", url="/x/", message="“<b>” is no title.")

    assert advice.as_html() == '<a href="/x/">Title</a>: “&lt;b&gt;” is no title.'


def test_what_is_wrong_with_the_servers_settings_is_said_last_and_leads_to_no_field(lesson, settings):
    settings.REHEARSAL, settings.REALTIME_MODEL = False, "gpt-4o-realtime-preview"
    # The one set by default is reported, too, as its last day comes near.
    settings.TRANSCRIPTION_MODEL = "gpt-transcribe"

    last = advice_on(lesson)[-1]

    assert last.place == "This server's setting REALTIME_MODEL"
    assert last.message.startswith("The model “gpt-4o-realtime-preview” was shut down on 2026-05-07:")
    assert last.url == reverse("admin:tutor_lesson_change", args=[lesson.pk])
