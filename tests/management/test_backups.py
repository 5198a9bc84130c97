"""Backups, by restoring them: real databases of both kinds, filled by the product itself."""

import os
import re
import select
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ConnectionHandler

from config.env import Environment
from tests.running import ROOT
from tests.test_postgresql import URL as SERVER
from tutor.management import backups
from tutor.management.commands import restore as restore_command

PASSWORD = "to-be-seen-by-nobody"

# An attempt with what was said and shown, as the product stores it.
FILL = r"""
from django.contrib.auth.models import User
from tests import lessons
from tutor.models import PictureType, Speaker, UtteranceStatus
from tutor.services import attempts, journal
attempt = attempts.start_attempt(lessons.publish(), learner=User.objects.create_user("lea"))[0]
said = dict(speaker=Speaker.LEARNER, status=UtteranceStatus.COMPLETE)
journal.store_entries(attempt, [
    journal.UtteranceEntry(id="item_1", text="Grüße\t\\. 語\nA tea, please.", **said),
    journal.UtteranceEntry(id="item_2", text="(a picture)", previous_item_id="item_1", **said),
    journal.PictureEntry(id="item_2", media_type=PictureType.PNG, data=bytes(range(256)) * 400),
])
"""


@dataclass
class Site:
    """A database, and the ways to look at it and to change it behind the product's back."""

    kind: str
    url: str
    other_magic: bytes

    @contextmanager
    def connected(self) -> Iterator[Any]:
        opened = psycopg.connect(self.url) if self.kind == "PostgreSQL" else sqlite3.connect(self.path, timeout=20)
        with closing(opened):
            yield opened

    def change(self, *statements: str) -> None:
        with self.connected() as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables."""
        names = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            if self.kind == "PostgreSQL"
            else "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        with self.connected() as connection:
            tables = sorted(name for (name,) in connection.execute(names).fetchall())
            return {
                table: sorted(connection.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)  # noqa: S608
                for table in tables
            }

    def said(self) -> list[str]:
        with self.connected() as connection:
            return [text for (text,) in connection.execute("SELECT text FROM tutor_utterance ORDER BY id").fetchall()]

    def shown(self) -> list[bytes]:
        with self.connected() as connection:
            return [bytes(data) for (data,) in connection.execute("SELECT data FROM tutor_picture").fetchall()]

    @property
    def path(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def handler(self) -> ConnectionHandler:
        """What Django makes of the URL, with the pool that the settings ask for."""
        conf = dict(Environment.db_url_config(self.url))
        pool = {"pool": True} if self.kind == "PostgreSQL" else {}
        return ConnectionHandler({"default": {**conf, "OPTIONS": {**conf.get("OPTIONS", {}), **pool}}})


def manage(url: str, *command: str, stdin: str = "", **environment: str) -> str:
    """Run one of the site's commands as people do; return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DEBUG": "True", **environment},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def on_server(*statements: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


def fill(url: str) -> None:
    manage(url, "migrate", "--verbosity", "0")
    manage(url, "shell", "-c", FILL)


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("filled") / "db.sqlite3"
    fill(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="module")
def filled_database() -> Iterator[str]:
    name = f"viva_filled_{os.getpid()}"
    on_server(f"CREATE DATABASE {name}")
    try:
        fill(SERVER.rpartition("/")[0] + f"/{name}")
        yield name
    finally:
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_site(filled_file, tmp_path) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(filled_file, folder / "db.sqlite3")
    return Site("SQLite", f"sqlite:///{folder / 'db.sqlite3'}", b"PGDMP")


@pytest.fixture
def postgres_site(filled_database) -> Iterator[Site]:
    name = f"viva_site_{os.getpid()}"
    on_server(f"CREATE DATABASE {name} TEMPLATE {filled_database}")
    server = urlsplit(SERVER)
    user = server.username or ""
    address = server._replace(netloc=f"{user}:{PASSWORD}@{server.hostname}:{server.port}", path=name)
    try:
        yield Site("PostgreSQL", address.geturl(), b"SQLite format 3\0")
    finally:
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


