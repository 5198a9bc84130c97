"""The form of a stage: what happens in it, and the ways out of it."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor.admin.freshness import FreshForm
from tutor.admin.ordering import OrderedForm, OrderedFormSet
from tutor.admin.text_area import TextArea
from tutor.admin.wording import example
from tutor.models import Outcome, Stage, Tool
from tutor.plan import estimate

_OUTCOME_KEY = re.compile(r"(outcomes-\d+)-key")


class StageForm(FreshForm[Stage]):
    """A stage with its hints as lines, and only the tools and outcomes that it can have to choose from."""

    hints = forms.CharField(
        label=gettext_lazy("Hints"),
        required=False,
        widget=TextArea(attrs={"rows": 4}),
        help_text=example(
            gettext_lazy(
                "One hint per line, gentlest first. The tutor gets them one by one from a tool of the kind “hint”."
            ),
            good=gettext_lazy("Think of something hot."),
            bad=gettext_lazy("The answer is coffee."),
        ),
    )
    fallback = forms.ChoiceField(
        label=gettext_lazy("Last resort"),
        required=False,
        help_text=gettext_lazy("The way out that a stalled stage takes in the end, after help has not helped."),
    )

    class Meta:
        model = Stage
        fields = (
            "title",
            "key",
            "goal",
            "instructions",
            "opening",
            "context",
            "tools",
            "hints",
            "turns",
            "evidence",
            "stall_turns",
            "stall_minutes",
            "fallback",
        )
        labels = {"instructions": gettext_lazy("Instructions to the tutor"), "key": gettext_lazy("Short name")}
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField"}),
            "goal": TextArea(attrs={"rows": 2}),
            "instructions": TextArea(attrs={"rows": 12}),
            "opening": TextArea(attrs={"rows": 2}),
            "tools": forms.CheckboxSelectMultiple,
        }
        help_texts = {
            "title": example(
                gettext_lazy("What the learner sees."), good=gettext_lazy("Order a drink"), bad=gettext_lazy("Stage 2")
            ),
            "key": example(
                gettext_lazy("The stage's name in lesson packs. It stays when the title changes."),
                good=gettext_lazy("order-a-drink"),
                bad=gettext_lazy("s2"),
            ),
            "goal": example(
                gettext_lazy("Shown to the learner."),
                good=gettext_lazy("Order a drink and ask for the price."),
                bad=gettext_lazy("Communicative competence B"),
            ),
            "instructions": example(
                gettext_lazy("What the tutor does, what not, and how it can tell that it is done."),
                good=gettext_lazy(
                    "You are the waiter. Ask one question at a time. Finish when the learner has ordered and asked "
                    "for the price."
                ),
                bad=gettext_lazy("Teach ordering."),
            ),
            "opening": example(
                gettext_lazy("How the tutor begins, in its own words."),
                good=gettext_lazy("Good morning! What can I get you?"),
                bad=gettext_lazy("Begin."),
            ),
            "context": gettext_lazy(
                "Less memory costs less, and keeps the instructions of earlier stages from leaking in."
            ),
            "turns": example(
                gettext_lazy("How often the learner must have spoken before the stage counts as finished."),
                good=gettext_lazy("2 for a short talk"),
                bad=gettext_lazy("0 for an exercise: the tutor could skip it"),
            ),
            "evidence": example(
                gettext_lazy(
                    "How many of the learner's own sentences the tutor must quote; "
                    "Viva looks each up in what was heard."
                ),
                good=gettext_lazy("1 where something must be shown"),
                bad=gettext_lazy("5 in a warm-up"),
            ),
            "stall_turns": gettext_lazy(
                "If the stage is not finished after so many learner turns, the tutor is told to wrap up, "
                "then to give a hint; then the last resort is taken. 0: never."
            ),
            "stall_minutes": gettext_lazy("The same by the clock. 0: never."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lesson = self.instance.lesson
        self.initial["hints"] = "\n".join(self.instance.hints)
        self.initial["tools"] = sorted(tool.pk for tool in self.initial["tools"])
        outcomes = self.instance.outcomes.all()
        self.remember([[way.pk, way.key, way.when, way.next_stage_id, way.order] for way in outcomes])
        tools = cast(forms.ModelMultipleChoiceField[Tool], self.fields["tools"])
        tools.queryset = lesson.tools.all()
        tools.help_text = format_html(
            '{} <a href="{}?lesson={}&amp;stages={}">{}</a>',
            _("What the tutor may use in this stage."),
            reverse("admin:tutor_tool_add"),
            lesson.pk,
            self.instance.pk,
            _("Add a tool to this lesson"),
        )
        fallback = cast(forms.ChoiceField, self.fields["fallback"])
        keys = self._outcome_keys()
        fallback.choices = [("", _("none: the stage goes on")), *((key, key) for key in keys)]
        fallback.error_messages["invalid_choice"] = _("This stage has no way out “%(value)s”: choose one that it has.")
        # The script on the page counts on from here while the teacher types.
        words = self.instance.instructions
        self.fields["instructions"].widget.attrs |= {
            "data-tokens": estimate.tokens(words, lesson.language),
            "data-characters": len(words),
        }

    def _outcome_keys(self) -> list[str]:
        """The ways out that the stage has, or will have once what was sent is saved."""
        if not self.is_bound:
            return [outcome.key for outcome in self.instance.outcomes.all()]
        return list(dict.fromkeys(self._sent_keys()))

    def _sent_keys(self) -> Iterator[str]:
        for name, value in self.data.items():
            row = _OUTCOME_KEY.fullmatch(name)
            if row and not self.data.get(f"{row[1]}-DELETE") and slugify(value):
                yield slugify(value)

    def clean_hints(self) -> list[str]:
        """Return the lines that say something."""
        lines = (line.strip() for line in self.cleaned_data["hints"].splitlines())
        return [line for line in lines if line]


class OutcomeForm(OrderedForm[Outcome]):
    """A way out; its name may be typed as it is spoken."""

    key = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=50,
        help_text=example(
            gettext_lazy("One or two words. Learners see them on their card."),
            good=gettext_lazy("needs practice"),
            bad=gettext_lazy("outcome2"),
        ),
    )

    class Meta:
        model = Outcome
        fields = ("key", "next_stage", "when", "order")
        widgets = {"when": TextArea(attrs={"rows": 2})}
        labels = {"when": gettext_lazy("When to choose it")}
        help_texts = {
            "when": example(
                gettext_lazy("Told to the tutor."),
                good=gettext_lazy("The learner ordered a drink in a full sentence."),
                bad=gettext_lazy("When it went well."),
            ),
        }

    def clean_key(self) -> str:
        """Return the name as small letters, digits and -."""
        key: str = slugify(self.cleaned_data["key"])
        if not key.strip("-_"):
            raise forms.ValidationError(_("Use at least one letter a-z or digit."))
        return key

    def clean(self) -> dict[str, Any]:
        """Leave it to the formset whether names differ: it knows all rows, and says it in words."""
        return self.cleaned_data


class OutcomeFormSet(OrderedFormSet[Outcome, Stage]):
    """Offers the stages of the lesson as next ones, read once for all rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stages = self.instance.lesson.stages.all()
        self._choices = [("", _("the lesson ends here")), *((stage.pk, stage.title) for stage in self._stages)]
        # A new way out leads on, unless the teacher says otherwise; None behind the last stage.
        later = itertools.dropwhile(lambda stage: stage != self.instance, self._stages)
        self._following = next(itertools.islice(later, 1, None), None)

    def add_fields(self, form: forms.ModelForm[Outcome], index: int | None) -> None:
        """Narrow the choice of the next stage."""
        super().add_fields(form, index)
        field = forms.ModelChoiceField(self._stages, required=False, label=_("Leads to"))
        field.choices = self._choices
        if form.instance.pk is None:
            field.initial = self._following
        form.fields["next_stage"] = field

    def clean(self) -> None:
        """Refuse names that the database could not hold."""
        super().clean()
        if not any(self.errors):
            self._refuse_repeats()

    def _refuse_repeats(self) -> None:
        """Refuse two ways out with the same name, and a name that another one gives up in this very save.

        The database would refuse both, for rows are written one after the other.
        """
        kept = [form for form in self.forms if form not in self.deleted_forms]
        names = Counter(form.cleaned_data["key"] for form in kept if form.cleaned_data.get("key"))
        for name, times in names.items():
            if times > 1:
                text = _("The way out “%(name)s” is there %(times)s times: names must differ.")
                raise ValidationError(text % {"name": name, "times": times})
        for form in self.initial_forms:
            stored = form.initial["key"]
            if any(stored == other.cleaned_data.get("key") for other in kept if other is not form):
                text = _("The way out “%(name)s” is still taken: save once without it, then give it away.")
                raise ValidationError(text % {"name": stored})


class OutcomeInline(admin.StackedInline[Outcome, Stage]):
    """The ways out of a stage. Branching is nothing but having more than one."""

    model = Outcome
    fk_name = "stage"
    form = OutcomeForm
    formset = OutcomeFormSet
    fields = (("key", "next_stage", "order"), "when")
    extra = 0
    verbose_name = gettext_lazy("way out")
    verbose_name_plural = gettext_lazy("outcomes (ways out)")

    def get_extra(self, request: HttpRequest, obj: Stage | None = None, **kwargs: Any) -> int:
        """A stage needs at least one way out: begin the first."""
        return 0 if obj and obj.outcomes.all() else 1
