"""Rows that stand in an order of their own."""

from typing import TypeVar

from django import forms
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from tutor.services.drafting import STEP

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)


class OrderedForm(forms.ModelForm[Row]):
    """A row whose place may be left open."""

    order = forms.IntegerField(
        label=_("Place"),
        help_text=_("Small numbers first; empty: at the end."),
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
