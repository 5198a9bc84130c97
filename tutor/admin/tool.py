"""The tools of a lesson, written inside the lesson's form."""

import json
from typing import Any

from django import forms
from django.contrib import admin

from tutor import tools
from tutor.models import Lesson, Tool
from tutor.models.lesson import empty_parameters


class IndentedJSONField(forms.JSONField):
    """JSON laid out for people."""

    def prepare_value(self, value: Any) -> Any:
        """Return data as indented text; what was typed and could not be read stays as it was typed."""
        if isinstance(value, dict):
            return json.dumps(value, indent=2, ensure_ascii=False)
        return super().prepare_value(value)


class ToolForm(forms.ModelForm[Tool]):
    """A tool whose kind is one that there is code for, and whose schema is a schema."""

    kind = forms.ChoiceField(choices=[(kind, f"{module.label}: {module.help}") for kind, module in tools.KINDS.items()])
    parameters = IndentedJSONField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
        help_text="What it takes, as a JSON Schema of type “object”. Leave it empty for a tool that takes nothing.",
    )

    class Meta:
        model = Tool
        fields = ("name", "kind", "description", "parameters")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def clean_parameters(self) -> Any:
        """Refuse what is no JSON Schema of an object; nothing at all means a tool without arguments."""
        parameters = self.cleaned_data["parameters"]
        if parameters in (None, {}):
            return empty_parameters()
        fault = tools.schema_fault(parameters)
        if fault:
            raise forms.ValidationError(f"This is not a JSON Schema. {fault}")
        if not isinstance(parameters, dict) or parameters.get("type") != "object":
            raise forms.ValidationError("The schema must begin with “type”: “object”.")
        return parameters


class ToolInline(admin.StackedInline[Tool, Lesson]):
    model = Tool
    form = ToolForm
    extra = 0
