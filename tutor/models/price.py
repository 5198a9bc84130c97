"""What the models cost, from which day on."""

from dataclasses import fields
from decimal import Decimal
from functools import reduce
from operator import and_
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tutor.realtime.usage import Price

# Kinds of tokens, named as in `realtime.usage.Price`.
TOKEN_KINDS = tuple(field.name for field in fields(Price))


def _tokens_known(known: bool) -> Q:
    """Whether every kind of token has a price, or none has."""
    return reduce(and_, (Q(**{f"{kind}__isnull": not known}) for kind in TOKEN_KINDS))


def _not_negative(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0})


def _usd(name: Any, help_text: Any = "") -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        name,
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=help_text,
    )


class ModelPrice(models.Model):
    """What one model costs, in USD, from a day on until the day of its next row.

    A new price is a new row, so that what was used before stays priced as it was. The kinds of tokens are known all
    together or not at all; a transcription model has a price for a minute of speech, and may have both.
    """

    model = models.CharField(
        _("model"), max_length=100, help_text=_("Its name exactly as in REALTIME_MODEL or TRANSCRIPTION_MODEL.")
    )
    valid_from = models.DateField(
        _("valid from"),
        help_text=_("The first day on which it costs this much. It holds until the next price of the same model."),
    )
    text_in = _usd(_("text in"), _("What the model reads: instructions, tools, typed words."))
    cached_text_in = _usd(_("text in, cached"), _("What it has read before."))
    text_out = _usd(_("text out"), _("What it writes."))
    audio_in = _usd(_("sound in"), _("What it hears."))
    cached_audio_in = _usd(_("sound in, cached"), _("What it has heard before."))
    audio_out = _usd(_("sound out"), _("What it says."))
    image_in = _usd(_("pictures in"), _("What it looks at."))
    cached_image_in = _usd(_("pictures in, cached"), _("What it has looked at before."))
    minute = _usd(
        _("minute of speech"), _("Only for a model that writes down what is said: USD for a minute of the learner.")
    )

    class Meta:
        verbose_name = _("price of a model")
        verbose_name_plural = _("prices of models")
        ordering = ["model", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                "model",
                "valid_from",
                name="model_price_unique_on_day",
                violation_error_message=_("This model has a price from this day on already: change that one."),
            ),
            models.CheckConstraint(condition=~Q(model=""), name="model_price_has_model"),
            models.CheckConstraint(
                condition=reduce(and_, map(_not_negative, (*TOKEN_KINDS, "minute"))),
                name="model_price_not_negative",
                violation_error_message=_("A price cannot be less than 0."),
            ),
            models.CheckConstraint(
                condition=_tokens_known(False) | _tokens_known(True),
                name="model_price_of_all_tokens_or_none",
                violation_error_message=_(
                    "Fill in the prices of all kinds of tokens or of none; 0 for a kind that this model does not have."
                ),
            ),
            models.CheckConstraint(
                condition=Q(text_in__isnull=False) | Q(minute__isnull=False),
                name="model_price_is_one",
                violation_error_message=_("Fill in the prices of tokens, or the price of a minute of speech."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model}, {self.valid_from}"

    @property
    def tokens(self) -> Price | None:
        """The prices of tokens, None where they are not known."""
        return None if self.text_in is None else Price(**{kind: getattr(self, kind) for kind in TOKEN_KINDS})
