"""Finding, judging and looking at what learners said. Everything staff write about an attempt is written here."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from tutor import plan as plans
from tutor.models import (
    Attempt,
    AttemptOutcome,
    Classroom,
    LessonVersion,
    Look,
    Note,
    NoteKind,
    Reading,
    Ruling,
    SavedSearch,
    Sign,
    StageVisit,
    StayEnd,
)
from tutor.services import access, attempts, digests, lti_scores, words
from tutor.services.errors import NameTakenError, ReviewError

# One reading of a transcript is one look, however often the page is loaded meanwhile.
ONE_LOOK = timedelta(minutes=30)
MOST_SAVED = 50
# An attempt, or a stay, that has not ended; and stays that ended without a way out, named as attempts that ended so.
OPEN, LEFT, TIME_UP = "open", AttemptOutcome.LEFT.value, AttemptOutcome.TIME_UP.value
STAFF = StayEnd.STAFF.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What to look for; what is empty or None does not matter. `text` is words said, `person` part of a name.

    `outcome` is one of an attempt, or "open"; `stage` the key of a stage that was visited, `way_out` the outcome with
    which one was left, or LEFT, TIME_UP, STAFF, or OPEN for where somebody is now. Minutes, USD, and days by the site's
    own time zone.
    """

    text: str = ""
    person: str = ""
    classroom: Classroom | None = None
    lesson: str = ""
    version: int | None = None
    stage: str = ""
    way_out: str = ""
    outcome: str = ""
    rule: str = ""
    note: str = ""
    since: date | None = None
    until: date | None = None
    shortest: int | None = None
    longest: int | None = None
    dearest: Decimal | None = None
    language: str = ""
    reviewed: bool | None = None
    rehearsal: bool | None = None
    trials: bool = False


def lessons_of(user: User) -> QuerySet[LessonVersion]:
    """Return the latest version of every lesson at which there are attempts that a user may read, by title."""
    newer = LessonVersion.objects.filter(lesson=OuterRef("lesson"), pk__gt=OuterRef("pk"))
    taken = access.reviewed_by(user).filter(lesson=OuterRef("lesson"))
    latest = LessonVersion.objects.filter(~Exists(newer), Exists(taken))
    return latest.select_related("lesson").order_by("lesson__title", "lesson__slug")


def find(user: User, criteria: Criteria) -> QuerySet[Attempt]:
    """Return the attempts that a user may read and that meet all criteria, newest first."""
    found = access.reviewed_by(user).filter(is_trial=criteria.trials)
    for condition in _conditions(criteria):
        found = found.filter(condition)
    return found.order_by("-started_at", "-id")


def queue(user: User, criteria: Criteria) -> QuerySet[Attempt]:
    """Return those of the found attempts that nobody has reviewed and in which something stands out, worst first."""
    weight = Sign.objects.filter(attempt=OuterRef("pk")).order_by().values("attempt").annotate(sum=Sum("weight"))
    found = find(user, criteria).filter(Exists(Sign.objects.filter(attempt=OuterRef("pk"))), readings__isnull=True)
    return found.annotate(urgency=Coalesce(weight.values("sum"), 0)).order_by("-urgency", "-started_at", "-id")


def _conditions(criteria: Criteria) -> list[Q]:
    """One condition for each criterion that matters."""
    conditions = [
        Q(**{lookup: value})
        for lookup, value in {
            "lesson__slug": criteria.lesson,
            "version__number": criteria.version,
            "version__plan__language": criteria.language,
            "learner__joined_classrooms": criteria.classroom,
            "started_at__gte": _midnight(criteria.since),
            "started_at__lt": _midnight(criteria.until, days=1),
            "digest__seconds__gte": _seconds(criteria.shortest),
            "digest__seconds__lt": _seconds(criteria.longest),
            "digest__cost__gte": criteria.dearest,
            "is_rehearsal": criteria.rehearsal,
        }.items()
        if value not in (None, "")
    ]
    if criteria.outcome:
        conditions.append(Q(outcome="" if criteria.outcome == OPEN else criteria.outcome))
    if criteria.reviewed is not None:
        read = Exists(Reading.objects.filter(attempt=OuterRef("pk")))
        conditions.append(Q(read) if criteria.reviewed else ~Q(read))
    conditions += [_named(part) for part in criteria.person.split()]
    return [*conditions, *_row_conditions(criteria)]


