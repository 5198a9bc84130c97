"""What `services.authoring.findings` says about a lesson, with links to where it can be mended."""

import re
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from tutor.admin.wording import said
from tutor.models import Lesson, Stage
from tutor.plan import Finding, Level, Plan
from tutor.services import authoring

_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")
# What the fields of a lesson pack are called; names that are not here stand in a JSON Schema.
_FIELDS = {
    "lesson": pgettext_lazy("part of a lesson", "lesson"),
    "format": pgettext_lazy("part of a lesson", "format"),
    "address": pgettext_lazy("part of a lesson", "address"),
    "title": pgettext_lazy("part of a lesson", "title"),
    "summary": pgettext_lazy("part of a lesson", "summary"),
    "language": pgettext_lazy("part of a lesson", "language"),
    "voice": pgettext_lazy("part of a lesson", "voice"),
    "minutes": pgettext_lazy("part of a lesson", "minutes"),
    "preamble": pgettext_lazy("part of a lesson", "preamble"),
    "stages": pgettext_lazy("part of a lesson", "stages"),
    "tools": pgettext_lazy("part of a lesson", "tools"),
    "tests": pgettext_lazy("part of a lesson", "tests"),
    "key": pgettext_lazy("part of a lesson", "key"),
    "goal": pgettext_lazy("part of a lesson", "goal"),
    "instructions": pgettext_lazy("part of a lesson", "instructions"),
    "opening": pgettext_lazy("part of a lesson", "opening"),
    "outcomes": pgettext_lazy("part of a lesson", "outcomes"),
    "hints": pgettext_lazy("part of a lesson", "hints"),
    "context": pgettext_lazy("part of a lesson", "context"),
    "evidence": pgettext_lazy("part of a lesson", "evidence"),
    "turns": pgettext_lazy("part of a lesson", "turns"),
    "stall_turns": pgettext_lazy("part of a lesson", "stall_turns"),
    "stall_minutes": pgettext_lazy("part of a lesson", "stall_minutes"),
    "fallback": pgettext_lazy("part of a lesson", "fallback"),
    "when": pgettext_lazy("part of a lesson", "when"),
    "next": pgettext_lazy("part of a lesson", "next"),
    "name": pgettext_lazy("part of a lesson", "name"),
    "kind": pgettext_lazy("part of a lesson", "kind"),
    "description": pgettext_lazy("part of a lesson", "description"),
    "parameters": pgettext_lazy("part of a lesson", "parameters"),
    "options": pgettext_lazy("part of a lesson", "options"),
}
_ROWS = {
    "stages": pgettext_lazy("part of a lesson", "stage %(number)s"),
    "outcomes": pgettext_lazy("part of a lesson", "outcome %(number)s"),
    "tools": pgettext_lazy("part of a lesson", "tool %(number)s"),
    "hints": pgettext_lazy("part of a lesson", "hint %(number)s"),
    "tests": pgettext_lazy("part of a lesson", "test %(number)s"),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """A finding as the admin shows it. `place` is in words; `url` leads to the field that holds the place."""

    is_error: bool
    place: str
    url: str
    message: str

    def as_html(self) -> SafeString:
        """Return it as one line with a link."""
        return format_html('<a href="{}">{}</a>: {}', self.url, self.place, self.message)


def advice_on(lesson: Lesson) -> list[Advice]:
    """Return what there is to say about a lesson's draft, errors first."""
    return advice_on_plan(lesson, authoring.compile_plan(lesson))


def advice_on_plan(lesson: Lesson, draft: Plan) -> list[Advice]:
    """Return what there is to say about a draft that has been compiled already, errors first, the server's own last."""
    findings = [*authoring.findings(draft), *authoring.setting_findings()]
    return as_advice(lesson, sorted(findings, key=lambda finding: finding.level is not Level.ERROR))


def as_advice(lesson: Lesson, findings: list[Finding]) -> list[Advice]:
    """Return findings with their places in words."""
    stages = list(lesson.stages.all())
    return [
        Advice(
            is_error=finding.level is Level.ERROR,
            place=capfirst(in_words(finding.place)),
            url=_url(lesson, stages, finding.place),
            message=said(finding.message),
        )
        for finding in findings
    ]


def in_words(place: str) -> str:
    """Return `stages[1].outcomes[0].next` as “stage 2, outcome 1, next”."""
    if place.isupper():
        return _("This server's setting %(name)s") % {"name": place}
    return ", ".join(_step_in_words(name, number) for name, number in _STEP.findall(place))


def _step_in_words(name: str, number: str) -> str:
    if number and name in _ROWS:
        return str(_ROWS[name] % {"number": int(number) + 1})
    if number:
        return f"{name.removesuffix('s').lower()} {int(number) + 1}"
    return str(_FIELDS.get(name, name.lower()))


def _url(lesson: Lesson, stages: list[Stage], place: str) -> str:
    steps = _STEP.findall(place)
    name, number = steps[0]
    if name == "stages" and number and int(number) < len(stages):
        anchor = _anchor(steps[1:], rows=("outcomes",))
        return reverse("admin:tutor_stage_change", args=[stages[int(number)].pk]) + anchor
    return reverse("admin:tutor_lesson_change", args=[lesson.pk]) + _anchor(steps, rows=("stages", "tools"))


def _anchor(steps: list[tuple[str, str]], *, rows: tuple[str, ...]) -> str:
    """The field of a form that a place leads to, or one of the rows below its fields."""
    if not steps or steps[0][0].isupper():  # the settings are on no page
        return ""
    name, number = steps[0]
    if name in rows:
        return f"#{name}-{number}" if number else f"#{name}-group"
    return f"#id_{name}"
