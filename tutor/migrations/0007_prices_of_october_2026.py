"""The prices of the models as they were read on 1 October 2026; later ones are put down in the admin."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import migrations

READ_ON = date(2026, 10, 1)

# USD for a million tokens: uncached / cached / out, as in the provider's tables.
FULL = {"text": "4/0.40/24", "audio": "32/0.40/64", "image": "5/0.50"}
FULL_BEFORE = {"text": "4/0.40/16", "audio": "32/0.40/64", "image": "5/0.50"}
MINI = {"text": "0.60/0.06/2.40", "audio": "10/0.30/20", "image": "0.80/0.08"}
OF_TOKENS = {
    "gpt-realtime-2.1": FULL,
    "gpt-realtime-2": FULL,
    "gpt-realtime-2.1-mini": MINI,
    "gpt-realtime-1.5": FULL_BEFORE,
    "gpt-realtime": FULL_BEFORE,
    "gpt-realtime-mini": MINI,
}
# USD for a minute of the learner's speech.
OF_A_MINUTE = {
    "gpt-transcribe": "0.0045",
    "gpt-live-transcribe": "0.017",
    "gpt-realtime-whisper": "0.017",
    "gpt-4o-transcribe": "0.006",
    "gpt-4o-mini-transcribe": "0.003",
}


def by_field(prices: dict[str, str]) -> dict[str, Decimal]:
    """Return the prices of tokens by the fields of a row."""
    names = ("{}_in", "cached_{}_in", "{}_out")
    return {
        name.format(kind): Decimal(price)
        for kind, three in prices.items()
        for name, price in zip(names, three.split("/"))
    }


def put_down(apps: Any, schema_editor: Any) -> None:
    """Add a row for each model."""
    ModelPrice = apps.get_model("tutor", "ModelPrice")
    tokens = {model: by_field(prices) for model, prices in OF_TOKENS.items()}
    minutes = {model: {"minute": Decimal(price)} for model, price in OF_A_MINUTE.items()}
    ModelPrice.objects.using(schema_editor.connection.alias).bulk_create(
        ModelPrice(model=model, valid_from=READ_ON, **prices) for model, prices in (tokens | minutes).items()
    )


def take_away(apps: Any, schema_editor: Any) -> None:
    """Delete those rows; the ones an operator has added stay until their table goes."""
    ModelPrice = apps.get_model("tutor", "ModelPrice")
    rows = ModelPrice.objects.using(schema_editor.connection.alias)
    rows.filter(valid_from=READ_ON, model__in=[*OF_TOKENS, *OF_A_MINUTE]).delete()


class Migration(migrations.Migration):
    dependencies = [("tutor", "0006_model_prices")]

    operations = [migrations.RunPython(put_down, take_away, elidable=False)]
