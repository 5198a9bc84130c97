"""Forms that notice when what they showed has been changed elsewhere: in another tab, or by another teacher."""

import hashlib
import json
from typing import Any, TypeVar

from django import forms
from django.db.models import Model
from django.utils.html import format_html
from django.utils.translation import gettext as _

Row = TypeVar("Row", bound=Model)


class FreshForm(forms.ModelForm[Row]):
    """A form that saves only over what it showed.

    It sends a fingerprint of that along, in the hidden field `seen`, which its template renders.
    """

    # Some browsers keep the values of fields over a reload: this one must come from the server.
    seen = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    def remember(self, *more: Any) -> None:
        """Take the fingerprint of a stored row: the initial values, and what else the page edits, as JSON values.

        To be called once, when all initial values are there; a row still to be added has no fingerprint.
        """
        if self.instance.pk is not None:
            text = json.dumps([self.initial, *more], sort_keys=True)
            self.initial["seen"] = hashlib.sha256(text.encode()).hexdigest()

    def clean_seen(self) -> str:
        """Refuse to save over what somebody else has stored meanwhile."""
        seen: str = self.cleaned_data["seen"]
        if seen != self.initial.get("seen", seen):
            # An empty address is this page's own, as it is now.
            text = _(
                "This {thing} has been changed since you opened this page, so nothing was saved. "
                'What you wrote is below: <a href="" target="_blank">open the page as it is now</a>, and copy it there.'
            )
            self.add_error(None, format_html(text, thing=self._meta.model._meta.verbose_name))
        return seen
