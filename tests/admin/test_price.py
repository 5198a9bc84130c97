"""Superusers put down what the models cost; teachers and reviewers find nothing of it."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from pytest_django.asserts import assertContains, assertNotContains

from tutor.models import DayUse, Digest, ModelPrice
from tutor.models.price import TOKEN_KINDS
from tutor.services import digests

LIST, ADD = "/admin/tutor/modelprice/", "/admin/tutor/modelprice/add/"
DAY = {"model": "gpt-next", "valid_from": "2026-12-01"}


def faults(response) -> list[str]:
    return [sentence for sentences in response.context["adminform"].form.errors.values() for sentence in sentences]


@pytest.mark.parametrize("names", [TOKEN_KINDS, ("minute",), (*TOKEN_KINDS, "minute")])
def test_superuser_adds_a_price(admin_client, names):
    admin_client.post(ADD, DAY | dict.fromkeys(names, "0.0045"))

    price = ModelPrice.objects.get(model="gpt-next")
    assert price.valid_from == date(2026, 12, 1)
    known = {name for name in (*TOKEN_KINDS, "minute") if getattr(price, name) == Decimal("0.0045")}
    assert known == set(names)


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ({}, "Fill in the prices of tokens, or the price of a minute of speech."),
        (
            {"text_in": "1", "minute": "1"},
            "Fill in the prices of all kinds of tokens or of none; 0 for a kind that this model does not have.",
        ),
        ({"minute": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"minute": "NaN"}, "Enter a number."),
        (
            {"model": "gpt-transcribe", "valid_from": "2026-10-01", "minute": "1"},
            "This model has a price from this day on already: change that one.",
        ),
    ],
)
def test_an_impossible_price_is_refused_in_a_sentence(admin_client, numbers, fault):
    before = ModelPrice.objects.count()

    response = admin_client.post(ADD, DAY | numbers)

    assert fault in faults(response)
    assert ModelPrice.objects.count() == before


def test_form_shows_prices_without_the_zeros_of_the_database(admin_client):
    price = ModelPrice.objects.get(model="gpt-realtime-2.1-mini")

    form = admin_client.get(f"{LIST}{price.pk}/change/").context["adminform"].form

    assert [form[name].value() for name in ("text_in", "audio_in", "minute")] == ["0.6", "10", None]


def test_list_shows_what_a_model_costs(admin_client):
    response = admin_client.get(LIST, {"q": "mini"})

    assertContains(response, "10 / 20")
    assertContains(response, "0.003")


def test_next_price_is_made_from_the_last(admin_client):
    price = ModelPrice.objects.get(model="gpt-transcribe")
    data = {"model": price.model, "valid_from": "2026-12-01", "minute": "0.005", "_saveasnew": "1"}

    admin_client.post(f"{LIST}{price.pk}/change/", data)

    assert [row.minute for row in ModelPrice.objects.filter(model=price.model)] == [Decimal("0.005"), price.minute]


def test_nobody_else_finds_prices_whatever_rights_they_were_given(teacher_client, teacher):
    teacher.user_permissions.add(*Permission.objects.filter(content_type__model="modelprice"))
    price = ModelPrice.objects.first()
    pages = [LIST, ADD, *(f"{LIST}{price.pk}/{page}/" for page in ("change", "delete", "history"))]

    answers = [call(page).status_code for page in pages for call in (teacher_client.get, teacher_client.post)]

    assert answers == [404] * 10
    assertNotContains(teacher_client.get("/admin/"), "modelprice")


@pytest.mark.parametrize("way", ["saved", "deleted", "deleted in the list"])
def test_a_price_that_changes_has_what_was_used_priced_anew(admin_client, attempt, way):
    row = ModelPrice.objects.get(model="gpt-transcribe")
    digests.refresh(attempt)
    DayUse.objects.create(attempt=attempt, day=date(2026, 11, 1), model=row.model)

    if way == "saved":
        changed = {"model": row.model, "valid_from": "2026-10-01", "minute": "0.01"}
        admin_client.post(f"{LIST}{row.pk}/change/", changed)
    elif way == "deleted":
        admin_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        admin_client.post(LIST, chosen)

    assert not ModelPrice.objects.filter(pk=row.pk, minute=row.minute).exists()
    assert Digest.objects.get().edition == 0
