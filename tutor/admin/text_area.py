"""Where longer text is written."""

from collections.abc import Mapping
from typing import Any

from django import forms


class TextArea(forms.Textarea):
    """A text area that keeps the line ends of what it showed: browsers send every one as CR LF."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """Return what was sent, with plain line ends."""
        value = super().value_from_datadict(data, files, name)
        return value.replace("\r\n", "\n") if isinstance(value, str) else value
