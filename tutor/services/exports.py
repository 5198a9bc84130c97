"""Taking conversations out: one in a format for people or programs, many as a stream."""

import json
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import models
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tutor import plan as plans
from tutor.models import (
    Attempt,
    Correction,
    LessonVersion,
    Look,
    Picture,
    Ruling,
    StageVisit,
    Utterance,
)
from tutor.plan import Plan
from tutor.services import export_formats as formats
from tutor.services import review, stays
from tutor.services.export_formats import Conversation, Labels, Ruled, Said, Stay

# Attempts that are in memory at a time.
BATCH = 50


class One(models.TextChoices):
    """What one conversation can be taken out as; the value is the end of the file's name."""

    TEXT = "txt", gettext_lazy("Plain text")
    MARKDOWN = "md", "Markdown"
    CAPTIONS = "vtt", gettext_lazy("Captions (WebVTT)")
    JSON = "json", "JSON"


class Many(models.TextChoices):
    """What many attempts can be taken out as."""

    SENTENCES = "sentences.csv", gettext_lazy("Every sentence, as a table (CSV)")
    FIGURES = "attempts.csv", gettext_lazy("Every attempt in figures, without words, as a table (CSV)")
    LINES = "transcripts.jsonl", gettext_lazy("Whole conversations, one in each line (JSON Lines)")
    XAPI = "statements.json", gettext_lazy("xAPI statements for a learning record store, without words (JSON)")

    @property
    def has_words(self) -> bool:
        """Whether what somebody said is in it."""
        return self in (Many.SENTENCES, Many.LINES)


