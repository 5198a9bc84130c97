"""Copies of everything Viva keeps, and the way back: what `manage.py backup` and `manage.py restore` do.

The database is all there is to copy: learners' pictures are rows, like everything else.
"""

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from psycopg import pq
from psycopg.conninfo import make_conninfo

# An app's label and the name of one of its migrations.
Migration = tuple[str, str]


class BackupError(Exception):
    """Why there is no backup, or nothing was restored, in one sentence."""


class Database(Protocol):
    """What a kind of database must be able to do."""

    kind: str
    suffix: str
    magic: bytes

    def save(self, part: Path) -> None:
        """Copy the database, which stays in use, into a file that is there and empty."""

    def verify(self, file: Path) -> None:
        """Raise BackupError unless a backup can be read to its end."""

    def migrations(self, file: Path) -> set[Migration]:
        """Return the migrations that a backup's database had."""

    def load(self, file: Path) -> str:
        """Put a backup in the place of the database, wholly or not at all; return where the old one is, if kept."""


def this_database() -> Database:
    """Return the database that DATABASE_URL names."""
    connection = connections["default"]
    return PostgreSQL(connection) if connection.vendor == "postgresql" else SQLite(connection)


def default_name() -> str:
    """Return the name of a backup made now: names sort by age."""
    return f"viva-{_now()}{this_database().suffix}"


def make_backup(file: Path) -> None:
    """Write a backup that only its owner may read; the file is there when it is complete and was read once."""
    if file.exists():
        raise BackupError(f"{file} is there already: choose another name.")
    if not file.parent.is_dir():
        raise BackupError(f"There is no folder {file.parent}.")
    database = this_database()
    with _replacing(file) as part:
        database.save(part)
        database.verify(part)


def remove_older(folder: Path, *, keep: int) -> list[Path]:
    """Delete all but the newest backups of this kind of database that have default names; return what went."""
    older = sorted(folder.glob(f"viva-*Z{this_database().suffix}"))[:-keep]
    for file in older:
        file.unlink()
    return older


def examine(file: Path) -> int:
    """Return how many migrations would wait after a backup was restored. Changes nothing.

    Raises BackupError when it cannot be restored here: no backup, another kind of database, damaged, of a newer Viva.
    """
    database = this_database()
    kind = _kind(file)
    if kind != database.kind:
        raise BackupError(f"{file} is a backup of {kind}, and DATABASE_URL names a {database.kind} database.")
    database.verify(file)
    applied = database.migrations(file)
    if not any(app == "tutor" for app, _ in applied):
        raise BackupError(f"{file} holds a database, but not one of Viva.")
    loader = MigrationLoader(None)
    ours = loader.disk_migrations
    known = set(ours).union(*(migration.replaces for migration in ours.values()))
    # Rows of apps that were taken out of Viva stay for good, and mean nothing.
    newer = sorted(row for row in applied - known if row[0] in loader.migrated_apps)
    if newer:
        raise BackupError(f"{file} was made by a newer Viva, with the migration {'.'.join(newer[-1])}: update first.")
    return len(set(ours) - applied)


def restore(file: Path) -> str:
    """Put an examined backup in the place of the database; return where the old database is, if it was kept."""
    return this_database().load(file)


def _kind(file: Path) -> str:
    with file.open("rb") as opened:
        start = opened.read(16)
    for kind in (SQLite, PostgreSQL):
        if start.startswith(kind.magic):
            return kind.kind
    raise BackupError(f"{file} is not a backup.")