def _named(part: str) -> Q:
    """Whether a name has a part, whatever its case; SQLite knows the capitals of no letters but a to z by itself."""
    fits = Q(learner__username__icontains=part)
    for spelling in {part, part.lower(), part.capitalize()}:
        fits |= Q(learner__first_name__icontains=spelling) | Q(learner__last_name__icontains=spelling)
    return fits


def _row_conditions(criteria: Criteria) -> list[Q]:
    """The criteria that some row of an attempt must meet."""
    conditions = []
    if criteria.stage or criteria.way_out:
        conditions.append(Q(Exists(_stays(criteria).filter(attempt=OuterRef("pk")))))
    if criteria.rule:
        conditions.append(Q(Exists(Sign.objects.filter(attempt=OuterRef("pk"), rule=criteria.rule))))
    if criteria.note:
        conditions.append(Q(Exists(Note.objects.filter(attempt=OuterRef("pk"), kind=criteria.note))))
    if criteria.text:
        said, corrected = words.said(criteria.text)
        # One set: of two the planner would go through the larger one again for every attempt.
        found = said.values("attempt").distinct().union(corrected.values("attempt"))
        conditions.append(Q(pk__in=found))
    return conditions


def stays_found(attempts: Iterable[Attempt], criteria: Criteria) -> dict[int, int]:
    """Return the number of the first stay that was looked for in each attempt, by the attempts' keys.

    One query, or none where no stay is looked for.
    """
    if not (criteria.stage or criteria.way_out):
        return {}
    found = _stays(criteria).filter(attempt__in=[attempt.pk for attempt in attempts]).order_by("-number")
    return dict(found.values_list("attempt_id", "number"))


def _stays(criteria: Criteria) -> QuerySet[StageVisit]:
    stays = StageVisit.objects.all()
    if criteria.stage:
        stays = stays.filter(stage_key=criteria.stage)
    return stays.filter(_left_by(criteria.way_out)) if criteria.way_out else stays


def _left_by(way_out: str) -> Q:
    if way_out == OPEN:
        return Q(completed_at__isnull=True)
    moved = Q(flag=StageVisit.Flag.MOVED)
    if way_out == STAFF:
        return moved | Q(completed_at__isnull=False, outcome="", attempt__outcome=AttemptOutcome.STOPPED)
    if way_out in (LEFT, TIME_UP):
        return Q(~moved, completed_at__isnull=False, outcome="", attempt__outcome=way_out)
    return Q(outcome=way_out)


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time())) + timedelta(days=days)


def _seconds(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * 60


# --- Looking -----------------------------------------------------------------------------------------------------


def note_looks(attempts: Iterable[Attempt], user: User, kind: Look.Kind) -> None:
    """Put down that a user saw words of attempts, of each once in half an hour, for their learners to read.

    Two queries, or none where nobody else's words are among them: who sees their own is not put down.
    """
    others = {attempt.pk for attempt in attempts if attempt.learner_id != user.pk}
    if not others:
        return
    recent = timezone.now() - ONE_LOOK
    known = Look.objects.filter(attempt__in=others, viewer=user, kind=kind, looked_at__gte=recent)
    new = others - set(known.values_list("attempt", flat=True))
    Look.objects.bulk_create(Look(attempt_id=key, viewer=user, kind=kind) for key in sorted(new))


# --- Judging -----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_note(
    attempt: Attempt,
    user: User,
    *,
    note_id: uuid.UUID,
    kind: NoteKind,
    text: str,
    visit: int | None = None,
    item_id: str = "",
) -> Note:
    """Keep a note on an utterance, on a visit by its number, or on the whole attempt. The same id twice is one note.

    Raises ReviewError for a note that says nothing or is about nothing.
    """
    if kind == NoteKind.NOTE and not text:
        raise ReviewError(_("Write something, or say what it is about."))
    utterance = attempt.utterances.filter(item_id=item_id).first() if item_id else None
    stay = attempt.visits.filter(number=visit).first() if visit is not None else utterance and utterance.visit
    if (item_id and utterance is None) or (visit is not None and stay is None):
        raise ReviewError(_("What this note is about is not there. Reload the page."))
    if kind == NoteKind.MISHEARD:
        attempts.lock(attempt)
        digests.outdate(attempt)
    facts = {"author": user, "kind": kind, "text": text, "visit": stay, "utterance": utterance}
    return Note.objects.get_or_create(attempt=attempt, note_id=note_id, defaults=facts)[0]


