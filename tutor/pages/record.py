"""What a learner did, as pages show it: the words by stage, the card to take home, the history. Reads only."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tutor import plan as plans
from tutor.models import Attempt, Speaker, StageVisit, Utterance, UtteranceStatus
from tutor.pages.acts import Act, acts_of
from tutor.pages.contents import detours
from tutor.pages.shelf import ShelfLesson, shelf
from tutor.plan import Plan, in_words
from tutor.plan.evidence import count_found
from tutor.realtime.images import MARK, words_beside
from tutor.services import access, attempts, calls, pictures, transcript
from tutor.services.stays import ending
from tutor.services.transcript import Shown

PER_PAGE = 20
# Words of a sentence that may stand for a stage in which the tutor quoted nothing.
FEWEST_WORDS, MOST_WORDS = 3, 30
QUOTED = re.compile(r'([“„"«])([^“”„"«»]+)([”“"»])')
# A sentence of a summary that has nothing but quotes, perhaps behind some words and a colon: Said: “tea”, “milk”.
ONLY_QUOTES = re.compile(
    rf"(?:^|(?<=[.!?…] ))(?:\w[\w ]{{0,30}}: *)?{QUOTED.pattern}(?:, *{QUOTED.pattern})*[.!?]?(?: +|$)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance: what was heard, and what the learner really said where they corrected it.

    `picture` is the address of what they showed with it; `had_picture` without one: it is lost, or still on its way.
    """

    speaker: str
    status: str
    heard: str
    corrected: str
    picture: str = ""
    had_picture: bool = False
    at: datetime | None = None

    @property
    def text(self) -> str:
        """The words in force."""
        return self.corrected or self.heard

    @property
    def is_cut(self) -> bool:
        """Whether it broke off: interrupted, or left unfinished by a call that broke."""
        return self.status in (UtteranceStatus.INTERRUPTED, UtteranceStatus.PARTIAL) and not self.corrected


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in a stage, with all that was said and shown in it, in order."""

    visit: StageVisit
    title: str
    entries: tuple[Line | Shown | Act, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """What was said."""
        return tuple(entry for entry in self.entries if isinstance(entry, Line))

    @property
    def cards(self) -> tuple[Shown, ...]:
        """What the tutor showed."""
        return tuple(entry for entry in self.entries if isinstance(entry, Shown))


@dataclass(frozen=True, slots=True)
class CardStage:
    """A stage as the learner may remember it, however often they came there.

    `way_out` is the last one, in words; or how the last stay ended without one, and then `has_way_out` is false.
    """

    title: str
    goal: str
    way_out: str
    has_way_out: bool
    is_open: bool
    times: int
    summaries: tuple[str, ...]
    quotes: tuple[str, ...]
    corrections: tuple[Line, ...]
    cards: tuple[Shown, ...]
    pictures: tuple[str, ...]


def stays(attempt: Attempt, *, with_acts: bool = False) -> list[Stay]:
    """Return an attempt stay by stay, with all that was said and shown, and what staff did, if asked for.

    Five queries, or six.
    """
    plan = plans.from_stored(attempt.version.plan)
    corrections, pictures_at = transcript.corrected(attempt), pictures.addresses(attempt)
    said: dict[int, list[tuple[str, Line]]] = {}
    for one in attempt.utterances.order_by("position", "id"):
        line = _line(one, corrections.get(one.pk, ""), pictures_at.get(one.item_id, ""))
        said.setdefault(one.visit_id, []).append((one.item_id, line))
    cards: dict[int, list[tuple[str | None, Shown]]] = {}
    shown: Iterable[tuple[int, Any]] = (
        attempt.tool_calls.filter(card__isnull=False).order_by("id").values_list("visit_id", "card")
    )
    for visit_id, card in shown:
        cards.setdefault(visit_id, []).append((card["after"], Shown.of(card)))
    acts = acts_of(attempt, plan, is_learner=True) if with_acts else {}
    found = []
    for visit in attempt.visits.order_by("number"):
        entries = transcript.interleaved(said.get(visit.pk, ()), cards.get(visit.pk, ()))
        timed = [(entry.at if isinstance(entry, Line) else None, entry) for entry in entries]
        title = plan.stage(visit.stage_key).title
        found.append(Stay(visit, title, tuple(transcript.placed(timed, acts.get(visit.pk, ())))))
    return found


def _line(one: Utterance, corrected: str, picture: str) -> Line:
    had_picture = bool(picture) or one.text.endswith(MARK)
    heard = words_beside(one.text) if had_picture else one.text
    return Line(one.speaker, one.status, heard, words_beside(corrected), picture, had_picture, one.stored_at)


def card_stages(attempt: Attempt, plan: Plan, visited: Iterable[Stay]) -> list[CardStage]:
    """Return the stages in the order in which they were first entered."""
    by_key: dict[str, list[Stay]] = {}
    for stay in visited:
        by_key.setdefault(stay.visit.stage_key, []).append(stay)
    return [_card_stage(attempt, plan, key, here) for key, here in by_key.items()]


def _card_stage(attempt: Attempt, plan: Plan, key: str, here: Sequence[Stay]) -> CardStage:
    stage, last = plan.stage(key), here[-1].visit
    lines = [line for stay in here for line in stay.lines if line.speaker == Speaker.LEARNER]
    quotes = _quotes([quote for stay in here for quote in stay.visit.evidence], lines)
    told = [_told(stay.visit.summary, lines, quotes) for stay in here]
    return CardStage(
        title=stage.title,
        goal=stage.goal,
        way_out=in_words(last.outcome) or ending(attempt, last),
        has_way_out=last.outcome != "",
        is_open=last.completed_at is None,
        times=len(here),
        summaries=tuple(dict.fromkeys(text for text in told if text)),
        quotes=quotes,
        corrections=tuple(line for line in lines if line.corrected and line.corrected != line.heard),
        # A task to draw is no keepsake; what was drawn is.
        cards=tuple(dict.fromkeys(card for stay in here for card in stay.cards if card.kind != "drawing")),
        pictures=tuple(line.picture for line in lines if line.picture),
    )


def _quotes(claimed: Iterable[str], lines: Sequence[Line]) -> tuple[str, ...]:
    """The learner's own words: what the tutor quoted and they said, else a good sentence of theirs."""
    own = [words for quote in claimed if (words := _own(quote, lines))]
    return tuple(dict.fromkeys(own)) or _best(lines)