def lacks_tools() -> str:
    """Why backups of PostgreSQL cannot be tried out here; empty if they can."""
    try:
        with psycopg.connect(SERVER, connect_timeout=2) as server:
            backups._tool("pg_dump", server.info.server_version // 10000)
    except (psycopg.Error, backups.BackupError) as error:
        return str(error)
    return ""


LACKING = lacks_tools()
ON_POSTGRES = [pytest.mark.postgres, pytest.mark.skipif(bool(LACKING), reason=LACKING)]


@pytest.fixture(params=["sqlite_site", pytest.param("postgres_site", marks=ON_POSTGRES)])
def site(request) -> Site:
    return request.getfixturevalue(request.param)


@pytest.fixture
def here(monkeypatch, settings, tmp_path, django_db_blocker) -> Iterator[Callable[[Site], Site]]:
    """Make a site the one that this process's commands work on."""

    def point_at(site: Site) -> Site:
        monkeypatch.setattr(backups, "connections", site.handler)
        settings.BACKUP_DIR = tmp_path / "backups"
        return site

    with django_db_blocker.unblock():
        yield point_at


@pytest.fixture
def this_site(site, here) -> Site:
    return here(site)


@pytest.fixture
def this_postgres_site(postgres_site, here) -> Site:
    return here(postgres_site)


@pytest.fixture
def this_sqlite_site(sqlite_site, here) -> Site:
    return here(sqlite_site)


def run(*command: object, **options: Any) -> list[str]:
    out = StringIO()
    call_command(*map(str, command), stdout=out, **options)
    return out.getvalue().splitlines()


def backup(file: Path) -> Path:
    run("backup", file)
    return file


def refusal(*command: object) -> str:
    with pytest.raises(CommandError) as caught:
        run(*command)
    return str(caught.value)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# --- There and back


def test_restore_brings_back_every_row(site, tmp_path):
    before = site.everything()
    [printed] = manage(site.url, "backup", BACKUP_DIR=str(tmp_path / "kept")).splitlines()
    [file] = (tmp_path / "kept").iterdir()
    site.change(
        "DELETE FROM tutor_picture",
        "UPDATE tutor_utterance SET text = 'lost'",
        # As a newer Viva would leave it behind.
        "CREATE TABLE tutor_newer (attempt_id bigint REFERENCES tutor_attempt (id))",
    )

    restored = manage(site.url, "restore", str(file), stdin="yes\n")

    assert re.fullmatch(rf"Backup: {file} \([\d,]+ KiB\)", printed)
    assert f"Restored: {file}\n" in restored
    assert site.everything() == before
    assert site.said() == ["Grüße\t\\. 語\nA tea, please.", "(a picture)"]
    assert site.shown() == [bytes(range(256)) * 400]


def test_restored_database_takes_new_rows(this_site, tmp_path):
    run("restore", backup(tmp_path / "copy"), "--noinput")

    manage(this_site.url, "migrate", "--check")
    manage(
        this_site.url, "shell", "-c", 'from django.contrib.auth.models import User; User.objects.create_user("otto")'
    )
    with this_site.connected() as connection:
        users = connection.execute("SELECT username FROM auth_user ORDER BY id").fetchall()
    assert users == [("lea",), ("otto",)]


def test_backup_while_somebody_writes_holds_whole_transactions(this_site, tmp_path):
    this_site.change("CREATE TABLE tally (hand text, number int)")
    writing, enough = threading.Event(), threading.Event()

    def write() -> None:
        with this_site.connected() as connection:
            number, last = 0, False
            while not last:
                last = enough.is_set()
                for hand in ("left", "right"):
                    connection.execute(f"INSERT INTO tally VALUES ('{hand}', {number})")  # noqa: S608
                connection.commit()
                writing.set()
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    writing.wait(20)
    try:
        backup(tmp_path / "copy")
    finally:
        enough.set()
        writer.join(20)
    written = len(this_site.everything()["tally"])
    run("restore", tmp_path / "copy", "--noinput")

    tally = this_site.everything()["tally"]
    assert [number for hand, number in tally if hand == "left"] == [number for hand, number in tally if hand == "right"]
    assert 0 < len(tally) < written


def test_restore_into_a_database_without_tables(this_site, tmp_path):
    before = this_site.everything()
    file = backup(tmp_path / "copy")
    if this_site.kind == "PostgreSQL":
        this_site.change("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    else:
        this_site.path.unlink()

    assert run("restore", file, "--noinput") == [f"Restored: {file}"]
    assert this_site.everything() == before


# --- What backup writes


def test_backup_is_for_its_owner_alone_and_named_after_the_time(this_site, settings):
    [printed] = run("backup")

    [file] = settings.BACKUP_DIR.iterdir()
    suffix = {"SQLite": "sqlite3", "PostgreSQL": "dump"}[this_site.kind]
    assert re.fullmatch(rf"viva-\d{{8}}T\d{{6}}Z\.{suffix}", file.name)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, settings.BACKUP_DIR)] == [0o600, 0o700]
    assert printed.startswith(f"Backup: {file} (")


