"""Finding attempts by words that were said: the database's own full-text search, SQLite's FTS5 or PostgreSQL's.

Both take words apart in the same plain way, without knowing a language: lessons are in many. What is looked for are
utterances that have all the words, the last one perhaps only begun.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Func, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler

from tutor.models import Attempt, Correction, Utterance

# What is searched, by table: all with a column `text`.
SEARCHED = (Utterance, Correction)
MOST_WORDS = 10
# Letters with accents, and the same without: PostgreSQL takes none off by itself.
_LATIN = [letter for letter in map(chr, range(0xC0, 0x250)) if unicodedata.normalize("NFKD", letter)[0] != letter]
ACCENTED = "".join(_LATIN)
BARE = "".join(unicodedata.normalize("NFKD", letter)[0] for letter in _LATIN)
# Letters of a text on each side of what was found in it.
CONTEXT = 60
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where words were said: what stands before and behind them, and the item they were said in."""

    item_id: str
    before: str
    words: str
    after: str


def prepare(using: str) -> None:
    """Make the indexes a database misses, and fill them. Called after every migration; a second time changes nothing.

    Not a migration of its own: SQLite drops the triggers of a table whenever a later one remakes it.
    """
    connection = connections[using]
    prepare_one = _prepare_sqlite if connection.vendor == "sqlite" else _prepare_postgresql
    # A site that is taken back to before there was a record has nothing to index.
    there = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table in (model._meta.db_table for model in SEARCHED):
            if table in there:
                prepare_one(cursor, table)


def merge() -> None:
    """Rid SQLite's indexes of words that were deleted, which stay in their files until then; PostgreSQL has none."""
    if connections[DEFAULT_DB_ALIAS].vendor != "sqlite":
        return
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        for table in (model._meta.db_table for model in SEARCHED):
            cursor.execute(f"INSERT INTO {table}_words({table}_words) VALUES ('optimize')")  # noqa: S608


def said(term: str) -> "tuple[QuerySet[Utterance], QuerySet[Correction]]":
    """Return the utterances and the corrections, in no order, that have all the words of a term; none for no words."""
    return _matching(Utterance.objects.order_by(), term), _matching(Correction.objects.order_by(), term)


def words_of(term: str) -> list[str]:
    """Return what is looked for in a term: its words, without the signs that mean something to a search engine."""
    return _WORDS.findall(term.replace("_", " "))[:MOST_WORDS]


def _matching(rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
    words = words_of(term)
    if not words:
        return rows.none()
    if connections[rows.db].vendor == "sqlite":
        table = rows.model._meta.db_table
        wanted = " ".join(f'"{word}"' for word in words) + "*"
        # The names are those of our own tables.
        return rows.filter(pk__in=RawSQL(f"SELECT rowid FROM {table}_words WHERE {table}_words MATCH %s", [wanted]))  # noqa: S608, S611
    query = " & ".join(f"'{_bare_text(word)}'" for word in words) + ":*"
    found: QuerySet[Any] = rows.annotate(words=_Stored("pk")).filter(
        words=SearchQuery(query, config="simple", search_type="raw")
    )
    return found


def _prepare_sqlite(cursor: CursorWrapper, table: str) -> None:
    """An index beside the table that holds no text of its own, and triggers that keep it in step."""
    index = f"{table}_words"
    remove = f"INSERT INTO {index}({index}, rowid, text) VALUES ('delete', old.id, old.text);"  # noqa: S608
    add = f"INSERT INTO {index}(rowid, text) VALUES (new.id, new.text);"  # noqa: S608
    triggers = {
        f"{index}_added": f"AFTER INSERT ON {table} BEGIN {add} END",
        f"{index}_removed": f"AFTER DELETE ON {table} BEGIN {remove} END",
        f"{index}_changed": f"AFTER UPDATE OF text ON {table} BEGIN {remove} {add} END",
    }
    cursor.execute("SELECT name FROM sqlite_master WHERE tbl_name IN (%s, %s)", [table, index])
    if {index, *triggers} <= {name for (name,) in cursor.fetchall()}:
        return
    cursor.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {index}"
        f" USING fts5(text, content='{table}', content_rowid='id', tokenize='unicode61 remove_diacritics 2')"
    )
    for name, body in triggers.items():
        cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
    cursor.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")  # noqa: S608


def _prepare_postgresql(cursor: CursorWrapper, table: str) -> None:
    """A column that the database fills by itself, with functions that every PostgreSQL has, and its index.

    An index over the expression alone would have every row that is looked at taken apart anew, for which PostgreSQL
    plans no time: whole tables were, where a word is frequent.
    """
    vector = f"to_tsvector('simple'::regconfig, TRANSLATE(text, '{ACCENTED}', '{BARE}'))"
    cursor.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS words tsvector GENERATED ALWAYS AS ({vector}) STORED")
    cursor.execute(f"DROP INDEX IF EXISTS {table}_words")
    cursor.execute(f"CREATE INDEX IF NOT EXISTS {table}_said ON {table} USING gin (words)")


class _Stored(Func):
    """The column `words` beside a key: no model knows it, for SQLite has none."""

    output_field = SearchVectorField()

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> tuple[str, Any]:  # type: ignore[override]
        key, parameters = compiler.compile(self.source_expressions[0])
        return f"{key.rpartition('.')[0]}.words", parameters


def hits(attempts: Iterable[Attempt], term: str) -> dict[int, Hit]:
    """Return the first place in each attempt where words of a term were said, by the attempts' keys. Two queries."""
    if not words_of(term):
        return {}
    keys = [attempt.pk for attempt in attempts]
    heard, corrected = said(term)
    rows = [
        *heard.filter(attempt__in=keys).order_by("position").values_list("attempt_id", "item_id", "text"),
        *corrected.filter(attempt__in=keys).order_by("id").values_list("attempt_id", "utterance__item_id", "text"),
    ]
    found: dict[int, Hit] = {}
    for attempt, item_id, text in rows:
        if attempt not in found:
            found[attempt] = _hit(item_id, text, term)
    return found


def _hit(item_id: str, text: str, term: str) -> Hit:
    """The first of the words as they stand in the text, whatever their accents and capitals."""
    folded = _bare_text(text)
    places = [folded.find(_bare_text(word)) for word in words_of(term)]
    start = min((place for place in places if place >= 0), default=0)
    match = _WORDS.match(text, start)
    end = match.end() if match else start
    first, last = max(start - CONTEXT, 0), end + CONTEXT
    return Hit(
        item_id,
        before=("… " if first else "") + text[first:start],
        words=text[start:end],
        after=text[end:last] + (" …" if last < len(text) else ""),
    )


def _bare(letter: str) -> str:
    """A letter without its accents and capitals; one letter stays one."""
    return unicodedata.normalize("NFKD", letter)[0].casefold()[:1] or letter


def _bare_text(text: str) -> str:
    return "".join(_bare(letter) for letter in text)
