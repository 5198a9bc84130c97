"""The lessons a learner finds on the first page: by class, and those that are open to all. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from math import inf
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor.models import Assignment, Attempt, AttemptOutcome, Audience, Classroom
from tutor.pages.lookups import latest_versions
from tutor.pages.wording import language_name, moment
from tutor.services import access


class Window(IntEnum):
    """How an assignment stands to the present moment, best last."""

    OVER = 0
    AHEAD = 1
    OPEN = 2


WORDS = {
    Window.OVER: gettext_lazy("Closed %(moment)s"),
    Window.AHEAD: gettext_lazy("Opens %(moment)s"),
    Window.OPEN: gettext_lazy("Open until %(moment)s"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """The class in which a learner finds a lesson. `until` is when its window changes, None for never."""

    classroom_id: int
    window: Window
    until: datetime | None

    @property
    def worth(self) -> tuple[Window, float]:
        """What to compare the places of a lesson by: open is best, then long open, soon open, not long closed."""
        if self.until is None:
            return self.window, inf
        seconds = self.until.timestamp()
        return self.window, -seconds if self.window is Window.AHEAD else seconds


@dataclass(frozen=True, slots=True)
class Record:
    """What a learner did of a lesson: the code of the open attempt and of the last one that ended, if any."""

    open_code: str = ""
    card_code: str = ""
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class ShelfLesson:
    """A lesson in the list.

    `lang` is the code of its language; `when` says in words when it opens or closes. It can be entered if it is open or
    begun.
    """

    slug: str
    title: str
    summary: str
    minutes: int
    language: str
    lang: str
    window: Window
    when: str
    record: Record

    @property
    def can_enter(self) -> bool:
        return self.window is Window.OPEN or bool(self.record.open_code)

    @property
    def is_listed(self) -> bool:
        """Whether there is anything to do or to look at, now or later."""
        return self.window is not Window.OVER or bool(self.record.open_code or self.record.card_code)


@dataclass(frozen=True, slots=True)
class Board:
    """A heading and its lessons; `join_code` and `teacher` are those of a class."""

    title: str
    lessons: tuple[ShelfLesson, ...]
    join_code: str = ""
    teacher: str = ""


def shelf(user: User) -> list[Board]:
    """Return the learner's classes, then what is open to all, then what else they have begun. Four queries.

    A lesson is listed once, in the class that gives most time for it.
    """
    now = timezone.now()
    classrooms = list(user.joined_classrooms.select_related("teacher"))
    places, records = _places(user, now), _records(user)
    found: dict[int | str, list[ShelfLesson]] = defaultdict(list)
    for version in _versions(user, places):
        place = places.get(version["lesson_id"])
        lesson = _lesson(version, place, records.get(version["lesson_id"], Record()), now)
        if lesson.is_listed:
            found[place.classroom_id if place else version["audience"]].append(lesson)
    begun = found[Audience.CLASSES] + found[Audience.NOBODY]
    others = [Board(_("Open to all"), tuple(found[Audience.EVERYONE])), Board(_("What you have begun"), tuple(begun))]
    return [*(_board(room, found[room.pk]) for room in classrooms), *(board for board in others if board.lessons)]


def _places(user: User, now: datetime) -> dict[int, Place]:
    """The best place of each lesson that a class of the learner's has."""
    places: dict[int, Place] = {}
    for assignment in access.assigned_to(user).select_related("lesson"):
        place = _place(assignment, now)
        before = places.get(assignment.lesson_id)
        if before is None or place.worth > before.worth:
            places[assignment.lesson_id] = place
    return places


def _place(assignment: Assignment, now: datetime) -> Place:
    opens, closes = assignment.opens_at, assignment.closes_at
    if assignment.lesson.audience == Audience.EVERYONE:
        # It is open to all: the times of a class change nothing.
        return Place(assignment.classroom_id, Window.OPEN, None)
    if opens and opens > now:
        return Place(assignment.classroom_id, Window.AHEAD, opens)
    window = Window.OVER if closes and closes <= now else Window.OPEN
    return Place(assignment.classroom_id, window, closes)


def _records(user: User) -> dict[int, Record]:
    records: dict[int, Record] = {}
    mine = Attempt.objects.filter(learner=user, is_trial=False).order_by("id")
    for lesson_id, code, outcome in mine.values_list("lesson_id", "code", "outcome"):
        before = records.get(lesson_id, Record())
        records[lesson_id] = Record(
            open_code=before.open_code if outcome else str(code),
            card_code=str(code) if outcome else before.card_code,
            is_done=before.is_done or outcome == AttemptOutcome.COMPLETED,
        )
    return records


def _versions(user: User, places: Collection[int]) -> Iterable[Mapping[str, Any]]:
    """What the latest version of each lesson to list says of itself, by title."""
    return (
        latest_versions()
        .filter(Q(lesson__in=access.visible_to(user)) | Q(lesson__in=places))
        .values(
            "lesson_id",
            slug=F("lesson__slug"),
            audience=F("lesson__audience"),
            title=KT("plan__title"),
            summary=KT("plan__summary"),
            minutes=KT("plan__minutes"),
            language=KT("plan__language"),
        )
        .order_by("title", "lesson_id")
    )


def _lesson(version: Mapping[str, Any], place: Place | None, record: Record, now: datetime) -> ShelfLesson:
    # Without a place it is open to all, or begun: either way it can be entered.
    window, until = (place.window, place.until) if place else (Window.OPEN, None)
    return ShelfLesson(
        slug=version["slug"],
        title=version["title"],
        summary=version["summary"],
        minutes=int(version["minutes"]),
        language=language_name(version["language"]),
        lang=version["language"],
        window=window,
        when=WORDS[window] % {"moment": moment(until, now=now)} if until else "",
        record=record,
    )


def _board(classroom: Classroom, lessons: Iterable[ShelfLesson]) -> Board:
    """A class, with what is open first, then what opens later, then what has closed."""
    teacher = classroom.teacher.get_full_name() or classroom.teacher.get_username()
    by_window = tuple(sorted(lessons, key=lambda lesson: -lesson.window))
    return Board(classroom.name, by_window, join_code=classroom.join_code, teacher=teacher)
