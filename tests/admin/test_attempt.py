"""Finding attempts in the admin, and the rows they are made of."""

import pytest
from django.apps import apps as django_apps
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.walking import complete, finish
from tutor.models import (
    Attempt,
    Connection,
    Fault,
    Look,
    SetAside,
    ToolCall,
    UsageReport,
)
from tutor.services import journal


def found(client, **query: str) -> list[Attempt]:
    """The attempts that a search or a filter finds."""
    return list(client.get("/admin/tutor/attempt/", query).context["cl"].result_list)


def test_search_finds_by_learner_and_code_and_not_by_words_which_nobody_would_hear_of(reviewer_client, attempt, said):
    said(attempt, "I like coffee.")

    assert found(reviewer_client, q="lea") == [attempt]
    assert found(reviewer_client, q=str(attempt.code)) == [attempt]
    assert found(reviewer_client, q="coffee") == []


WITH_WORDS = ["stagevisit", "connection", "utterance", "toolcall", "fault", "setaside"]


@pytest.fixture
def outspoken(attempt, said) -> Attempt:
    """An attempt with the word marzipan in a row of every kind that can have it."""
    said(attempt, "I like marzipan.")
    complete(attempt, "understood", summary="Likes marzipan.")
    call = Connection.objects.create(attempt=attempt, visit=attempt.visits.first(), config={})
    Fault.objects.create(attempt=attempt, connection=call, report_id="f", code="odd", message="no marzipan")
    SetAside.objects.create(attempt=attempt, code="odd", body="marzipan", digest="d")
    return attempt


@pytest.mark.parametrize("model", WITH_WORDS)
def test_lists_show_no_words_and_are_not_searched_by_them(reviewer_client, outspoken, model):
    assertNotContains(reviewer_client.get(f"/admin/tutor/{model}/"), "marzipan")
    searched = reviewer_client.get(f"/admin/tutor/{model}/", {"q": "marzipan"})
    assert searched.context["cl"].result_count == 0
    assert not Look.objects.exists()


@pytest.mark.parametrize("model", WITH_WORDS)
def test_opening_a_row_is_a_look(reviewer_client, outspoken, model):
    row = django_apps.get_model("tutor", model)._default_manager.first()

    for _ in range(2):
        assert reviewer_client.get(f"/admin/tutor/{model}/{row.pk}/change/").status_code == 200

    assert list(Look.objects.values_list("viewer__username", "kind")) == [("rita", "read")]


@pytest.mark.parametrize("standing", ["open", "left", "completed"])
def test_filter_finds_attempts_by_how_they_stand(reviewer_client, lesson, learner, attempt, standing):
    if standing != "open":
        Attempt.objects.update(outcome=standing, ended_at=timezone.now())

    kinds = ("open", "left", "completed")
    assert [bool(found(reviewer_client, standing=kind)) for kind in kinds] == [kind == standing for kind in kinds]


def test_visit_page_shows_quotes_and_what_the_model_was_told(reviewer_client, attempt, said):
    finish(attempt, said)
    visit = attempt.visits.get(number=1)

    response = reviewer_client.get(f"/admin/tutor/stagevisit/{visit.pk}/change/")

    assertContains(response, "“I like coffee.”")
    assertContains(response, "&quot;instructions&quot;")


@pytest.mark.parametrize("model", ["utterance", "toolcall", "connection", "usagereport"])
def test_lists_and_forms_show_the_second_record(reviewer_client, witnessed, model):
    complete(witnessed, "understood")
    ToolCall.objects.update(proof="unverified")
    journal.store_heard(
        witnessed, [journal.UsageEntry(id="r1", source=UsageReport.Source.RESPONSE, usage={"total_tokens": 1})]
    )
    row = django_apps.get_model("tutor", model)._default_manager.first()

    assert reviewer_client.get(f"/admin/tutor/{model}/").status_code == 200
    assertContains(
        reviewer_client.get(f"/admin/tutor/{model}/{row.pk}/change/"),
        {"utterance": "confirmed", "toolcall": "unconfirmed", "connection": "heard from beginning to end"}.get(
            model, "Confirmed at"
        ),
    )


def test_an_attempt_is_read_on_the_page_of_reviewers(reviewer_client, attempt):
    answer = reviewer_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/")

    assertRedirects(answer, f"/review/{attempt.code}/")


def test_who_may_not_read_an_attempt_is_not_led_to_it(teacher_client, attempt):
    assert teacher_client.get(f"/admin/tutor/attempt/{attempt.pk}/change/").status_code == 404
