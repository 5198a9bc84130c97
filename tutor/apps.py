"""Viva as a Django application."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TutorConfig(AppConfig):
    name = "tutor"
    label = "tutor"
    verbose_name = "Viva"

    def ready(self) -> None:
        """Register the system checks, and have the words of the record indexed."""
        from tutor import checks  # noqa: F401, PLC0415 # the import registers; only now are the models there

        post_migrate.connect(_index_words, sender=self)


def _index_words(using: str, **kwargs: Any) -> None:
    from tutor.services import words  # noqa: PLC0415 # only now are the models there

    words.prepare(using)
