"""Writing, checking and publishing a lesson in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests import lessons
from tests.admin.forms import filled_in, row
from tutor import plan as plans
from tutor.admin.lesson import PUBLISHED
from tutor.models import Lesson, LessonVersion, Stage
from tutor.services import attempts

# Login, user, two for rights; the lesson; its tools, and the stages that use them; the rows of its stages with their
# ways out, where these lead, and their tools; their places for the fingerprint; and the plan in four.
PAGE_QUERIES = 16
# Login, user, two for rights; counting those found and all there are; the rows.
LIST_QUERIES = 7


def url(lesson: Lesson, page: str) -> str:
    """The address of one of a lesson's pages in the admin."""
    return reverse(f"admin:tutor_lesson_{page}", args=[lesson.pk])


def said(response) -> list[tuple[str, str]]:
    """The messages of a page, as pairs of (level, text)."""
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


def stage_card(response, stage: Stage) -> str:
    """The part of a lesson's page that shows one stage."""
    page = response.content.decode()
    start = page.index(f'id="stage-{stage.pk}"')
    return page[start : page.index("</li>\n", page.index("stage-card__ways", start))]


def test_list_counts_stages_versions_and_learners(teacher_client, lesson, learner, other_learner):
    for person in (learner, learner, other_learner):
        attempts.end_attempt(attempts.start_attempt(lesson, learner=person)[0])

    response = teacher_client.get("/admin/tutor/lesson/")

    assertContains(response, '<td class="field-stage_count">3</td>', html=True)
    version = 'version 1 <a href="/lessons/cafe/">Open</a>'
    assertContains(response, f'<td class="field-latest_version">{version}</td>', html=True)
    assertContains(response, '<td class="field-learner_count">2</td>', html=True)


def test_list_of_an_empty_draft_counts_nothing_and_leads_nowhere(teacher_client):
    Lesson.objects.create(slug="draft", title="Draft")

    response = teacher_client.get("/admin/tutor/lesson/")

    assertContains(response, '<td class="field-stage_count">0</td>', html=True)
    assertContains(response, '<td class="field-latest_version">not yet</td>', html=True)
    assertNotContains(response, "/lessons/draft/")
    assertContains(response, "all teachers", count=1)


def test_list_tells_lessons_of_the_same_title_apart(teacher_client):
    for slug in ("cafe-one", "cafe-two"):
        Lesson.objects.create(slug=slug, title="Café")

    response = teacher_client.get("/admin/tutor/lesson/")

    for slug in ("cafe-one", "cafe-two"):
        assertContains(response, f'Café<span class="list-address">{slug}</span></a>')


def test_form_links_to_the_page_of_each_stage(teacher_client, lesson):
    response = teacher_client.get(url(lesson, "change"))

    for stage in lesson.stages.all():
        assertContains(response, f'href="/admin/tutor/stage/{stage.pk}/change/"')


def test_form_links_to_the_learners_page_only_once_published(teacher_client, lesson):
    draft = Lesson.objects.create(slug="draft", title="Draft")

    assertContains(teacher_client.get(url(lesson, "change")), 'href="/lessons/cafe/"')
    assertNotContains(teacher_client.get(url(draft, "change")), "View on site")


def test_new_stage_without_a_place_goes_to_the_end(teacher_client, lesson):
    page = teacher_client.get(url(lesson, "change"))

    teacher_client.post(url(lesson, "change"), filled_in(page, **{"stages-3-title": "Extra"}))

    assert list(lesson.stages.values_list("key", "order")) == [
        ("warm-up", 10),
        ("order", 20),
        ("goodbye", 30),
        ("extra", 40),
    ]


def test_two_stages_can_swap_their_places(teacher_client, lesson):
    page = teacher_client.get(url(lesson, "change"))

    teacher_client.post(url(lesson, "change"), filled_in(page, **{"stages-0-order": 20, "stages-1-order": 10}))

    assert list(lesson.stages.values_list("key", flat=True)) == ["order", "warm-up", "goodbye"]


NEW_BEGINNING = [
    ({"stages-0-order": 20, "stages-1-order": 10}, "Order", "this stage: Warm-up"),
    ({"stages-0-order": 40}, "Order", "this stage: Warm-up"),
    ({"stages-2-order": 5}, "Looking back", "these stages: Warm-up, Order"),
    ({"_up": "order"}, "Order", "this stage: Warm-up"),
]


