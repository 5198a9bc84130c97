"""Viva as a Django application."""

from django.apps import AppConfig


class TutorConfig(AppConfig):
    name = "tutor"
    label = "tutor"
    verbose_name = "Viva"

    def ready(self) -> None:
        """Register the system checks."""
        from tutor import checks  # noqa: F401, PLC0415 # the import registers; only now are the models there