def _told(summary: str, lines: Sequence[Line], quotes: Sequence[str]) -> str:
    """A summary in which the learner's corrections hold, without sentences that only repeat the quotes of the stage."""

    def put_right(quoted: re.Match[str]) -> str:
        before, words, after = quoted.groups()
        return f"{before}{_own(words, lines) or words}{after}"

    def new(sentence: re.Match[str]) -> str:
        known = [count_found([_own(quoted[1], lines)], quotes) for quoted in QUOTED.findall(sentence[0])]
        return "" if all(known) else sentence[0]

    for line in lines:
        if line.corrected and len(line.heard.split()) >= FEWEST_WORDS:
            summary = summary.replace(line.heard.rstrip(".!?…"), line.corrected.rstrip(".!?…"))
    return QUOTED.sub(put_right, ONLY_QUOTES.sub(new, summary)).strip()


def _own(quote: str, lines: Sequence[Line]) -> str:
    """A quote as the learner means it; empty if they never said it."""
    for line in lines:
        if line.corrected and count_found([quote], [line.heard]):
            return line.corrected
    return quote if count_found([quote], [line.text for line in lines]) else ""


def _best(lines: Iterable[Line]) -> tuple[str, ...]:
    """The longest sentence that was heard whole, unless it is hardly one or a speech."""
    whole = [line.text for line in lines if line.corrected or line.status == UtteranceStatus.COMPLETE]
    fit = [text for text in whole if FEWEST_WORDS <= len(text.split()) <= MOST_WORDS]
    return (max(fit, key=lambda text: len(text.split())),) if fit else ()


def still_ahead(plan: Plan, visited: Sequence[Stay]) -> list[str]:
    """Return the titles of the stages that a learner who left has not finished, from the one they were in.

    Those that can be done without, and those that staff passed over, are no part of it, unless the learner was in one
    last.
    """
    visits = [stay.visit for stay in visited]
    last, seen = visits[-1], {visit.stage_key for visit in visits}
    unfinished = [] if last.outcome else [plan.stage(last.stage_key)]
    needless = seen | detours(plan) | attempts.passed_over(plan, visits)
    new = [stage for stage in plan.stages if stage.key not in needless]
    return [stage.title for stage in (*unfinished, *new)]


def time_spent(attempts: Iterable[Attempt]) -> dict[int, str]:
    """Return how long each attempt's calls lasted, in words, by its key; nothing for one without calls. One query."""
    return {key: in_minutes(calls.time_in(own)) for key, own in calls.calls_of(attempts).items()}


def in_minutes(spent: timedelta) -> str:
    """Return a time as a person would say it."""
    minutes = round(spent.total_seconds() / 60)
    if minutes < 1:
        return _("less than a minute")
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def next_lesson(user: User, attempt: Attempt) -> ShelfLesson | None:
    """Return a lesson to go on with: one not done yet, from the same list if that has one. Four queries."""
    boards = shelf(user)
    here = [board for board in boards if any(one.slug == attempt.lesson.slug for one in board.lessons)]
    for board in [*here, *boards]:
        for one in board.lessons:
            if one.can_enter and not one.record.is_done and one.slug != attempt.lesson.slug:
                return one
    return None


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """An attempt in the learner's history. `can_start`: its lesson can be taken again, or gone on with.

    `language` is the code of what the title is in.
    """

    attempt: Attempt
    title: str
    language: str
    spent: str
    can_start: bool


def history(user: User, page: str | None) -> tuple[Page[Any], list[PastAttempt]]:
    """Return a page of what a learner did, newest first. Four queries."""
    mine = Attempt.objects.filter(learner=user, is_trial=False).select_related("lesson").order_by("-started_at", "-id")
    named = mine.annotate(
        title=KeyTextTransform("title", "version__plan"), language=KeyTextTransform("language", "version__plan")
    )
    found = Paginator(named, PER_PAGE).get_page(page)
    shown: list[Any] = list(found.object_list)
    spent = time_spent(shown)
    lessons = {one.lesson_id for one in shown}
    open_now = set(access.visible_to(user).filter(pk__in=lessons).values_list("pk", flat=True))
    return found, [
        PastAttempt(one, one.title, one.language, spent.get(one.pk, ""), one.lesson_id in open_now) for one in shown
    ]
