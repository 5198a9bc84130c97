"""Rules for the lesson as a whole, and the ways through it."""

from collections.abc import Iterator

from tutor.plan.lint.finding import Finding, error, over, warning
from tutor.plan.lint.limits import LANGUAGE, LANGUAGES, MAX_TITLE, MAX_VOICE, VOICES
from tutor.plan.model import Plan
from tutor.plan.phrase import gettext_noop


def lesson_findings(plan: Plan) -> Iterator[Finding]:
    """What is wrong with the fields of the lesson itself."""
    if not plan.title.strip():
        yield error("title", gettext_noop("The lesson has no title: give it one."))
    yield from over("title", plan.title, MAX_TITLE, gettext_noop("The title"))
    if not plan.stages:
        yield error("stages", gettext_noop("The lesson has no stage: add one."))
    yield from _language(plan.language)
    if plan.voice not in VOICES and not plan.voice.startswith("voice_"):
        yield error(
            "voice",
            gettext_noop("“%(voice)s” is not a known voice: choose one of %(voices)s."),
            voice=plan.voice,
            voices=", ".join(VOICES),
        )
    yield from over("voice", plan.voice, MAX_VOICE, gettext_noop("The voice"))
    if plan.minutes < 1:
        yield error(
            "minutes",
            gettext_noop("The lesson takes less than a minute: say how many minutes a learner should plan for."),
        )


def _language(code: str) -> Iterator[Finding]:
    if not code:
        yield error(
            "language",
            gettext_noop("The lesson has no language, so nothing can be written down: choose one such as “en”."),
        )
    elif not LANGUAGE.fullmatch(code):
        yield error(
            "language",
            gettext_noop("“%(code)s” is no language code: use two small letters such as “en”."),
            code=code,
        )
    elif code not in LANGUAGES:
        yield warning(
            "language",
            gettext_noop(
                "“%(code)s” is not among the languages that are written down well: "
                "check the code, or try the lesson first."
            ),
            code=code,
        )


def reachable(plan: Plan) -> set[str]:
    """Keys of the stages that some path from the start leads to."""
    if not plan.stages:
        return set()
    exits = {stage.key: {o.next for o in stage.outcomes if o.next is not None} for stage in plan.stages}
    found: set[str] = set()
    ahead = {plan.start.key}
    while ahead:
        found |= ahead
        ahead = {key for here in ahead for key in exits.get(here, ())} - found
    return found


def can_end(plan: Plan) -> set[str]:
    """Keys of the stages from which some path leads to the end of the lesson."""
    found: set[str] = set()
    while True:
        more = {
            stage.key
            for stage in plan.stages
            if stage.key not in found and any(o.next is None or o.next in found for o in stage.outcomes)
        }
        if not more:
            return found
        found |= more
