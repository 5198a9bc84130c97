"""What the tutor will know: exactly what is sent, its size, and what it may cost."""

import json
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from tests.admin.workbench.pages import url
from tests.lessons import PLAN
from tests.walking import complete
from tutor.admin.workbench.knows import Cost, forecasts, told_in
from tutor.models import Lesson, ModelPrice, Stage, ToolCall
from tutor.models.price import TOKEN_KINDS
from tutor.realtime.models import VOICE_MODELS
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
    assertContains(response, "(gpt-4o-mini-transcribe, price of 1 October 2026) is included")


def test_page_of_an_empty_draft_says_so(teacher_client):
    draft = Lesson.objects.create(slug="draft", title="Draft")

    assertContains(teacher_client.get(url(draft, "knows")), "This lesson has no stage yet.")


def test_forecast_begins_with_the_model_in_use_and_leaves_an_unknown_price_blank(db, settings):
    settings.REALTIME_MODEL = "somebody-elses"

    ours, *others = forecasts(1000)["costs"]

    assert ours == Cost("somebody-elses", True, None, None)
    assert {(cost.is_ours, cost.since) for cost in others} == {(False, date(2026, 10, 1))}
    assert all(cost.usd is not None and cost.usd > Decimal(0) for cost in others)


def test_forecast_takes_the_price_of_today(db):
    before = forecasts(1000)["costs"][0]
    today = timezone.localdate()
    kinds = dict.fromkeys(TOKEN_KINDS, 1_000)
    ModelPrice.objects.create(model=before.model, valid_from=today + timedelta(days=1), **kinds)
    assert forecasts(1000)["costs"][0] == before

    ModelPrice.objects.create(model=before.model, valid_from=today, **kinds)

    now = forecasts(1000)["costs"][0]
    assert (now.since, now.usd > 10 * before.usd) == (today, True)


def test_forecast_without_the_price_of_the_transcription_is_blank_everywhere(teacher_client, lesson, settings):
    settings.TRANSCRIPTION_MODEL = "whisper-1"

    response = teacher_client.get(url(lesson, "knows"))

    assert {cost.usd for cost in response.context["costs"]} == {None}
    assertContains(response, "(whisper-1) is not known, so no figure is given.")


def test_only_models_that_speak_are_compared(db):
    kinds = dict.fromkeys(TOKEN_KINDS, 1)
    ModelPrice.objects.create(model="gpt-4o-transcribe", valid_from=date(2026, 10, 2), **kinds, minute=1)
    ModelPrice.objects.create(model="whisper-1", valid_from=date(2026, 10, 2), **kinds)

    assert {cost.model for cost in forecasts(1000)["costs"]} <= set(VOICE_MODELS)


def test_page_tells_only_a_superuser_where_prices_are_changed(teacher_client, admin_client, lesson):
    link = 'href="/admin/tutor/modelprice/"'

    assertContains(admin_client.get(url(lesson, "knows")), link)
    assertNotContains(teacher_client.get(url(lesson, "knows")), link)


def test_page_takes_the_same_queries_for_any_number_of_prices(teacher_client, lesson, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as few:
        teacher_client.get(url(lesson, "knows"))
    ModelPrice.objects.bulk_create(
        ModelPrice(model=f"model-{n}", valid_from=date(2026, 10, 1), **dict.fromkeys(TOKEN_KINDS, n)) for n in range(50)
    )

    with django_assert_max_num_queries(len(few)):
        response = teacher_client.get(url(lesson, "knows"))

    assert len(response.context["costs"]) > 50


def test_page_takes_the_same_queries_for_any_number_of_stages(teacher_client, lesson, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as few:
        teacher_client.get(url(lesson, "knows"))
    Stage.objects.bulk_create(Stage(lesson=lesson, key=f"more-{n}", title=f"More {n}", order=n) for n in range(50))

    with django_assert_max_num_queries(len(few)):
        teacher_client.get(url(lesson, "knows"))
