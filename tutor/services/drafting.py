"""Stages of a draft as a teacher handles them: named, moved, copied."""

from collections.abc import Collection
from itertools import chain, count

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from tutor.models import Lesson, Outcome, Stage

# Between two neighbours there is room for one more without renumbering.
STEP = 10
MAX_KEY = 50
MAX_TITLE = 120


def free_key(title: str, *, taken: Collection[str], otherwise: str = "stage") -> str:
    """Return a key made from a title, unlike all that are taken; from `otherwise` where a title has no a-z or 0-9."""
    base = slugify(title)[:MAX_KEY].strip("-_") or otherwise
    return next(
        key for key in chain([base], (f"{base[: MAX_KEY - 5]}-{number}" for number in count(2))) if key not in taken
    )


def key_for_stage(lesson: Lesson, title: str) -> str:
    """Return a key for a new stage of a lesson."""
    return free_key(title, taken=set(lesson.stages.values_list("key", flat=True)))


@transaction.atomic
def move_stage(stage: Stage, *, by: int) -> None:
    """Move a stage that many places down its lesson (up if negative), as far as there are places."""
    stages = list(stage.lesson.stages.select_for_update().exclude(pk=stage.pk))
    before = sum((other.order, other.pk) < (stage.order, stage.pk) for other in stages)
    stages.insert(max(0, before + by), stage)
    _number(stages)


@transaction.atomic
def duplicate_stage(stage: Stage) -> Stage:
    """Put a copy of a stage right behind it, with its tools and its ways out; what led to it leads to the first."""
    lesson = Lesson.objects.select_for_update().get(pk=stage.lesson_id)
    fields = {
        field.attname: getattr(stage, field.attname)
        for field in Stage._meta.concrete_fields
        if field.name not in ("id", "key", "title")
    }
    title = _("%(title)s (copy)") % {"title": stage.title[:112]}
    copy = Stage.objects.create(**fields, key=key_for_stage(lesson, stage.title), title=title[:MAX_TITLE])
    copy.tools.set(stage.tools.all())
    Outcome.objects.bulk_create(
        Outcome(
            stage=copy,
            order=way.order,
            key=way.key,
            when=way.when,
            # Again the same stage: for the copy that is the copy.
            next_stage_id=copy.pk if way.next_stage_id == stage.pk else way.next_stage_id,
        )
        for way in stage.outcomes.all()
    )
    stages = [other for other in lesson.stages.all() if other.pk != copy.pk]
    stages.insert([other.pk for other in stages].index(stage.pk) + 1, copy)
    _number(stages)
    return copy


def _number(stages: list[Stage]) -> None:
    """Give stages their places in steps of 10, in the order in which they are listed."""
    for order, stage in zip(count(STEP, STEP), stages, strict=False):
        stage.order = order
    Stage.objects.bulk_update(stages, ["order"])
