"""What pages show, gathered from the rows: the shelf of lessons, the card a learner takes home. Reads only."""

from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.models import User
from django.db.models import F
from django.db.models.fields.json import KT
from django.utils.translation import get_language_info

from tutor import plan as plans
from tutor.models import Attempt, AttemptOutcome, Lesson, StageVisit, Utterance
from tutor.pages.lookups import versions_for
from tutor.plan import Plan


@dataclass(frozen=True, slots=True)
class ShelfLesson:
    """A lesson in the list. `open_code` is the code of the learner's open attempt, if there is one."""

    slug: str
    title: str
    summary: str
    minutes: int
    language: str
    open_code: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class CardStage:
    """One stay in a stage, as the learner may remember it. `way_out` is the outcome in words, empty if left early."""

    title: str
    goal: str
    way_out: str
    summary: str
    quotes: tuple[str, ...]
    is_open: bool
    utterances: tuple[Utterance, ...]


def shelf(user: User) -> list[ShelfLesson]:
    """Return the lessons a learner can take, as last published, by title. Two queries."""
    versions = versions_for(user).values(
        "lesson_id",
        slug=F("lesson__slug"),
        title=KT("plan__title"),
        summary=KT("plan__summary"),
        minutes=KT("plan__minutes"),
        language=KT("plan__language"),
    )
    mine = list(Attempt.objects.filter(learner=user, is_trial=False).values_list("lesson_id", "code", "outcome"))
    open_codes = {lesson: str(code) for lesson, code, outcome in mine if not outcome}
    done = {lesson for lesson, _, outcome in mine if outcome == AttemptOutcome.COMPLETED}
    return [
        ShelfLesson(
            slug=version["slug"],
            title=version["title"],
            summary=version["summary"],
            minutes=int(version["minutes"]),
            language=language_name(version["language"]),
            open_code=open_codes.get(version["lesson_id"], ""),
            is_done=version["lesson_id"] in done,
        )
        for version in versions.order_by("title", "lesson_id")
    ]


def detours(plan: Plan) -> set[str]:
    """Return the keys of the stages that a learner may never see, for some way to the end leads around them."""
    return {stage.key for stage in plan.stages if _can_do_without(plan, stage.key)}


def _can_do_without(plan: Plan, key: str) -> bool:
    """Whether the end can be reached from the start without entering one stage."""
    exits = {stage.key: {outcome.next for outcome in stage.outcomes} for stage in plan.stages}
    seen: set[str | None] = {key}
    ahead: set[str | None] = set() if plan.start.key == key else {plan.start.key}
    while ahead:
        seen |= ahead
        ahead = {after for here in ahead if here for after in exits.get(here, ())} - seen
    return None in seen


def past_attempts(user: User, lesson: Lesson) -> list[Attempt]:
    """Return what the learner did of a lesson before, latest first."""
    return list(Attempt.objects.filter(learner=user, lesson=lesson, ended_at__isnull=False).order_by("-id"))


def card_stages(attempt: Attempt) -> list[CardStage]:
    """Return an attempt stay by stay, with all that was said. Two queries."""
    plan = plans.from_data(attempt.version.plan)
    said = {
        visit: tuple(utterances)
        for visit, utterances in groupby(
            attempt.utterances.order_by("visit__number", "position", "id"), key=lambda utterance: utterance.visit_id
        )
    }
    return [_card_stage(plan, visit, said.get(visit.pk, ())) for visit in attempt.visits.order_by("number")]


def _card_stage(plan: Plan, visit: StageVisit, utterances: tuple[Utterance, ...]) -> CardStage:
    stage = plan.stage(visit.stage_key)
    return CardStage(
        title=stage.title,
        goal=stage.goal,
        way_out=in_words(visit.outcome),
        summary=visit.summary,
        quotes=tuple(visit.evidence),
        is_open=visit.completed_at is None,
        utterances=utterances,
    )


def in_words(key: str) -> str:
    """Return a key as a teacher would read it out: `needs_practice` becomes “Needs practice”."""
    return key.replace("_", " ").replace("-", " ").strip().capitalize()


def language_name(code: str) -> str:
    """Return the English name of a language, or the code itself for one that Django does not know."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code
