"""Choices among rows, without Django's buttons beside them."""

from typing import Any, TypeVar

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field, Model
from django.forms import Field as FormField
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)


class PlainChoices(BaseModelAdmin[Row]):
    """Leaves out the add and change buttons: our rows are made on pages that do not work as pop-up windows."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Return the field with the bare widget."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field