def test_backup_overwrites_nothing(this_site, tmp_path):
    file = tmp_path / "copy"
    file.write_text("something else")

    assert refusal("backup", file) == f"{file} is there already: choose another name."
    assert file.read_text() == "something else"


def test_backup_makes_no_folders_but_its_own(this_site, tmp_path):
    assert refusal("backup", tmp_path / "unmounted" / "copy") == f"There is no folder {tmp_path / 'unmounted'}."
    assert "unmounted" not in names(tmp_path)


def test_keep_deletes_only_the_oldest_of_its_own(this_site, settings):
    suffix = {"SQLite": "sqlite3", "PostgreSQL": "dump"}[this_site.kind]
    folder = settings.BACKUP_DIR
    folder.mkdir()
    others = ["before-the-holidays.dump", "viva-20200101T000000Z.other"]
    for name in (f"viva-20250101T000000Z.{suffix}", f"viva-20260101T000000Z.{suffix}", *others):
        (folder / name).touch()

    printed = run("backup", "--keep", 2)

    assert printed[1:] == [f"Deleted: {folder / f'viva-20250101T000000Z.{suffix}'}"]
    kept = names(folder)
    assert kept[:3] == [others[0], others[1], f"viva-20260101T000000Z.{suffix}"]
    assert len(kept) == 4


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_keep_is_at_least_one(this_sqlite_site, settings, number):
    assert refusal("backup", f"--keep={number}") == "Error: argument --keep: a whole number from 1"
    assert not settings.BACKUP_DIR.exists()


# --- What restore refuses, each time leaving everything as it was


@pytest.mark.parametrize("spoil", ["cut", "scratch"])
def test_damaged_backup_changes_nothing(this_site, tmp_path, spoil):
    file = backup(tmp_path / "copy")
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    if spoil == "cut":
        del content[middle:]
    else:
        content[middle : middle + 8000] = bytes(8000)
    file.write_bytes(content)
    before = this_site.everything()

    said = refusal("restore", file, "--noinput")

    start = {"SQLite": f"{file} is damaged: ", "PostgreSQL": "pg_restore failed: "}[this_site.kind]
    assert said.startswith(start)
    assert said.endswith(" Nothing was changed.")
    assert said.count("\n") == 0
    assert this_site.everything() == before


@pytest.mark.parametrize("content", [b"", b"-- some SQL"])
def test_what_is_no_backup_changes_nothing(this_site, tmp_path, content):
    file = tmp_path / "copy"
    file.write_bytes(content)
    before = this_site.everything()

    assert refusal("restore", file, "--noinput") == f"{file} is not a backup. Nothing was changed."
    assert this_site.everything() == before


def test_missing_file_changes_nothing(this_site, tmp_path):
    file = tmp_path / "copy"

    assert refusal("restore", file, "--noinput") == f"{file}: No such file or directory. Nothing was changed."


def test_backup_of_the_other_kind_changes_nothing(this_site, tmp_path):
    file = tmp_path / "copy"
    file.write_bytes(this_site.other_magic + b"...")
    other = {"SQLite": "PostgreSQL", "PostgreSQL": "SQLite"}[this_site.kind]
    before = this_site.everything()

    assert refusal("restore", file, "--noinput") == (
        f"{file} is a backup of {other}, and DATABASE_URL names a {this_site.kind} database. Nothing was changed."
    )
    assert this_site.everything() == before


def test_database_of_something_else_changes_nothing(this_site, tmp_path):
    this_site.change("DELETE FROM django_migrations WHERE app = 'tutor'")
    file = backup(tmp_path / "copy")
    before = this_site.everything()

    assert refusal("restore", file, "--noinput") == (
        f"{file} holds a database, but not one of Viva. Nothing was changed."
    )
    assert this_site.everything() == before


