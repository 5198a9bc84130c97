"""Tools in the admin: from choosing a kind to trying it, without JSON unless one wants it."""

import base64
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.rows import row_counts
from tests.tools.test_card import PNG
from tutor.models import Lesson, Tool
from tutor.tools import KINDS

PARAMETERS = {
    "type": "object",
    "properties": {"word": {"type": "string", "description": "The word", "examples": ["tea"]}},
    "required": ["word"],
    "additionalProperties": False,
}


def url(page: str, *args: int) -> str:
    return reverse(f"admin:tutor_tool_{page}", args=args)


def adding(lesson: Lesson, kind: str) -> str:
    return f"{url('add')}?lesson={lesson.pk}&kind={kind}"


def rows(*parameters: dict[str, object], before: int = 0) -> dict[str, object]:
    """Return the data of a form set with these rows, of which the first `before` were there."""
    data: dict[str, object] = {"rows-TOTAL_FORMS": len(parameters), "rows-INITIAL_FORMS": before}
    for number, parameter in enumerate(parameters):
        data |= {f"rows-{number}-{name}": value for name, value in parameter.items()}
    return data


def tool_data(**changes: object) -> dict[str, object]:
    return {"name": "show", "description": "When asked.", "written_as": "rows", **rows(), **changes}


def change(client: Client, tool: Tool, **changes: object) -> HttpResponse:
    """Open the page of a tool and send it back at once, with the fingerprint that was on it."""
    address = url("change", tool.pk)
    form = client.get(address).context["adminform"].form
    return client.post(address, tool_data(seen=form["seen"].value(), **changes))


EMPTY = {"name": "", "kind": "text", "description": "", "choices": "", "example": "", "least": "", "most": ""}
WORD = {"name": "word", "kind": "text", "description": "The word", "example": "tea", "required": "on"}


@pytest.fixture
def tool(lesson) -> Tool:
    return Tool.objects.create(lesson=lesson, name="check", kind="note", description="Check.", parameters=PARAMETERS)


def test_adding_begins_with_the_kinds_and_what_they_do(teacher_client, lesson):
    response = teacher_client.get(f"{url('add')}?lesson={lesson.pk}")

    for kind in KINDS.values():
        assertContains(response, kind.label)
        assertContains(response, kind.help)


@pytest.mark.parametrize("query", ["", "?lesson=", "?lesson=x", "?lesson=999999", "?lesson=²"])
def test_adding_without_a_lesson_leads_to_the_lessons(teacher_client, db, query):
    assertRedirects(teacher_client.get(url("add") + query), reverse("admin:tutor_lesson_changelist"))


@pytest.mark.parametrize("kind", KINDS)
def test_new_tool_of_each_kind_begins_with_what_the_kind_takes(teacher_client, lesson, settings, kind):
    settings.WEBHOOK_HOSTS = ["school.example.org"]
    form = teacher_client.get(adding(lesson, kind)).context["adminform"].form
    initial = [{**EMPTY, **{k: v for k, v in row.initial.items() if v}} for row in form.rows.initial_forms]

    data = tool_data(lesson=lesson.pk, kind=kind, url="https://school.example.org/", **rows(*initial))
    teacher_client.post(adding(lesson, kind), data)

    made = lesson.tools.get(name="show")
    assert (made.kind, made.parameters) == (kind, KINDS[kind].parameters)


def test_new_tool_can_be_given_to_stages_at_once(teacher_client, lesson):
    stage = lesson.stages.get(key="order")

    response = teacher_client.post(
        adding(lesson, "hint"), tool_data(lesson=lesson.pk, kind="hint", stages=[stage.pk], _save="")
    )

    assertRedirects(response, reverse("admin:tutor_lesson_change", args=[lesson.pk]) + "#tools")
    assert list(stage.tools.values_list("name", flat=True)) == ["show"]


def test_new_tool_goes_into_no_lesson_of_another_teacher(teacher_client, other_learner, lesson):
    Lesson.objects.update(owner=other_learner)
    before = row_counts()

    assert teacher_client.get(adding(lesson, "hint")).status_code == 302
    assert teacher_client.post(adding(lesson, "hint"), tool_data(lesson=lesson.pk, kind="hint")).status_code == 302
    assert row_counts() == before