MEDIA_TYPES = {
    One.TEXT: "text/plain; charset=utf-8",
    One.MARKDOWN: "text/markdown; charset=utf-8",
    One.CAPTIONS: "text/vtt; charset=utf-8",
    One.JSON: "application/json",
    Many.SENTENCES: "text/csv; charset=utf-8; header=present",
    Many.FIGURES: "text/csv; charset=utf-8; header=present",
    Many.LINES: "application/jsonl",
    Many.XAPI: "application/json",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is to take out: attempts, and sentences as far as they have been counted."""

    attempts: int
    sentences: int

    def lines(self, form: Many) -> int:
        """About how many lines a file of it will have, to show how far it is; 0 where that cannot be told."""
        lines = {Many.SENTENCES: self.sentences + 1, Many.FIGURES: self.attempts + 1, Many.LINES: self.attempts}
        return lines.get(form, 0)


def take_out_one(attempt: Attempt, form: One, *, for_staff: bool) -> str:
    """Return one conversation as text of a format; what is for staff only for them. Six queries."""
    [one] = conversations([attempt.pk])
    if form is One.JSON:
        return json.dumps(formats.as_data(one, for_staff=for_staff), ensure_ascii=False, indent=2) + "\n"
    if form is One.CAPTIONS:
        return formats.as_vtt(one, labels())
    write = {One.TEXT: formats.as_text, One.MARKDOWN: formats.as_markdown}[form]
    return write(one, labels(), for_staff=for_staff)


def name_of(attempt: Attempt, ending: str) -> str:
    """Return what the file of an attempt is called: its lesson, its day and its code."""
    day = timezone.localtime(attempt.started_at)
    return f"{slugify(attempt.lesson.slug)}-{day:%Y-%m-%d}-{str(attempt.code)[:8]}.{ending}"


def labels() -> Labels:
    """What stands in formats for people, in the present language."""
    return Labels(
        learner=_("Learner"),
        tutor=_("Tutor"),
        heard=_("(heard: “%s”)"),
        picture=_("(a picture)"),
        nothing=_("(spoken, but not written down)"),
        deleted=_("The words of this lesson were deleted, as the school has decided."),
        way_out=_("Way out: %s"),
        ruling=_("Ruling of %(who)s: %(outcome)s. %(reason)s"),
        zone=timezone.get_current_timezone(),
    )


def amount(attempts: QuerySet[Attempt]) -> Amount:
    """Count what there is to take out. Two queries, however many there are."""
    spoken = attempts.order_by().aggregate(sum=Sum("digest__learner_turns") + Sum("digest__tutor_turns"))["sum"]
    return Amount(attempts.count(), spoken or 0)


def take_out_many(attempts: QuerySet[Attempt], form: Many, *, user: User, home: str) -> Iterator[bytes]:
    """Yield many attempts as a file, batch by batch; where words go out, the looks of `user` are put down first.

    Which attempts these are is settled at the beginning. Memory does not grow with their number but for 8 bytes each.
    `home` is the address of the site, with a slash behind it.
    """
    keys = array("q", attempts.order_by("pk").values_list("pk", flat=True).iterator())
    writer = _WRITERS[form]
    yield writer.head.encode()
    is_first = True
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH].tolist()
        if form.has_words:
            review.note_looks(Attempt.objects.filter(pk__in=batch).only("learner_id"), user, Look.Kind.TAKEN)
        text = writer.write(conversations(batch, with_words=form.has_words), home)
        if text:
            yield (text if is_first else writer.between + text).encode()
            is_first = False
    yield writer.tail.encode()


@dataclass(frozen=True, slots=True)
class _Writer:
    write: Callable[[Iterable[Conversation], str], str]
    head: str = ""
    between: str = ""
    tail: str = ""


def _sentences(found: Iterable[Conversation], home: str) -> str:
    return formats.csv_text(row for one in found for row in formats.sentence_rows(one))


def _figures(found: Iterable[Conversation], home: str) -> str:
    return formats.csv_text(formats.attempt_row(one) for one in found)


def _lines(found: Iterable[Conversation], home: str) -> str:
    return "".join(formats.json_line(formats.as_data(one, for_staff=True)) for one in found)


def _statements(found: Iterable[Conversation], home: str) -> str:
    statements = (statement for one in found for statement in formats.statements(one, home=home))
    return ",\n".join(formats.json_line(statement).rstrip() for statement in statements)


# A spreadsheet takes a file for UTF-8 by its first character.
_MARK = "\ufeff"
_WRITERS = {
    Many.SENTENCES: _Writer(_sentences, head=_MARK + formats.csv_text([formats.SENTENCE_COLUMNS])),
    Many.FIGURES: _Writer(_figures, head=_MARK + formats.csv_text([formats.ATTEMPT_COLUMNS])),
    Many.LINES: _Writer(_lines),
    Many.XAPI: _Writer(_statements, head="[\n", between=",\n", tail="\n]\n"),
}


def conversations(keys: Iterable[int], *, with_words: bool = True) -> Iterator[Conversation]:
    """Yield attempts by their keys, in the order of these, with or without what was said. Seven queries at most."""
    attempts = list(Attempt.objects.filter(pk__in=keys).select_related("learner", "lesson", "digest").order_by("pk"))
    plan_of = {
        version.pk: (version.number, plans.from_stored(version.plan))
        for version in LessonVersion.objects.filter(pk__in={one.version_id for one in attempts})
    }
    visits = _by_attempt(StageVisit.objects.filter(attempt__in=attempts).defer("session").order_by("attempt", "number"))
    rulings = _rulings(attempts)
    said = _said(attempts) if with_words else {}
    for attempt in attempts:
        number, plan = plan_of[attempt.version_id]
        visited = [
            _stay(attempt, visit, plan, said.get(visit.pk, ()), rulings.get(visit.pk, ()))
            for visit in visits.get(attempt.pk, ())
        ]
        yield _conversation(attempt, number, plan, visited)


def _conversation(attempt: Attempt, number: int | None, plan: Plan, stays: Iterable[Stay]) -> Conversation:
    digest = getattr(attempt, "digest", None)
    return Conversation(
        code=attempt.code,
        lesson=attempt.lesson.slug,
        title=plan.title,
        language=plan.language,
        version=number,
        learner=attempt.learner.get_username(),
        name=attempt.learner.get_full_name(),
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        outcome=attempt.outcome,
        is_rehearsal=attempt.is_rehearsal,
        is_trial=attempt.is_trial,
        words_deleted_at=attempt.words_deleted_at,
        figures={name: getattr(digest, name) for name in formats.FIGURE_NAMES} if digest else {},
        stays=tuple(stays),
    )


def _stay(attempt: Attempt, visit: StageVisit, plan: Plan, said: Iterable[Said], rulings: Iterable[Ruled]) -> Stay:
    return Stay(
        number=visit.number,
        stage=visit.stage_key,
        title=plan.stage(visit.stage_key).title,
        entered_at=visit.entered_at,
        completed_at=visit.completed_at,
        outcome=visit.outcome,
        end=stays.end_of(attempt, visit),
        ending="" if visit.outcome else stays.ending(attempt, visit),
        summary=visit.summary,
        reasoning=visit.reasoning,
        evidence=tuple(visit.evidence),
        flag=visit.flag,
        refusals=visit.refusals,
        rulings=tuple(rulings),
        said=tuple(said),
    )


def _rulings(attempts: Iterable[Attempt]) -> dict[int, list[Ruled]]:
    """What reviewers ruled on stays of some attempts, oldest first, by the keys of their visits. One query."""
    found: dict[int, list[Ruled]] = {}
    rows = Ruling.objects.filter(visit__attempt__in=[one.pk for one in attempts]).select_related("author")
    for row in rows.order_by("id"):
        by = row.author.get_full_name() or row.author.get_username()
        found.setdefault(row.visit_id, []).append(Ruled(outcome=row.outcome, reason=row.reason, by=by, at=row.made_at))
    return found


def _said(attempts: Iterable[Attempt]) -> dict[int, list[Said]]:
    """What was said in some attempts, in order, by the keys of their visits. Three queries."""
    of_attempts = {"attempt__in": [one.pk for one in attempts]}
    corrected = dict(Correction.objects.filter(**of_attempts).order_by("id").values_list("utterance", "text"))
    pictures = set(Picture.objects.filter(**of_attempts).values_list("attempt", "item_id"))
    found: dict[int, list[Said]] = {}
    rows = Utterance.objects.filter(**of_attempts).order_by("attempt", "position", "id")
    for row in rows.values_list(
        *("id", "attempt_id", "visit_id", "item_id", "speaker", "status", "stored_at", "text"), named=True
    ):
        found.setdefault(row.visit_id, []).append(
            Said(
                id=row.item_id,
                speaker=row.speaker,
                status=row.status,
                at=row.stored_at,
                text=row.text,
                corrected=corrected.get(row.id, ""),
                has_picture=(row.attempt_id, row.item_id) in pictures,
            )
        )
    return found


def _by_attempt(visits: Iterable[StageVisit]) -> dict[int, list[StageVisit]]:
    found: dict[int, list[StageVisit]] = {}
    for visit in visits:
        found.setdefault(visit.attempt_id, []).append(visit)
    return found