def test_backup_of_a_newer_viva_changes_nothing(this_site, tmp_path):
    values = "(app, name, applied) VALUES ('tutor', '9999_from_the_future', '2030-01-01 00:00:00+00')"
    this_site.change(f"INSERT INTO django_migrations {values}")
    file = backup(tmp_path / "copy")
    before = this_site.everything()

    assert refusal("restore", file, "--noinput") == (
        f"{file} was made by a newer Viva, with the migration tutor.9999_from_the_future: update first. "
        "Nothing was changed."
    )
    assert this_site.everything() == before


def test_database_in_use_is_not_replaced(this_site, tmp_path):
    file = backup(tmp_path / "copy")
    before = this_site.everything()
    by = {"SQLite": "", "PostgreSQL": " (open connections: 1)"}[this_site.kind]

    with this_site.connected() as somebody:
        somebody.execute("SELECT count(*) FROM tutor_attempt").fetchall()
        assert refusal("restore", file, "--noinput") == (
            f"The database is in use{by}: stop the server first. Nothing was changed."
        )

    assert this_site.everything() == before


@pytest.mark.parametrize("answer", ["", "y", "no"])
def test_restore_without_a_yes_changes_nothing(this_site, tmp_path, monkeypatch, answer):
    file = backup(tmp_path / "copy")
    this_site.change("DELETE FROM tutor_picture")
    monkeypatch.setattr(restore_command, "input", lambda question: answer, raising=False)

    assert refusal("restore", file) == "Nothing was changed."
    assert this_site.shown() == []


def test_restore_with_nobody_to_ask_changes_nothing(this_sqlite_site, tmp_path, monkeypatch):
    file = backup(tmp_path / "copy")
    monkeypatch.setattr(sys, "stdin", StringIO())

    assert refusal("restore", file) == "Nothing was changed."
    assert names(this_sqlite_site.path.parent) == ["db.sqlite3"]


# --- What restore says


def test_restore_of_an_older_viva_asks_for_the_migrations(this_site, tmp_path):
    this_site.change("DELETE FROM django_migrations WHERE app = 'tutor' AND name = '0009_corrections'")
    file = backup(tmp_path / "copy")

    printed = run("restore", file, "--noinput")

    assert printed[0] == f"Restored: {file}"
    assert printed[-1] == "It is of an older Viva: run manage.py migrate (migrations waiting: 1)."


# --- SQLite


def test_old_database_is_kept_with_its_rows_and_rights(this_sqlite_site, tmp_path):
    site = this_sqlite_site
    file = backup(tmp_path / "copy")
    site.change("UPDATE tutor_utterance SET text = 'after the backup'")
    site.path.chmod(0o640)

    _, printed = run("restore", file, "--noinput")

    old = Path(printed.removeprefix("The database as it was: "))
    assert re.fullmatch(r"db\.sqlite3\.before-\d{8}T\d{6}Z", old.name)
    assert Site("SQLite", f"sqlite:///{old}", b"").said() == ["after the backup", "after the backup"]
    assert stat.S_IMODE(site.path.stat().st_mode) == 0o640
    assert site.said()[1] == "(a picture)"


def test_damaged_database_is_replaced(this_sqlite_site, tmp_path):
    site = this_sqlite_site
    before = site.everything()
    file = backup(tmp_path / "copy")
    site.path.write_bytes(b"scratched" * 1000)

    _, printed = run("restore", file, "--noinput")

    old = Path(printed.removeprefix("The database as it was: "))
    assert old.read_bytes() == b"scratched" * 1000
    assert site.everything() == before


def test_log_that_was_left_behind_does_not_reach_the_new_database(this_sqlite_site, tmp_path):
    site = this_sqlite_site
    before = site.everything()
    file = backup(tmp_path / "copy")
    log = site.path.with_name("db.sqlite3-wal")
    with site.connected() as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("UPDATE tutor_utterance SET text = 'in the log'")
        writer.commit()
        content = log.read_bytes()
    site.path.unlink()
    log.write_bytes(content)

    assert run("restore", file, "--noinput") == [f"Restored: {file}"]

    assert site.everything() == before
    assert re.fullmatch(r"db\.sqlite3 db\.sqlite3\.before-\d{8}T\d{6}Z-wal", " ".join(names(site.path.parent)))


def test_restore_that_cannot_keep_the_old_database_changes_nothing(this_sqlite_site, tmp_path, monkeypatch):
    site = this_sqlite_site
    file = backup(tmp_path / "copy")
    before = site.everything()

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(source), None, str(target))

    monkeypatch.setattr(os, "link", refuse)

    assert refusal("restore", file, "--noinput") == f"{site.path}: Operation not permitted. Nothing was changed."
    assert names(site.path.parent) == ["db.sqlite3"]
    assert site.everything() == before