@pytest.mark.parametrize("page", ["change", "delete", "history", "try"])
def test_tool_of_another_teachers_lesson_is_found_by_no_address(teacher_client, other_learner, tool, page):
    Lesson.objects.update(owner=other_learner)

    response = teacher_client.get(url(page, tool.pk))

    assert response.status_code in (302, 404)
    assert b"Check." not in response.content


def test_page_shows_the_parameters_as_rows(teacher_client, tool):
    form = teacher_client.get(url("change", tool.pk)).context["adminform"].form

    assert [row.initial for row in form.rows.initial_forms] == [
        {
            "name": "word",
            "kind": "text",
            "description": "The word",
            "choices": "",
            "example": "tea",
            "least": None,
            "most": None,
            "required": True,
        }
    ]


def test_saving_unchanged_rows_changes_nothing(teacher_client, tool):
    kept = {
        "type": "object",
        "properties": {"word": {"type": "string", "description": "The word", "examples": ["tea"]}},
        "required": ["word"],
    }
    Tool.objects.filter(pk=tool.pk).update(parameters=kept)

    change(teacher_client, tool, name="check", **rows(WORD, before=1))

    tool.refresh_from_db()
    assert tool.parameters == kept


def test_example_of_several_lines_keeps_them(teacher_client, tool):
    change(teacher_client, tool, name="check", **rows({**WORD, "example": " tea\r\n milk "}, before=1))

    tool.refresh_from_db()
    assert tool.parameters["properties"]["word"]["examples"] == [" tea\n milk "]


def test_rows_are_added_changed_and_removed(teacher_client, tool):
    level = {"name": "level", "kind": "choice", "choices": "low\n\nhigh\nlow"}
    data = rows(
        {**WORD, "DELETE": "on"},
        level,
        {"name": "points", "kind": "number", "least": "0.5", "most": "2", "example": "x", "required": "on"},
        EMPTY,
        before=1,
    )

    change(teacher_client, tool, name="check", **data)

    tool.refresh_from_db()
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "level": {"type": "string", "enum": ["low", "high"]},
            "points": {"type": "number", "minimum": 0.5, "maximum": 2},
        },
        "required": ["points"],
        "additionalProperties": False,
    }


def test_empty_rows_do_not_count(teacher_client, tool):
    data = rows({**WORD, "description": "Another word"}, EMPTY, before=1)

    change(teacher_client, tool, name="check", **data)

    tool.refresh_from_db()
    assert list(tool.parameters["properties"].items()) == [
        ("word", {"type": "string", "description": "Another word", "examples": ["tea"]})
    ]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (({"name": "a b", "kind": "text"},), "Use letters, digits, _ and - only."),
        (({"name": "", "kind": "text", "description": "?"},), "This field is required."),
        (({"name": "a", "kind": "choice"},), "Write at least one choice."),
        ((WORD, WORD), "The name “word” is there twice: names must differ."),
        (({"name": "a", "kind": "magic"},), "Select a valid choice."),
        (({"name": "a", "kind": "whole", "least": "0.5"},), "Write a whole number."),
    ],
)
def test_row_that_is_wrong_is_named(teacher_client, tool, parameters, message):
    response = change(teacher_client, tool, name="check", **rows(*parameters))

    assertContains(response, message)
    assertContains(response, "Some of the parameters need mending: what is wrong is said in their rows.")
    tool.refresh_from_db()
    assert tool.parameters == PARAMETERS


