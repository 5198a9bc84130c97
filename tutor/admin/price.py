"""What the models cost: for those who run the site, and for nobody else."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tutor.admin.access import DiscreetAdmin, person
from tutor.models import ModelPrice
from tutor.models.price import TOKEN_KINDS
from tutor.services import digests


class ModelPriceForm(forms.ModelForm[ModelPrice]):
    """A price, written without the zeros that the database adds."""

    class Meta:
        model = ModelPrice
        fields = ("model", "valid_from", *TOKEN_KINDS, "minute")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: _short(value) for name, value in self.initial.items()}


@admin.register(ModelPrice)
class ModelPriceAdmin(DiscreetAdmin[ModelPrice]):
    """Prices of models, each from a day on. Only superusers find them."""

    form = ModelPriceForm
    list_display = ("model", "valid_from", "usd_for_tokens", "usd_for_a_minute")
    list_filter = ("model",)
    search_fields = ("model",)
    # The next price of a model is most often the last with another day and a few other numbers.
    save_as = True
    fieldsets = (
        (None, {"fields": ("model", "valid_from")}),
        (
            _("Tokens, in USD for a million"),
            {
                "fields": (
                    ("text_in", "cached_text_in", "text_out"),
                    ("audio_in", "cached_audio_in", "audio_out"),
                    ("image_in", "cached_image_in"),
                ),
                "description": _(
                    "As in the provider's price list. All of them or none; 0 for a kind that this model does not have."
                ),
            },
        ),
        (_("Speech written down, in USD for a minute"), {"fields": ("minute",)}),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: ModelPrice | None = None) -> bool:
        return person(request).is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: ModelPrice | None = None) -> bool:
        return person(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: ModelPrice | None = None) -> bool:
        return person(request).is_superuser

    # What was used before is priced anew where calls are tended, be it a price that came late or one that was wrong.

    def save_model(
        self, request: HttpRequest, obj: ModelPrice, form: forms.ModelForm[ModelPrice], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        for name in {obj.model, form.initial.get("model", obj.model)}:
            digests.outdate_priced(name)

    def delete_model(self, request: HttpRequest, obj: ModelPrice) -> None:
        super().delete_model(request, obj)
        digests.outdate_priced(obj.model)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ModelPrice]) -> None:
        names = set(queryset.values_list("model", flat=True))
        super().delete_queryset(request, queryset)
        for name in names:
            digests.outdate_priced(name)

    @admin.display(description=_("sound in / out, a million tokens"), ordering="audio_in")
    def usd_for_tokens(self, price: ModelPrice) -> str | None:
        return None if price.tokens is None else f"{_short(price.audio_in)} / {_short(price.audio_out)}"

    @admin.display(description=_("a minute of speech"), ordering="minute")
    def usd_for_a_minute(self, price: ModelPrice) -> str | None:
        return None if price.minute is None else str(_short(price.minute))


def _short(value: Any) -> Any:
    """Return a number as text without zeros at its end, and everything else as it is."""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value
