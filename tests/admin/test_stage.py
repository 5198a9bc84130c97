"""The page of one stage."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from tests import lessons
from tests.admin.forms import filled_in, row
from tutor.models import Outcome, Stage


@pytest.fixture
def stage(lesson) -> Stage:
    return Stage.objects.get(key="warm-up")


def url(stage: Stage) -> str:
    return reverse("admin:tutor_stage_change", args=[stage.pk])


def errors(response) -> dict[str, list[str]]:
    return response.context["adminform"].form.errors


def test_form_offers_only_the_tools_of_the_lesson(teacher_client, stage):
    other = lessons.publish(slug="other")

    form = teacher_client.get(url(stage)).context["adminform"].form

    assert list(form.fields["tools"].queryset) == list(stage.lesson.tools.all())
    assert not set(form.fields["tools"].queryset) & set(other.tools.all())


def test_a_tool_is_added_on_a_page_of_its_own(teacher_client, stage):
    page = teacher_client.get(url(stage))

    address = f"/admin/tutor/tool/add/?lesson={stage.lesson_id}&amp;stages={stage.pk}"
    assertContains(page, f'<a href="{address}">Add a tool to this lesson</a>', html=True)
    assertNotContains(page, "_popup=1")


def test_a_tool_added_from_a_stage_is_that_stages(teacher_client, stage):
    asked = {"lesson": stage.lesson_id, "stages": stage.pk}

    kinds = teacher_client.get("/admin/tutor/tool/add/", asked)
    page = teacher_client.get("/admin/tutor/tool/add/", {**asked, "kind": "card"})

    assertContains(kinds, f"?lesson={stage.lesson_id}&amp;kind=card&amp;stages={stage.pk}")
    box = f'<input type="checkbox" name="stages" value="{stage.pk}" id="id_stages_0" checked>'
    assertContains(page, box, html=True)


def test_what_is_to_mend_is_listed_with_ways_to_its_fields(teacher_client, stage):
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, title="", **{"outcomes-1-when": ""}))

    assertContains(response, '<li><a href="#id_title">Title</a>: This field is required.</li>', html=True)
    when = '<li><a href="#id_outcomes-1-when">When to choose it</a>: This field is required.</li>'
    assertContains(response, when, html=True)


def test_form_offers_only_the_stages_of_the_lesson_as_next(teacher_client, stage):
    lessons.publish(slug="other")

    outcomes = teacher_client.get(url(stage)).context["inline_admin_formsets"][0].formset

    expected = [("", "the lesson ends here"), *((each.pk, each.title) for each in stage.lesson.stages.all())]
    assert [list(form.fields["next_stage"].choices) for form in outcomes.forms] == [expected, expected]


def test_form_refuses_the_stage_of_another_lesson_as_next(teacher_client, stage):
    foreign = lessons.publish(slug="other").stages.first()
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, **{"outcomes-0-next_stage": foreign.pk}))

    assert response.status_code == 200
    assert list(response.context["inline_admin_formsets"][0].formset.errors[0]) == ["next_stage"]
    assert stage.outcomes.first().next_stage.lesson == stage.lesson


def test_form_refuses_the_tool_of_another_lesson(teacher_client, stage):
    foreign = lessons.publish(slug="other").tools.first()
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, tools=[foreign.pk]))

    assert list(errors(response)) == ["tools"]


def test_hints_are_shown_and_read_line_by_line(teacher_client, stage):
    page = teacher_client.get(url(stage))
    assert page.context["adminform"].form["hints"].value() == "Think of a hot drink.\nIt grows on a bush."

    teacher_client.post(url(stage), filled_in(page, hints="  First. \r\n\r\nSecond.\r\n"))

    stage.refresh_from_db()
    assert stage.hints == ["First.", "Second."]


def test_saving_without_a_change_changes_nothing(teacher_client, stage):
    before = list(Stage.objects.order_by("pk").values()), list(Outcome.objects.order_by("pk").values())
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page))

    assert response.status_code == 302
    assert (list(Stage.objects.order_by("pk").values()), list(Outcome.objects.order_by("pk").values())) == before


def test_new_outcome_without_a_next_stage_ends_the_lesson(teacher_client, stage):
    page = teacher_client.get(url(stage))

    teacher_client.post(
        url(stage), filled_in(page, **row("outcomes", 2, key="enough", when="Had enough.", order="", next_stage=""))
    )

    outcome = stage.outcomes.get(key="enough")
    assert (outcome.order, outcome.next_stage) == (30, None)


def test_stages_are_added_in_their_lesson_not_here(teacher_client, stage):
    assert teacher_client.get("/admin/tutor/stage/add/").status_code == 404


# --- Names ---------------------------------------------------------------------------------------


def test_an_outcomes_name_may_be_typed_as_it_is_spoken(teacher_client, stage):
    page = teacher_client.get(url(stage))

    teacher_client.post(url(stage), filled_in(page, **{"outcomes-1-key": "Needs more practice!"}))

    assert list(stage.outcomes.values_list("key", flat=True)) == ["understood", "needs-more-practice"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcomes-1-key": "Understood"}, "The way out “understood” is there 2 times: names must differ."),
        (
            {"outcomes-0-key": "needs practice", "outcomes-1-key": "understood"},
            "The way out “understood” is still taken: save once without it, then give it away.",
        ),
        (
            {"outcomes-0-DELETE": "on", "outcomes-1-key": "understood"},
            "The way out “understood” is still taken: save once without it, then give it away.",
        ),
    ],
)
def test_names_that_the_database_could_not_hold_are_refused_in_words(teacher_client, stage, changes, message):
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, **changes))

    assert list(response.context["inline_admin_formsets"][0].formset.non_form_errors()) == [message]
    assert list(stage.outcomes.values_list("key", flat=True)) == ["understood", "needs-practice"]


def test_an_outcome_whose_name_has_no_letter_is_refused(teacher_client, stage):
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, **{"outcomes-0-key": "¡!"}))

    errors_of_row = response.context["inline_admin_formsets"][0].formset.errors[0]
    assert errors_of_row == {"key": ["Use at least one letter a-z or digit."]}


def test_a_stage_without_a_way_out_begins_one_that_leads_on(teacher_client, stage):
    stage.outcomes.all().delete()

    formset = teacher_client.get(url(stage)).context["inline_admin_formsets"][0].formset

    assert [form["next_stage"].value() for form in formset.forms] == [Stage.objects.get(key="order").pk]


def test_a_way_out_that_was_only_begun_is_not_saved(teacher_client, stage):
    stage.outcomes.all().delete()
    page = teacher_client.get(url(stage))
    after = Stage.objects.get(key="order").pk

    response = teacher_client.post(url(stage), filled_in(page, **{"outcomes-0-next_stage": after}))

    assert (response.status_code, stage.outcomes.count()) == (302, 0)


# --- The last resort -----------------------------------------------------------------------------


def test_last_resort_is_one_of_the_stages_outcomes(teacher_client, stage):
    page = teacher_client.get(url(stage))
    assert page.context["adminform"].form.fields["fallback"].choices == [
        ("", "none: the stage goes on"),
        ("understood", "understood"),
        ("needs-practice", "needs-practice"),
    ]

    teacher_client.post(url(stage), filled_in(page, fallback="needs-practice", stall_turns=6, stall_minutes=4))

    stage.refresh_from_db()
    assert (stage.fallback, stage.stall_turns, stage.stall_minutes) == ("needs-practice", 6, 4)


def test_last_resort_may_be_an_outcome_named_in_the_same_save(teacher_client, stage):
    page = teacher_client.get(url(stage))
    new = row("outcomes", 2, key="Had enough", when="…", order="", next_stage="")

    teacher_client.post(url(stage), filled_in(page, fallback="had-enough", **new))

    stage.refresh_from_db()
    assert stage.fallback == "had-enough"


@pytest.mark.parametrize("gone", [{"outcomes-0-DELETE": "on"}, {"outcomes-0-key": "renamed"}])
def test_last_resort_cannot_be_an_outcome_that_goes(teacher_client, stage, gone):
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, fallback="understood", **gone))

    assert errors(response) == {"fallback": ["This stage has no way out “understood”: choose one that it has."]}


# --- Where to go from here -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "button", "target"),
    [
        ("warm-up", "_continue", "warm-up"),
        ("warm-up", "_next", "order"),
        ("goodbye", "_next", None),
        ("warm-up", "_save", None),
    ],
)
def test_saving_leads_where_the_button_says(teacher_client, lesson, key, button, target):
    stage = lesson.stages.get(key=key)
    page = teacher_client.get(url(stage))

    response = teacher_client.post(url(stage), filled_in(page, **{button: "Save"}))

    back = f"/admin/tutor/lesson/{lesson.pk}/change/#stage-{stage.pk}"
    assert response.url == (url(lesson.stages.get(key=target)) if target else back)


def test_a_lesson_changes_with_its_stage(teacher_client, stage):
    before = stage.lesson.changed_at
    teacher_client.post(url(stage), filled_in(teacher_client.get(url(stage)), goal="Another."))

    stage.lesson.refresh_from_db()
    assert stage.lesson.changed_at > before


# --- Deleting ------------------------------------------------------------------------------------


def delete(client, stage: Stage):
    return client.post(f"/admin/tutor/stage/{stage.pk}/delete/", {"post": "yes"}, follow=True)


def test_a_stage_that_others_lead_to_stays_and_says_who_does(teacher_client, stage):
    order = Stage.objects.get(key="order")

    response = delete(teacher_client, order)

    assert Stage.objects.filter(pk=order.pk).exists()
    assert [str(message) for message in response.context["messages"]] == [
        f"“Order” cannot be deleted while other stages lead to it: “understood” of "
        f'<a href="{url(stage)}">Warm-up</a>. Let them lead somewhere else first.'
    ]


def test_a_stage_that_only_leads_to_itself_goes_and_the_lesson_is_next(teacher_client, stage):
    response = delete(teacher_client, stage)

    assert list(Stage.objects.values_list("key", flat=True)) == ["order", "goodbye"]
    assert response.redirect_chain[-1][0] == f"/admin/tutor/lesson/{stage.lesson_id}/change/#stage-{stage.pk}"


@pytest.mark.parametrize("count", [1, 3, 50])
def test_form_takes_the_same_queries_however_many_stages(teacher_client, django_assert_num_queries, count):
    stage = lessons.publish(lessons.of_stages(count)).stages.first()
    ContentType.objects.get_for_model(Stage)

    with django_assert_num_queries(11):
        teacher_client.get(url(stage))


@pytest.mark.parametrize("count", [1, 3])
def test_form_takes_the_same_queries_however_many_outcomes(teacher_client, stage, django_assert_num_queries, count):
    stage.outcomes.all().delete()
    for number in range(count):
        Outcome.objects.create(stage=stage, key=f"way-{number}", when="…", order=10 * number)

    # Kept for all requests of a process.
    ContentType.objects.get_for_model(Stage)

    # login, user, two for rights; stage, lesson and the stages of that, outcomes; tools of the stage and of the lesson;
    # the rows of the outcomes
    with django_assert_num_queries(11):
        teacher_client.get(url(stage))
