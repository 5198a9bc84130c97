"""What reviewers fill in: what to look for, notes, rulings."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from tutor import plan as plans
from tutor.models import AttemptOutcome, Classroom, InterventionKind, NoteKind, Sign, StayEnd
from tutor.pages.periods import PeriodForm
from tutor.pages.wording import language_name
from tutor.plan import Plan, in_words
from tutor.services import access, review
from tutor.services.review import LEFT, OPEN, STAFF, TIME_UP, Criteria

MAX_NOTE = 4_000
MAX_WHISPER = 1_000
ANY = ("", _("any"))
NO_WAY_OUT = [
    (LEFT, AttemptOutcome.LEFT.label),
    (TIME_UP, AttemptOutcome.TIME_UP.label),
    (STAFF, StayEnd.STAFF.label),
    (OPEN, _("still in this stage")),
]
STANDINGS = [ANY, (OPEN, _("still open")), *AttemptOutcome.choices]


class FindForm(PeriodForm):
    """What to look for. Everything may stay empty; what cannot be read is said beside its field."""

    text = forms.CharField(label=_("Words that were said"), required=False, max_length=200)
    person = forms.CharField(label=_("Learner"), required=False, max_length=100)
    classroom = forms.ModelChoiceField(Classroom.objects.none(), label=_("Class"), required=False, empty_label=_("any"))
    lesson = forms.ChoiceField(label=_("Lesson"), required=False)
    stage = forms.ChoiceField(label=_("Was in stage"), required=False)
    way_out = forms.ChoiceField(label=_("and how that ended"), required=False)
    outcome = forms.ChoiceField(label=_("How it stands"), required=False, choices=STANDINGS)
    rule = forms.ChoiceField(label=_("What stands out"), required=False, choices=[ANY, *Sign.Rule.choices])
    note = forms.ChoiceField(label=_("Noted by reviewers"), required=False, choices=[ANY, *NoteKind.choices])
    reviewed = forms.TypedChoiceField(
        label=_("Reviewed"),
        required=False,
        choices=[ANY, ("yes", _("yes")), ("no", _("not yet"))],
        coerce={"yes": True, "no": False}.get,
        empty_value=None,
    )
    rehearsal = forms.TypedChoiceField(
        label=_("Rehearsals"),
        required=False,
        choices=[ANY, ("no", _("without them")), ("yes", _("only these"))],
        coerce={"yes": True, "no": False}.get,
        empty_value=None,
    )
    shortest = forms.IntegerField(label=_("At least so many minutes"), required=False, min_value=0, max_value=10_000)
    longest = forms.IntegerField(label=_("Under so many minutes"), required=False, min_value=1, max_value=10_000)
    dearest = forms.DecimalField(label=_("At least so many USD"), required=False, min_value=0, max_value=10_000)
    version = forms.IntegerField(label=_("Version of the lesson"), required=False, min_value=1, max_value=100_000)
    language = forms.ChoiceField(label=_("Language"), required=False)
    trials = forms.BooleanField(label=_("Trials of drafts instead"), required=False)

    first = ("text", "person", "lesson", "period", "stage", "way_out")
    field_order = ["text", "person", "lesson", "stage", "way_out", "period", "since", "until"]

    def __init__(self, user: User, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        field = self.fields
        cast("forms.ModelChoiceField[Classroom]", field["classroom"]).queryset = access.classes_read_by(user)
        plans_of = [(one.lesson.slug, plans.from_stored(one.plan)) for one in review.lessons_of(user)]
        _choose(field["lesson"], [ANY, *((slug, plan.title) for slug, plan in plans_of)])
        _choose(field["stage"], [ANY, *((plan.title, _stages(slug, plan)) for slug, plan in plans_of)])
        ways = sorted({way.key for _slug, plan in plans_of for stage in plan.stages for way in stage.outcomes})
        _choose(field["way_out"], [ANY, *NO_WAY_OUT, *((key, in_words(key)) for key in ways)])
        spoken = sorted({plan.language for _slug, plan in plans_of if plan.language})
        _choose(field["language"], [ANY, *((code, language_name(code)) for code in spoken)])

    @property
    def criteria(self) -> Criteria:
        """What to look for, without what could not be read. Call it after `is_valid`."""
        found = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        found.pop("period", None)
        found["since"], found["until"] = self.days()
        slug, _slash, key = str(found.pop("stage", "")).partition("/")
        if slug:
            found |= {"stage": key, "lesson": found.get("lesson") or slug}
        return Criteria(**found)


def _choose(field: forms.Field, choices: Sequence[Any]) -> None:
    cast(forms.ChoiceField, field).choices = choices


def _stages(slug: str, plan: Plan) -> list[tuple[str, str]]:
    return [(f"{slug}/{stage.key}", f"{place}. {stage.title}") for place, stage in enumerate(plan.stages, start=1)]


class NoteForm(forms.Form):
    """A note on an utterance, on a stay, or on the whole attempt."""

    note_id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("About"), choices=NoteKind.choices)
    text = forms.CharField(label=_("Note"), required=False, max_length=MAX_NOTE, widget=forms.Textarea({"rows": 2}))
    visit = forms.IntegerField(required=False, widget=forms.HiddenInput)
    item_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class RulingForm(forms.Form):
    """How a stage should have been left."""

    visit = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.CharField(label=_("Right way out"), max_length=50)
    reason = forms.CharField(label=_("Why"), max_length=MAX_NOTE)


class DeskForm(forms.Form):
    """What is to be done in a lesson in progress. What belongs to the kind is looked at by `services.desk`."""

    action_id = forms.UUIDField()
    kind = forms.ChoiceField(choices=InterventionKind.choices)
    text = forms.CharField(label=_("To the tutor"), required=False, max_length=MAX_WHISPER)
    say_now = forms.BooleanField(required=False)
    visit = forms.IntegerField(required=False)
    to = forms.CharField(label=_("Stage"), required=False, max_length=50)
    reason = forms.CharField(label=_("Why"), required=False, max_length=MAX_WHISPER)


class SearchForm(forms.Form):
    """A search to be kept under a name."""

    name = forms.CharField(label=_("Name for this search"), max_length=60)
    query = forms.CharField(required=False, max_length=1000)
