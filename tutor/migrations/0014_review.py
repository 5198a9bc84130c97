"""What reviewers note, what stands out, and who has looked."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def add_rights(apps: Any, schema_editor: Any) -> None:
    """Let the group Reviewers say which words to watch for."""
    database = schema_editor.connection.alias
    create_permissions(installed.get_app_config("tutor"), verbosity=0, using=database, apps=apps)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    reviewers, _ = Group.objects.using(database).get_or_create(name="Reviewers")
    rights = Permission.objects.using(database).filter(
        content_type__app_label="tutor", content_type__model="watchword"
    )
    reviewers.permissions.add(*rights)


class Migration(migrations.Migration):

    dependencies = [
        ('tutor', '0013_sideband'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('seconds', models.PositiveIntegerField(default=0, verbose_name='seconds')),
                ('learner_turns', models.PositiveIntegerField(default=0, verbose_name='turns of the learner')),
                ('tutor_turns', models.PositiveIntegerField(default=0, verbose_name='turns of the tutor')),
                ('learner_words', models.PositiveIntegerField(default=0, verbose_name='words of the learner')),
                ('tutor_words', models.PositiveIntegerField(default=0, verbose_name='words of the tutor')),
                ('tutor_share', models.PositiveSmallIntegerField(null=True, verbose_name="the tutor's share of words")),
                ('longest_silence', models.PositiveIntegerField(default=0, verbose_name='longest silence, in seconds')),
                ('calls', models.PositiveIntegerField(default=0, verbose_name='calls')),
                ('cost', models.DecimalField(decimal_places=6, max_digits=12, null=True, verbose_name='cost, in USD')),
            ],
            options={
                'verbose_name': 'digest',
                'verbose_name_plural': 'digests',
                'ordering': ['attempt'],
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('read', 'read'), ('search', 'found by its words')], max_length=6, verbose_name='kind')),
                ('looked_at', models.DateTimeField(auto_now_add=True, verbose_name='looked at')),
            ],
            options={
                'verbose_name': 'look',
                'verbose_name_plural': 'looks',
                'ordering': ['attempt', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('note_id', models.UUIDField(verbose_name='note id')),
                ('kind', models.CharField(choices=[('note', 'note'), ('safety', 'safety'), ('wrong_move', 'wrong stage change'), ('misheard', 'recognition wrong'), ('tutor', 'tutor mistake'), ('praise', 'well done')], default='note', max_length=12, verbose_name='kind')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='made at')),
            ],
            options={
                'verbose_name': 'note',
                'verbose_name_plural': 'notes',
                'ordering': ['attempt', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('done_at', models.DateTimeField(auto_now_add=True, verbose_name='done at')),
            ],
            options={
                'verbose_name': 'review',
                'verbose_name_plural': 'reviews',
                'ordering': ['attempt', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Ruling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(max_length=50, verbose_name='outcome')),
                ('reason', models.TextField(verbose_name='reason')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='made at')),
            ],
            options={
                'verbose_name': 'ruling',
                'verbose_name_plural': 'rulings',
                'ordering': ['visit', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('query', models.CharField(max_length=1000, verbose_name='query')),
            ],
            options={
                'verbose_name': 'saved search',
                'verbose_name_plural': 'saved searches',
                'ordering': ['owner', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Sign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(choices=[('safety', 'a word the school watches for'), ('unproven', 'a stage was passed without the evidence asked for'), ('stalled', 'a stage was ended by the last resort'), ('refused', 'a stage change was refused twice'), ('loop', 'the same stage again and again'), ('quit', 'left early'), ('monologue', 'the tutor said nearly everything'), ('silence', 'a long silence'), ('fault', 'something broke')], max_length=10, verbose_name='rule')),
                ('weight', models.PositiveSmallIntegerField(verbose_name='weight')),
                ('detail', models.CharField(blank=True, max_length=200, verbose_name='detail')),
            ],
            options={
                'verbose_name': 'sign',
                'verbose_name_plural': 'signs',
                'ordering': ['attempt', '-weight', 'id'],
            },
        ),
        migrations.CreateModel(
            name='WatchWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(help_text='A word or a phrase. Capitals make no difference.', max_length=80, unique=True, verbose_name='words')),
            ],
            options={
                'verbose_name': 'word to watch for',
                'verbose_name_plural': 'words to watch for',
                'ordering': ['words'],
            },
        ),
        migrations.AddIndex(
            model_name='utterance',
            index=models.Index(models.F('attempt'), models.F('changed_at'), name='utterance_changed'),
        ),
        migrations.AddField(
            model_name='digest',
            name='attempt',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='digest', to='tutor.attempt', verbose_name='attempt'),
        ),
        migrations.AddField(
            model_name='look',
            name='attempt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='looks', to='tutor.attempt', verbose_name='attempt'),
        ),
        migrations.AddField(
            model_name='look',
            name='viewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to=settings.AUTH_USER_MODEL, verbose_name='viewer'),
        ),
        migrations.AddField(
            model_name='note',
            name='attempt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='tutor.attempt', verbose_name='attempt'),
        ),
        migrations.AddField(
            model_name='note',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes_written', to=settings.AUTH_USER_MODEL, verbose_name='author'),
        ),
        migrations.AddField(
            model_name='note',
            name='utterance',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='tutor.utterance', verbose_name='utterance'),
        ),
        migrations.AddField(
            model_name='note',
            name='visit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='tutor.stagevisit', verbose_name='visit'),
        ),
        migrations.AddField(
            model_name='reading',
            name='attempt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='tutor.attempt', verbose_name='attempt'),
        ),
        migrations.AddField(
            model_name='reading',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to=settings.AUTH_USER_MODEL, verbose_name='reviewer'),
        ),
        migrations.AddField(
            model_name='ruling',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rulings_made', to=settings.AUTH_USER_MODEL, verbose_name='author'),
        ),
        migrations.AddField(
            model_name='ruling',
            name='visit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rulings', to='tutor.stagevisit', verbose_name='visit'),
        ),
        migrations.AddField(
            model_name='savedsearch',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_searches', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AddField(
            model_name='sign',
            name='attempt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signs', to='tutor.attempt', verbose_name='attempt'),
        ),
        migrations.AddField(
            model_name='sign',
            name='visit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='signs', to='tutor.stagevisit', verbose_name='visit'),
        ),
        migrations.AddConstraint(
            model_name='watchword',
            constraint=models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='watch_word_is_not_empty'),
        ),
        migrations.AddIndex(
            model_name='digest',
            index=models.Index(models.F('seconds'), name='digest_seconds'),
        ),
        migrations.AddIndex(
            model_name='digest',
            index=models.Index(models.F('cost'), name='digest_cost'),
        ),
        migrations.AddIndex(
            model_name='look',
            index=models.Index(models.F('attempt'), models.F('viewer'), models.F('kind'), models.F('looked_at'), name='look_latest'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.UniqueConstraint(models.F('attempt'), models.F('note_id'), name='note_id_unique_in_attempt'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'note'), ('text', ''), _negated=True), name='note_says_something'),
        ),
        migrations.AddConstraint(
            model_name='reading',
            constraint=models.UniqueConstraint(models.F('attempt'), models.F('reviewer'), name='reading_once_by_each'),
        ),
        migrations.AddConstraint(
            model_name='ruling',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='ruling_has_outcome_and_reason'),
        ),
        migrations.AddConstraint(
            model_name='savedsearch',
            constraint=models.UniqueConstraint(models.F('owner'), models.F('name'), name='saved_search_name_unique'),
        ),
        migrations.AddIndex(
            model_name='sign',
            index=models.Index(models.F('rule'), models.F('attempt'), name='sign_by_rule'),
        ),
        migrations.RunPython(add_rights, migrations.RunPython.noop, elidable=False),
    ]
