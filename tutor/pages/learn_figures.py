"""What the page of a lesson shows of its figures: measures, the heat map, rows with bars. Reads only."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext_lazy as _

from tutor.models import Lesson, StayEnd
from tutor.pages.wording import map_words
from tutor.plan import Plan, in_words
from tutor.plan.picture import layout, svg
from tutor.services.learning import Figures, StageFigures

# Colours of the heat map, from nothing to the most.
MOST_HEAT = 4


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that can be said of each stage, as a number and as people write it."""

    key: str
    name: Promise
    about: Promise
    of: Callable[[StageFigures], float | None]
    write: Callable[[float], str]


def duration(seconds: float) -> str:
    """Return seconds as “45 s” or “2:05 min”."""
    whole = round(seconds)
    if whole < 60:
        return gettext("%(seconds)d s") % {"seconds": whole}
    return gettext("%(minutes)d:%(seconds)02d min") % {"minutes": whole // 60, "seconds": whole % 60}


def share(part: float) -> str:
    """Return a part of 1 in per cent."""
    return gettext("%(share)d %%") % {"share": round(100 * part)}


def _tenths(value: float) -> str:
    return number_format(value, decimal_pos=1)


def _seconds(value: float) -> str:
    return gettext("%(seconds)s s") % {"seconds": _tenths(value)}


MEASURES = (
    Measure(
        "time",
        _("Time"),
        _("How long a stay in the stage lasts on average, counting only the time in calls."),
        lambda stage: stage.seconds_each,
        duration,
    ),
    Measure(
        "left",
        _("Left early"),
        _("The part of the learners who came to the stage and ended the lesson there."),
        lambda stage: stage.left_share,
        share,
    ),
    Measure(
        "again",
        _("Came back"),
        _("The part of the stays that began by coming back to the stage."),
        lambda stage: stage.again_share,
        share,
    ),
    Measure(
        "misunderstood",
        _("Misunderstandings"),
        _(
            "The part of the learners’ sentences that they corrected, that reviewers noted as recognised wrongly, or "
            "that could not be written down."
        ),
        lambda stage: stage.misunderstood_share,
        share,
    ),
    Measure(
        "wait",
        _("Wait"),
        _(
            "About how long the tutor takes to begin an answer, as our server sees it: from hearing that the learner "
            "has spoken to hearing that an answer has begun. The first sound comes some tenths of a second later, so "
            "this is for comparing stages and versions."
        ),
        lambda stage: stage.wait,
        _seconds,
    ),
    Measure(
        "turns",
        _("Answers"),
        _("How many sentences a learner says in a stay, on average."),
        lambda stage: stage.turns_each,
        _tenths,
    ),
    Measure(
        "talk",
        _("The tutor’s share"),
        _("The tutor’s part of all words that were said."),
        lambda stage: stage.tutor_share,
        share,
    ),
)
MEASURE_BY_KEY = {measure.key: measure for measure in MEASURES}


@dataclass(frozen=True, slots=True)
class Cell:
    """A measure of a stage: what it says, empty for too few attempts, and how long its bar is, in per cent."""

    text: str
    length: int


@dataclass(frozen=True, slots=True)
class Part:
    """One way in which stays of a stage ended. `x` and `width` are those of its part of the bar, in per cent.

    `find` is the address of the attempts, if the search can find just those.
    """

    name: str
    kind: str
    count: int
    share: str
    x: str
    width: str
    find: str


@dataclass(frozen=True, slots=True)
class Side:
    """A stage in one version of the lesson, or in all. `caption` says in which."""

    caption: str
    figures: StageFigures
    cells: tuple[Cell, ...]
    parts: tuple[Part, ...]
    left: Part | None


@dataclass(frozen=True, slots=True)
class Row:
    """A stage with its sides. `is_gone`: the version that is drawn has it no more."""

    key: str
    title: str
    is_gone: bool
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """Figures and what they are of: a version, or, without a number, all. `query` finds their attempts."""

    caption: str
    figures: Figures
    query: Mapping[str, str]


def heat_map(plan: Plan, figures: Figures, measure: Measure) -> SafeString:
    """Return the picture of a lesson with a measure in each stage, and with how often each way out was taken."""
    values = {stage.key: measure.of(figures.stage(stage.key)) for stage in plan.stages}
    most = max((value for value in values.values() if value is not None), default=0)
    heat = {key: heat_of(value, most) for key, value in values.items() if value is not None}
    stages = tuple(
        replace(
            stage,
            goal=_few(figures.stage(stage.key)) if values[stage.key] is None else measure.write(values[stage.key] or 0),
            outcomes=tuple(
                replace(way, key=f"{figures.stage(stage.key).ways[way.key]} × {in_words(way.key)}")
                for way in stage.outcomes
            ),
        )
        for stage in plan.stages
    )
    links = {stage.key: f"#stage-{stage.key}" for stage in plan.stages}
    drawn = svg(layout(replace(plan, stages=stages)), links=links, heat=heat, words=map_words())
    return mark_safe(drawn)  # noqa: S308 # `svg` escapes all that comes from the plan


def heat_of(value: float, most: float) -> int:
    """Return how strongly a value is coloured, from 0 for nothing to 4 for the most."""
    return 0 if not most or not value else max(1, round(MOST_HEAT * value / most))


def _few(stage: StageFigures) -> str:
    if not stage.stays:
        return gettext("nobody was here")
    if stage.is_enough:
        return gettext("not known")
    return ngettext("only %(count)d attempt", "only %(count)d attempts", stage.attempts) % {"count": stage.attempts}


def rows_of(lesson: Lesson, plan: Plan, versions: Sequence[Version]) -> list[Row]:
    """Return the stages of a lesson in its order, and behind them those that only other versions have."""
    titles = {stage.key: stage.title for stage in plan.stages}
    others = sorted({key for one in versions for key in one.figures.stages} - set(titles))
    keys = [*titles, *others]
    most = {
        measure.key: max((measure.of(one.figures.stage(key)) or 0 for one in versions for key in keys), default=0)
        for measure in MEASURES
    }
    ways = {stage.key: [way.key for way in stage.outcomes] for stage in plan.stages}
    return [
        Row(
            key=key,
            title=titles.get(key) or in_words(key),
            is_gone=key not in titles,
            sides=tuple(_side(lesson, one, key, ways.get(key, ()), most) for one in versions),
        )
        for key in keys
    ]


def _side(lesson: Lesson, version: Version, key: str, ways: Iterable[str], most: Mapping[str, float]) -> Side:
    figures = version.figures.stage(key)
    cells = tuple(_cell(measure, measure.of(figures), most[measure.key]) for measure in MEASURES)
    parts = _parts(lesson, version, key, figures, ways)
    return Side(version.caption, figures, cells, parts, next((part for part in parts if part.kind == "left"), None))


def _cell(measure: Measure, value: float | None, most: float) -> Cell:
    return Cell("", 0) if value is None else Cell(measure.write(value), round(100 * value / most) if most else 0)


_ENDS = (
    (StayEnd.LEFT, gettext_lazy("Left early")),
    (StayEnd.TIME_UP, gettext_lazy("Time was up")),
    (StayEnd.STAFF, gettext_lazy("Ended by staff")),
    (StayEnd.OPEN, gettext_lazy("Still there")),
)


def _parts(lesson: Lesson, version: Version, key: str, figures: StageFigures, ways: Iterable[str]) -> tuple[Part, ...]:
    known = list(ways)
    unknown = sorted(set(figures.ways) - set(known))
    ends: list[tuple[str, str, int, dict[str, str] | None]] = [
        (in_words(way), f"way-{number % 4}", figures.ways[way], {"way_out": way} if way in known else None)
        for number, way in enumerate([*known, *unknown])
    ]
    ends += [(str(name), end.value, figures.ends[end], {"way_out": end.value}) for end, name in _ENDS]
    parts, x = [], 0.0
    for name, kind, count, criteria in ends:
        if not count:
            continue
        width = 100 * count / figures.stays
        # A stage that the version has no more cannot be looked for.
        find = _find(lesson, version, key, criteria) if criteria and known else ""
        parts.append(Part(name, kind, count, share(count / figures.stays), f"{x:.2f}%", f"{width:.2f}%", find))
        x += width
    return tuple(parts)


def _find(lesson: Lesson, version: Version, key: str, criteria: Mapping[str, str]) -> str:
    query = {"lesson": lesson.slug, "stage": f"{lesson.slug}/{key}", **criteria, **version.query}
    return f"{reverse('review')}?{urlencode(query)}"
