"""The form of a tool: what it is called, what it takes, what its kind wants to know, and where it may be used."""

import copy
from typing import Any, cast

from django import forms
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor import tools
from tutor.admin.freshness import FreshForm
from tutor.admin.parameter_form import (
    PREFIX,
    ParameterFormSet,
    initial_rows,
    schema_as_text,
    schema_from,
    schema_from_text,
)
from tutor.admin.text_area import TextArea
from tutor.admin.wording import example, said
from tutor.models import Stage, Tool
from tutor.plan.lint import STAGE_COMPLETE
from tutor.realtime import images
from tutor.tools.card import MAX_IMAGE

# Fields that only tools of one kind have.
OPTION_FIELDS: dict[str, tuple[str, ...]] = {"card": ("picture", "alt", "no_picture"), "webhook": ("url",)}


class ToolForm(FreshForm[Tool]):
    """A tool. Its kind and its lesson are chosen before, and stay.

    The parameters are written in `rows`, or as a JSON Schema in `schema`; `written_as` says which counts.
    """

    written_as = forms.ChoiceField(
        label=gettext_lazy("write them"),
        choices=[("rows", gettext_lazy("as a form")), ("json", gettext_lazy("as JSON Schema, for experts"))],
        widget=forms.RadioSelect,
    )
    schema = forms.CharField(
        label=gettext_lazy("JSON Schema"),
        required=False,
        widget=TextArea(attrs={"rows": 14, "class": "code", "spellcheck": "false"}),
    )
    stages = forms.ModelMultipleChoiceField(
        Stage.objects.none(), label=gettext_lazy("Stages"), required=False, widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "class": "vTextField"}),
        help_text=example(
            gettext_lazy("What the tutor calls it: letters a-z and digits; a space becomes _."),
            good=gettext_lazy("show formula"),
            bad=gettext_lazy("The formula!"),
        ),
    )
    url = forms.CharField(
        label=gettext_lazy("Web address"),
        max_length=2_000,
        widget=forms.URLInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy(
            "Where the arguments are sent to. It must begin with https:// and be on a host that the operator of "
            "this site has approved. The answer, a JSON object, is what the tutor is told."
        ),
    )
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
        help_text=format_lazy(
            gettext_lazy("Shown on every card of this tool. PNG, JPEG, GIF or WebP, at most {limit} KiB."),
            limit=MAX_IMAGE // 1024,
        ),
    )
    alt = forms.CharField(
        label=gettext_lazy("What it shows"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("For those who cannot see the picture."),
    )
    no_picture = forms.BooleanField(label=gettext_lazy("Take the picture away"), required=False)

    class Meta:
        model = Tool
        fields = ("lesson", "kind", "name", "description")
        widgets = {
            "lesson": forms.HiddenInput,
            "kind": forms.HiddenInput,
            "description": TextArea(attrs={"rows": 3}),
        }
        help_texts = {
            "description": example(
                gettext_lazy("When should the tutor use it?"),
                good=gettext_lazy("Call this when the learner asks to see the formula, or mixes it up twice."),
                bad=gettext_lazy("Shows a formula."),
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = self.instance.kind or self._asked("kind")
        for names in OPTION_FIELDS.values():
            for name in names:
                if name not in OPTION_FIELDS.get(self.kind, ()):
                    del self.fields[name]
        self._prepare_options()
        self._prepare_parameters()
        stages = cast(forms.ModelMultipleChoiceField[Stage], self.fields["stages"])
        stages.queryset = Stage.objects.filter(lesson=self._lesson_id()).order_by("order", "id")
        if self.instance.pk:
            self.initial["stages"] = sorted(self.instance.stages.values_list("pk", flat=True))
        self.remember(self.instance.parameters, self.instance.options)

    def _asked(self, name: str) -> str:
        return str(self.data.get(name) or self.initial.get(name) or "")

    def _lesson_id(self) -> int | None:
        if self.instance.pk:
            return self.instance.lesson_id
        asked = self._asked("lesson")
        return int(asked) if asked.isdecimal() else None

    def _prepare_options(self) -> None:
        self.initial.setdefault("url", self.instance.options.get("url", ""))
        self.initial.setdefault("alt", self.instance.options.get("alt", ""))
        if "no_picture" in self.fields and not self.instance.options.get("image"):
            del self.fields["no_picture"]

    def _prepare_parameters(self) -> None:
        if self.instance.pk is None and self.kind in tools.KINDS:
            self.instance.parameters = copy.deepcopy(dict(tools.KINDS[self.kind].parameters))
        rows = initial_rows(self.instance.parameters)
        self.has_rows = rows is not None
        self.initial["written_as"] = "json" if rows is None else "rows"
        self.initial["schema"] = schema_as_text(self.instance.parameters)
        # What was sent counts as it is: how it was before says nothing about it.
        given = {"data": self.data} if self.is_bound else {"initial": rows or []}
        self.rows = ParameterFormSet(prefix=PREFIX, **given)

    def clean_name(self) -> str:
        """Return the name without spaces; refuse one that another tool of the lesson has, or that is built in."""
        name = "_".join(str(self.cleaned_data["name"]).split())
        if name == STAGE_COMPLETE:
            raise forms.ValidationError(_("“%(name)s” is built in: choose another name.") % {"name": name})
        others = Tool.objects.filter(lesson=self._lesson_id(), name=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("Another tool of this lesson has this name."))
        return name

    def clean_schema(self) -> Any:
        """Return the JSON Schema, if it is what counts."""
        if self.cleaned_data.get("written_as") != "json":
            return None
        return schema_from_text(self.cleaned_data["schema"])

    def clean_picture(self) -> str:
        """Return the file that was chosen as a data URI; empty without one."""
        file = self.cleaned_data["picture"]
        if not file:
            return ""
        if file.size > MAX_IMAGE:
            text = _("Choose a picture of at most %(limit)s KiB. This one has %(size)s KiB.")
            raise forms.ValidationError(text % {"limit": MAX_IMAGE // 1024, "size": f"{file.size / 1024:.0f}"})
        uri = images.write(file.read())
        if not uri:
            raise forms.ValidationError(_("Choose a PNG, JPEG, GIF or WebP picture. This file is none."))
        return uri

    def clean(self) -> dict[str, Any]:
        """Put parameters and options together."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("written_as") == "json":
            self.instance.parameters = cleaned.get("schema") or self.instance.parameters
        elif self.rows.is_valid():
            self.instance.parameters = schema_from(self.rows, self.instance.parameters)
        else:
            self.add_error(None, _("Some of the parameters need mending: what is wrong is said in their rows."))
        if self.kind in OPTION_FIELDS and not any(name in self.errors for name in OPTION_FIELDS[self.kind]):
            self._take_options(cleaned)
        return cleaned

    def _take_options(self, cleaned: dict[str, Any]) -> None:
        options = _webhook_options(cleaned) if self.kind == "webhook" else self._card_options(cleaned)
        fault = tools.options_fault(self.kind, options)
        if fault:
            self.add_error("url" if self.kind == "webhook" else "alt", f"{capfirst(said(fault))}.")
        self.instance.options = options

    def _card_options(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        kept = "" if cleaned.get("no_picture") else self.instance.options.get("image", "")
        image = cleaned.get("picture") or kept
        return {"image": image, "alt": cleaned.get("alt", "")} if image else {}


def _webhook_options(cleaned: dict[str, Any]) -> dict[str, Any]:
    return {"url": cleaned.get("url", "")}
