"""Rows that stand in an order of their own, and have names of their own."""

from collections import Counter
from typing import TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import BaseInlineFormSet

from tutor.services.drafting import STEP

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)


class OrderedForm(forms.ModelForm[Row]):
    """A row whose place may be left open."""

    order = forms.IntegerField(
        label="Place",
        required=False,
        min_value=0,
        widget=forms.NumberInput(attrs={"class": "order", "size": 4}),
    )


class OrderedFormSet(BaseInlineFormSet[Row, Parent, forms.ModelForm[Row]]):
    """Puts rows that were given no place at the end, in steps of 10, so that one fits between any two."""

    def clean(self) -> None:
        """Give every new or emptied row its place, once all other places are known."""
        super().clean()
        rows = [form for form in self.forms if form.has_changed() or form.instance.pk]
        last = max((form.cleaned_data.get("order") or 0 for form in rows if form.is_valid()), default=0)
        for form in rows:
            if form.is_valid() and form.cleaned_data.get("order") is None:
                last += STEP
                form.instance.order = last  # type: ignore[attr-defined] # every Row has an order


def refuse_repeats(formset: BaseInlineFormSet[Row, Parent, forms.ModelForm[Row]], field: str, noun: str) -> None:
    """Refuse two rows with the same name, and a name that another row gives up in this very save.

    The database would refuse both, for rows are written one after the other.
    Raises ValidationError.
    """
    kept = [form for form in formset.forms if form not in formset.deleted_forms]
    names = Counter(form.cleaned_data[field] for form in kept if form.cleaned_data.get(field))
    repeated = [name for name, times in names.items() if times > 1]
    if repeated:
        raise ValidationError(f"The {noun} “{repeated[0]}” is there {names[repeated[0]]} times: names must differ.")
    for form in formset.initial_forms:
        stored = form.initial[field]
        if any(stored == other.cleaned_data.get(field) for other in kept if other is not form):
            raise ValidationError(f"The {noun} “{stored}” is still taken: save once without it, then give it away.")
