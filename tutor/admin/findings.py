"""What `services.authoring.findings` says about a lesson, with links to where it can be mended."""

import re
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tutor.models import Lesson, Stage
from tutor.plan import Finding, Level, Plan
from tutor.services import authoring

_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")


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
            place=in_words(finding.place),
            url=_url(lesson, stages, finding.place),
            message=finding.message,
        )
        for finding in findings
    ]


def in_words(place: str) -> str:
    """Return `stages[1].outcomes[0].next` as “Stage 2, outcome 1, next”."""
    if place.isupper():
        return f"This server's setting {place}"
    steps = [(name, number) for name, number in _STEP.findall(place)]
    words = [f"{name.removesuffix('s')} {int(number) + 1}" if number else name for name, number in steps]
    return ", ".join(words).capitalize()


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
