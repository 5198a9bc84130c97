"""What a test may have left behind."""

from django.apps import apps


def row_counts() -> dict[str, int]:
    """How many rows each of our tables has."""
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("tutor").get_models()}
