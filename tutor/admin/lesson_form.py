"""The form of a lesson: what is said about the whole of it, and its stages as rows at a glance."""

from typing import Any, cast

from django import forms
from django.conf.locale import LANG_INFO
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from tutor.admin.freshness import FreshForm
from tutor.admin.ordering import OrderedForm, OrderedFormSet
from tutor.admin.text_area import TextArea
from tutor.admin.wording import example
from tutor.models import Lesson, Stage
from tutor.services import drafting

# Ten hours.
MOST_MINUTES = 600

LANGUAGES = [code for code in LANG_INFO if len(code) == 2]


def languages() -> list[tuple[str, str]]:
    """The languages that Django knows, with their names in that of the reader, by which they are sorted."""
    named = [(code, str(get_language_info(code)["name_translated"])) for code in LANGUAGES]
    return sorted(named, key=lambda pair: pair[1])


# The backend that knows who may do what; the one that counts tries at passwords knows nothing of it.
RIGHTS = "django.contrib.auth.backends.ModelBackend"


def teachers() -> QuerySet[User]:
    """Those a lesson can be handed over to."""
    permitted = User.objects.with_perm("tutor.change_lesson", backend=RIGHTS)
    return permitted.filter(is_staff=True)


class LessonForm(FreshForm[Lesson]):
    """A lesson, with boxes as high as what belongs into them. A title is enough to begin."""

    slug = forms.SlugField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("The end of the lesson's web address. Left empty, it is made from the title."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        initial="en",
        help_text=gettext_lazy("What the learner and the tutor speak, and what speech is written down as."),
    )

    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        initial=10,
        min_value=1,
        max_value=MOST_MINUTES,
        help_text=gettext_lazy("How long it takes, honestly."),
    )

    class Meta:
        model = Lesson
        fields = (
            "title",
            "summary",
            "language",
            "voice",
            "minutes",
            "preamble",
            "audience",
            "slug",
            "is_shared",
            "owner",
        )
        labels = {"owner": gettext_lazy("Belongs to")}
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField"}),
            "summary": TextArea(attrs={"rows": 3}),
            "preamble": TextArea(attrs={"rows": 6}),
        }
        help_texts = {
            "title": example(
                gettext_lazy("What the learner sees."),
                good=gettext_lazy("Ordering in a café"),
                bad=gettext_lazy("Unit 3b"),
            ),
            "summary": example(
                gettext_lazy("Two sentences for the learner: what you will do, what you will gain."),
                good=gettext_lazy("You order a drink from a friendly waiter. Afterwards you can ask for prices."),
                bad=gettext_lazy("This module covers the transactional register."),
            ),
            "preamble": example(
                gettext_lazy("Told to the tutor in every stage."),
                good=gettext_lazy("Speak slowly and in short sentences. Never give the answer away."),
                bad=gettext_lazy("Be a good teacher."),
            ),
            "owner": gettext_lazy("Hand the lesson over by choosing another teacher."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = cast(forms.ChoiceField, self.fields["language"])
        spoken = self.instance.language
        others = [] if spoken in LANGUAGES else [(spoken, spoken)]
        language.choices = [*languages(), *others]
        if "owner" in self.fields:
            owner = cast(forms.ModelChoiceField[User], self.fields["owner"])
            owner.queryset = User.objects.filter(Q(pk__in=teachers()) | Q(pk=self.instance.owner_id))
            if self.instance.owner_id is not None:
                # Without an owner it would belong to every teacher.
                owner.required, owner.empty_label = True, None
            else:
                owner.empty_label = _("all teachers")
        if self.instance.pk is not None:
            self.remember(list(self.instance.stages.values_list("pk", "order")))

    def clean(self) -> dict[str, Any]:
        """Make an address from the title where none was typed, or asked for."""
        cleaned = super().clean() or self.cleaned_data
        asked = "slug" in self.fields
        if not (cleaned.get("slug") if asked else self.instance.slug) and "slug" not in self.errors:
            taken = set(Lesson.objects.exclude(pk=self.instance.pk).values_list("slug", flat=True))
            cleaned["slug"] = self.instance.slug = drafting.free_key(
                cleaned.get("title", ""), taken=taken, otherwise="lesson"
            )
        return cleaned


class StageRowForm(OrderedForm[Stage]):
    """A stage in its lesson's form: a new one has only a title, an old one only its place."""

    class Meta:
        model = Stage
        fields = ("order", "title")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["title"]


class StageRowFormSet(OrderedFormSet[Stage, Lesson]):
    """Makes a new stage's key from its title."""

    def save_new(self, form: forms.ModelForm[Stage], commit: bool = True) -> Stage:
        """Name the stage, then store it."""
        form.instance.key = drafting.key_for_stage(self.instance, form.instance.title)
        return super().save_new(form, commit)


class StageInline(admin.TabularInline[Stage, Lesson]):
    """The stages in order, each with what there is to know of it at a glance; each leads to its own page."""

    model = Stage
    form = StageRowForm
    formset = StageRowFormSet
    template = "admin/tutor/lesson/stages.html"
    fields = ("order", "title")
    can_delete = False

    def get_extra(self, request: HttpRequest, obj: Lesson | None = None, **kwargs: Any) -> int:
        """Offer one more stage; three for a beginning, a middle and an end where there is none yet."""
        return 1 if obj else 3

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stage]:
        """Fetch what the rows show in one query each."""
        return super().get_queryset(request).prefetch_related("outcomes__next_stage", "tools")