def test_backup_holds_what_only_the_log_has(this_sqlite_site, tmp_path):
    site = this_sqlite_site
    with site.connected() as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("UPDATE tutor_utterance SET text = 'in the log'")
        writer.commit()
        file = backup(tmp_path / "copy")

    assert Site("SQLite", f"sqlite:///{file}", b"").said() == ["in the log", "in the log"]
    assert names(tmp_path) == ["copy", "site"]


def test_damaged_database_gives_no_backup(this_sqlite_site, settings):
    this_sqlite_site.path.write_bytes(b"scratched" * 1000)

    assert refusal("backup") == f"{this_sqlite_site.path} cannot be copied: file is not a database."
    assert names(settings.BACKUP_DIR) == []


def test_missing_database_gives_no_backup_and_is_not_made(this_sqlite_site, settings):
    this_sqlite_site.path.unlink()

    assert refusal("backup") == f"There is no database at {this_sqlite_site.path}."
    assert (names(settings.BACKUP_DIR), this_sqlite_site.path.exists()) == ([], False)


def test_what_cannot_be_opened_is_not_replaced(this_sqlite_site, tmp_path):
    site = this_sqlite_site
    file = backup(tmp_path / "copy")
    site.path.unlink()
    site.path.mkdir()

    assert refusal("restore", file, "--noinput") == (
        f"{site.path} cannot be opened: unable to open database file. Nothing was changed."
    )
    assert site.path.is_dir()


def test_nobody_writes_into_a_database_that_is_being_replaced(this_sqlite_site, tmp_path, monkeypatch):
    site = this_sqlite_site
    file = backup(tmp_path / "copy")
    answers = []

    def try_to_write(*files: Path) -> None:
        with closing(sqlite3.connect(site.path, timeout=0)) as late, pytest.raises(sqlite3.OperationalError) as caught:
            late.execute("DELETE FROM tutor_picture")
        answers.append(str(caught.value))

    monkeypatch.setattr(backups, "_share_alike", try_to_write)

    run("restore", file, "--noinput")

    assert answers == ["database is locked"]


# --- PostgreSQL


@pytest.fixture
def tools(tmp_path, monkeypatch) -> Callable[[str, str], None]:
    """Put scripts of a test in front of PostgreSQL's tools; `$REAL` is the tool itself."""
    folder = tmp_path / "bin"
    folder.mkdir()
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{folder}:{path}")

    def put(name: str, script: str) -> None:
        file = folder / name
        file.write_text(f"#!/bin/sh\nREAL={shutil.which(name, path=path)}\n{script}\n")
        file.chmod(0o700)

    return put


def on_postgres(test: Callable[..., None]) -> Callable[..., None]:
    for mark in ON_POSTGRES:
        test = mark(test)
    return test


@on_postgres
def test_password_is_given_to_the_tools_but_not_on_the_command_line(this_postgres_site, here, tools, tmp_path):
    here(Site("PostgreSQL", f"{this_postgres_site.url}?sslmode=prefer&connect_timeout=7", b""))
    log = tmp_path / "log"
    for name in ("pg_dump", "pg_restore", "psql"):
        tools(name, f'echo "{name} with $PGPASSWORD: $@" >> {log}\nexec $REAL "$@"')

    run("restore", backup(tmp_path / "copy"), "--noinput")

    calls = [line for line in log.read_text().splitlines() if "--version" not in line and "--dbname" in line]
    assert [call.partition(": ")[0] for call in calls] == [f"pg_dump with {PASSWORD}", f"psql with {PASSWORD}"]
    for call in calls:
        arguments = call.partition(": ")[2]
        assert PASSWORD not in arguments
        assert "host=127.0.0.1" in arguments
        assert "sslmode=prefer" in arguments
        assert "connect_timeout=7" in arguments


