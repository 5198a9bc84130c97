"""Migrations that a server of the release before can live with, while one server after the other is changed.

Looked at are those after 0017, the last before Viva was upgraded in this way. What is refused here may well be needed
one day: then in two releases, the second of which is named in `EXPLAINED` with the reason why it does no harm.
"""

import re

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

LAST_WITHOUT = 17
# By the name of a migration: why it may do what is refused.
EXPLAINED: dict[str, str] = {}

HARMLESS = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.RenameIndex,
    migrations.RemoveConstraint,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.AlterConstraint,
)


def faults(operation: Operation, before: ProjectState, made_here: set[str]) -> list[str]:
    """Return why a server that knows only the models `before` would fail beside an operation."""
    if isinstance(operation, HARMLESS):
        return []
    # Nobody has written to a table that has only just been made.
    if getattr(operation, "model_name", "").lower() in made_here:
        return []
    told = operation.describe()
    match operation:
        case migrations.AddField(field=field):
            return [] if is_optional(field) else [f"{told}: rows without it would be refused; give it db_default"]
        case migrations.AlterField(field=field):
            found = before.models["tutor", operation.model_name_lower].fields[operation.name]
            return altered(told, found, field)
        case migrations.RunPython(reverse_code=None):
            return [f"{told}: cannot be taken back"]
        case migrations.RunPython():
            return []
        case migrations.AddConstraint():
            return [f"{told}: rows written by the release before could be refused"]
    return [f"{told}: the release before knows nothing of it"]


def is_optional(field: models.Field) -> bool:
    """Whether a row can be written without naming the column."""
    return field.null or field.many_to_many or field.has_db_default()


def altered(told: str, before: models.Field, after: models.Field) -> list[str]:
    """What of a changed column would not take what the release before writes, or not give what it reads."""
    wrong = []
    if before.null and not after.null:
        wrong.append(f"{told}: NULL would be refused")
    if after.null and not before.null:
        wrong.append(f"{told}: NULL would not be understood")
    if type(before) is not type(after):
        wrong.append(f"{told}: another type")
    if (after.max_length or 10**9) < (before.max_length or 10**9):
        wrong.append(f"{told}: what is longer would be refused")
    if after.unique and not before.unique:
        wrong.append(f"{told}: what is there twice would be refused")
    if before.has_db_default() and not after.has_db_default():
        wrong.append(f"{told}: rows written without it would be refused")
    return wrong


def ours() -> list[tuple[str, str]]:
    loader = MigrationLoader(None)
    keys = sorted(key for key in loader.disk_migrations if key[0] == "tutor")
    return [key for key in keys if int(re.match(r"\d+", key[1])[0]) > LAST_WITHOUT]  # type: ignore[index]


@pytest.mark.parametrize("key", ours(), ids=lambda key: key[1])
def test_a_server_of_the_release_before_can_live_with_a_migration(key: tuple[str, str]) -> None:
    loader = MigrationLoader(None)
    before = [parent.key for parent in loader.graph.node_map[key].parents]
    state = loader.project_state(before)
    made_here: set[str] = set()
    wrong = []
    for operation in loader.disk_migrations[key].operations:
        wrong += faults(operation, state, made_here)
        if isinstance(operation, migrations.CreateModel):
            made_here.add(operation.name.lower())
        operation.state_forwards("tutor", state)

    assert bool(wrong) == (key[1] in EXPLAINED), wrong


STATE = ProjectState()
migrations.CreateModel(
    "Thing",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=10)),
        ("when", models.DateTimeField(null=True)),
    ],
).state_forwards("tutor", STATE)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("thing", "name"),
        migrations.RenameField("thing", "name", "title"),
        migrations.RenameModel("Thing", "Matter"),
        migrations.DeleteModel("Thing"),
        migrations.AlterModelTable("thing", "things"),
        migrations.AddField("thing", "more", models.IntegerField()),
        # Django's default is none of the database's: it is gone once the column is there.
        migrations.AddField("thing", "more", models.IntegerField(default=0)),
        migrations.AlterField("thing", "when", models.DateTimeField()),
        migrations.AlterField("thing", "name", models.CharField(max_length=9)),
        migrations.AlterField("thing", "name", models.CharField(max_length=10, null=True)),
        migrations.AlterField("thing", "name", models.CharField(max_length=10, unique=True)),
        migrations.AlterField("thing", "name", models.IntegerField()),
        migrations.AddConstraint("thing", models.UniqueConstraint("name", name="once")),
        migrations.AlterUniqueTogether("thing", {("name", "when")}),
        migrations.RunSQL("DROP TABLE tutor_thing"),
        migrations.RunPython(migrations.RunPython.noop),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_the_release_before_cannot_live_with_is_found(operation: Operation) -> None:
    assert len(faults(operation, STATE, set())) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("thing", "more", models.IntegerField(null=True)),
        migrations.AddField("thing", "more", models.IntegerField(default=0, db_default=0)),
        migrations.AlterField("thing", "name", models.CharField("the name", max_length=20)),
        migrations.AddIndex("thing", models.Index("name", name="thing_name")),
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_only_adds_is_let_pass(operation: Operation) -> None:
    assert faults(operation, STATE, set()) == []


def test_constraint_of_a_table_that_is_new_is_let_pass() -> None:
    constraint = migrations.AddConstraint("thing", models.UniqueConstraint("name", name="once"))

    assert faults(constraint, STATE, {"thing"}) == []


def test_what_is_explained_is_there() -> None:
    assert set(EXPLAINED) <= {name for _app, name in ours()}
