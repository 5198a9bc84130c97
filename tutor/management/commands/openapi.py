"""Write down what the JSON API takes and answers."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tutor.api import description

FILE = "docs/openapi.json"


class Command(BaseCommand):
    """Writes the file that tests hold the API against; run it when they say that it is not current."""

    help = f"Write the description of the JSON API into {FILE}."
    # The document is about the code alone, so nothing else has to be in order.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and say where."""
        (settings.BASE_DIR / FILE).write_text(as_text())
        self.stdout.write(f"Written: {FILE}")


def as_text() -> str:
    """Return the document as it stands in the file."""
    return json.dumps(description.document(), indent=2, ensure_ascii=False) + "\n"