def test_schema_can_be_written_as_json(teacher_client, tool):
    schema = {"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 2}}}

    change(teacher_client, tool, name="check", written_as="json", schema=json.dumps(schema))

    tool.refresh_from_db()
    assert tool.parameters == schema


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ('{\n  "type": object\n}', "This is not JSON, from line 2, column 11 on: Expecting value."),
        ('{"type": "objekt"}', "This is not a JSON Schema. $.type: &#x27;objekt&#x27; is not valid"),
        ('{"type": "array"}', "The schema must begin with “type”: “object”."),
        ("[]", "This is not a JSON Schema. $: [] is not of type"),
        ("", "This is not JSON, from line 1, column 1 on: Expecting value."),
        ("[" * 5_000, "This is not JSON: a number is too long, or lists are nested too deeply."),
        ('{"a": NaN}', "This is not a JSON Schema. only plain JSON values are allowed"),
    ],
)
def test_schema_that_is_none_is_refused_with_its_place(teacher_client, tool, schema, message):
    response = change(teacher_client, tool, name="check", written_as="json", schema=schema)

    assertContains(response, message)
    tool.refresh_from_db()
    assert tool.parameters == PARAMETERS


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 2}}},
        {"type": "object", "properties": {"ein Wort": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string", "description": " a "}}},
        {"type": "object", "properties": {"a": {"type": "string", "enum": ["x\ny"]}}},
        {"type": "object", "properties": {"a": {"type": "integer", "minimum": 2**60}}},
        {"type": "object", "properties": {"a": {"type": "string", "examples": ["\nx"]}}},
        {"type": "object", "properties": {f"a{number}": {"type": "string"} for number in range(21)}},
    ],
)
def test_schema_that_rows_cannot_hold_is_shown_as_json(teacher_client, tool, schema):
    Tool.objects.filter(pk=tool.pk).update(parameters=schema)

    response = teacher_client.get(url("change", tool.pk))

    assert response.context["adminform"].form.initial["written_as"] == "json"
    assertContains(response, "This schema says more than the form can show")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hint", "Another tool of this lesson has this name."),
        ("stage_complete", "“stage_complete” is built in: choose another name."),
        ("a!b", "Use l"),
    ],
)
def test_name_must_be_free_and_fit(teacher_client, tool, name, message):
    assertContains(change(teacher_client, tool, name=name), message)


def test_a_name_typed_with_spaces_is_one_word(teacher_client, tool):
    change(teacher_client, tool, name=" price  card ")

    tool.refresh_from_db()
    assert tool.name == "price_card"


def test_webhook_asks_for_an_address_on_an_approved_host(teacher_client, lesson, settings):
    settings.WEBHOOK_HOSTS = ["school.example.org"]
    data = tool_data(lesson=lesson.pk, kind="webhook", url="https://evil.example/")

    response = teacher_client.post(adding(lesson, "webhook"), data)

    assertContains(
        response,
        "“evil.example” is not a host that the operator of this site has approved (school.example.org).",
    )
    teacher_client.post(adding(lesson, "webhook"), {**data, "url": "https://school.example.org/check"})
    assert lesson.tools.get(name="show").options == {"url": "https://school.example.org/check"}


def test_card_takes_a_picture_with_words_for_it(teacher_client, lesson):
    data = tool_data(lesson=lesson.pk, kind="card", alt="A dot")

    teacher_client.post(adding(lesson, "card"), {**data, "picture": SimpleUploadedFile("dot.png", PNG)})

    card = lesson.tools.get(name="show")
    uri = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert card.options == {"image": uri, "alt": "A dot"}
    assertContains(teacher_client.get(url("change", card.pk)), f'src="{uri}"')
    change(teacher_client, card, alt="A spot")
    card.refresh_from_db()
    assert card.options == {"image": uri, "alt": "A spot"}
    change(teacher_client, card, alt="A spot", no_picture="on")
    card.refresh_from_db()
    assert card.options == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg/>", "Choose a PNG, JPEG, GIF or WebP picture. This file is none."),
        (PNG + b"\x00" * 102_400, "Choose a picture of at most 100 KiB. This one has 100 KiB."),
    ],
)
def test_card_refuses_what_is_no_small_picture(teacher_client, lesson, content, sentence):
    data = tool_data(lesson=lesson.pk, kind="card", alt="?", picture=SimpleUploadedFile("dot.png", content))

    assertContains(teacher_client.post(adding(lesson, "card"), data), sentence)


def test_card_asks_for_words_for_its_picture(teacher_client, lesson):
    data = tool_data(lesson=lesson.pk, kind="card", picture=SimpleUploadedFile("dot.png", PNG))

    assertContains(teacher_client.post(adding(lesson, "card"), data), "The picture needs words")


def test_lesson_lists_its_tools_and_who_uses_them(teacher_client, lesson, tool):
    response = teacher_client.get(reverse("admin:tutor_lesson_change", args=[lesson.pk]))

    assertContains(response, f'href="{url("change", tool.pk)}"')
    assertContains(response, "No stage uses it yet", count=1)
    assertContains(response, "Used in Warm-up", count=2)
    assertContains(response, f'href="{url("add")}?lesson={lesson.pk}"')


