"""All that is kept of one person: counted, handed over as one file, or deleted for good."""

import json
import logging
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tutor.models import Attempt, Classroom, Lesson, LessonVersion, Picture, SavedSearch
from tutor.services import attempts, exports, review
from tutor.services import export_formats as formats
from tutor.services.errors import StillNeededError

log = logging.getLogger(__name__)

# Rows that are in memory at a time.
BATCH = 200
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Kept:
    """How many rows of a kind there are of somebody; `name` in words, `label` as programs know it."""

    label: str
    name: str
    count: int


def report(person: User) -> list[Kept]:
    """Return what there is of a person: what is erased with them, and what is handed over to them. Reads only."""
    found = [
        Kept(rows.model._meta.label_lower, str(rows.model._meta.verbose_name_plural), rows.count())
        for rows in _rows_of(person)
    ]
    return [kept for kept in found if kept.count]


def work_for_others(person: User) -> list[Kept]:
    """Return what somebody wrote or owns as staff, and others need: it keeps the account from being erased."""
    found = [
        Kept(rows.model._meta.label_lower, str(rows.model._meta.verbose_name_plural), rows.count())
        for rows in _work_of(person)
    ]
    return [kept for kept in found if kept.count]


def erase(person: User) -> list[Kept]:
    """Delete a person and everything that is kept of them; return what there was.

    Raises StillNeededError for staff whose work others need, and while a call of theirs is going on: somebody has to
    tell the provider that it is over. Afterwards call `retention.scrub`, so that no file holds what was deleted.

    1. Refuse what cannot be undone for others.
    2. End what is open, so that rooms hear of it.
    3. Delete attempts with all that belongs to them, and drafts that only they tried.
    4. Delete what is left of them: classes they are in, consents, sign-ins, entries about them, the account.
    5. Delete the searches by which reviewers looked for them, or for words that nobody else has said.
    """
    # 1
    needed = work_for_others(person)
    if needed:
        raise StillNeededError(
            _("This account cannot be erased: others need %(what)s. Hand them over, or switch the account off instead.")
            % {"what": _counted(needed)}
        )
    if _is_talking(person):
        raise StillNeededError(_("A call of theirs is going on. Switch the account off, and try again in a minute."))
    # 2
    for attempt in Attempt.objects.filter(learner=person, ended_at__isnull=True):
        attempts.end_attempt(attempt)
    gone = report(person)
    key = person.pk
    with transaction.atomic():
        naming, finding = review.searches_for(person)
        # 3
        drafts = list(LessonVersion.objects.filter(number__isnull=True, attempts__learner=person).distinct())
        Attempt.objects.filter(learner=person).delete()
        for draft in drafts:
            if not draft.attempts.exists():
                draft.delete()
        # 4
        _sign_out(person)
        _entries(person).delete()
        person.delete()
        # 5
        SavedSearch.objects.filter(pk__in=[one.pk for one in naming]).delete()
        review.forget_fruitless(finding)
    log.info("person erased person=%s rows=%d", key, sum(kept.count for kept in gone))
    return gone


def _is_talking(person: User) -> bool:
    own: QuerySet[Any] = apps.get_model("tutor", "Connection")._default_manager.filter(attempt__learner=person)
    going_on = Q(answered_at__isnull=False, ended_at__isnull=True) | Q(hang_up_at__isnull=False)
    return own.filter(going_on).exists()


def _counted(kept: Iterable[Kept]) -> str:
    return ", ".join(f"{one.count} {one.name}" for one in kept)


def _sign_out(person: User) -> None:
    """Delete the sign-ins of a person; whose a session is stands inside of it only."""
    for session in Session.objects.iterator(chunk_size=BATCH):
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()


def _entries(person: User) -> QuerySet[LogEntry]:
    """What the admin remembers of changes to the account, with its name, and of changes by it."""
    about = Q(content_type__app_label="auth", content_type__model="user", object_id=str(person.pk))
    return LogEntry.objects.filter(about | Q(user=person))


# --- What belongs to a person ------------------------------------------------------------------------------------


def _rows_of(person: User) -> list[QuerySet[Any]]:
    """Every row of a person, table by table. A new table that belongs to attempts or accounts comes by itself."""
    found: list[QuerySet[Any]] = [User.objects.filter(pk=person.pk), Attempt.objects.filter(learner=person)]
    for model in apps.get_app_config("tutor").get_models(include_auto_created=True):
        conditions = [Q(**{path: person}) for path in _paths(model)]
        if conditions:
            condition = Q(pk__in=[])
            for one in conditions:
                condition |= one
            found.append(model._default_manager.filter(condition).order_by("pk"))
    return [*found, _entries(person).order_by("pk")]


