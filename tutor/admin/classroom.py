"""Classes: the code to join by, who is in them, and the lessons they are given."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Exists, ForeignKey, OuterRef, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tutor.admin.access import DiscreetAdmin, person
from tutor.admin.choices import PlainChoices
from tutor.models import Assignment, Classroom, Lesson, LessonVersion
from tutor.services import access, classrooms

_MOMENT = "%Y-%m-%dT%H:%M"


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a day and an hour."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=_MOMENT)


class AssignmentForm(forms.ModelForm[Assignment]):
    """A lesson and its times. Which lesson it is stays; another one is another row."""

    opens_at = forms.DateTimeField(
        label=gettext_lazy("Opens"),
        required=False,
        widget=MomentInput,
        help_text=format_lazy(gettext_lazy("Empty: at once. By the clock of {zone}."), zone=settings.TIME_ZONE),
    )
    closes_at = forms.DateTimeField(
        label=gettext_lazy("Closes"),
        required=False,
        widget=MomentInput,
        help_text=gettext_lazy("Empty: never. Who is in the middle then may finish."),
    )

    class Meta:
        model = Assignment
        fields = ("lesson", "opens_at", "closes_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            lesson = cast(forms.ModelChoiceField[Lesson], self.fields["lesson"])
            lesson.disabled = True
            # It may no longer be one that the teacher could choose.
            lesson.queryset = Lesson.objects.filter(pk=self.instance.lesson_id)
            lesson.choices = [(self.instance.lesson_id, str(self.instance.lesson))]

    def clean(self) -> dict[str, Any]:
        """Refuse to close before opening; whether a lesson is there twice is for the formset to say."""
        opens, closes = self.cleaned_data.get("opens_at"), self.cleaned_data.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It must close after it opens."))
        return self.cleaned_data


class LessonField(forms.ModelChoiceField[Lesson]):
    """Lessons by title and address, for titles may be the same; and whether learners would find them at all."""

    def label_from_instance(self, obj: Lesson) -> str:
        if not getattr(obj, "is_published", True):
            return _("%(title)s (%(address)s), not published yet") % {"title": obj.title, "address": obj.slug}
        return f"{obj.title} ({obj.slug})"


class AssignmentFormSet(BaseInlineFormSet[Assignment, Classroom, forms.ModelForm[Assignment]]):
    """The lessons of a class, each once."""

    def clean(self) -> None:
        """Refuse a lesson that is there twice."""
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms and form.is_valid()]
        lessons = [form.cleaned_data["lesson"] for form in kept if form.cleaned_data.get("lesson")]
        for lesson in lessons:
            if lessons.count(lesson) > 1:
                raise ValidationError(_("“%(lesson)s” is there twice: once is enough.") % {"lesson": lesson})


class AssignmentInline(PlainChoices[Assignment], admin.StackedInline[Assignment, Classroom]):
    model = Assignment
    form = AssignmentForm
    formset = AssignmentFormSet
    fields = (("lesson", "opens_at", "closes_at"),)
    extra = 0
    verbose_name = gettext_lazy("lesson")
    verbose_name_plural = gettext_lazy("lessons of this class")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """Fetch what each row is called by."""
        return super().get_queryset(request).select_related("lesson", "classroom")

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the lessons the teacher may write."""
        if db_field.name == "lesson":
            is_published = Exists(LessonVersion.objects.filter(lesson=OuterRef("pk"), number=1))
            kwargs["queryset"] = access.authored_by(person(request)).annotate(is_published=is_published)
            kwargs["form_class"] = LessonField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class PeopleField(forms.ModelMultipleChoiceField[User]):
    """Accounts by the names people know them by."""

    def label_from_instance(self, obj: User) -> str:
        name = obj.get_full_name()
        return f"{name} ({obj.get_username()})" if name else obj.get_username()


