"""A permission to try lessons with the real model; nobody has it until somebody is given it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tutor", "0004_teachers_have_classes")]

    operations = [
        migrations.AlterModelOptions(
            name="lesson",
            options={
                "ordering": ["title"],
                "permissions": [("spend_on_trials", "Can try lessons with the real model")],
            },
        ),
    ]
