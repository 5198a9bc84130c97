"""Every list of the admin: readable for its group, and as many queries for three rows as for one."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from tests import lessons
from tests.walking import complete
from tutor.models import (
    Attempt,
    Connection,
    ConsentText,
    Fault,
    Intervention,
    InterventionKind,
    LessonVersion,
    LtiIdentity,
    LtiPlatform,
    LtiScore,
    SetAside,
    StageVisit,
    ToolCall,
    UsageReport,
    Utterance,
)
from tutor.services import attempts

# Model: queries of its list. Login, user and two for rights; counting and fetching the rows; and, where lists are
# filtered by lesson, the lessons to choose from. Drafts are few: their lists count what there is besides what is found.
LISTS = {
    "lesson": 7,
    "classroom": 7,
    "tool": 9,
    "stage": 8,
    "lessonversion": 6,
    "attempt": 7,
    "stagevisit": 6,
    "connection": 6,
    "utterance": 6,
    "toolcall": 6,
    "usagereport": 6,
    "fault": 6,
    "setaside": 6,
    "modelprice": 6,
    "watchword": 6,
    "consenttext": 4,
    "intervention": 4,
    "budget": 4,
    "switch": 4,
    "alarm": 4,
    "ltiplatform": 4,
    "ltiscore": 5,
}
OF_SUPERUSERS = ("modelprice", "consenttext", "intervention", "budget", "switch", "alarm", "ltiplatform", "ltiscore")
OF_TEACHERS = ("lesson", "classroom", "tool", "stage", "lessonversion")
OF_ATTEMPT = [StageVisit, Connection, Utterance, ToolCall, UsageReport, Fault, SetAside, Intervention]
RECORDS = [Attempt, *OF_ATTEMPT, LessonVersion]


@pytest.fixture
def full_attempt(db, said) -> Callable[[int], Attempt]:
    """Make an attempt of another learner at another lesson, with a row of everything."""

    def make(number: int) -> Attempt:
        learner = User.objects.create_user(f"learner-{number}")
        attempt = attempts.start_attempt(lessons.publish(slug=f"lesson-{number}"), learner=learner)[0]
        said(attempt, "I like coffee.")
        ConsentText.objects.create()
        connection = Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
        UsageReport.objects.create(attempt=attempt, connection=connection, report_id="r", source="response", usage={})
        Fault.objects.create(attempt=attempt, connection=connection, report_id="f", code="data_channel_closed")
        SetAside.objects.create(attempt=attempt, code="text_too_long", body="{}", digest="d")
        Intervention.objects.create(
            attempt=attempt,
            number=1,
            action_id=uuid4(),
            kind=InterventionKind.WHISPER,
            author=User.objects.create_user(f"author-{number}"),
            visit=connection.visit,
            text="Speak slowly.",
        )
        platform = LtiPlatform.objects.create(
            name="Moodle", issuer=f"https://{number}.example", client_id="viva", teacher=learner
        )
        LtiIdentity.objects.create(person=learner, platform=platform, sub="1")
        LtiScore.objects.create(attempt=attempt, line_item="https://1.example/lineitem")
        complete(attempt, "understood", evidence=("I like coffee.",))
        return attempt

    return make


def test_lists_are_all_there_are():
    ours = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "tutor"}

    assert ours == set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_list_takes_the_same_queries_for_one_row_and_for_three(
    admin_client, teacher_client, reviewer_client, full_attempt, django_assert_num_queries, name
):
    clients = {**dict.fromkeys(OF_TEACHERS, teacher_client), **dict.fromkeys(OF_SUPERUSERS, admin_client)}
    client = clients.get(name, reviewer_client)
    full_attempt(1)
    with django_assert_num_queries(LISTS[name]):
        assert client.get(f"/admin/tutor/{name}/").status_code == 200

    full_attempt(2)
    full_attempt(3)
    with django_assert_num_queries(LISTS[name]):
        assert client.get(f"/admin/tutor/{name}/").status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_list_can_be_searched(admin_client: Client, full_attempt, name):
    full_attempt(1)

    response = admin_client.get(f"/admin/tutor/{name}/", {"q": "nothing has this in it"})

    assert response.context["cl"].result_count == 0


@pytest.mark.parametrize("name", LISTS)
def test_each_group_sees_its_own_lists_only(teacher_client, reviewer_client, lesson, name):
    expected = (200, 404) if name in OF_TEACHERS else (404, 404) if name in OF_SUPERUSERS else (404, 200)

    assert (
        tuple(client.get(f"/admin/tutor/{name}/").status_code for client in (teacher_client, reviewer_client))
        == expected
    )


@pytest.mark.parametrize("model", RECORDS)
def test_records_can_be_read_but_not_changed_even_by_a_superuser(admin_client: Client, full_attempt, model):
    full_attempt(1)
    record = model.objects.first()
    base = f"/admin/tutor/{model._meta.model_name}/"

    # An attempt is read on the page of reviewers.
    assert admin_client.get(f"{base}{record.pk}/change/", follow=True).status_code == 200
    assert admin_client.post(f"{base}{record.pk}/change/", {}).status_code == 404
    assert admin_client.get(f"{base}add/").status_code == 404
    assert admin_client.get(f"{base}{record.pk}/delete/").status_code == 404