class ClassroomForm(forms.ModelForm[Classroom]):
    """A class, and who shall leave it.

    Learners join by themselves, at any time. So the form does not say who is in the class, which may have changed since
    it was opened, but who goes.
    """

    leaving = PeopleField(
        User.objects.none(),
        label=gettext_lazy("Learners"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Tick who shall leave the class, and save. What they said in its lessons stays."),
    )

    class Meta:
        model = Classroom
        fields = ("name", "teacher", "reviewers", "leaving")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "leaving" in self.fields and self.instance.pk:
            leaving = cast(PeopleField, self.fields["leaving"])
            leaving.queryset = self.instance.learners.order_by("username")
            if not leaving.queryset:
                leaving.help_text = _("Nobody has joined yet: tell your learners the code.")


@admin.register(Classroom)
class ClassroomAdmin(PlainChoices[Classroom], DiscreetAdmin[Classroom]):
    """A teacher's own classes."""

    form = ClassroomForm
    inlines = [AssignmentInline]
    list_display = ("name", "join_code", "learner_count", "lesson_count", "teacher")
    list_select_related = ("teacher",)
    search_fields = ("name",)
    change_form_template = "admin/tutor/classroom/change_form.html"

    class Media:
        css = {"all": ["tutor/css/admin_lesson.css"]}
        js = [forms.Script("tutor/js/admin/classroom.js", type="module")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Classroom]:
        """Keep to the classes of whoever asks, with how many learners and lessons each has."""
        rows = super().get_queryset(request)
        if not person(request).is_superuser:
            rows = rows.filter(teacher=person(request))
        counted = {"learners_there": "learners", "lessons_there": "assignments"}
        return rows.annotate(**{name: Count(field, distinct=True) for name, field in counted.items()})

    def get_urls(self) -> list[URLPattern]:
        """Add the button for another code."""
        renew = self.admin_site.admin_view(require_POST(self.renew_code))
        return [path("<int:pk>/new-code/", renew, name="tutor_classroom_new_code"), *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Classroom | None = None) -> tuple[str, ...]:
        """A new class needs a name only; whose class it is may be changed by those who run the site."""
        if obj is None:
            return ("name",)
        return ("name", "teacher", "reviewers", "leaving") if person(request).is_superuser else ("name", "leaving")

    def get_inlines(self, request: HttpRequest, obj: Classroom | None) -> list[Any]:
        """Give lessons to a class that is there."""
        return self.inlines if obj else []

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer all staff as reviewers of a class."""
        if db_field.name == "reviewers":
            staff = User.objects.filter(is_staff=True, is_active=True).order_by("username")
            kwargs |= {"queryset": staff, "widget": forms.CheckboxSelectMultiple, "form_class": PeopleField}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("learners"), ordering="learners_there")
    def learner_count(self, classroom: Any) -> int:
        return cast(int, classroom.learners_there)

    @admin.display(description=gettext_lazy("lessons"), ordering="lessons_there")
    def lesson_count(self, classroom: Any) -> int:
        return cast(int, classroom.lessons_there)

    def save_model(self, request: HttpRequest, obj: Classroom, form: Any, change: bool) -> None:
        """Give a new class to whoever made it, and let those leave who were ticked."""
        if not change:
            obj.teacher = person(request)
        super().save_model(request, obj, form, change)
        for learner in form.cleaned_data.get("leaving", ()):
            classrooms.leave_classroom(obj, learner=learner)

    def response_add(self, request: HttpRequest, obj: Classroom, post_url_continue: str | None = None) -> HttpResponse:
        """Show the code, and what can be given to the class."""
        said = _("“%(classroom)s” is there. Tell your learners its code, and give it a lesson.")
        messages.success(request, said % {"classroom": obj})
        return HttpResponseRedirect(_url(obj))

    def renew_code(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give a class another code."""
        classroom = self.get_object(request, str(pk))
        if classroom is None:
            raise Http404("There is no such class.")
        if not self.has_change_permission(request, classroom):
            raise PermissionDenied
        classrooms.renew_join_code(classroom)
        messages.success(request, _("The class has a new code. The old one opens it no more."))
        return HttpResponseRedirect(_url(classroom))


def _url(classroom: Classroom) -> str:
    return reverse("admin:tutor_classroom_change", args=[classroom.pk])