@pytest.mark.parametrize(("changes", "first", "lost"), NEW_BEGINNING)
def test_another_first_stage_is_named_with_the_stages_that_nobody_comes_to(
    teacher_client, lesson, changes, first, lost
):
    changes = {name: lesson.stages.get(key=value).pk if name == "_up" else value for name, value in changes.items()}
    page = teacher_client.get(url(lesson, "change"))

    response = teacher_client.post(url(lesson, "change"), filled_in(page, **changes), follow=True)

    assert [words for words in said(response) if words[0] != "success"] == [
        ("info", f"The lesson now begins with “{first}”."),
        ("warning", f"Learners no longer come to {lost}."),
    ]


def test_another_first_stage_from_which_all_others_are_reached_is_only_named(teacher_client, lesson):
    order, first = lesson.stages.get(key="order"), lesson.stages.get(key="warm-up")
    order.outcomes.create(key="again", when="Once more.", next_stage=first)
    page = teacher_client.get(url(lesson, "change"))

    response = teacher_client.post(url(lesson, "change"), filled_in(page, _up=order.pk), follow=True)

    assert said(response) == [("info", "The lesson now begins with “Order”.")]


@pytest.mark.parametrize(
    "changes", [{"title": "Typed"}, {"stages-1-order": 30, "stages-2-order": 20}, {"stages-1-order": 5, "title": ""}]
)
def test_nothing_is_said_of_the_beginning_when_it_stays(teacher_client, lesson, changes):
    page = teacher_client.get(url(lesson, "change"))

    response = teacher_client.post(url(lesson, "change"), filled_in(page, **changes), follow=True)

    assert [text for _, text in said(response) if text.startswith("Learners")] == []


def test_the_first_stages_of_an_empty_lesson_are_no_news(teacher_client):
    empty = Lesson.objects.create(slug="empty", title="Empty")
    page = teacher_client.get(url(empty, "change"))

    response = teacher_client.post(
        url(empty, "change"), filled_in(page, **row("stages", 0, title="Hello", order="")), follow=True
    )

    assert empty.stages.count() == 1
    assert [level for level, _ in said(response)] == ["success"]


def test_publish_action_reports_on_each_lesson(teacher_client, lesson):
    empty = Lesson.objects.create(slug="empty", title="Empty")
    data = {"action": "publish_selected", "_selected_action": [lesson.pk, empty.pk]}

    response = teacher_client.post("/admin/tutor/lesson/", data, follow=True)

    assert sorted(level for level, _ in said(response)) == ["error", "info"]


def test_saving_a_lesson_does_not_touch_what_learners_run(teacher_client, lesson):
    page = teacher_client.get(url(lesson, "change"))

    teacher_client.post(url(lesson, "change"), filled_in(page, title="Draft of something new"))

    assert Lesson.objects.get().title == "Draft of something new"
    assert LessonVersion.objects.get().plan["title"] == "Ordering in a café"
    assert LogEntry.objects.count() == 1


def test_a_teacher_writes_a_whole_lesson_and_publishes_it(teacher_client, teacher):
    page = teacher_client.get("/admin/tutor/lesson/add/")
    titles = {f"stages-{number}-title": title for number, title in enumerate(["Hi", "Practice", "Bye"])}
    teacher_client.post("/admin/tutor/lesson/add/", filled_in(page, title="Hello, you!", **titles))
    lesson = Lesson.objects.get()
    hi, practice, bye = lesson.stages.all()
    for stage, ways in (
        (hi, {"understood": bye, "needs practice": practice}),
        (practice, {"done": bye}),
        (bye, {"end": None}),
    ):
        address = f"/admin/tutor/stage/{stage.pk}/change/"
        rows: dict = {}
        for number, (name, after) in enumerate(ways.items()):
            rows |= row("outcomes", number, key=name, when="…", order="", next_stage=after.pk if after else "")
        filled = filled_in(teacher_client.get(address), goal="Greet.", instructions="Greet.", **rows)
        teacher_client.post(address, filled)

    response = teacher_client.post(url(lesson, "publish"), follow=True)

    assert said(response)[-1] == (
        "success",
        "“Hello, you!” is published as version 1. Everybody who begins from now on gets it.",
    )
    assert (lesson.slug, lesson.owner) == ("hello-you", teacher)
    plan = plans.from_data(LessonVersion.objects.get().plan)
    assert [(stage.key, {way.key: way.next for way in stage.outcomes}) for stage in plan.stages] == [
        ("hi", {"understood": "bye", "needs-practice": "practice"}),
        ("practice", {"done": "bye"}),
        ("bye", {"end": None}),
    ]


