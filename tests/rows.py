"""What a test may have left behind, and where in the database a word stands."""

from pathlib import Path

from django.apps import apps
from django.db import connection


def row_counts() -> dict[str, int]:
    """How many rows each of our tables has."""
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("tutor").get_models()}


def places_of(word: str) -> set[str]:
    """Every column of every table in which a word of small letters stands, as `table.column`, whatever its type.

    The tables of the index of words are among them. Not where a row is only dead, see `files_with`.
    """
    with connection.cursor() as cursor:
        return {f"{table}.{column}" for table, column in _columns(cursor) if _stands_in(cursor, table, column, word)}


def files_with(word: str, *folders: Path) -> list[str]:
    """The names of the files in some folders in whose bytes a word stands, deleted rows of databases included."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [path.name for path in files if word.encode() in path.read_bytes().lower()]


def _columns(cursor):
    if connection.vendor == "sqlite":
        tables = cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        names = {table: cursor.execute(f'PRAGMA table_info("{table}")').fetchall() for (table,) in tables}
        return [(table, column[1]) for table, columns in names.items() for column in columns]
    cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
    return cursor.fetchall()


def _stands_in(cursor, table: str, column: str, word: str) -> bool:
    digits = word.encode().hex()
    if connection.vendor == "sqlite":
        # Bytes compared as digits: text, numbers and what is neither look the same.
        found, values = f'INSTR(LOWER(HEX(CAST("{column}" AS BLOB))), %s) > 0', [digits]
    else:
        stored = f'LOWER("{column}"::text)'
        found, values = f"STRPOS({stored}, %s) > 0 OR STRPOS({stored}, %s) > 0", [word, digits]
    cursor.execute(f'SELECT 1 FROM "{table}" WHERE {found} LIMIT 1', values)  # noqa: S608 # our own tables
    return cursor.fetchone() is not None