@on_postgres
@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID"], ids=["the reading fails", "the command is killed"])
@pytest.mark.parametrize(
    "cut", ["sed -n '/^ALTER TABLE ONLY/q;p'", "head -c 150000"], ids=["between statements", "within the picture"]
)
def test_restore_that_stops_in_the_middle_changes_nothing(this_postgres_site, tools, tmp_path, cut, end):
    file = backup(tmp_path / "copy")
    this_postgres_site.change("UPDATE tutor_utterance SET text = 'as it was'")
    before = this_postgres_site.everything()
    tools("pg_restore", f'case "$*" in *--no-owner*) $REAL "$@" | {cut}; {end};; *) exec $REAL "$@";; esac')
    # A psql that was left alone is at work for a moment more, and says here when it is not.
    os.mkfifo(tmp_path / "gone")
    gone = os.open(tmp_path / "gone", os.O_RDONLY | os.O_NONBLOCK)
    tools("psql", f'$REAL "$@"; status=$?; [ "$1" = --version ] || echo > {tmp_path / "gone"}; exit $status')
    done = subprocess.run(
        [sys.executable, "manage.py", "restore", str(file), "--noinput"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": this_postgres_site.url},
        capture_output=True,
        check=False,
    )

    assert select.select([gone], [], [], 20)[0] == [gone]
    os.close(gone)
    assert done.returncode == (1 if end == "exit 1" else -9)
    assert this_postgres_site.everything() == before


@on_postgres
def test_restore_that_the_server_refuses_changes_nothing(this_postgres_site, tools, tmp_path):
    file = backup(tmp_path / "copy")
    this_postgres_site.change("UPDATE tutor_utterance SET text = 'as it was'")
    before = this_postgres_site.everything()
    tools("pg_restore", '$REAL "$@"; case "$*" in *--no-owner*) echo "SELECT 1 / 0;";; esac')

    said = refusal("restore", file, "--noinput")

    assert said.startswith("psql failed: psql:<stdin>:")
    assert said.endswith(": ERROR:  division by zero. Nothing was changed.")
    assert this_postgres_site.everything() == before


@on_postgres
def test_tools_newer_than_the_server_do_for_it(this_postgres_site, tools, tmp_path):
    before = this_postgres_site.everything()
    tools("pg_restore", 'case "$*" in *--no-owner*) echo "SET transaction_timeout = 0;";; esac; exec $REAL "$@"')

    run("restore", backup(tmp_path / "copy"), "--noinput")

    assert this_postgres_site.everything() == before


@on_postgres
@pytest.mark.parametrize("name", ["pg_dump", "psql"])
def test_tools_older_than_the_server_are_refused(this_postgres_site, tools, tmp_path, name):
    file = backup(tmp_path / "copy")
    tools(name, 'echo "tool (PostgreSQL) 9.6.24 (Debian 9.6.24-1)"')
    command = ["backup"] if name == "pg_dump" else ["restore", file, "--noinput"]

    assert re.match(
        rf"{name} is older than the server, which it must not be: install postgresql-client, version \d+ or newer\.",
        refusal(*command),
    )


@on_postgres
def test_missing_tools_are_named(this_postgres_site, settings, tmp_path, monkeypatch):
    file = backup(tmp_path / "copy")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    assert re.fullmatch(
        r"pg_dump is not installed here: install postgresql-client, version \d+ or newer\.", refusal("backup")
    )
    assert refusal("restore", file, "--noinput") == (
        "pg_restore is not installed here: install postgresql-client. Nothing was changed."
    )
    assert names(settings.BACKUP_DIR) == []


@on_postgres
def test_server_that_does_not_answer_gives_no_backup(here, settings):
    here(Site("PostgreSQL", "postgres://postgres@127.0.0.1:1/viva", b""))

    said = refusal("backup")

    assert said.startswith("PostgreSQL failed: ")
    assert "Connection refused" in said
    assert names(settings.BACKUP_DIR) == []


@on_postgres
def test_backup_can_be_restored_by_another_user(this_postgres_site, here, tmp_path):
    user = f"viva_other_{os.getpid()}"
    before = this_postgres_site.everything()
    file = backup(tmp_path / "copy")
    name = urlsplit(this_postgres_site.url).path[1:]
    on_server(f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'")
    try:
        on_server(f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} OWNER {user} TEMPLATE template0")
        theirs = here(Site("PostgreSQL", f"postgres://{user}:{PASSWORD}@127.0.0.1:5432/{name}", b""))

        # Twice: into nothing, and over their own tables.
        run("restore", file, "--noinput")
        run("restore", file, "--noinput")

        assert theirs.everything() == before
    finally:
        on_server(f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {user}", f"CREATE DATABASE {name}")