# --- Stages on the page of their lesson ----------------------------------------------------------


def test_a_stage_shows_its_goal_its_ways_out_and_its_tools(teacher_client, lesson):
    card = stage_card(teacher_client.get(url(lesson, "change")), lesson.stages.get(key="warm-up"))

    for words in ("Warm-up", "Say what you like to drink.", "understood", "Order", "this stage again", "hint", "note"):
        assert words in card


def test_a_stage_without_a_way_out_says_so(teacher_client, lesson):
    lesson.stages.get(key="goodbye").outcomes.all().delete()

    card = stage_card(teacher_client.get(url(lesson, "change")), lesson.stages.get(key="goodbye"))

    assert "No way out yet" in card


def test_two_new_stages_of_the_same_title_get_keys_of_their_own(teacher_client, lesson):
    for number in (3, 4):
        page = teacher_client.get(url(lesson, "change"))
        title = {f"stages-{number}-title": "Order"}
        teacher_client.post(url(lesson, "change"), filled_in(page, **title, _continue="Save"))

    assert list(lesson.stages.values_list("key", flat=True)) == ["warm-up", "order", "goodbye", "order-2", "order-3"]


@pytest.mark.parametrize(
    ("button", "keys"),
    [("_up", ["order", "warm-up", "goodbye"]), ("_down", ["warm-up", "goodbye", "order"])],
)
def test_a_stage_is_moved_without_a_script_and_nothing_typed_is_lost(teacher_client, lesson, button, keys):
    stage = lesson.stages.get(key="order")
    page = teacher_client.get(url(lesson, "change"))

    response = teacher_client.post(url(lesson, "change"), filled_in(page, title="Typed", **{button: stage.pk}))

    assertRedirects(response, f"{url(lesson, 'change')}#stage-{stage.pk}")
    assert list(lesson.stages.values_list("key", "order")) == list(zip(keys, [10, 20, 30], strict=True))
    assert Lesson.objects.get().title == "Typed"


def test_a_stage_is_copied(teacher_client, lesson):
    stage = lesson.stages.get(key="order")
    page = teacher_client.get(url(lesson, "change"))

    response = teacher_client.post(url(lesson, "change"), filled_in(page, _duplicate=stage.pk), follow=True)

    assert list(lesson.stages.values_list("key", flat=True)) == ["warm-up", "order", "order-2", "goodbye"]
    assert said(response) == [("success", "“Order” was copied as “Order (copy)”.")]


@pytest.mark.parametrize("button", ["_up", "_down", "_duplicate"])
def test_a_button_does_nothing_to_the_stage_of_another_lesson(teacher_client, lesson, button):
    foreign = lessons.publish(slug="other").stages.get(key="order")
    page = teacher_client.get(url(lesson, "change"))
    before = list(Stage.objects.values_list("key", "order"))

    for wanted in (foreign.pk, "order", "", "9" * 30):
        teacher_client.post(url(lesson, "change"), filled_in(page, **{button: wanted}))

    assert list(Stage.objects.values_list("key", "order")) == before


# --- The picture, the findings, the toolbar ------------------------------------------------------


def test_picture_links_each_stage_to_its_page(teacher_client, lesson):
    picture = teacher_client.get(url(lesson, "change")).context["picture"]

    for stage in lesson.stages.all():
        assert f'href="/admin/tutor/stage/{stage.pk}/change/"' in picture


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Nothing to mend"),
        ({"goal": ""}, "1 warning"),
        ({"instructions": ""}, "1 error to mend"),
    ],
)
def test_findings_are_counted_with_a_link_to_the_check(teacher_client, lesson, changes, words):
    lesson.stages.filter(key="order").update(**changes)

    response = teacher_client.get(url(lesson, "change"))

    kind = {"N": "ok", "1 w": "warning", "1 e": "error"}["N" if words[0] == "N" else words[:3]]
    assertContains(response, f'<a class="mark mark--{kind}" href="{url(lesson, "check")}">{words}</a>', html=True)


