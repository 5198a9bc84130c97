"""Teachers make classes and give them lessons."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations


def add_rights(apps: Any, schema_editor: Any) -> None:
    """Let the group Teachers do everything with classes and assignments."""
    database = schema_editor.connection.alias
    create_permissions(installed.get_app_config("tutor"), verbosity=0, using=database, apps=apps)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    teachers, _ = Group.objects.using(database).get_or_create(name="Teachers")
    rights = Permission.objects.using(database).filter(
        content_type__app_label="tutor", content_type__model__in=("classroom", "assignment")
    )
    teachers.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [("tutor", "0003_authoring")]

    operations = [migrations.RunPython(add_rights, migrations.RunPython.noop, elidable=False)]