# --- Files -------------------------------------------------------------------


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """Give a private, empty file that takes the place of `file` once it is written and on the disk."""
    handle, name = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".part", dir=file.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        _sync(part)
        part.replace(file)
        _sync(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _now() -> str:
    return f"{timezone.now():%Y%m%dT%H%M%SZ}"


# --- SQLite ------------------------------------------------------------------


class SQLite:
    """A database in a file, copied page by page while it is in use."""

    kind = "SQLite"
    suffix = ".sqlite3"
    magic = b"SQLite format 3\0"

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        # Not a link to it: a link would be replaced, and the file it names would stay.
        self.path = Path(connection.settings_dict["NAME"]).resolve()

    def save(self, part: Path) -> None:
        if not self.path.is_file():
            raise BackupError(f"There is no database at {self.path}.")
        _copy(self.path, part)

    def verify(self, file: Path) -> None:
        try:
            with closing(_open(file, "ro")) as opened:
                answer = opened.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.DatabaseError as error:
            raise BackupError(f"{file} is damaged: {error}.") from error
        if answer != [("ok",)]:
            raise BackupError(f"{file} is damaged: SQLite finds {len(answer)} faults or more.")

    def migrations(self, file: Path) -> set[Migration]:
        try:
            with closing(_open(file, "ro")) as opened:
                return set(opened.execute("SELECT app, name FROM django_migrations"))
        except sqlite3.OperationalError:  # there is no such table
            return set()

    def load(self, file: Path) -> str:
        """Replace the file that is the database.

        1. Keep everybody else out of the old one, which leaves it in a single file.
        2. Copy the backup beside it, for the same users.
        3. Give the old one a second name. A log that somebody left goes along: SQLite would apply it to the new one.
        4. Rename the copy.
        """
        kept = self.path.with_name(f"{self.path.name}.before-{_now()}")
        with _alone(self.path), _replacing(self.path) as part:
            _copy(file, part)
            if self.path.exists():
                _share_alike(self.path, part)
                kept.hardlink_to(self.path)
            for suffix in ("-wal", "-shm", "-journal"):
                with suppress(FileNotFoundError):
                    os.replace(f"{self.path}{suffix}", f"{kept}{suffix}")
        return str(kept) if kept.exists() else ""


def _open(file: Path, mode: str) -> sqlite3.Connection:
    """Open a file that exists: to read and write ("rw"), or only to read ("ro")."""
    try:
        # An absolute path, for a URI; without implicit transactions.
        return sqlite3.connect(f"{file.resolve().as_uri()}?mode={mode}", uri=True, timeout=5, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise BackupError(f"{file} cannot be opened: {error}.") from error


def _copy(source: Path, target: Path) -> None:
    """Make `target` what `source` is at this moment, in one file."""
    try:
        # To write as well: after a crash only a writer can read what the log still holds.
        with (
            closing(_open(source, "rw" if os.access(source, os.W_OK) else "ro")) as old,
            closing(_open(target, "rw")) as new,
        ):
            # All pages at once are one reading transaction: writers go on, and are not seen.
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{source} cannot be copied: {error}.") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep everybody else out of a database meanwhile; one that is missing or damaged needs no keeping."""
    if not path.exists():
        yield
        return
    with closing(_open(path, "rw")) as opened:
        try:
            # Refused while anybody else has the database open.
            opened.execute("PRAGMA journal_mode=DELETE")
            opened.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise BackupError("The database is in use: stop the server first.") from error
            opened.close()  # damaged, and perhaps why there is a backup to restore
        yield


def _share_alike(model: Path, file: Path) -> None:
    """Let the same users read and write a file as another: an administrator's copy must not lock the server out."""
    was = model.stat()
    file.chmod(stat.S_IMODE(was.st_mode))
    if os.geteuid() == 0:
        os.chown(file, was.st_uid, was.st_gid)


# --- PostgreSQL --------------------------------------------------------------

# What the custom format is for: it is compressed, can be checked, and a single table can be taken out of it.
DUMP = ("--format=custom", "--no-password")
# Tables belong to whoever restores them: the new server may know nobody of the old one.
SCRIPT = ("--file=-", "--no-owner", "--no-privileges")
PSQL = ("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-")

# Everything, also tables that the backup does not know and that refer to those it does.
BEGIN = b"""
BEGIN;
SET LOCAL lock_timeout = '10s';
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE 'DROP TABLE IF EXISTS ' || name || ' CASCADE';
  END LOOP;
END $$;
"""
COMMIT = b"COMMIT;\n"
# Tools of version 17 and later write it, and older servers refuse it. No row can look like this: each has a tab.
NEWS_TO_OLD_SERVERS = b"SET transaction_timeout = 0;\n"


class PostgreSQL:
    """A database of a server, copied by the server's own tools."""

    kind = "PostgreSQL"
    suffix = ".dump"
    magic = b"PGDMP"

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        # Without a pool, whose connections would be found open.
        self._connection = connection.copy()
        self._connection.settings_dict["OPTIONS"].pop("pool", None)

    def save(self, part: Path) -> None:
        [(version, schema)] = self._ask("SELECT current_setting('server_version_num')::int / 10000, current_schema()")
        # What others have in the same database, such as extensions, is theirs to keep.
        tables = '"{}".*'.format(schema.replace('"', '""'))
        self._run(_tool("pg_dump", version), *DUMP, f"--table={tables}", f"--file={part}", f"--dbname={self._address}")

    def verify(self, file: Path) -> None:
        self._run(_tool("pg_restore"), f"--file={os.devnull}", str(file))

    def migrations(self, file: Path) -> set[Migration]:
        script = self._run(_tool("pg_restore"), "--data-only", "--table=django_migrations", "--file=-", str(file))
        # One line for each row: id, app, name, applied.
        return {(app, name) for _, app, name, _ in re.findall(r"^(\d+)\t(\w+)\t(\w+)\t(.+)$", script, re.MULTILINE)}

    def load(self, file: Path) -> str:
        """Drop all tables and make those of the backup, in one transaction.

        Only its last line commits, and is sent when the rest has arrived whole: whichever process dies before, the
        database is what it was.
        """
        [(version, others)] = self._ask(
            "SELECT current_setting('server_version_num')::int / 10000, (SELECT count(*) FROM pg_stat_activity"
            # The server's own workers are nobody's.
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL)"
        )
        if others:
            raise BackupError(f"The database is in use (open connections: {others}): stop the server first.")
        psql = [_tool("psql", version), *PSQL, f"--dbname={self._address}"]
        script = [_tool("pg_restore"), *SCRIPT, str(file)]
        with tempfile.TemporaryFile() as complaints:
            if not self._feed(psql, script, complaints):
                complaints.seek(0)
                raise BackupError(_reason("psql", complaints.read().decode(errors="replace")))
        return ""

    def _feed(self, psql: list[str], script: list[str], complaints: IO[bytes]) -> bool:
        """Let psql run what another command writes; return whether it did, to the end."""
        with (
            subprocess.Popen(  # noqa: S603 # a program found on PATH, no shell
                psql, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints, env=self._environment
            ) as reader,
            subprocess.Popen(script, stdout=subprocess.PIPE, stderr=complaints) as writer,  # noqa: S603
        ):
            assert reader.stdin  # noqa: S101 # for the type checker: both are pipes
            assert writer.stdout  # noqa: S101
            # A broken pipe: psql has stopped at an error, and has said which.
            with suppress(BrokenPipeError):
                reader.stdin.write(BEGIN)
                reader.stdin.writelines(line for line in writer.stdout if line != NEWS_TO_OLD_SERVERS)
                if writer.wait() == 0:
                    reader.stdin.write(COMMIT)
            with suppress(BrokenPipeError):
                reader.stdin.close()
        return reader.returncode == 0 and writer.returncode == 0

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())
        except Error as error:
            raise BackupError(_reason("PostgreSQL", str(error))) from error
        finally:
            self._connection.close()

    def _run(self, *command: str) -> str:
        done = subprocess.run(  # noqa: S603 # a program found on PATH, no shell
            command, env=self._environment, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode:
            raise BackupError(_reason(Path(command[0]).name, done.stderr))
        return done.stdout

    @property
    def _address(self) -> str:
        """What DATABASE_URL says in libpq's own form, without passwords: everybody may read a command line."""
        known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
        parameters = self._connection.get_connection_params()
        return make_conninfo(
            **{name: value for name, value in parameters.items() if name in known and "password" not in name}
        )

    @property
    def _environment(self) -> dict[str, str]:
        password = self._connection.settings_dict["PASSWORD"]
        # C: their complaints are looked through for words.
        return {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": password} if password else {})}


def _tool(name: str, version: int = 0) -> str:
    """Return the path of one of PostgreSQL's tools, which must be of a major version at least."""
    cure = "install postgresql-client" + (f", version {version} or newer." if version else ".")
    path = shutil.which(name)
    if not path:
        raise BackupError(f"{name} is not installed here: {cure}")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.search(r"\d+", said)
    if not found or int(found[0]) < version:
        raise BackupError(f"{name} is older than the server, which it must not be: {cure}")
    return path


def _reason(who: str, output: str) -> str:
    """Make one sentence of what a program complained about: its first error is the cause of the others."""
    lines = output.strip().splitlines() or ["no reason given"]
    line = next((line for line in lines if re.search(r"\b(error|ERROR|FATAL)\b", line)), lines[0])
    return f"{who} failed: {line.strip().rstrip('.')}."
