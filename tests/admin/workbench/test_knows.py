"""What the tutor will know: exactly what is sent, its size, and what it may cost."""

import json
from decimal import Decimal

from pytest_django.asserts import assertContains

from tests.admin.workbench.pages import url
from tests.lessons import PLAN
from tests.walking import complete
from tutor.admin.workbench.knows import Cost, costs, told_in
from tutor.models import Lesson, Stage, ToolCall
from tutor.services import authoring, connections


def test_call_is_what_a_connection_asks_for(lesson, attempt, settings):
    told = told_in(lesson, authoring.compile_plan(lesson))[0]

    assert json.loads(told.call.text) == connections._request(attempt).config


def test_update_is_what_a_stage_change_sends(lesson, attempt, said):
    said(attempt, "I like coffee.")
    complete(attempt, "understood")

    sent = ToolCall.objects.get().answer["events"][0]
    told = told_in(lesson, authoring.compile_plan(lesson))[1]
    assert json.loads(told.update.text)["session"] == sent["session"]
    assert json.loads(told.update.text).keys() == sent.keys()


def test_size_counts_the_bytes_that_are_sent(lesson):
    told = told_in(lesson, authoring.compile_plan(lesson))[1]

    sent = json.dumps(json.loads(told.update.text), ensure_ascii=False, separators=(",", ":"))
    assert told.update.size == len(sent.encode()) < len(told.update.text.encode())


def test_context_rules_are_said_in_words(lesson):
    keep, summary, fresh = told_in(lesson, authoring.compile_plan(lesson))

    assert (keep.carried[:28], keep.note) == ("Everything said so far stays", "")
    assert summary.note == "What the learner did in the stages before:\n- Warm-up: (what the tutor noted there)"
    assert fresh.carried.endswith("Only the rules for the whole lesson go on.")


def test_page_shows_every_stage_with_its_instructions(teacher_client, lesson):
    response = teacher_client.get(url(lesson, "knows"))

    assert [told.stage.key for told in response.context["told"]] == [stage.key for stage in PLAN.stages]
    assertContains(response, "You are the waiter.")
    assertContains(response, "prices read on 1 October 2026")


def test_page_of_an_empty_draft_says_so(teacher_client):
    draft = Lesson.objects.create(slug="draft", title="Draft")

    assertContains(teacher_client.get(url(draft, "knows")), "This lesson has no stage yet.")


def test_forecast_begins_with_the_model_in_use_and_leaves_an_unknown_price_blank(settings):
    settings.REALTIME_MODEL = "somebody-elses"

    ours, *others = costs(1000)

    assert ours == Cost("somebody-elses", True, None)
    assert {cost.is_ours for cost in others} == {False}
    assert all(cost.usd is not None and cost.usd > Decimal(0) for cost in others)


def test_page_takes_the_same_queries_for_any_number_of_stages(teacher_client, lesson, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as few:
        teacher_client.get(url(lesson, "knows"))
    Stage.objects.bulk_create(Stage(lesson=lesson, key=f"more-{n}", title=f"More {n}", order=n) for n in range(50))

    with django_assert_max_num_queries(len(few)):
        teacher_client.get(url(lesson, "knows"))