@transaction.atomic
def remove_note(attempt: Attempt, user: User, note_id: uuid.UUID) -> Note | None:
    """Take back a note of one's own and return it; one that is not there is gone already."""
    attempts.lock(attempt)
    digests.outdate(attempt)
    note = (
        Note.objects.filter(attempt=attempt, author=user, note_id=note_id).select_related("utterance", "visit").first()
    )
    if note is not None:
        note.delete()
    return note


@transaction.atomic
def rule(attempt: Attempt, user: User, *, visit: int, outcome: str, reason: str) -> Ruling:
    """Say how a stage should have been left, or with NOT_YET that it should not have been, and why. Twice is once.

    The visit keeps what the tutor decided. Raises ReviewError for a stay that is still open, an outcome the stage does
    not have, one that stands already and was never in doubt, or no reason.
    """
    attempts.lock(attempt)
    stay = attempt.visits.filter(number=visit, completed_at__isnull=False).first()
    if stay is None:
        raise ReviewError(_("This stage is not over yet."))
    stage = plans.from_stored(attempt.version.plan).stage(stay.stage_key)
    if outcome not in {*(one.key for one in stage.outcomes), Ruling.NOT_YET}:
        raise ReviewError(_("Choose one of the ways out of this stage."))
    if not reason:
        raise ReviewError(_("Say why, so that others can follow."))
    latest = stay.rulings.order_by("-id").first()
    if latest is not None and (latest.outcome, latest.reason, latest.author_id) == (outcome, reason, user.pk):
        return latest
    # What is in doubt may be confirmed.
    if outcome == (latest.outcome if latest else "" if stay.flag else stay.outcome):
        raise ReviewError(_("That is how it stands. Choose another way out, or write a note."))
    ruling = Ruling.objects.create(visit=stay, outcome=outcome, reason=reason, author=user)
    lti_scores.outdate(attempt)
    return ruling


def mark_reviewed(attempt: Attempt, user: User, *, done: bool) -> None:
    """Say that one has done with an attempt, or has not after all. Twice is once."""
    if done:
        Reading.objects.get_or_create(attempt=attempt, reviewer=user)
    else:
        Reading.objects.filter(attempt=attempt, reviewer=user).delete()


# --- Searches with a name ----------------------------------------------------------------------------------------


@transaction.atomic
def save_search(user: User, *, name: str, query: str, replace: bool = False) -> SavedSearch:
    """Keep a search under a name. The same search twice is one.

    Raises NameTakenError where another one has the name and is not to be replaced, ReviewError where there are too
    many.
    """
    kept = SavedSearch.objects.filter(owner=user, name=name).select_for_update().first()
    if kept is None and user.saved_searches.count() >= MOST_SAVED:
        raise ReviewError(_("That are too many saved searches: delete one first."))
    if kept is not None and kept.query != query and not replace:
        fault = _("You have another search “%(name)s”. Replace it, or choose another name.")
        raise NameTakenError(fault % {"name": name})
    return SavedSearch.objects.update_or_create(owner=user, name=name, defaults={"query": query})[0]


def forget_search(user: User, name: str) -> None:
    """Delete a saved search; one that is not there is gone already."""
    SavedSearch.objects.filter(owner=user, name=name).delete()


def searches_for(person: User) -> "tuple[list[SavedSearch], list[SavedSearch]]":
    """Return the saved searches of others that name somebody, and those for words that they said."""
    names = " ".join((person.username, person.first_name, person.last_name)).casefold()
    full_name = person.get_full_name().casefold() or person.username.casefold()
    naming, finding = [], []
    for one in SavedSearch.objects.exclude(owner=person):
        asked = parse_qs(one.query)
        parts = " ".join(asked.get("person", [])).casefold().split()
        if (parts and all(part in names for part in parts)) or full_name in one.name.casefold():
            naming.append(one)
        elif _is_said(asked, Q(attempt__learner=person)):
            finding.append(one)
    return naming, finding


def forget_fruitless(searches: Iterable[SavedSearch]) -> None:
    """Delete those of the saved searches whose words nobody said, now that somebody is gone."""
    for one in searches:
        if not _is_said(parse_qs(one.query), Q()):
            one.delete()


def _is_said(asked: Mapping[str, Sequence[str]], condition: Q) -> bool:
    """Whether the words that are looked for were said anywhere that meets a condition."""
    return any(rows.filter(condition).exists() for text in asked.get("text", []) for rows in words.said(text))
