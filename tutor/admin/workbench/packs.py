"""Lessons as files: take one out, bring one in."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tutor import plan as plans
from tutor.admin.findings import in_words
from tutor.admin.text_area import TextArea
from tutor.admin.wording import changes, said
from tutor.admin.workbench.base import Bench, user_of
from tutor.admin.workbench.versions import DRAFT, edition
from tutor.models import Lesson
from tutor.plan import Pack, Plan, PlanError
from tutor.plan.phrase import Phrase, gettext_noop
from tutor.plan.text import MAX_TEXT, fault_at, line_at, lines_of, located
from tutor.services import access, authoring

# Bytes: a character has up to four.
MAX_FILE = 4 * MAX_TEXT
TAKEN = gettext_lazy("This address belongs to a lesson of somebody else: choose another.")


class PackForm(forms.Form):
    """A lesson pack, as a file or as text, and the lesson it is for.

    `replaces` is the checksum of the draft that the teacher was shown and agreed to lose, empty before they were.
    """

    file = forms.FileField(
        required=False,
        label=gettext_lazy("A file"),
        help_text=gettext_lazy("A lesson pack, such as “Export” gives: YAML, or JSON."),
    )
    text = forms.CharField(
        required=False, strip=False, label=gettext_lazy("Or its text"), widget=TextArea(attrs={"rows": 14})
    )
    slug = forms.SlugField(
        required=False,
        max_length=50,
        label=gettext_lazy("The lesson's address"),
        help_text=gettext_lazy(
            "Empty: the pack's own, or made from the file's name or the title. "
            "That of a lesson of yours replaces its draft."
        ),
    )
    replaces = forms.CharField(required=False, widget=forms.HiddenInput)

    plan: Plan
    pack = ""  # the text that was read, wherever it came from: a field with an error has no cleaned data

    def clean_file(self) -> str:
        """Return the text of the file, empty without one."""
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > MAX_FILE:
            raise forms.ValidationError(_("The file is too big for a lesson pack."))
        try:
            return str(file.read(), "utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The file is not written in UTF-8.")) from error

    def clean(self) -> dict[str, Any]:
        """Read the pack; what is wrong with it is wrong with its text, wherever that came from."""
        cleaned = super().clean() or {}
        self.pack = cleaned.get("file") or cleaned.get("text", "")
        if self.errors:
            return cleaned
        try:
            read = _read(self.pack)
        except PlanError as error:
            self.add_error("text", _in_lines(error.faults, self.pack))
            return cleaned
        self.plan = read.plan
        cleaned["slug"] = cleaned.get("slug") or read.address or self._slug()
        if not cleaned["slug"]:
            self.add_error("slug", _("Choose an address: small letters, digits and hyphens."))
        return cleaned

    def _slug(self) -> str:
        file = self.files.get("file")
        stem = PurePath(file.name or "").stem if file else ""
        return (slugify(stem) or slugify(self.plan.title))[:50]


def _read(text: str) -> Pack:
    if not text.strip():
        raise PlanError([Phrase(gettext_noop("Choose a file, or paste the text of a lesson pack."))])
    return plans.pack_from_json(text) if text.lstrip().startswith("{") else plans.pack_from_yaml(text)


class Packs(Bench):
    """Export, and the page Import."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages to the addresses of a lesson."""
        bring_in = require_http_methods(["GET", "HEAD", "POST"])(self.import_pack)
        return [
            self.bench_url("<int:pk>/export/", require_safe(self.export), "export"),
            self.bench_url("import/", bring_in, "import"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the draft, or the version asked for, as a YAML file."""
        lesson = self.authored(request, pk)
        chosen = edition(lesson, request.GET.get("version") or DRAFT)
        suffix = "" if chosen.number is None else f"-version-{chosen.number}"
        return HttpResponse(
            plans.to_yaml(chosen.plan, address=lesson.slug),
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{lesson.slug}{suffix}.yaml"'},
        )

    def import_pack(self, request: HttpRequest) -> HttpResponse:
        """Make a pack the draft of a new lesson, or, after the teacher has seen what that changes, of one of theirs."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_page(request, PackForm())
        form = PackForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._import_page(request, form)
        there = Lesson.objects.filter(slug=form.cleaned_data["slug"]).first()
        if there is None:
            return self._bring_in(request, form)
        if not access.authored_by(user_of(request)).filter(pk=there.pk).exists():
            form.add_error("slug", TAKEN)
            return self._import_page(request, form)
        return self._replace(request, form, there)

    def _replace(self, request: HttpRequest, form: PackForm, lesson: Lesson) -> HttpResponse:
        """Bring the pack in if the draft it replaces is the one the teacher was shown; else show it."""
        draft = authoring.compile_plan(lesson)
        if draft == form.plan:
            text = _("The draft of “%(lesson)s” says the same already: there was nothing to bring in.")
            messages.info(request, text % {"lesson": lesson})
            return HttpResponseRedirect(reverse("admin:tutor_lesson_change", args=[lesson.pk]))
        seen = authoring.checksum(draft)
        if form.cleaned_data["replaces"] == seen:
            return self._bring_in(request, form)
        return self._import_page(request, form, replaced=lesson, seen=seen, changes=changes(draft, form.plan))

    def _bring_in(self, request: HttpRequest, form: PackForm) -> HttpResponse:
        try:
            lesson = authoring.import_plan(form.plan, slug=form.cleaned_data["slug"], by=user_of(request))
        except authoring.ForeignLessonError:
            form.add_error("slug", TAKEN)
            return self._import_page(request, form)
        except authoring.FaultyLessonError as error:
            faults = [fault_at(finding.place, finding.message) for finding in error.findings]
            form.add_error("text", _in_lines(faults, form.pack))
            return self._import_page(request, form)
        self.log_change(request, lesson, _("Brought in a lesson pack."))
        count = len(form.plan.stages)
        text = ngettext(
            "“%(lesson)s” is a draft now, with %(count)s stage. Learners see nothing of it until you publish it.",
            "“%(lesson)s” is a draft now, with %(count)s stages. Learners see nothing of it until you publish it.",
            count,
        )
        messages.success(request, text % {"lesson": lesson, "count": count})
        return HttpResponseRedirect(reverse("admin:tutor_lesson_change", args=[lesson.pk]))

    def _import_page(self, request: HttpRequest, form: PackForm, **context: Any) -> HttpResponse:
        # A file's text is shown for mending: a page cannot put the file itself back.
        faults = list(form.errors.get("text", ()))
        title = _("Import a lesson pack")
        return self.page(request, "import", title=title, form=form, text=form.pack, faults=faults, **context)


def _in_lines(faults: Iterable[str], text: str) -> list[str]:
    """Return faults with the line of the pack where a place was, and with the place in words where there is none."""
    lines = lines_of(text)
    return [_in_line(fault, lines) for fault in faults]


def _in_line(fault: str, lines: Mapping[str, int]) -> str:
    place, sentence = located(fault)
    line = line_at(lines, place)
    if not line:
        return said(fault)
    words = {"line": line, "place": in_words(place), "sentence": said(sentence)}
    if not words["place"]:
        return _("Line %(line)s: %(sentence)s") % words
    return _("Line %(line)s, %(place)s: %(sentence)s") % words
