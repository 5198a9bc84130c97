"""Journal entries that could not be stored are kept apart, for reviewers to read; texts know where they come from."""

from typing import Any

import django.db.models.deletion
from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations, models


def add_right(apps: Any, schema_editor: Any) -> None:
    """Let the group Reviewers read what was kept apart."""
    database = schema_editor.connection.alias
    create_permissions(installed.get_app_config("tutor"), verbosity=0, using=database, apps=apps)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    reviewers, _ = Group.objects.using(database).get_or_create(name="Reviewers")
    rights = Permission.objects.using(database).filter(content_type__app_label="tutor", codename="view_setaside")
    reviewers.permissions.add(*rights)


class Migration(migrations.Migration):
    dependencies = [("tutor", "0011_lease")]

    operations = [
        migrations.CreateModel(
            name="SetAside",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item_id", models.CharField(blank=True, max_length=64, verbose_name="item id")),
                ("code", models.CharField(max_length=100, verbose_name="code")),
                ("body", models.TextField(verbose_name="what came")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                ("stored_at", models.DateTimeField(auto_now_add=True, verbose_name="stored at")),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="set_aside",
                        to="tutor.attempt",
                        verbose_name="attempt",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry kept apart",
                "verbose_name_plural": "entries kept apart",
                "ordering": ["attempt", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("attempt"), models.F("digest"), name="set_aside_once_in_attempt"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="utterance",
            name="text_status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("partial", "partial"),
                    ("complete", "complete"),
                    ("interrupted", "interrupted"),
                    ("untranscribed", "not transcribed"),
                ],
                db_default="",
                default="",
                max_length=13,
                verbose_name="status of the text",
            ),
        ),
        migrations.RunPython(add_right, migrations.RunPython.noop, elidable=False),
    ]
