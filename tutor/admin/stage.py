"""One stage of a lesson on a page of its own: what the tutor is told, the tools, the ways out."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from tutor.admin.ordering import OrderedForm, OrderedFormSet
from tutor.models import Outcome, Stage, Tool


class StageForm(forms.ModelForm[Stage]):
    """A stage with its hints as lines, and only the tools of its lesson to choose from."""

    hints = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One hint per line, gentlest first. The tutor gets them one by one from a tool of the kind “hint”.",
    )

    class Meta:
        model = Stage
        fields = ("title", "key", "order", "goal", "instructions", "opening", "tools", "hints", "context", "turns")
        widgets = {
            "goal": forms.Textarea(attrs={"rows": 2}),
            "instructions": forms.Textarea(attrs={"rows": 12}),
            "opening": forms.Textarea(attrs={"rows": 2}),
            "tools": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["hints"] = "\n".join(self.instance.hints)
            tools = cast(forms.ModelMultipleChoiceField[Tool], self.fields["tools"])
            tools.queryset = self.instance.lesson.tools.all()

    def clean_hints(self) -> list[str]:
        """Return the lines that say something."""
        lines = (line.strip() for line in self.cleaned_data["hints"].splitlines())
        return [line for line in lines if line]


class OutcomeFormSet(OrderedFormSet[Outcome, Stage]):
    """Offers the stages of the lesson as next ones, read once for all rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stages = self.instance.lesson.stages.all()
        self._choices = [("", "the lesson ends here"), *((stage.pk, stage.title) for stage in self._stages)]

    def add_fields(self, form: forms.ModelForm[Outcome], index: int | None) -> None:
        """Narrow the choice of the next stage."""
        super().add_fields(form, index)
        field = forms.ModelChoiceField(self._stages, required=False)
        field.choices = self._choices
        form.fields["next_stage"] = field


class OutcomeInline(admin.TabularInline[Outcome, Stage]):
    model = Outcome
    fk_name = "stage"
    form = OrderedForm[Outcome]
    formset = OutcomeFormSet
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 40})}}
    fields = ("order", "key", "when", "next_stage")
    extra = 0
    verbose_name = "way out"
    verbose_name_plural = "ways out of this stage"


@admin.register(Stage)
class StageAdmin(admin.ModelAdmin[Stage]):
    """Stages come into being inside their lesson's form, and are written here."""

    form = StageForm
    inlines = [OutcomeInline]
    list_display = ("title", "lesson", "order", "key", "evidence", "turns")
    list_display_links = ("title",)
    list_filter = ("lesson",)
    list_select_related = ("lesson",)
    search_fields = ("title", "goal", "instructions")
    ordering = ("lesson__title", "order", "id")
    readonly_fields = ("of_lesson",)
    save_on_top = True
    fieldsets = (
        (None, {"fields": ("of_lesson", ("title", "key"), "goal")}),
        ("What the tutor is told", {"fields": ("instructions", "opening", "context")}),
        ("What the tutor may use", {"fields": ("tools", "hints")}),
        ("When it counts as finished", {"fields": (("turns", "evidence"),)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="lesson")
    def of_lesson(self, stage: Stage) -> str:
        """A link back to the lesson."""
        url = reverse("admin:tutor_lesson_change", args=[stage.lesson_id])
        return format_html('<a href="{}">{}</a>', url, stage.lesson)