@pytest.mark.parametrize("page", ["check", "knows", "publish", "versions", "trials", "export"])
def test_toolbar_leads_to_every_page_of_the_workbench(teacher_client, lesson, page):
    assertContains(teacher_client.get(url(lesson, "change")), f'href="{url(lesson, page)}"')


@pytest.mark.parametrize("count", [1, 3, 50])
def test_page_takes_the_same_queries_however_many_stages(teacher_client, django_assert_num_queries, count):
    lesson = lessons.publish(lessons.of_stages(count))

    # Kept for all requests of a process.
    ContentType.objects.get_for_model(Lesson)

    with django_assert_num_queries(PAGE_QUERIES):
        teacher_client.get(url(lesson, "change"))


@pytest.mark.parametrize("count", [1, 3, 50])
def test_list_takes_the_same_queries_however_many_stages(teacher_client, django_assert_num_queries, count):
    lessons.publish(lessons.of_stages(count))

    with django_assert_num_queries(LIST_QUERIES):
        teacher_client.get("/admin/tutor/lesson/")


# --- Whose lesson it is --------------------------------------------------------------------------


def test_the_owner_hands_a_lesson_over_and_sees_it_no_more(teacher_client, teacher, colleague, lesson):
    Lesson.objects.update(owner=teacher)
    page = teacher_client.get(url(lesson, "change"))

    response = teacher_client.post(url(lesson, "change"), filled_in(page, owner=colleague.pk, _continue="Save"))

    assertRedirects(response, "/admin/tutor/lesson/")
    assert Lesson.objects.get().owner == colleague
    assert teacher_client.get(url(lesson, "change")).status_code == 404


def test_a_lesson_is_handed_over_to_teachers_only(teacher_client, teacher, colleague, learner, reviewer, lesson):
    Lesson.objects.update(owner=teacher)
    page = teacher_client.get(url(lesson, "change"))

    assert set(page.context["adminform"].form.fields["owner"].queryset) == {teacher, colleague}
    for somebody in (learner.pk, reviewer.pk, ""):
        teacher_client.post(url(lesson, "change"), filled_in(page, owner=somebody))
    assert Lesson.objects.get().owner == teacher


def test_a_colleague_edits_a_shared_lesson_but_keeps_it_where_it_is(teacher_client, teacher, colleague, lesson):
    Lesson.objects.update(owner=colleague, is_shared=True)
    page = teacher_client.get(url(lesson, "change"))

    teacher_client.post(url(lesson, "change"), filled_in(page, title="Better", owner=teacher.pk, is_shared=""))

    changed = Lesson.objects.get()
    assert (changed.title, changed.owner, changed.is_shared) == ("Better", colleague, True)


def test_a_superuser_hands_any_lesson_over(admin_client, teacher, lesson):
    page = admin_client.get(url(lesson, "change"))

    admin_client.post(url(lesson, "change"), filled_in(page, owner=teacher.pk, is_shared="on"))

    changed = Lesson.objects.get()
    assert (changed.owner, changed.is_shared) == (teacher, True)


def test_an_address_typed_is_kept_and_an_empty_one_made_from_the_title(teacher_client, lesson):
    for typed, address in (("my-lesson", "my-lesson"), ("", "ordering-in-a-cafe")):
        page = teacher_client.get(url(lesson, "change"))
        teacher_client.post(url(lesson, "change"), filled_in(page, slug=typed))
        assert Lesson.objects.get().slug == address


def test_a_published_lesson_is_not_deleted_and_says_what_to_do_instead(teacher_client, lesson):
    response = teacher_client.post(url(lesson, "delete"), {"post": "yes"}, follow=True)

    assertRedirects(response, url(lesson, "change"))
    assert said(response) == [("error", f"“{lesson}” stays. {PUBLISHED}")]


def test_a_draft_is_deleted_with_its_stages(teacher_client, lesson):
    LessonVersion.objects.all().delete()

    teacher_client.post(url(lesson, "delete"), {"post": "yes"})

    assert (Lesson.objects.count(), Stage.objects.count()) == (0, 0)


def test_lessons_are_not_deleted_many_at_once(teacher_client, lesson):
    response = teacher_client.get(reverse("admin:tutor_lesson_changelist"))

    assert [name for name, _ in response.context["action_form"].fields["action"].choices] == ["", "publish_selected"]