def test_deleting_a_tool_leads_back_to_its_lesson(teacher_client, tool):
    response = teacher_client.post(url("delete", tool.pk), {"post": "yes"})

    assertRedirects(response, reverse("admin:tutor_lesson_change", args=[tool.lesson_id]) + "#tools")
    assert not Tool.objects.filter(pk=tool.pk).exists()


def test_trying_offers_a_field_for_each_parameter(teacher_client, tool):
    response = teacher_client.get(url("try", tool.pk))

    assert list(response.context["form"].fields) == ["stage", "arg-word"]
    assertContains(response, "The word")


def test_trying_shows_what_the_tutor_gets_back_and_stores_nothing(teacher_client, lesson):
    hint = lesson.tools.get(name="hint")
    before = row_counts()

    response = teacher_client.post(url("try", hint.pk), {"stage": "warm-up"})

    assert response.context["trial"].output == {"status": "ok", "hint": "Think of a hot drink.", "left": 1}
    assertContains(response, "Think of a hot drink.")
    assert row_counts() == before


def test_trying_shows_the_card_the_learner_would_see(teacher_client, lesson):
    card = Tool.objects.create(
        lesson=lesson, name="show", kind="card", description="", parameters=dict(KINDS["card"].parameters)
    )

    response = teacher_client.post(
        url("try", card.pk), {"stage": "order", "arg-title": "<b>Tea</b>", "arg-math": r"\frac{1}{2}"}
    )

    assertContains(response, "<h4>&lt;b&gt;Tea&lt;/b&gt;</h4>")
    assertContains(response, "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>")


def test_trying_tells_a_mistake_as_the_model_would_be_told(teacher_client, tool):
    response = teacher_client.post(url("try", tool.pk), {"stage": "warm-up", "arg-word": ""})

    assertContains(response, "The arguments of “check” do not fit: $: &#x27;word&#x27; is a required property.")


def test_trying_takes_json_where_rows_cannot_say_it(teacher_client, tool):
    Tool.objects.filter(pk=tool.pk).update(parameters={"type": "object", "minProperties": 1})

    empty = teacher_client.post(url("try", tool.pk), {"stage": "warm-up", "arguments": "{}"})
    broken = teacher_client.post(url("try", tool.pk), {"stage": "warm-up", "arguments": "{"})
    listed = teacher_client.post(url("try", tool.pk), {"stage": "warm-up", "arguments": "[]"})
    good = teacher_client.post(url("try", tool.pk), {"stage": "warm-up", "arguments": '{"a": 1}'})

    assert empty.context["trial"].output["error"] == "invalid_arguments"
    assertContains(broken, "This is not JSON.")
    assertContains(listed, "The arguments must be a JSON object.")
    assert good.context["trial"].output == {"status": "ok", "noted": True}


def test_trying_understands_every_kind_of_field(teacher_client, tool):
    properties = {
        "points": {"type": "number"},
        "tries": {"type": "integer"},
        "right": {"type": "boolean"},
        "level": {"type": "string", "enum": ["low", "high"]},
        "words": {"type": "array", "items": {"type": "string"}},
    }
    Tool.objects.filter(pk=tool.pk).update(parameters={"type": "object", "properties": properties})
    data = {"arg-points": "1.5", "arg-tries": "0", "arg-right": "no", "arg-level": "low", "arg-words": "a\n\n b "}

    response = teacher_client.post(url("try", tool.pk), {"stage": "warm-up", **data})

    assert response.context["form"].arguments == {
        "points": 1.5,
        "tries": 0,
        "right": False,
        "level": "low",
        "words": ["a", "b"],
    }


def test_trying_a_webhook_only_says_what_would_be_sent(teacher_client, lesson, settings):
    settings.WEBHOOK_HOSTS = ["school.example.org"]
    hook = Tool.objects.create(
        lesson=lesson, name="ask", kind="webhook", description="", options={"url": "https://school.example.org/check"}
    )

    response = teacher_client.post(url("try", hook.pk), {"stage": "warm-up"})

    assertContains(response, "POST https://school.example.org/check")
    assertContains(response, "The other server would be sent")
    assertNotContains(response, "of no use")
    assert response.context["trial"].output is None


def test_pages_of_a_tool_query_the_same_for_any_number_of_stages(teacher_client, tool, django_assert_max_num_queries):
    for page in ("change", "try"):
        with django_assert_max_num_queries(16):
            teacher_client.get(url(page, tool.pk))