def _paths(model: type[Model]) -> Iterator[str]:
    """The lookups that lead from rows of a model to the person they belong to; none for rows of the school."""
    if model is Attempt:
        return
    fields = {field.name: field for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)}
    if "attempt" in fields:
        yield "attempt__learner"
    elif "visit" in fields:
        yield "visit__attempt__learner"
    else:
        # Of those that lead straight to accounts only what goes with the account is its own.
        for field in fields.values():
            if field.related_model is User and field.remote_field.on_delete is models.CASCADE:
                yield field.name


def _work_of(person: User) -> list[QuerySet[Any]]:
    """Rows that name a person as staff, and are no part of their own attempts."""
    found: list[QuerySet[Any]] = [Lesson.objects.filter(owner=person), Classroom.objects.filter(teacher=person)]
    for model in apps.get_app_config("tutor").get_models():
        if model in (Attempt, Classroom):
            continue
        for field in model._meta.get_fields():
            is_staff_work = (
                isinstance(field, models.ForeignKey)
                and field.related_model is User
                and field.remote_field.on_delete is models.PROTECT
            )
            if is_staff_work:
                rows = model._default_manager.filter(**{field.name: person})
                for path in _paths(model):
                    rows = rows.exclude(**{path: person})
                found.append(rows)
    return found


# --- Everything as one file --------------------------------------------------------------------------------------


def dossier(person: User) -> Iterator[bytes]:
    """Yield a ZIP with all that is kept of a person, piece by piece: to read, for programs, pictures, every row.

    Memory holds one conversation and one picture at a time.
    """
    buffer = _Buffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", _about(person))
        yield buffer.take()
        for key in Attempt.objects.filter(learner=person).order_by("pk").values_list("pk", flat=True):
            _add_conversation(archive, key)
            yield buffer.take()
        pictures = Picture.objects.filter(attempt__learner=person).order_by("pk").values_list("pk", flat=True)
        for key in list(pictures):
            _add_picture(archive, Picture.objects.select_related("attempt").get(pk=key))
            yield buffer.take()
        for rows in _rows_of(person):
            yield from _add_rows(archive, buffer, rows)
    yield buffer.take()


def _about(person: User) -> str:
    lines = [
        f"# {person.get_full_name() or person.get_username()}",
        "",
        _("All that Viva keeps of this account, taken out on %(day)s.")
        % {"day": timezone.localtime().strftime("%Y-%m-%d %H:%M %Z")},
        "",
        _("conversations/ has what was said, to read (.md) and for programs (.json); pictures/ what was shown;"),
        _("rows/ every row of the database, table by table, one in each line (JSON)."),
        "",
        *(f"- {kept.name}: {kept.count}" for kept in report(person)),
    ]
    return "\n".join(lines) + "\n"


def _add_conversation(archive: zipfile.ZipFile, key: int) -> None:
    [one] = exports.conversations([key])
    name = f"conversations/{one.started_at:%Y-%m-%d}-{one.lesson}-{str(one.code)[:8]}"
    archive.writestr(f"{name}.md", formats.as_markdown(one, exports.labels(), for_staff=True))
    data = formats.as_data(one, for_staff=True)
    archive.writestr(f"{name}.json", json.dumps(data, ensure_ascii=False, indent=2))


def _add_picture(archive: zipfile.ZipFile, picture: Picture) -> None:
    # The id of the item came from a browser: it names no file.
    ending = _ENDINGS.get(picture.media_type, "bin")
    archive.writestr(f"pictures/{str(picture.attempt.code)[:8]}-{picture.pk}.{ending}", bytes(picture.data))


def _add_rows(archive: zipfile.ZipFile, buffer: "_Buffer", rows: QuerySet[Any]) -> Iterator[bytes]:
    """Every field of every row as Django writes it; of the account not the password."""
    with archive.open(f"rows/{rows.model._meta.label_lower}.jsonl", "w") as file:
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            batch = rows.model._default_manager.filter(pk__in=keys[start : start + BATCH]).order_by("pk")
            for data in serializers.serialize("python", batch):
                data["fields"].pop("password", None)
                line = json.dumps(data, ensure_ascii=False, cls=DjangoJSONEncoder)
                file.write(line.encode(errors="backslashreplace") + b"\n")
            yield buffer.take()


class _Buffer:
    """What has been written and not yet been taken away; a file that cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        """Keep a piece."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        """Hand over what there is."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
