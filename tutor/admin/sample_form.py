"""Sample arguments for a tool: a form made from its parameters, or JSON where rows cannot say them all."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor import tools
from tutor.admin.text_area import TextArea
from tutor.models import Tool
from tutor.plan.parameters import Parameter, ParameterKind, rows_of
from tutor.plan.text import is_json

PREFIX = "arg-"


class SampleForm(forms.Form):
    """Where the call happens and what it brings."""

    stage = forms.ChoiceField(
        label=gettext_lazy("Stage"), help_text=gettext_lazy("Hints, for one, are those of a stage.")
    )
    ask = forms.BooleanField(
        label=gettext_lazy("really ask the other server"),
        required=False,
        help_text=gettext_lazy("Without this you see what would be sent."),
    )

    def __init__(self, tool: Tool, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self._rows = rows_of(tool.parameters)
        sample = tools.KINDS[tool.kind].sample if tool.kind in tools.KINDS else {}
        if self._rows is None:
            self.fields["arguments"] = forms.CharField(
                label=_("Arguments"),
                initial="{}",
                widget=TextArea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
            )
        for row in self._rows or ():
            self.fields[PREFIX + row.name] = _field(row, row.example or sample.get(row.name))
        used = {stage.pk for stage in tool.stages.all()}
        stages = sorted(tool.lesson.stages.all(), key=lambda stage: stage.pk not in used)
        self.fields["stage"].choices = [(stage.key, stage.title) for stage in stages]  # type: ignore[attr-defined]
        if not stages:
            del self.fields["stage"]
        if tool.kind != "webhook":
            del self.fields["ask"]

    def clean_arguments(self) -> dict[str, Any]:
        """Return the JSON object that was written."""
        try:
            value = json.loads(self.cleaned_data["arguments"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is not JSON.")) from error
        if not isinstance(value, dict) or not is_json(value):
            raise forms.ValidationError(_("The arguments must be a JSON object."))
        return value

    @property
    def arguments(self) -> dict[str, Any]:
        """What the tool is called with; call it only when the form is valid. What was left empty is left out."""
        if self._rows is None:
            return dict(self.cleaned_data["arguments"])
        values = {row.name: _value(row, self.cleaned_data[PREFIX + row.name]) for row in self._rows}
        return {name: value for name, value in values.items() if value not in (None, "", [])}


def _text(row: Parameter) -> forms.Field:
    return forms.CharField(widget=TextArea(attrs={"rows": 2}))


def _choice(row: Parameter) -> forms.Field:
    return forms.ChoiceField(choices=[("", _("nothing")), *((choice, choice) for choice in row.choices)])


_FIELDS: dict[ParameterKind, Callable[[Parameter], forms.Field]] = {
    ParameterKind.TEXT: _text,
    ParameterKind.NUMBER: lambda row: forms.FloatField(),
    ParameterKind.WHOLE: lambda row: forms.IntegerField(min_value=-(2**53), max_value=2**53),
    ParameterKind.YES_NO: lambda row: forms.ChoiceField(
        choices=[("", _("nothing")), ("yes", _("yes")), ("no", _("no"))]
    ),
    ParameterKind.CHOICE: _choice,
    ParameterKind.TEXTS: _text,
}


def _field(row: Parameter, sample: Any) -> forms.Field:
    field = _FIELDS[row.kind](row)
    field.label, field.required, field.initial = row.name, False, sample
    in_lines = " " + _("One per line.") if row.kind is ParameterKind.TEXTS else ""
    field.help_text = row.description + in_lines
    return field


def _value(row: Parameter, value: Any) -> Any:
    if row.kind is ParameterKind.TEXTS:
        return [line.strip() for line in value.splitlines() if line.strip()]
    if row.kind is ParameterKind.YES_NO:
        return {"yes": True, "no": False}.get(value)
    return value
