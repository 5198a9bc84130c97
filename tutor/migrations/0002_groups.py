"""The two kinds of staff: Teachers write lessons, Reviewers read what was said."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

WRITTEN_BY_TEACHERS = ("lesson", "stage", "outcome", "tool")
READ_BY_REVIEWERS = ("attempt", "stagevisit", "toolcall", "utterance", "connection", "usagereport", "fault")

RIGHTS = {
    "Teachers": [
        "view_lessonversion",
        *(f"{action}_{model}" for model in WRITTEN_BY_TEACHERS for action in ("view", "add", "change", "delete")),
    ],
    "Reviewers": [f"view_{model}" for model in READ_BY_REVIEWERS],
}


def create_groups(apps: Any, schema_editor: Any) -> None:
    """Give each group its rights; a group of that name that is already there only gains them."""
    database = schema_editor.connection.alias
    # Django makes the permissions after the last migration; this one needs them now. A second time changes nothing.
    create_permissions(installed.get_app_config("tutor"), verbosity=0, using=database, apps=apps)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name, codenames in RIGHTS.items():
        group, _ = Group.objects.using(database).get_or_create(name=name)
        rights = Permission.objects.using(database).filter(content_type__app_label="tutor", codename__in=codenames)
        group.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [
        ("tutor", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    # Going back leaves the groups: people may have been put into them.
    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop, elidable=False)]
