"""What pages show, gathered from the rows: a lesson, its map, and the way back to it. Reads only."""

from dataclasses import replace

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from tutor.models import Attempt, Lesson
from tutor.pages.wording import map_words
from tutor.plan import Outcome, Plan
from tutor.plan.picture import layout, svg
from tutor.services import access, attempts


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


def lesson_map(plan: Plan, *, attempt: Attempt | None = None) -> SafeString:
    """Return the stages of a lesson as a picture for its learners; with how far an attempt at this plan has come.

    It has neither goals nor the names of outcomes: those are the teacher's keys, such as `needs_practice`, in no
    language that a learner reads, and a learner who knows them knows what the tutor looks for.
    """
    stages = attempts.progress(attempt)["stages"] if attempt else []
    by_progress = {stage["progress"]: stage["key"] for stage in stages}
    done = [stage["key"] for stage in stages if stage["progress"] == "done"]
    drawn = svg(
        layout(_without_names(plan)), current=by_progress.get("current"), done=done, titles_only=True, words=map_words()
    )
    return mark_safe(drawn)  # noqa: S308 # `svg` escapes all that comes from the plan


def _without_names(plan: Plan) -> Plan:
    """The same stages with one nameless outcome for each place that they lead to."""
    exits = [dict.fromkeys(outcome.next for outcome in stage.outcomes) for stage in plan.stages]
    stages = (
        replace(stage, outcomes=tuple(Outcome(key="", when="", next=after) for after in ways))
        for stage, ways in zip(plan.stages, exits, strict=True)
    )
    return replace(plan, stages=tuple(stages))


def past_attempts(user: User, lesson: Lesson) -> list[Attempt]:
    """Return what the learner did of a lesson before, latest first."""
    ended = Attempt.objects.filter(learner=user, lesson=lesson, is_trial=False, ended_at__isnull=False)
    return list(ended.order_by("-id"))


def open_attempt(user: User, lesson: Lesson) -> Attempt | None:
    """Return the attempt in whose middle the learner is."""
    begun = Attempt.objects.filter(learner=user, lesson=lesson, is_trial=False, ended_at__isnull=True)
    return begun.select_related("version").first()


def way_back(attempt: Attempt) -> str:
    """Return the address of the page that leads to an attempt: the lesson's, where its learner still finds one."""
    if attempt.is_trial:
        return reverse("admin:tutor_lesson_change", args=[attempt.lesson_id])
    if access.open_to(attempt.learner).filter(pk=attempt.lesson_id).exists():
        return reverse("lesson", args=[attempt.lesson.slug])
    return reverse("home")
