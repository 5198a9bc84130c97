"""Findings with their places in words."""

import pytest
from django.urls import reverse

from tutor.admin.findings import Advice, as_advice
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


def test_a_stages_finding_leads_to_its_page_and_all_others_to_the_lesson(lesson):
    stage = lesson.stages.get(key="order")
    places = ("stages[1].goal", "stages[9]", "tools[0]", "title")

    urls = [advice.url for advice in as_advice(lesson, [Finding(Level.ERROR, place, "…") for place in places])]

    of_lesson = reverse("admin:tutor_lesson_change", args=[lesson.pk])
    assert urls == [reverse("admin:tutor_stage_change", args=[stage.pk]), of_lesson, of_lesson, of_lesson]


def test_html_escapes_what_teachers_wrote():
    advice = Advice(is_error=True, place="Title", url="/x/", message="“<b>” is no title.")

    assert advice.as_html() == '<a href="/x/">Title</a>: “&lt;b&gt;” is no title.'
